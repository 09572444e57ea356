"""The miner's end, as transcripts: what it says, and what a pool's lines mean to it."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.bitcoin.target import expected_hashes, target_from_difficulty
from pithead.stratum.client import MOST_UNANSWERED, ClientConnection
from pithead.stratum.events import (
    AuthorizationRefused,
    Authorized,
    DifficultyChanged,
    ExtranonceChanged,
    MessageShown,
    ProtocolBroken,
    ReconnectRequested,
    SubmitAccepted,
    SubmitRejected,
    Subscribed,
)
from pithead.stratum.pushes import Reconnect
from pithead.work.share import Solution

CONFIGURED = b'{"id":1,"result":{"version-rolling":true,"version-rolling.mask":"1fffe000"}}\n'
SUBSCRIBED = b'{"id":2,"result":[[["mining.notify","5e55"]],"abcd0001",8],"error":null}\n'
AUTHORIZED = b'{"id":4,"result":true,"error":null}\n'
DIFFICULTY = b'{"id":null,"method":"mining.set_difficulty","params":[0.5]}\n'
SOLUTION = Solution(bytes(8), 0x6553F100, 0xDEADBEEF, 0x20C00000)


def notify(job_id="a1", clean=True):
    params = [job_id, "00" * 32, "01", "02", [], "20000000", "1d00ffff", "6553f100", clean]
    return json.dumps({"id": None, "method": "mining.notify", "params": params}).encode() + b"\n"


def connection(**changes):
    client = ClientConnection("alice.rig", "x", "pithead/0.1", **changes)
    client.start(0.0)
    return client


def said(client):
    return [json.loads(line) for line in client.data_to_send().splitlines()]


def mining():
    """A client with a job, and that job."""
    client = connection()
    *_, job = client.receive(CONFIGURED + SUBSCRIBED + AUTHORIZED + DIFFICULTY + notify(), 1.0)
    client.data_to_send()
    return client, job


def test_it_configures_and_subscribes_then_authorises_once_that_is_answered():
    client = connection()
    assert [(line["id"], line["method"]) for line in said(client)] == [
        (1, "mining.configure"),
        (2, "mining.subscribe"),
    ]
    assert client.receive(CONFIGURED + SUBSCRIBED, 1.0) == [
        Subscribed(b"\xab\xcd\x00\x01", 8, "5e55")
    ]
    assert said(client) == [
        {"id": 3, "method": "mining.extranonce.subscribe", "params": []},
        {"id": 4, "method": "mining.authorize", "params": ["alice.rig", "x"]},
    ]
    assert client.receive(AUTHORIZED, 1.0) == [Authorized()]


def test_an_old_session_id_is_said_at_the_subscription():
    client = connection(session_id="5e55", version_mask=0)
    assert said(client) == [
        {"id": 1, "method": "mining.subscribe", "params": ["pithead/0.1", "5e55"]}
    ]


@pytest.mark.parametrize(
    ("subscriptions", "session_id"),
    [
        ('[["mining.set_difficulty","a"],["mining.notify","b"]]', "b"),
        ('["mining.notify","c"]', "c"),
        ("[]", None),
        ("null", None),
        ('[["mining.notify",7]]', None),
        ('[["mining.notify","%s"]]' % ("x" * 300), None),
        ("[" * 500 + "]" * 500, None),
    ],
)
def test_the_session_id_is_found_in_every_form_pools_use(subscriptions, session_id):
    line = b'{"id":2,"result":[%s,"00",4],"error":null}\n' % subscriptions.encode()
    (subscribed,) = connection().receive(line, 1.0)
    assert subscribed.session_id == session_id


def test_a_job_carries_all_that_was_in_force_when_it_came():
    _, job = mining()
    target = target_from_difficulty(0.5)
    assert (job.target, job.work) == (target, expected_hashes(target))
    assert (job.extranonce1, job.extranonce2_size) == (b"\xab\xcd\x00\x01", 8)
    assert (job.version_mask, job.clean) == (0x1FFFE000, True)
    assert job.job.job_id == "a1"


def test_without_a_difficulty_it_is_one():
    client = connection()
    *_, job = client.receive(SUBSCRIBED + notify(), 1.0)
    assert job.target == 0xFFFF << 208


def test_a_difficulty_holds_for_the_jobs_that_follow_only():
    client, first = mining()
    line = b'{"method":"mining.set_difficulty","params":[4]}\n'
    changed, second = client.receive(line + notify("a2"), 2.0)
    assert changed == DifficultyChanged(4, target_from_difficulty(4), second.work)
    assert second.work == pytest.approx(8 * first.work)
    assert client.submit(first, SOLUTION).work == first.work


def test_an_extranonce_and_a_mask_hold_for_the_jobs_that_follow():
    client, _ = mining()
    changed, job = client.receive(
        b'{"method":"mining.set_extranonce","params":["ff",4]}\n'
        b'{"method":"mining.set_version_mask","params":["00ffe000"]}\n' + notify("a2"),
        2.0,
    )
    assert changed == ExtranonceChanged(b"\xff", 4)
    assert (job.extranonce1, job.extranonce2_size, job.version_mask) == (b"\xff", 4, 0x00FFE000)


@pytest.mark.parametrize(
    "answer",
    [
        b'{"id":1,"result":{"version-rolling":false},"error":null}\n',
        b'{"id":1,"result":{"version-rolling":"no bits"},"error":null}\n',
        b'{"id":1,"result":null,"error":[20,"unsupported",null]}\n',
        b'{"id":1,"result":{"version-rolling":true,"version-rolling.mask":"00000fff"}}\n',
        b"",
    ],
)
def test_without_a_clear_yes_no_bit_is_rolled_and_none_is_sent(answer):
    client = connection()
    *_, job = client.receive(answer + SUBSCRIBED + notify(), 1.0)
    client.data_to_send()
    assert job.version_mask == 0
    client.submit(job, SOLUTION)
    (line,) = said(client)
    assert len(line["params"]) == 5


def test_a_share_is_sent_with_the_bits_inside_the_mask():
    client, job = mining()
    submitted = client.submit(job, SOLUTION)
    assert said(client) == [
        {
            "id": submitted.request_id,
            "method": "mining.submit",
            "params": ["alice.rig", "a1", "00" * 8, "6553f100", "deadbeef", "00c00000"],
        }
    ]


def test_each_answer_is_matched_to_its_share_in_any_order():
    client, job = mining()
    first, second = client.submit(job, SOLUTION), client.submit(job, SOLUTION)
    answers = b'{"id":%d,"result":true,"error":null}\n{"id":%d,"result":true,"error":null}\n' % (
        second.request_id,
        first.request_id,
    )
    assert client.receive(answers, 2.0) == [SubmitAccepted(second), SubmitAccepted(first)]
    assert client.receive(answers, 2.0) == []


@pytest.mark.parametrize(
    ("rest", "code", "reason"),
    [
        (b'"result":null,"error":[23,"Above target",null]', 23, "Above target"),
        (b'"result":false,"error":{"code":21,"message":"gone"}', 21, "gone"),
        (b'"result":false,"error":"bad"', 0, "bad"),
        (b'"result":false,"error":null', 0, "refused without a reason"),
        (b'"result":true,"error":[[],7]', 0, "refused in an unknown form"),
    ],
)
def test_a_refusal_is_understood_in_every_form_pools_use(rest, code, reason):
    client, job = mining()
    submitted = client.submit(job, SOLUTION)
    answer = b'{"id":%d,%b}\n' % (submitted.request_id, rest)
    assert client.receive(answer, 2.0) == [SubmitRejected(submitted, code, reason)]


def test_a_refused_name_is_an_event_and_not_the_end():
    client = connection()
    answer = b'{"id":4,"result":false,"error":[24,"Unauthorized worker",null]}\n'
    assert client.receive(SUBSCRIBED + answer, 1.0)[1:] == [
        AuthorizationRefused(24, "Unauthorized worker")
    ]
    assert not client.is_broken


def test_messages_reconnects_and_questions_of_the_pool():
    client, _ = mining()
    assert client.receive(
        b'{"id":null,"method":"client.show_message","params":["hello"]}\n'
        b'{"id":null,"method":"client.reconnect","params":["b.example",3334,2]}\n'
        b'{"id":"v","method":"client.get_version","params":[]}\n'
        b'{"id":9,"method":"mining.ping","params":[]}\n'
        b'{"id":null,"method":"mining.ping","params":[]}\n'
        b'{"id":10,"method":"mining.unheard_of","params":[]}\n',
        2.0,
    ) == [MessageShown("hello"), ReconnectRequested(Reconnect("b.example", 3334, 2.0))]
    assert said(client) == [
        {"id": "v", "result": "pithead/0.1", "error": None},
        {"id": 9, "result": "pong", "error": None},
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 400 Bad Request\r\n",
        b"x" * 70_000,
        b'{"id":2,"result":null,"error":[20,"go away",null]}\n',
        b'{"id":2,"result":[[],"zz",8],"error":null}\n',
        b'{"id":2,"result":[[],"00",99],"error":null}\n',
        b'{"method":"mining.set_difficulty","params":[-3]}\n',
        b'{"method":"mining.notify","params":[]}\n',
        b'{"id":{},"result":true}\n',
        notify(),
    ],
)
def test_what_is_out_of_form_ends_the_connection(data):
    client = connection()
    (broken,) = client.receive(data, 1.0)
    assert isinstance(broken, ProtocolBroken)
    assert client.is_broken
    assert client.receive(SUBSCRIBED, 1.0) == []
    assert client.tick(1000.0) == []


def test_shares_that_are_never_answered_do_not_pile_up():
    client, job = mining()
    first = client.submit(job, SOLUTION)
    for _ in range(MOST_UNANSWERED + 10):
        client.submit(job, SOLUTION)
        client.data_to_send()
    answer = b'{"id":%d,"result":true,"error":null}\n' % first.request_id
    assert client.receive(answer, 2.0) == []


def test_a_pool_that_falls_silent_is_left_after_ninety_seconds():
    client, _ = mining()
    assert client.tick(91.0) == []
    (broken,) = client.tick(91.1)
    assert "silent" in broken.reason


def test_a_pool_that_never_lets_the_miner_in_is_left_after_a_minute():
    client = connection()
    client.receive(b'{"method":"client.show_message","params":["wait"]}\n', 59.0)
    assert client.tick(60.0) == []
    (broken,) = client.tick(61.0)
    assert "let in" in broken.reason


WHOLE = CONFIGURED + SUBSCRIBED + AUTHORIZED + DIFFICULTY + notify() + notify("a2", clean=False)


@given(
    place=st.integers(0, 10**6),
    junk=st.binary(max_size=4),
    length=st.integers(0, 3),
    cuts=st.lists(st.integers(0, 10**6), max_size=6),
)
def test_a_spoilt_transcript_means_the_same_however_it_is_cut(place, junk, length, cuts):
    place %= len(WHOLE)
    data = WHOLE[:place] + junk + WHOLE[place + length :]
    edges = sorted({0, len(data), *(edge % (len(data) + 1) for edge in cuts)})

    def play(pieces):
        client = connection()
        events = [event for piece in pieces for event in client.receive(piece, 1.0)]
        return events, client.data_to_send()

    pieces = [data[start:end] for start, end in pairwise(edges)]
    assert play(pieces) == play([data])


@given(st.binary(max_size=300))
def test_random_bytes_lead_to_nothing_but_an_end(data):
    for event in connection().receive(data, 1.0):
        assert isinstance(event, ProtocolBroken)
