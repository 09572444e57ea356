"""No two miners that may be alive search the same coinbases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.pool.extranonce import RETENTION_SECONDS, Extranonces, ExtranoncesExhausted


def small(prefix=b"", size=1):
    return Extranonces(b"key", prefix, size)


def test_ten_thousand_subscriptions_over_two_front_ends_are_all_different():
    fronts = [Extranonces(b"a", b"\x01"), Extranonces(b"b", b"\x02")]
    given_out = {front.lease(None, 0.0).extranonce1 for front in fronts for _ in range(5000)}
    assert len(given_out) == 10_000
    assert {len(each) for each in given_out} == {4}


def test_an_extranonce_that_was_mined_with_rests_before_it_goes_to_another():
    front = small()
    leases = [front.lease(None, 0.0) for _ in range(256)]
    front.release(leases[7], 10.0)
    with pytest.raises(ExtranoncesExhausted):
        front.lease(None, 10.0 + RETENTION_SECONDS - 1)
    assert front.lease(None, 10.0 + RETENTION_SECONDS).extranonce1 == leases[7].extranonce1


def test_one_that_never_had_a_job_need_not_rest():
    front = small()
    leases = [front.lease(None, 0.0) for _ in range(256)]
    front.release(leases[7], 10.0, mined_with=False)
    assert front.lease(None, 10.0).extranonce1 == leases[7].extranonce1


def test_a_resumed_one_rests_again_even_if_it_had_no_job_this_time():
    front = small()
    lease = front.lease(None, 0.0)
    front.release(lease, 0.0)
    front.release(front.lease(lease.session_id, 5.0), 10.0, mined_with=False)
    for _ in range(255):
        front.lease(None, 11.0)
    with pytest.raises(ExtranoncesExhausted):
        front.lease(None, 11.0)


def test_one_that_two_connections_hold_is_held_until_both_are_gone():
    front = small()
    first = front.lease(None, 0.0)
    second = front.lease(first.session_id, 1.0)
    assert second == first
    front.release(first, 2.0)
    assert front.held == 1
    front.release(second, 3.0)
    assert front.held == 0


def test_a_session_id_cannot_be_made_from_another():
    front = small(size=2)
    first, second = front.lease(None, 0.0), front.lease(None, 0.0)
    mixed = second.session_id[:4] + first.session_id[4:]
    assert front.lease(mixed, 0.0).extranonce1 not in (first.extranonce1, second.extranonce1)


def test_a_prefix_needs_room_behind_it():
    with pytest.raises(ValueError, match="1 to 8 bytes"):
        Extranonces(b"key", b"abcd", 4)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20), st.booleans())))
def test_no_sequence_of_comings_and_goings_gives_one_to_two_strangers(steps):
    front = small()
    held = []
    now = 0.0
    rested = {}
    for action, number, mined in steps:
        now += 100.0
        if action and held:
            lease, _ = held.pop(number % len(held))
            front.release(lease, now, mined)
            if mined:
                rested[lease.extranonce1] = now + RETENTION_SECONDS
        else:
            lease = front.lease(None, now)
            assert lease.extranonce1 not in {other.extranonce1 for other, _ in held}
            assert rested.get(lease.extranonce1, 0.0) <= now
            held.append((lease, mined))
