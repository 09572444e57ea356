"""Batches of a front end: in any order, cut, joined and repeated, each event counts once."""

import contextlib

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.pool import batches
from pithead.pool.batches import BadBatch, Gap
from pithead.pool.events import BlockFound, ShareAccepted, TipChanged
from pithead.pool.position import START, Position


def frame(epoch, first, works):
    events = [ShareAccepted(1000, "alice", "rig", work) for work in works]
    return msgspec.msgpack.encode((epoch, first, events))


def taken(data, reached=START):
    return batches.news(batches.decode(data), reached)


def works(news):
    return [event.work for event in news.events]


def test_only_what_is_beyond_was_not_taken():
    data = batches.encode("one", Position(3, 4), [frame(3, 5, [5, 6]), frame(4, 1, [7, 8])])
    assert works(taken(data, Position(3, 4))) == [5, 6, 7, 8]
    assert works(taken(data, Position(3, 5))) == [6, 7, 8]
    assert works(taken(data, Position(4, 1))) == [8]
    assert taken(data, Position(4, 9)).events == []
    assert taken(data, Position(4, 9)).end == (4, 9)


@pytest.mark.parametrize("reached", [START, Position(3, 3), Position(2, 9)])
def test_what_comes_too_early_is_not_taken(reached):
    data = batches.encode("one", Position(3, 4), [frame(3, 5, [5])])
    with pytest.raises(Gap):
        taken(data, reached)


def test_where_the_front_end_has_nothing_older_what_is_missing_is_counted():
    data = batches.encode("one", None, [frame(3, 5, [5])])
    assert taken(data, Position(3, 2)).lost == 2
    assert taken(data, Position(3, 4)).lost == 0
    assert taken(data, Position(2, 9)).lost == 0
    assert works(taken(data)) == [5]


@pytest.mark.parametrize(
    "frames",
    [
        [],
        [frame(1, 1, [])],
        [frame(1, 1, [1]), frame(1, 3, [2])],
        [frame(2, 1, [1]), frame(1, 2, [2])],
        [frame(1, 1, [1]), frame(2, 2, [2])],
        [frame(1, 0, [1])],
        [b"\x93\x01\x01\x91" + msgspec.msgpack.encode(TipChanged(1, 1, ""))],
        [b"\xc1"],
    ],
)
def test_what_no_front_end_could_have_made_is_refused(frames):
    with pytest.raises(BadBatch):
        batches.decode(batches.encode("one", None, frames))


def test_the_ends_of_a_frame_are_read_without_its_events():
    assert batches.ends(frame(7, 11, [1, 2, 3])) == ((7, 11), (7, 13))


def test_a_number_beyond_64_bits_arrives():
    block = BlockFound(1, "alice", "rig", 5, "00", 50, 2**70, b"block")
    told = msgspec.structs.replace(block, block_work=str(2**70))
    data = batches.encode("one", None, [msgspec.msgpack.encode((1, 1, [told]))])
    assert taken(data).events == [block]


def test_times_are_those_of_the_books_within_half_a_minute():
    now = 1_000_000
    events = [ShareAccepted(at, "alice", "rig", 1) for at in (now - 70_000, now - 5, now + 9_000)]
    assert [event.time_ms for event in batches.in_time(events, now)] == [
        now - batches.LATE_MS, now - 5, now,
    ]  # fmt: skip


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_a_batch_or_refused(data):
    with contextlib.suppress(BadBatch, Gap):
        batches.news(batches.decode(data))


@settings(max_examples=200)
@given(
    lives=st.lists(st.lists(st.integers(1, 4), max_size=6), min_size=1, max_size=4),
    deliveries=st.lists(
        st.tuples(st.integers(0, 30), st.integers(1, 6), st.booleans()), max_size=30
    ),
)
def test_in_any_order_of_deliveries_each_event_is_taken_once_and_in_order(lives, deliveries):
    frames, number = [], 0
    for epoch, sizes in enumerate(lives, 1):
        first = 1
        for size in sizes:
            frames.append((epoch, first, list(range(number, number + size))))
            first, number = first + size, number + size
    reached, credited = START, []

    def deliver(start, count):
        nonlocal reached
        chosen = frames[start : start + count]
        if not chosen:
            return
        epoch, first, some = frames[start - 1] if start else (0, 0, ())
        before = Position(epoch, first + len(some) - 1) if start else None
        data = batches.encode("one", before, [frame(*each) for each in chosen])
        news = taken(data, reached)
        credited.extend(works(news))
        reached = news.end

    for start, count, _ in deliveries:
        try:
            deliver(start, count)
        except Gap:
            continue
    for start in range(len(frames)):
        deliver(start, 1)
    assert credited == list(range(number))
