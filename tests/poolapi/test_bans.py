from hypothesis import given
from hypothesis import strategies as st

from pithead.poolapi.bans import Bans


def test_an_address_refused_too_often_is_shut_out_until_its_time_is_over():
    bans = Bans(strikes=3, refill=0.1, seconds=60, limit=10)
    assert [bans.refused("a", 0.0) for _ in range(3)] == [None, None, None]
    ban = bans.refused("a", 0.0)
    assert ban is not None
    assert bans.wait("a", 1.0) == 59.0
    assert bans.wait("b", 1.0) == 0.0
    assert bans.present(1.0) == [ban]
    assert bans.wait("a", 60.0) == 0.0
    assert bans.present(60.0) == []


def test_refusals_now_and_then_are_forgiven():
    bans = Bans(strikes=3, refill=0.1, seconds=60, limit=10)
    assert all(bans.refused("a", wall) is None for wall in range(0, 10_000, 10))


def test_a_ban_can_be_lifted_and_made_by_hand():
    bans = Bans(strikes=3, refill=0.1, seconds=60, limit=10)
    bans.ban("a", 0.0, 3_600)
    assert bans.wait("a", 0.0) == 3_600
    assert bans.lift("a")
    assert not bans.lift("a")
    assert bans.wait("a", 0.0) == 0.0


def test_without_strikes_nobody_is_banned():
    bans = Bans(strikes=0, refill=0.1, seconds=60, limit=10)
    assert all(bans.refused("a", 0.0) is None for _ in range(1_000))


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.floats(0, 1000)), max_size=200))
def test_no_more_bans_are_remembered_than_allowed(refusals):
    bans = Bans(strikes=1, refill=0.001, seconds=60, limit=3)
    for address, wall in refusals:
        bans.refused(address, wall)
        assert len(bans.present(wall)) <= 3
