"""Kept answers are never older than they may be, nor more than there is room for."""

from pithead.poolapi.kept import KEPT_SECONDS, LEAST_BYTES, Kept

BIG = bytes(LEAST_BYTES)


def test_a_big_answer_is_kept_for_its_user_and_for_a_moment():
    kept = Kept()
    kept.keep("alice", 100.0, BIG)
    assert kept.find("alice", 100.0 + KEPT_SECONDS / 2) is BIG
    assert kept.find("alice", 100.0 + KEPT_SECONDS) is None
    assert kept.find("alice", 99.0) is None  # the clock was set back
    assert kept.find("bob", 100.0) is None


def test_a_small_answer_is_not_kept_and_ends_the_big_one_before_it():
    kept = Kept()
    kept.keep("alice", 100.0, BIG)
    kept.keep("alice", 101.0, BIG[1:])
    assert kept.find("alice", 101.0) is None


def test_the_oldest_goes_where_room_is_short():
    kept = Kept(most_bytes=3 * LEAST_BYTES)
    for number in range(10):
        kept.keep(f"user{number}", float(number) / 10, BIG)
        kept.keep("again", float(number) / 10, BIG)
    found = [each for each in [*(f"user{n}" for n in range(10)), "again"] if kept.find(each, 1.0)]
    assert found == ["user8", "user9", "again"]
