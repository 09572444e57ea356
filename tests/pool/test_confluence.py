"""Work of several front ends comes out in the order of its time, however it came."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.pool import confluence
from pithead.pool.batches import News, Piece
from pithead.pool.confluence import Confluence, Mark
from pithead.pool.events import BlockFound, ShareAccepted, TipChanged
from pithead.pool.position import START, Position

NOW = 1_700_000_000.0
NOW_MS = int(NOW * 1000)


def share(at_ms, work=1):
    return ShareAccepted(NOW_MS + at_ms, "alice", "rig", work)


def block(at_ms):
    return BlockFound(NOW_MS + at_ms, "alice", "rig", 5, f"{at_ms:064x}", 50, 10, b"")


def new(patience=5_000.0, reached=(), **named):
    known = {name: Position(1, 1) for name in reached}
    return Confluence(patience, NOW, known, dict.fromkeys(known, NOW_MS), **named)


def give(meeting, front_end, events, now=NOW + 1_000):
    first = meeting.arrived(front_end).sequence + 1
    end = Position(1, first + len(events) - 1)
    meeting.add(front_end, News([Piece(1, first, events)], end), now)


def say(meeting, front_end, until_ms, now=NOW + 1_000, **named):
    sequence = meeting.arrived(front_end).sequence
    meeting.mark(Mark(front_end, 1, sequence, NOW_MS + until_ms, **named), now)


def released(meeting, now=NOW + 1_000):
    return [event for portion in meeting.release(now) for event in portion.events]


def times(events):
    return [event.time_ms - NOW_MS for event in events]


def test_the_work_of_the_only_front_end_waits_for_nobody():
    meeting = new()
    give(meeting, "one", [share(1), share(2)])
    assert times(released(meeting)) == [1, 2]
    assert meeting.released("one") == (1, 2)


def test_work_waits_until_the_others_have_told_what_they_have_from_before_it():
    meeting = new(reached=["one", "two"])
    give(meeting, "one", [share(10), share(30)])
    assert released(meeting) == []
    give(meeting, "two", [share(20)])
    assert times(released(meeting)) == [10, 20]
    say(meeting, "two", 31)
    assert times(released(meeting)) == [30]
    assert meeting.held == 0


def test_of_one_moment_names_give_the_order():
    meeting = new(reached=["one", "two"])
    give(meeting, "two", [share(10, 2)])
    assert released(meeting) == []
    give(meeting, "one", [share(10, 1), share(11, 3)])
    assert [event.work for event in released(meeting)] == [1, 2]


def test_a_mark_says_nothing_before_all_has_come_that_it_speaks_of():
    meeting = new(reached=["one", "two"])
    give(meeting, "one", [share(10)])
    meeting.mark(Mark("two", 1, 2, NOW_MS + 500), NOW + 1_000)
    assert released(meeting) == []
    give(meeting, "two", [share(5)])
    assert times(released(meeting)) == [5, 10]


def test_who_is_silent_is_waited_for_no_longer_than_that_and_is_late_then():
    meeting = new(60.0, ["one", "two"])
    give(meeting, "one", [share(10)], NOW + 1)
    for second in range(5, 59, 4):
        say(meeting, "one", second * 1000, NOW + second)
    assert released(meeting, NOW + 59) == []
    give(meeting, "one", [share(59_000)], NOW + 59)
    assert times(released(meeting, NOW + 61)) == [10, 59_000]
    for second in range(63, 80, 4):
        say(meeting, "one", 59_000, NOW + second)
    give(meeting, "two", [share(20), share(70_000)], NOW + 80)
    say(meeting, "one", 75_000, NOW + 80)
    assert times(released(meeting, NOW + 80)) == [59_000, 70_000]


def test_who_says_that_he_leaves_is_not_waited_for():
    meeting = new(reached=["one", "two"])
    give(meeting, "one", [share(10)])
    say(meeting, "two", 5, leaves=True)
    assert times(released(meeting)) == [10]


def test_who_was_quiet_for_long_is_waited_for_a_moment_at_the_start():
    late = NOW + 3_600
    meeting = Confluence(60.0, late, {"one": START, "two": START}, {"one": NOW_MS, "two": NOW_MS})
    give(meeting, "one", [share(3_600_000)], late)
    assert released(meeting, late + confluence.HEARING_SECONDS - 0.1) == []
    assert released(meeting, late + confluence.HEARING_SECONDS + 0.1)


def test_a_silence_of_all_is_held_against_nobody():
    meeting = new(60.0, ["one", "two"])
    for name in ("one", "two"):
        say(meeting, name, 1_000, NOW + 1)
    give(meeting, "one", [share(500_000)], NOW + 600)
    assert released(meeting, NOW + 600) == []
    give(meeting, "two", [share(400_000), share(500_001)], NOW + 610)
    assert times(released(meeting, NOW + 610)) == [400_000, 500_000]


def test_a_clock_that_is_ahead_is_waited_for_but_not_for_long():
    meeting = new()
    give(meeting, "one", [share(2_000), share(3_600_000)], NOW)
    assert released(meeting, NOW) == []
    assert times(released(meeting, NOW + 2)) == [2_000, 2_000]
    meeting = new()
    give(meeting, "one", [share(3_600_000)], NOW)
    assert times(released(meeting, NOW)) == [0]


def test_a_clock_that_is_behind_holds_nobody_up_for_longer_than_patience():
    meeting = new(patience=10.0, reached=["one", "two"])
    give(meeting, "one", [share(10)], NOW + 20)
    say(meeting, "two", -3_600_000, NOW + 20)
    assert times(released(meeting, NOW + 20)) == [10]


def test_books_whose_clock_is_corrected_go_on():
    meeting = new()
    give(meeting, "one", [share(3_600_000)], NOW + 3_600)
    assert released(meeting, NOW + 3_600)
    give(meeting, "one", [share(1_000)], NOW + 1)
    assert times(released(meeting, NOW + 1)) == [1_000]


def test_other_events_are_of_no_later_than_what_has_been_told():
    meeting = new(reached=["one", "two"])
    give(meeting, "one", [share(100)])
    say(meeting, "two", 50)
    assert released(meeting) == []
    (tip,) = meeting.stamped([TipChanged(NOW_MS + 1_000_000, 5, "aa")])
    assert tip.time_ms == NOW_MS + 50
    assert meeting.stamped([share(100)]) == [share(100)]


def test_of_a_pool_without_front_ends_events_have_their_own_time():
    tip = TipChanged(NOW_MS, 5, "aa")
    assert list(new().stamped([tip])) == [tip]


def test_nothing_is_released_after_a_block_with_it():
    meeting = new()
    give(meeting, "one", [share(1), block(2), share(3), block(4)])
    portions = list(meeting.release(NOW + 1))
    assert [times(portion.events) for portion in portions] == [[1, 2], [3, 4]]
    assert [portion.reached["one"] for portion in portions] == [(1, 2), (1, 4)]


def test_where_too_much_waits_nobody_is_waited_for(monkeypatch):
    monkeypatch.setattr(confluence, "MOST_HELD", 3)
    meeting = new(reached=["one", "two"])
    give(meeting, "one", [share(at) for at in range(4)])
    assert times(released(meeting))[0] == 0


def test_many_come_out_in_portions(monkeypatch):
    monkeypatch.setattr(confluence, "MOST_AT_ONCE", 3)
    meeting = new()
    give(meeting, "one", [share(at // 2) for at in range(10)])
    sizes = [len(portion.events) for portion in meeting.release(NOW + 1)]
    assert sizes == [4, 4, 2]


@settings(max_examples=100)
@given(
    works=st.lists(st.lists(st.integers(0, 50), max_size=20), min_size=1, max_size=4),
    order=st.randoms(use_true_random=False),
)
def test_whatever_the_order_of_coming_the_order_of_release_is_that_of_time(works, order):
    streams = {f"f{number}": sorted(each) for number, each in enumerate(works)}
    expected = sorted((at, name) for name, each in streams.items() for at in each)
    meeting, came = new(reached=streams), []
    left = {name: list(each) for name, each in streams.items()}
    reached = dict.fromkeys(streams, Position(1, 1))
    while any(left.values()):
        name = order.choice([name for name in left if left[name]])
        count = order.randint(1, 4)
        some, left[name] = left[name][:count], left[name][count:]
        give(meeting, name, [share(at, int(name[1:])) for at in some])
        for portion in meeting.release(NOW + 1_000):
            came += portion.events
            reached |= portion.reached
    for name in streams:
        say(meeting, name, 51)
    for portion in meeting.release(NOW + 1_000):
        came += portion.events
        reached |= portion.reached
    assert [(event.time_ms - NOW_MS, f"f{event.work}") for event in came] == expected
    assert {name: place.sequence - 1 for name, place in reached.items()} == {
        name: len(each) for name, each in streams.items()
    }
