"""A client and a session joined in memory: what one credits, the other counts."""

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pithead.bitcoin.target import target_for_work
from pithead.pool.events import BlockFound, ShareAccepted, ShareRejected
from pithead.pool.session import Session
from pithead.stratum.client import ClientConnection
from pithead.stratum.events import (
    Authorized,
    JobReceived,
    ProtocolBroken,
    SubmitAccepted,
    SubmitRejected,
)
from pithead.work.judge import hash_solution, meets
from pithead.work.share import Solution


class Line:
    """Both ends and the wire between them, which may cut the bytes anywhere."""

    def __init__(self, stage, random=None, session_id=None):
        self.stage = stage
        self.random = random
        self.session = Session(stage.front, stage.now, stage.wall)
        self.client = ClientConnection("alice.rig", "x", "pithead/test", session_id)
        self.pool_events = []
        self.miner_events = []
        self.client.start(stage.wall)
        self.carry()

    def cut(self, data):
        while self.random is not None and len(data) > 1:
            place = self.random.randrange(1, len(data) + 1)
            yield data[:place]
            data = data[place:]
        if data:
            yield data

    def carry(self, pushed=b""):
        """Let both talk until neither has more to say."""
        self.to_miner(pushed)
        while data := self.client.data_to_send():
            for piece in self.cut(data):
                turn = self.session.receive(piece, self.stage.now, self.stage.wall)
                assert turn.close_reason is None
                self.pool_events += turn.events
                self.to_miner(turn.reply)

    def to_miner(self, data):
        for piece in self.cut(data):
            self.miner_events += self.client.receive(piece, self.stage.wall)

    def offer(self, job):
        self.carry(self.session.offer(job, self.stage.now))

    @property
    def jobs(self):
        return [event for event in self.miner_events if isinstance(event, JobReceived)]

    def find(self, given, rolled=0):
        """A share that the client's own arithmetic takes for good."""
        version = (given.job.version & ~given.version_mask) | (rolled & given.version_mask)
        while True:
            self.stage.nonce += 1
            solution = Solution(
                bytes(given.extranonce2_size), given.job.time, self.stage.nonce, version
            )
            if meets(hash_solution(given.job, given.extranonce1, solution), given.target):
                return solution

    @property
    def credited(self):
        return sum(event.work for event in self.pool_events if isinstance(event, ShareAccepted))

    @property
    def counted(self):
        accepted = [event for event in self.miner_events if isinstance(event, SubmitAccepted)]
        return sum(event.submit.work for event in accepted)


def test_a_client_logs_in_and_gets_a_job_as_the_pool_made_it(stage):
    job = stage.open()
    line = Line(stage)
    assert Authorized() in line.miner_events
    (given,) = line.jobs
    assert given.job == job.job
    assert given.work == 4
    assert given.clean
    assert given.version_mask == 0x1FFFE000


def test_every_share_the_client_takes_for_good_is_accepted(stage):
    stage.open()
    line = Line(stage)
    for rolled in (0, 0x2000, 0x1FFFE000):
        given = line.jobs[-1]
        line.client.submit(given, line.find(given, rolled))
        line.carry()
    assert line.credited == line.counted == 12


def test_a_resumed_session_goes_on_with_its_extranonce_and_its_jobs(stage):
    stage.open()
    first = Line(stage)
    given = first.jobs[0]
    session_id = first.miner_events[0].session_id
    first.session.end(stage.now)
    second = Line(stage, session_id=session_id)
    assert second.jobs[0].extranonce1 == given.extranonce1
    second.client.submit(given, first.find(given))
    second.carry()
    assert second.counted == second.credited == 4


def test_a_block_found_by_the_client_is_a_block_of_the_pool(stage, template):
    stage.book.open(template(block_target=target_for_work(4)), stage.now)
    line = Line(stage)
    line.client.submit(line.jobs[0], line.find(line.jobs[0]))
    line.carry()
    assert [type(event) for event in line.pool_events] == [ShareAccepted, BlockFound]


actions = st.sampled_from(["share", "old", "again", "junk", "refresh", "block", "wait", "tick"])


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(actions, min_size=5, max_size=60), seed=st.integers(0, 99))
def test_work_credited_equals_work_counted_whatever_happens(make_stage, template, steps, seed):
    """Shares of new and old jobs, repeated and bad ones, new blocks, changing difficulties."""
    stage = make_stage()
    random = Random(seed)
    stage.open()
    line = Line(stage, random)
    submitted = []
    height = 200
    for step in steps:
        jobs = line.jobs
        match step:
            case "share" | "old":
                given = jobs[-1] if step == "share" else jobs[random.randrange(len(jobs))]
                solution = line.find(given)
                line.client.submit(given, solution)
                submitted.append((given, solution))
            case "again" if submitted:
                line.client.submit(*submitted[random.randrange(len(submitted))])
            case "junk":
                line.client.submit(jobs[-1], Solution(bytes(8), jobs[-1].job.time, 0, 0))
            case "refresh" | "block":
                height += step == "block"
                prev_hash = height.to_bytes(32, "big")
                line.offer(
                    stage.book.open(template(height=height, prev_hash_wire=prev_hash), stage.now)
                )
            case "wait":
                stage.now += random.random() * 60
            case "tick":
                stage.wall += 41
                for _ in range(2):
                    line.carry(line.session.tick(stage.now, stage.wall).reply)
        line.carry()
    assert line.credited == line.counted
    answered = [e for e in line.miner_events if isinstance(e, SubmitAccepted | SubmitRejected)]
    booked = [e for e in line.pool_events if isinstance(e, ShareAccepted | ShareRejected)]
    assert len(answered) == len(booked)
    assert not any(isinstance(event, ProtocolBroken) for event in line.miner_events)


@pytest.mark.parametrize("rate", [20.0, 100.0])
def test_a_quarter_of_an_hour_credits_the_rate_of_the_miner(stage, rate):
    """A miner of so many hashes a second, its shares found by true hashing, on a fast clock."""
    random = Random(7)
    stage.open()
    line = Line(stage)
    begin = stage.now
    offered_at = stage.now
    while stage.now < begin + 900:
        given = line.jobs[-1]
        stage.now += random.expovariate(rate / given.work)
        line.client.submit(given, line.find(given))
        line.carry()
        if stage.now - offered_at > 30:
            offered_at = stage.now
            line.offer(stage.open(time=int(stage.now)))
    assert line.credited == line.counted
    shares = sum(isinstance(event, ShareAccepted) for event in line.pool_events)
    assert line.credited == pytest.approx(rate * 900, rel=4 / shares**0.5)
