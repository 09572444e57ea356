"""A session of cpuminer 2.5.1 (`minerd -a sha256d`), byte for byte, on real hashes.

Recorded between the unmodified program and this pool at `work_scale` 1: each line is the seconds
since the start, the direction and the text. It is evidence from a miner that is not ours.
"""

import json
from pathlib import Path

import msgspec
import pytest

from pithead.bitcoin.target import target_from_difficulty
from pithead.stratum.client import ClientConnection
from pithead.stratum.events import Authorized, JobReceived, Subscribed
from pithead.stratum.lines import LineBuffer
from pithead.stratum.messages import open_envelope
from pithead.stratum.pushes import Notify, SetDifficulty, read_push
from pithead.stratum.requests import read_submit
from pithead.work.judge import hash_solution, judge, meets
from pithead.work.share import Accepted, Solution

RECORDING = Path(__file__).parent / "recorded" / "minerd-2.5.1.jsonl"


@pytest.fixture(scope="module")
def turns():
    return [
        (direction, text.encode("latin1"))
        for _, direction, text in map(json.loads, RECORDING.read_text().splitlines())
    ]


def lines(turns):
    """Every whole line with its direction, in order."""
    buffers = {"<": LineBuffer(64 * 1024), ">": LineBuffer(64 * 1024)}
    for direction, data in turns:
        for line in buffers[direction].feed(data):
            yield direction, line


class Ear:
    """Follows a conversation: the jobs, the difficulty each was given at, submits and answers."""

    def __init__(self, turns):
        self.extranonce1 = b""
        self.jobs = {}
        self.submits = []
        self.answers = []
        target = None
        for direction, line in lines(turns):
            envelope = open_envelope(line)
            if direction == ">" and envelope.method == "mining.submit":
                self.submits.append(read_submit(envelope.params))
            elif direction == "<" and envelope.method is None:
                self.answers.append((envelope.id, json.loads(bytes(envelope.result))))
            elif direction == "<":
                match read_push(envelope.method, envelope.params):
                    case SetDifficulty(difficulty=difficulty):
                        target = target_from_difficulty(difficulty)
                    case Notify(job=job):
                        self.jobs[job.job_id] = (job, target)
        self.extranonce1 = bytes.fromhex(self.answers[0][1][1])


def test_the_miner_found_shares_on_more_than_one_job_and_every_one_was_accepted(turns):
    heard = Ear(turns)
    assert len(heard.submits) == 23
    assert len({submit.job_id for submit in heard.submits}) > 2
    assert [result for _, result in heard.answers[1:]] == [True] * (1 + len(heard.submits))


def test_each_of_its_shares_proves_the_difficulty_its_job_was_given_at(turns):
    heard = Ear(turns)
    for submit in heard.submits:
        job, target = heard.jobs[submit.job_id]
        solution = Solution(submit.extranonce2, submit.time, submit.nonce, job.version)
        verdict = judge(job, heard.extranonce1, solution, target, block_target=0)
        assert isinstance(verdict, Accepted), submit


def test_a_share_of_its_with_one_bit_changed_proves_nothing(turns):
    heard = Ear(turns)
    submit = heard.submits[0]
    job, target = heard.jobs[submit.job_id]
    spoilt = Solution(submit.extranonce2, submit.time, submit.nonce ^ 1, job.version)
    assert not meets(hash_solution(job, heard.extranonce1, spoilt), target)


def test_our_own_client_understands_what_the_pool_told_it(turns):
    """The recorded answers, given the ids of our client's questions."""
    client = ClientConnection("alice.cpu", "x", "test/1", version_mask=0)
    client.start(0.0)
    recorded = [json.loads(line) for direction, line in lines(turns[:4]) if direction == "<"]
    answers = {"mining.subscribe": recorded[0], "mining.authorize": recorded[1]}
    events = []
    while asked := client.data_to_send():
        for question in map(json.loads, asked.splitlines()):
            unasked = {"result": False, "error": [20, "not in the recording", None]}
            answer = {**answers.get(question["method"], unasked), "id": question["id"]}
            events += client.receive(msgspec.json.encode(answer) + b"\n", 0.0)
    for push in recorded[2:]:
        events += client.receive(msgspec.json.encode(push) + b"\n", 0.0)
    kinds = [type(event) for event in events]
    assert kinds.index(Subscribed) < kinds.index(Authorized) < kinds.index(JobReceived)
