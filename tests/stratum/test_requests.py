"""Requests: what is read from their parameters, and what is refused."""

from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.stratum.messages import Malformed, open_envelope
from pithead.stratum.requests import (
    Authorize,
    Configure,
    ExtranonceSubscribe,
    Ping,
    Submit,
    Subscribe,
    SuggestDifficulty,
    finite_number,
    read_request,
    read_submit_line,
)


def read(method, params):
    return read_request(method, msgspec.Raw(params))


@pytest.mark.parametrize(
    ("method", "params", "request_"),
    [
        ("mining.subscribe", b"[]", Subscribe("", None)),
        ("mining.subscribe", b'["ua",null,"host",3333]', Subscribe("ua", None)),
        ("mining.subscribe", b'["ua","ab12"]', Subscribe("ua", "ab12")),
        ("mining.authorize", b'["u.w"]', Authorize("u.w", "")),
        ("mining.authorize", b'["u.w",null]', Authorize("u.w", "")),
        ("mining.authorize", b'["u.w",123,"extra"]', Authorize("u.w", "123")),
        ("mining.configure", b"[]", Configure((), {})),
        ("mining.suggest_difficulty", b"[1000]", SuggestDifficulty(1000)),
        ("mining.suggest_difficulty", b'["1e3"]', SuggestDifficulty(1000.0)),
        ("mining.suggest_target", b'["%s"]' % (b"00000000ffff" + b"0" * 52), SuggestDifficulty(1)),
        ("mining.extranonce.subscribe", b"[]", ExtranonceSubscribe()),
        ("mining.extranonce.subscribe", b"null", ExtranonceSubscribe()),
        ("mining.ping", b"[]", Ping()),
        ("mining.fly", b"[]", None),
    ],
)
def test_requests_are_read(method, params, request_):
    assert read(method, params) == request_


def test_a_submit_is_bytes_and_numbers():
    params = b'["u.w","1f","0000000000000001","6553f100","DEADbeef","00c00000"]'
    assert read("mining.submit", params) == Submit(
        "u.w", "1f", bytes(7) + b"\x01", 0x6553F100, 0xDEADBEEF, 0x00C00000
    )


def test_a_submit_without_version_bits_has_none():
    params = b'["u.w","1f","00","6553f100","00000000"]'
    assert read("mining.submit", params).version_bits is None


@pytest.mark.parametrize(
    "params",
    [
        b'["u","j","00","6553f10","000000000"]',
        b'["u","j","0","6553f100","00000000"]',
        b'["u","j","0 ","6553f100","00000000"]',
        b'["u","j","00","6553f100","0000000 "]',
        b'["u","j","00","6553f100","00000000","00000000","x"]',
    ],
)
def test_a_submit_of_another_form_is_malformed(params):
    with pytest.raises(Malformed):
        read("mining.submit", params)


GOOD_LINE = (
    b'{"params":["u.w","1f","0000000000000001","6553f100","DEADbeef","00c00000"],'
    b'"id": "x7", "method": "mining.submit"}'
)


def test_a_plain_submit_is_read_from_its_line_in_one_step():
    request_id, submit = read_submit_line(GOOD_LINE)
    assert request_id == b'"x7"'
    assert submit == Submit("u.w", "1f", bytes(7) + b"\x01", 0x6553F100, 0xDEADBEEF, 0xC00000)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"x7"', b"{}"),
        (b'"x7"', b"[]"),
        (b'"x7"', b'"\xff"'),
        (b"6553f100", b"6553f10"),
        (b"DEADbeef", b"DEADbee "),
        (b"u.w", b"u.\xc3\xa9"),
        (b"mining.submit", b"mining.submitted"),
        (b'"id"', b'"id'),
        (b'["u.w","1f",', b"["),
        (b', "method": "mining.submit"', b""),
        (b'"method"', b'"x": "mining.submit", "method": 1, "y"'),
        (b'"u.w"', b"[" * 4000),
    ],
)
def test_any_other_line_is_left_to_the_general_way(old, new):
    assert read_submit_line(GOOD_LINE.replace(old, new)) is None


@given(st.integers(0, 200), st.binary(max_size=3), st.integers(0, 3))
def test_the_one_step_reads_nothing_that_the_general_way_would_read_otherwise(place, junk, length):
    line = GOOD_LINE[:place] + junk + GOOD_LINE[place + length :]
    quick = read_submit_line(line)
    if quick is not None:
        envelope = open_envelope(line)
        request_id, submit = quick
        assert bytes(envelope.id) == request_id
        assert read_request(envelope.method, envelope.params) == submit


@pytest.mark.parametrize(("value", "number"), [(7, 7), ("0.5", 0.5), (10**400, 1e77)])
def test_numbers_are_finite(value, number):
    assert finite_number(value) == number


@pytest.mark.parametrize("value", ["inf", "nan", "1e999", "x", ""])
def test_what_is_not_finite_is_malformed(value):
    with pytest.raises(Malformed):
        finite_number(value)


METHODS = [
    "mining.subscribe",
    "mining.authorize",
    "mining.configure",
    "mining.submit",
    "mining.suggest_difficulty",
    "mining.suggest_target",
]


@given(st.sampled_from(METHODS), st.binary(max_size=120))
def test_no_parameters_lead_to_any_other_error(method, params):
    with suppress(Malformed):
        read(method, params)
