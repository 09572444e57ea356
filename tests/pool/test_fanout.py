"""Who is told of a job at once, and who with the answer to the next share."""

import asyncio

import pytest

from pithead.pool import fanout
from pithead.pool.fanout import FanOut
from tests.pool.conftest import START


class Spoken:
    """A connection, by what it was sent."""

    def __init__(self, peer):
        self.session, self.peer, self.sent, self.armed = peer.session, peer, [], 0

    def send(self, lines):
        self.sent.append(lines)

    def rearm(self):
        self.armed += 1


@pytest.fixture
def told(stage, monkeypatch):
    """Three miners and a fan-out to which these are a crowd."""
    monkeypatch.setattr(fanout, "CROWD", 3)
    connections = {Spoken(stage.miner()): None for _ in range(3)}
    flushes = []
    told = FanOut(stage.book, connections, lambda: flushes.append(None), lambda: stage.now)
    told.all, told.flushes = connections, flushes
    return told


async def test_of_a_new_block_everybody_is_told_at_once_behind_what_is_queued(stage, told):
    await told.tell(stage.open(prev_hash_wire=bytes(32)))
    assert [len(each.sent) for each in told.all] == [1, 1, 1]
    assert all(b"mining.notify" in each.sent[0] for each in told.all)
    assert [each.armed for each in told.all] == [1, 1, 1]
    assert told.flushes


async def test_of_a_fresh_template_one_of_a_crowd_hears_with_the_next_answer_and_once(stage, told):
    await told.tell(stage.open(prev_hash_wire=bytes(32)))
    first, *_ = told.all
    job = first.peer.heard(first.sent[0]) and first.peer.job
    stage.now += 30
    await told.tell(stage.open(prev_hash_wire=bytes(32)))
    assert [len(each.sent) for each in told.all] == [1, 1, 1]
    before = len(first.peer.jobs)
    assert first.peer.submit(first.peer.solve(job), job)["result"] is True
    assert len(first.peer.jobs) == before + 1
    assert first.peer.job is stage.book.latest
    newest = first.peer.job
    assert first.peer.submit(first.peer.solve(newest), newest)["result"] is True
    assert len(first.peer.jobs) == before + 1


async def test_who_says_nothing_hears_of_a_fresh_template_before_it_is_quiet_for_long(stage, told):
    await told.tell(stage.open(prev_hash_wire=bytes(32)))
    _, quiet, _ = told.all
    quiet.peer.heard(quiet.sent[0])
    quiet.peer.tick()
    before = len(quiet.peer.jobs)
    await told.tell(stage.open(prev_hash_wire=bytes(32)))
    for _ in range(36):
        stage.now, stage.wall = stage.now + 1, stage.wall + 1
        quiet.peer.tick()
    assert len(quiet.peer.jobs) == before + 1
    assert quiet.peer.job is stage.book.latest


async def test_a_fresh_template_that_ends_the_round_of_a_block_is_told_to_all_in_its_place(
    stage, told, monkeypatch
):
    monkeypatch.setattr(fanout, "BLOCK_SLICE", 1)
    await told.tell(stage.open())
    round_of_block = asyncio.ensure_future(told.tell(stage.open(prev_hash_wire=bytes(32))))
    while not sum(len(each.sent) for each in told.all) > 3:  # noqa: ASYNC110
        await asyncio.sleep(0)
    assert [len(each.sent) for each in told.all] == [2, 1, 1]
    await told.tell(stage.open(prev_hash_wire=bytes(32)))
    await round_of_block
    assert [len(each.sent) for each in told.all] == [3, 2, 2]


async def test_a_few_are_told_of_a_fresh_template_at_once(stage, told, monkeypatch):
    monkeypatch.setattr(fanout, "CROWD", 4)
    for number in range(2):
        stage.now = START + number
        await told.tell(stage.open(prev_hash_wire=bytes(32)))
    assert [len(each.sent) for each in told.all] == [2, 2, 2]
