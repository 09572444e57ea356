"""No two miners that may be alive search the same coinbases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.pool.extranonce import (
    ALONE,
    RETENTION_SECONDS,
    Extranonces,
    ExtranoncesExhausted,
    Resting,
    Server,
)


def small(server=ALONE, size=1, **life):
    return Extranonces(b"key", server, size, **life)


def test_ten_thousand_subscriptions_over_two_front_ends_are_all_different():
    fronts = [Extranonces(b"key", Server(3, 1)), Extranonces(b"key", Server(3, 5))]
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


def test_the_id_of_another_server_is_worth_nothing():
    mine, other = (Extranonces(b"key", Server(1, number), 2) for number in (0, 1))
    lease = other.lease(None, 0.0)
    assert mine.lease(lease.session_id, 0.0).extranonce1 != lease.extranonce1


def test_who_had_a_number_before_its_present_owner_gets_another():
    front = small()
    first = front.lease(None, 0.0)
    front.release(first, 0.0)
    others = [front.lease(None, RETENTION_SECONDS) for _ in range(256)]
    assert first.extranonce1 in {other.extranonce1 for other in others}
    front.release(others[0], RETENTION_SECONDS, mined_with=False)
    again = front.lease(first.session_id, RETENTION_SECONDS)
    assert again.extranonce1 == others[0].extranonce1  # the only one that is free


def test_what_the_shares_had_to_prove_is_remembered_while_a_number_rests():
    front = small()
    lease = front.lease(None, 0.0)
    assert lease.work == 0
    front.release(lease, 0.0, work=5000)
    again = front.lease(lease.session_id, 1.0)
    assert (again.extranonce1, again.work) == (lease.extranonce1, 5000)


@pytest.mark.parametrize(
    ("server", "size"), [(Server(25, 0), 4), (Server(2, 4), 4), (Server(2, -1), 4), (ALONE, 9)]
)
def test_a_server_needs_a_number_of_its_own_and_room_behind_it(server, size):
    with pytest.raises(ValueError, match="8 to 64 bits"):
        Extranonces(b"key", server, size)


@given(bits=st.integers(1, 16), data=st.data())
def test_servers_of_any_two_numbers_never_meet(bits, data):
    numbers = st.integers(0, (1 << bits) - 1)
    one, two = data.draw(numbers), data.draw(numbers)
    first, second = (Extranonces(b"key", Server(bits, number), 3) for number in (one, two))
    given_out = [
        {front.lease(None, 0.0).extranonce1 for _ in range(20)} for front in (first, second)
    ]
    assert (not given_out[0] & given_out[1]) == (one != two)


# From one life to the next

BORN = 1_700_000_000.0


def test_after_a_restart_the_session_id_still_gets_its_extranonce():
    lease = small(size=4, born_at=BORN).lease(None, BORN + 5)
    later = small(size=4, born_at=BORN + 60)
    stranger = later.lease(None, BORN + 60)
    assert stranger.extranonce1 != lease.extranonce1
    assert later.lease(lease.session_id, BORN + 61).extranonce1 == lease.extranonce1


def test_long_after_a_restart_it_does_not():
    lease = small(size=4, born_at=BORN).lease(None, BORN + 5)
    later = small(size=4, born_at=BORN + 60)
    again = later.lease(lease.session_id, BORN + 61 + RETENTION_SECONDS)
    assert again.extranonce1 != lease.extranonce1


def test_a_server_with_another_key_does_not_know_it():
    lease = small(size=4, born_at=BORN).lease(None, BORN + 5)
    other = Extranonces(b"other", born_at=BORN + 60)
    assert other.lease(lease.session_id, BORN + 61).extranonce1 != lease.extranonce1


def test_what_rested_goes_over_into_the_next_life_with_its_work():
    front = small(born_at=BORN)
    lease = front.lease(None, BORN)
    front.release(lease, BORN + 5, work=77)
    later = small(born_at=BORN + 60)
    later.rest(front.resting())
    strangers = {later.lease(None, BORN + 61).extranonce1 for _ in range(255)}
    assert lease.extranonce1 not in strangers
    with pytest.raises(ExtranoncesExhausted):
        later.lease(None, BORN + 61)
    again = later.lease(lease.session_id, BORN + 62)
    assert (again.extranonce1, again.work) == (lease.extranonce1, 77)


def test_what_makes_no_sense_is_not_taken_over():
    later = small(born_at=BORN)
    later.rest(
        [
            Resting(-1, 0, 1, BORN),
            Resting(256, 0, 1, BORN),
            Resting(1, int(BORN * 1000) + 1, 1, BORN),
            Resting(2, 0, -1, BORN),
            Resting(3, 0, 1, BORN * 9),
        ]
    )
    assert later.resting() == [Resting(3, 0, 1, BORN + RETENTION_SECONDS)]


@given(claim=st.text(max_size=50) | st.binary(min_size=15, max_size=15).map(bytes.hex))
def test_no_text_is_an_id_that_was_not_given_out(claim):
    front = small(born_at=BORN)
    taken = front.lease(None, BORN).extranonce1
    assert front.lease(claim, BORN).extranonce1 != taken


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20), st.booleans())))
def test_no_sequence_of_comings_and_goings_gives_one_to_two_strangers(steps):
    front = small(born_at=BORN)
    held = []
    now = BORN
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
