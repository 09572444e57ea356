"""Payloads in parts: whatever the sizes and the mixing, what comes out is what went in."""

import contextlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.pool.parcels import FORGET_SECONDS, MOST_OPEN, BadPart, Parcels, split

LONGEST = 1_000


def parts_of(payload, longest, sender, attempt):
    return [(str(part), piece) for part, piece in split(payload, longest, sender, attempt)]


def taken_all(parcels, parts):
    return [
        taken.payload
        for key, (header, piece) in enumerate(parts)
        if (taken := parcels.take(header, piece, key)).payload is not None
    ]


@given(st.binary(max_size=200), st.integers(1, 50))
def test_the_parts_of_a_payload_make_the_payload(payload, longest):
    parts = parts_of(payload, longest, "abc", 7)
    assert all(len(piece) <= longest for _, piece in parts)
    assert taken_all(Parcels(LONGEST), parts) == [payload]


@given(st.lists(st.binary(min_size=1, max_size=60), max_size=8), st.randoms(use_true_random=False))
def test_payloads_of_several_senders_do_not_mix(payloads, chance):
    queues = [(parts_of(each, 7, f"s{n}", n)) for n, each in enumerate(payloads)]
    mixed = []
    while any(queues):
        mixed.append(chance.choice([queue for queue in queues if queue]).pop(0))
    assert sorted(taken_all(Parcels(LONGEST), mixed)) == sorted(payloads)


def test_a_new_attempt_of_a_sender_ends_the_one_before_and_names_its_messages():
    parcels = Parcels(LONGEST)
    old, new = ((parts_of(b"abcdef", 2, "s", attempt)) for attempt in (1, 2))
    parcels.take(*old[0], key=10)
    parcels.take(*old[1], key=11)
    assert parcels.take(*new[0], key=12).dropped == (10, 11)
    assert parcels.take(*old[2], key=13).dropped == (13,)
    parcels.take(*new[1], key=14)
    taken = parcels.take(*new[2], key=15)
    assert (taken.payload, taken.keys, taken.dropped) == (b"abcdef", (12, 14, 15), ())


def test_an_attempt_that_nobody_completes_is_forgotten_in_time():
    parcels = Parcels(LONGEST)
    one, other = ((parts_of(b"abcdef", 3, name, 1)) for name in ("s", "t"))
    parcels.take(*one[0], key=1, at=100.0)
    assert parcels.take(*other[0], key=2, at=100.0 + FORGET_SECONDS).dropped == ()
    assert parcels.take(*other[1], key=3, at=101.0 + FORGET_SECONDS).dropped == (1,)


def test_a_part_that_arrives_twice_counts_once():
    parcels = Parcels(LONGEST)
    parts = parts_of(b"abcdef", 3, "s", 1)
    assert taken_all(parcels, [parts[0], parts[0], parts[1]]) == [b"abcdef"]


def test_what_is_open_is_bounded_in_number_and_size():
    parcels = Parcels(LONGEST)
    for number in range(MOST_OPEN):
        first = parts_of(b"ab", 1, f"s{number}", 1)[0]
        assert parcels.take(*first, key=number).dropped == ()
    assert parcels.take(*parts_of(b"ab", 1, "other", 1)[0], key=999).dropped == (0,)
    first, second, _ = parts_of(bytes(3 * LONGEST), LONGEST, "big", 1)
    parcels.take(*first, key=1000)
    assert 1000 in parcels.take(*second, key=1001).dropped


@given(st.text(max_size=60) | st.from_regex(r"[a-z]{1,3}\.[0-9]{1,3} [0-9]{1,5} [0-9]{1,5}"))
def test_any_header_is_a_part_or_refused(header):
    with contextlib.suppress(BadPart):
        Parcels(LONGEST).take(header, random.randbytes(5))


@pytest.mark.parametrize("header", ["", "s.1 1 1", "s.1 0 0", "s.1 0 5000", "S.1 0 1", "s.1 0 1 "])
def test_headers_that_no_sender_writes_are_refused(header):
    with pytest.raises(BadPart):
        Parcels(LONGEST).take(header, b"")
