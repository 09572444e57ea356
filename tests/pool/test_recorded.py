"""Sessions of miners that are not ours, byte for byte, on real hashes.

Recorded between the unmodified programs (cpuminer as `minerd -a sha256d`, BFGMiner on a processor;
of ESP-Miner, which is what a Bitaxe runs, the Stratum and mining code with a processor as its chip)
and this pool at `work_scale` 1: each line is the seconds since the start, the direction and the
text.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from pithead.bitcoin.target import target_from_difficulty
from pithead.stratum.client import ClientConnection
from pithead.stratum.events import Authorized, JobReceived, Subscribed
from pithead.stratum.lines import LineBuffer
from pithead.stratum.messages import open_envelope
from pithead.stratum.negotiation import VERSION_ROLLING_MASK
from pithead.stratum.pushes import Notify, SetDifficulty, read_push
from pithead.stratum.requests import read_submit
from pithead.work.judge import hash_solution, judge, meets
from pithead.work.share import Accepted, Solution

RECORDED = Path(__file__).parent / "recorded"


@dataclass(frozen=True)
class Recording:
    """How a recorded session went."""

    file: str
    submits: int
    jobs: int
    """Jobs with submits."""


CPUMINER = Recording("minerd-2.5.1.jsonl", submits=23, jobs=4)
BFGMINER = Recording("bfgminer-5.5.0.jsonl", submits=40, jobs=9)
ESP_MINER = Recording("esp-miner-2.15.0.jsonl", submits=25, jobs=3)
ALL = (CPUMINER, BFGMINER, ESP_MINER)


def turns_of(recording):
    return [
        (direction, text.encode("latin1"))
        for _, direction, text in map(
            json.loads, (RECORDED / recording.file).read_text().splitlines()
        )
    ]


@pytest.fixture(scope="module", params=ALL, ids=lambda each: each.file)
def recording(request):
    return request.param


@pytest.fixture(scope="module")
def turns(recording):
    return turns_of(recording)


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
        self.accepted = []
        asked, target = {}, None
        for direction, line in lines(turns):
            envelope = open_envelope(line)
            if direction == ">":
                asked[bytes(envelope.id)] = envelope.method
                if envelope.method == "mining.submit":
                    self.submits.append(read_submit(envelope.params))
            elif envelope.method is None:
                self.hear(asked.pop(bytes(envelope.id)), json.loads(bytes(envelope.result)))
            else:
                match read_push(envelope.method, envelope.params):
                    case SetDifficulty(difficulty=difficulty):
                        target = target_from_difficulty(difficulty)
                    case Notify(job=job):
                        self.jobs[job.job_id] = (job, target)

    def hear(self, method, result):
        match method:
            case "mining.subscribe":
                self.extranonce1 = bytes.fromhex(result[1])
            case "mining.submit":
                self.accepted.append(result)

    def hash_of(self, submit):
        job, _ = self.jobs[submit.job_id]
        return hash_solution(job, self.extranonce1, solution_of(submit, job))


def solution_of(submit, job):
    version = job.version | (submit.version_bits or 0)
    return Solution(submit.extranonce2, submit.time, submit.nonce, version)


def test_the_miner_found_shares_on_more_than_one_job_and_every_one_was_accepted(recording, turns):
    heard = Ear(turns)
    assert len(heard.submits) == recording.submits
    assert len({submit.job_id for submit in heard.submits}) == recording.jobs
    assert heard.accepted == [True] * recording.submits


def test_each_of_its_shares_proves_the_difficulty_its_job_was_given_at(turns):
    heard = Ear(turns)
    for submit in heard.submits:
        job, target = heard.jobs[submit.job_id]
        solution = solution_of(submit, job)
        verdict = judge(job, heard.extranonce1, solution, target, block_target=0)
        assert isinstance(verdict, Accepted), submit


def test_a_share_of_its_with_one_bit_changed_proves_nothing(turns):
    heard = Ear(turns)
    submit = heard.submits[0]
    job, target = heard.jobs[submit.job_id]
    spoilt = Solution(submit.extranonce2, submit.time, submit.nonce ^ 1, job.version)
    assert not meets(hash_solution(job, heard.extranonce1, spoilt), target)


def test_a_block_that_a_miner_found_is_the_one_the_next_job_builds_on():
    heard = Ear(turns_of(BFGMINER))
    tips = {job.prev_hash_wire for job, _ in heard.jobs.values()}
    assert len(tips) == 2
    assert len([submit for submit in heard.submits if heard.hash_of(submit) in tips]) == 1


def test_esp_miner_rolled_versions_within_the_mask_it_was_given():
    heard = Ear(turns_of(ESP_MINER))
    rolled = {submit.version_bits for submit in heard.submits}
    assert len(rolled) > 10
    assert all(bits & ~VERSION_ROLLING_MASK == 0 for bits in rolled)


def test_bfgminer_is_told_that_a_jobs_transactions_are_not_to_be_had_and_goes_on():
    said = [(direction, json.loads(line)) for direction, line in lines(turns_of(BFGMINER))]
    asked = [line["id"] for _, line in said if line.get("method") == "mining.get_transactions"]
    told = [line for direction, line in said if direction == "<" and line["id"] in asked]
    assert len(told) == len(asked) > 2
    assert {line["error"][1] for line in told} == {"Unsupported method"}


def test_our_own_client_understands_what_the_pool_told_it():
    """The recorded answers, given the ids of our client's questions."""
    client = ClientConnection("alice.cpu", "x", "test/1", version_mask=0)
    client.start(0.0)
    recorded = [
        json.loads(line) for direction, line in lines(turns_of(CPUMINER)[:4]) if direction == "<"
    ]
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
