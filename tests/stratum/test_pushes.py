"""Pushes: written for miners, read by them, and bounded."""

import json
from contextlib import suppress
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.stratum.messages import Malformed, open_envelope
from pithead.stratum.pushes import (
    GetVersion,
    Notify,
    Ping,
    Reconnect,
    SetDifficulty,
    SetExtranonce,
    SetVersionMask,
    ShowMessage,
    difficulty_line,
    extranonce_line,
    message_line,
    notify_line,
    read_push,
    reconnect_line,
    swap_words,
    version_mask_line,
)
from pithead.work.job import Job

JOB = Job(
    job_id="3e8",
    prev_hash_wire=bytes(range(32)),
    coinbase_prefix=b"\x01\x02",
    coinbase_suffix=b"\x03",
    branch=(b"\xaa" * 32, b"\xbb" * 32),
    version=0x20000000,
    bits=0x1D00FFFF,
    time=0x0000ABCD,
)


def reread(line):
    envelope = open_envelope(line)
    return read_push(envelope.method, envelope.params)


def test_the_genesis_hash_goes_over_the_wire_by_swapped_words():
    """The words of the form people see, the last first."""
    display = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"
    line = notify_line(replace(JOB, prev_hash_wire=bytes.fromhex(display)[::-1]), clean=True)
    sent = json.loads(line)["params"][1]
    assert sent == "0a8ce26f72b3f1b646a2a6c14ff763ae65831e939c085ae10019d66800000000"


def test_a_notify_says_exactly_the_job():
    assert json.loads(notify_line(JOB, clean=False)) == {
        "id": None,
        "method": "mining.notify",
        "params": [
            "3e8",
            "03020100070605040b0a09080f0e0d0c13121110171615141b1a19181f1e1d1c",
            "0102",
            "03",
            ["aa" * 32, "bb" * 32],
            "20000000",
            "1d00ffff",
            "0000abcd",
            False,
        ],
    }


@pytest.mark.parametrize(
    ("line", "push"),
    [
        (notify_line(JOB, clean=True), Notify(JOB, True)),
        (difficulty_line(1024), SetDifficulty(1024)),
        (difficulty_line(8.149072527885437e-08), SetDifficulty(8.149072527885437e-08)),
        (version_mask_line(0x1FFFE000), SetVersionMask(0x1FFFE000)),
        (extranonce_line(b"\x01\x02", 8), SetExtranonce(b"\x01\x02", 8)),
        (message_line("hello"), ShowMessage("hello")),
        (reconnect_line("pool.example", 3333, 5), Reconnect("pool.example", 3333, 5.0)),
        (b'{"method":"client.reconnect","params":[]}', Reconnect(None, None, 0.0)),
        (b'{"method":"client.reconnect","params":["a","3333","5"]}', Reconnect("a", 3333, 5.0)),
        (b'{"id":1,"method":"client.get_version","params":[]}', GetVersion()),
        (b'{"id":1,"method":"mining.ping"}', Ping()),
        (b'{"method":"mining.something"}', None),
    ],
)
def test_what_is_written_is_read(line, push):
    assert reread(line) == push


def test_whole_difficulties_are_written_without_a_fraction():
    assert json.loads(difficulty_line(1 << 40))["params"] == [1 << 40]
    assert b"[16384]" in difficulty_line(16384)


def test_swapping_words_twice_changes_nothing():
    assert swap_words(swap_words(bytes(range(32)))) == bytes(range(32))


PARAMS = json.loads(notify_line(JOB, clean=True))["params"]


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (0, "x" * 129),
        (0, 7),
        (1, "00" * 31),
        (1, "zz" * 32),
        (2, "0"),
        (3, "0g"),
        (4, ["00" * 32] * 33),
        (4, ["00" * 31]),
        (5, "123456789"),
        (6, ""),
        (7, "-1"),
        (8, "yes"),
    ],
)
def test_a_job_out_of_form_or_bounds_is_malformed(place, value):
    params = [*PARAMS]
    params[place] = value
    if value == "":
        params.pop()
        params.pop()
    with pytest.raises(Malformed):
        read_push("mining.notify", msgspec.Raw(msgspec.json.encode(params)))


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("mining.set_difficulty", b"[0]"),
        ("mining.set_difficulty", b"[-1]"),
        ("mining.set_difficulty", b"[1e300]"),
        ("mining.set_difficulty", b"[]"),
        ("mining.set_difficulty", b'["nan"]'),
        ("mining.set_extranonce", b'["%s",8]' % (b"00" * 17)),
        ("mining.set_extranonce", b'["00",0]'),
        ("mining.set_extranonce", b'["00",17]'),
        ("mining.set_extranonce", b'["0",8]'),
        ("mining.set_version_mask", b'["x"]'),
        ("client.reconnect", b'["a",99999]'),
        ("client.reconnect", b'["a",1,1e9]'),
        ("client.reconnect", b'["a","port"]'),
        ("client.reconnect", b'["a\\nb",1]'),
        ("client.reconnect", b'["%s",1]' % (b"a" * 300)),
    ],
)
def test_what_a_hostile_pool_sends_is_malformed(method, params):
    with pytest.raises(Malformed):
        read_push(method, msgspec.Raw(params))


def test_a_long_text_is_cut():
    assert len(reread(message_line("x" * 9999)).text) == 1024


@given(
    st.sampled_from(
        [
            "mining.notify",
            "mining.set_difficulty",
            "mining.set_extranonce",
            "mining.set_version_mask",
            "client.reconnect",
            "client.show_message",
        ]
    ),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False),
        st.lists,
        max_leaves=12,
    ),
)
def test_no_parameters_lead_to_any_other_error(method, params):
    with suppress(Malformed):
        read_push(method, msgspec.Raw(json.dumps(params).encode()))
