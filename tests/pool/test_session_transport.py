"""Bytes that are cut, broken, hostile or missing, and the deadlines of a session."""

import json
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pithead.stratum.lines import SERVER_LINE_LIMIT

CONFIGURE = b'{"id":1,"method":"mining.configure","params":[["version-rolling"],{}]}\n'
SUBSCRIBE = b'{"id":2,"method":"mining.subscribe","params":["ua"]}\n'
AUTHORIZE = b'{"id":3,"method":"mining.authorize","params":["alice.rig","x"]}\n'
LOGIN = CONFIGURE + SUBSCRIBE + AUTHORIZE


def test_two_requests_in_one_segment_are_answered_in_order(stage):
    assert [line["id"] for line in stage.connect().send(SUBSCRIBE + CONFIGURE)] == [2, 1]


def test_one_request_over_many_segments_is_answered_at_its_end(stage):
    peer = stage.connect()
    for byte in SUBSCRIBE[:-1]:
        assert peer.send(bytes([byte])) == []
    assert len(peer.send(b"\n")) == 1


def test_carriage_returns_empty_lines_and_a_leading_mark_do_no_harm(stage):
    data = b"\xef\xbb\xbf" + SUBSCRIBE.replace(b"\n", b"\r\n") + b"\r\n\n" + CONFIGURE
    assert [line["id"] for line in stage.connect().send(data)] == [2, 1]


def test_a_megabyte_without_a_line_end_closes_at_the_limit(stage):
    peer = stage.connect()
    sent = 0
    while peer.close_reason is None:
        assert peer.send(b"x" * 1000) == []
        sent += 1000
    assert sent <= SERVER_LINE_LIMIT + 1000


def test_what_came_before_a_line_too_long_is_answered(stage):
    peer = stage.connect()
    assert len(peer.send(SUBSCRIBE + b"x" * 10_000)) == 1
    assert peer.close_reason


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n",
        b'{"id":1,\n',
        b"null\n",
        b"[]\n",
        b'{"id":1,"method":"x\xff"}\n',
        b'{"id":1,"method":"mining.subscribe","params":["\xff"]}\n',
        b'{"id":"\xff","method":"mining.subscribe"}\n',
        b'{"id":1,"method":7}\n',
        b'{"id":NaN,"method":"mining.subscribe"}\n',
    ],
)
def test_what_is_no_stratum_closes_the_connection_and_is_not_answered(stage, data):
    peer = stage.connect()
    assert peer.send(data + SUBSCRIBE) == []
    assert peer.close_reason == "not Stratum"


def test_a_hundred_bad_requests_are_the_end_of_patience(stage):
    peer = stage.connect()
    answers = peer.send(b'{"id":1,"method":"?"}\n' * 200)
    assert len(answers) == 100
    assert peer.close_reason == "too many bad requests"


def test_what_is_asked_in_vain_now_and_then_is_forgiven(stage):
    peer = stage.miner()
    for _ in range(300):
        stage.wall += 10
        peer.ask("mining.get_transactions", "1")
    assert peer.close_reason is None
    peer.send(b'{"id":1,"method":"?"}\n' * 101)
    assert peer.close_reason == "too many bad requests"


# Deadlines


@pytest.mark.parametrize("said", [b"", SUBSCRIBE, AUTHORIZE, b'{"id":'])
def test_a_peer_that_is_not_logged_in_after_a_minute_is_closed(stage, said):
    peer = stage.connect()
    peer.send(said)
    stage.wall += 60
    peer.tick()
    assert peer.close_reason is None
    stage.wall += 1
    peer.tick()
    assert peer.close_reason == "no subscription and authorisation in time"


def test_a_byte_every_five_seconds_does_not_move_the_deadline(stage):
    peer = stage.connect()
    for byte in SUBSCRIBE[:13]:
        stage.wall += 5
        peer.send(bytes([byte]))
        peer.tick()
    assert peer.close_reason is not None


def test_an_idle_back_up_connection_is_kept_for_hours(stage):
    peer = stage.miner()
    for _ in range(6 * 60):
        stage.wall += 60
        stage.now += 60
        peer.tick()
    assert peer.close_reason is None


def test_the_end_of_a_session_gives_its_extranonce_back(stage):
    stage.open()
    peer = stage.connect().log_in()
    assert stage.front.extranonces.held == 1
    peer.session.end(stage.now)
    peer.session.end(stage.now)
    assert stage.front.extranonces.held == 0


# Fuzz

OWN_STAGE = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def cut(data, cuts):
    edges = sorted({0, len(data), *(edge % (len(data) + 1) for edge in cuts)})
    return [data[start:end] for start, end in pairwise(edges)]


@settings(suppress_health_check=OWN_STAGE)
@given(data=st.binary(max_size=400))
def test_random_bytes_end_in_answers_or_a_reason(make_stage, data):
    peer = make_stage().connect()
    peer.send(data + b"\n")
    assert peer.events == []


SUBMIT = b'{"id":4,"method":"mining.submit","params":["alice.rig","3e8","%s","%s","%s"]}\n' % (
    b"00" * 8,
    b"6553f100",
    b"00000001",
)


@settings(suppress_health_check=OWN_STAGE)
@given(
    said=st.sampled_from([(b"", LOGIN), (LOGIN, SUBMIT + CONFIGURE + SUBMIT + SUBSCRIBE)]),
    place=st.integers(0, 10**6),
    junk=st.binary(max_size=4),
    length=st.integers(0, 3),
    cuts=st.lists(st.integers(0, 10**6), max_size=6),
)
def test_a_spoilt_transcript_is_answered_the_same_however_it_is_cut(
    make_stage, said, place, junk, length, cuts
):
    before, data = said
    place %= len(data)
    data = data[:place] + junk + data[place + length :]

    def play(pieces):
        stage = make_stage()
        stage.open()
        peer = stage.connect()
        peer.send(before)
        answers = []
        for piece in pieces:
            if peer.close_reason is None:
                answers += [line for line in peer.send(piece) if line["id"] is not None]
        return answers, peer.events, peer.close_reason

    assert play(cut(data, cuts)) == play([data])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=30), inner),
    max_leaves=10,
)
methods = st.sampled_from(
    [
        "mining.subscribe",
        "mining.authorize",
        "mining.configure",
        "mining.submit",
        "mining.suggest_difficulty",
        "mining.suggest_target",
        "mining.extranonce.subscribe",
        "mining.ping",
    ]
)


@settings(suppress_health_check=OWN_STAGE)
@given(requests=st.lists(st.tuples(methods, json_values), max_size=8))
def test_any_parameters_of_any_method_are_answered_one_by_one(make_stage, requests):
    stage = make_stage()
    stage.open()
    peer = stage.connect()
    for number, (method, params) in enumerate(requests):
        if peer.close_reason is None:
            line = json.dumps({"id": number, "method": method, "params": params})
            if "NaN" in line or "Infinity" in line:
                continue
            answers = [each for each in peer.send(line.encode() + b"\n") if each["id"] is not None]
            assert [answer["id"] for answer in answers] == [number]
