"""What the extension takes of a connection's bytes gets the answers that the general way gives."""

import json
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.bitcoin.target import target_for_work
from pithead.native import take_shares, twin
from pithead.pool import session as sessions
from pithead.pool.extranonce import Extranonces
from pithead.pool.jobs import JobBook, JobSettings
from pithead.pool.session import Front, Session
from pithead.pool.vardiff import VardiffSettings
from tests.pool.conftest import PAYOUT_SCRIPT, START, make_template, make_transaction

needs_native = pytest.mark.skipif(
    take_shares is twin.take_shares, reason="no extension on this machine"
)

HELLO = (
    b'{"id":1,"method":"mining.configure","params":[["version-rolling"],'
    b'{"version-rolling.mask":"1fffe000"}]}\n'
    b'{"id":2,"method":"mining.subscribe","params":[]}\n'
    b'{"id":3,"method":"mining.authorize","params":["alice.rig","x"]}\n'
    b'{"id":4,"method":"mining.authorize","params":["bob","x"]}\n'
)
FIRST_SEQUENCE = 0x1A


class Side:
    """A session with two jobs of its own, the same every time."""

    def __init__(self, share_work, block_work):
        self.book = JobBook(JobSettings(payout_script=PAYOUT_SCRIPT), FIRST_SEQUENCE)
        front = Front(
            book=self.book,
            extranonces=Extranonces(bytes(32)),
            admit=lambda user: True,
            vardiff=VardiffSettings(first_work=share_work, least_work=1),
        )
        self.template = make_template(
            transactions=tuple(make_transaction(number) for number in range(5)),
            block_target=target_for_work(block_work),
        )
        self.book.open(self.template, START)
        self.session = Session(front, START, 0.0)
        self.said = [self.session.receive(HELLO, START, 0.0)]
        self.offer(START)

    def offer(self, now):
        self.session.offer(self.book.open(self.template, now), now)

    def hear(self, data, now):
        self.said.append(self.session.receive(data, now, 0.0))


def spelled(request, separators=(",", ":")):
    return json.dumps(request, ensure_ascii=False, separators=separators).encode()


def share(number, *, request_id=9, name="alice.rig", job=1, extranonce2=None, time=0, bits=None):
    """A submit line; `job` 1 is the present one, 0 the one before."""
    params = [
        name,
        f"{FIRST_SEQUENCE + job:x}",
        f"{number % 40:016x}" if extranonce2 is None else extranonce2,
        f"{int(START) + time:08x}",
        f"{number:08X}",
    ]
    if bits is not None:
        params.append(bits)
    return {"id": request_id, "method": "mining.submit", "params": params}


plain = st.builds(
    share,
    st.integers(0, 2**32 - 1) | st.integers(0, 3),
    request_id=st.sampled_from([0, 9, 10**17, "x-1", "", None]),
    name=st.sampled_from(["alice.rig", "alice.rig", "bob"]),
    bits=st.sampled_from([None, None, "00000000", "1fffe000", "00002000"]),
)
odd = st.builds(
    share,
    st.integers(0, 9),
    request_id=st.sampled_from([1, -1, 1.5, 10**19, True, [], {}, "é", 'quo"te']),
    name=st.sampled_from(["alice.rig", "bob", "bob.rig", "mallory", "", "é"]),
    job=st.sampled_from([1, 1, 0, 2]),
    extranonce2=st.sampled_from([None, None, "", "00" * 7, "00" * 17, "0" * 15 + "g", " " * 16]),
    time=st.sampled_from([0, 7200, 7201, -600, -601]),
    bits=st.sampled_from([None, "00000001", "ffffffff", "", "1fffe0000", "0x000000"]),
)
separators = st.sampled_from([(",", ":"), (", ", ": "), (" ,\t", " : ")])
line = st.one_of(
    st.builds(spelled, plain),
    st.builds(spelled, plain),
    st.builds(spelled, plain | odd, separators),
    st.builds(lambda request: spelled(dict(reversed(request.items()))), plain | odd),
    st.builds(lambda request, more: spelled({**request, **more}), plain, st.just({"x": [{}]})),
    st.builds(lambda request: b'{"id":7,' + spelled(request)[1:], plain),
    st.builds(lambda text, at, bad: text[:at] + bad + text[at:], st.builds(spelled, plain),
              st.integers(0, 150), st.sampled_from([b'"', b"\\", b"\0", b" ", b",", b"]", b"0"])),
    st.builds(lambda text, at: text[:at], st.builds(spelled, plain), st.integers(0, 150)),
    st.sampled_from([b"", b"\r", b"null", b'{"id":5,"method":"mining.ping","params":[]}']),
)  # fmt: skip
streams = st.lists(
    st.tuples(line, st.sampled_from([b"\n", b"\n", b"\n", b"\r\n", b"\n\n"])).map(b"".join),
    max_size=25,
).map(b"".join)


@needs_native
@settings(max_examples=150, deadline=None)
@given(streams, st.data())
def test_a_session_answers_alike_with_and_without_the_extension(stream, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=4), label="cuts"))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True) if a < b]
    works = data.draw(st.sampled_from([(1, 1 << 60), (2, 1 << 60), (2, 8), (4, 2)]), label="works")
    steps = data.draw(st.lists(st.sampled_from([0, 0, 1, 400]), min_size=len(pieces),
                               max_size=len(pieces)), label="seconds")  # fmt: skip
    renewed = data.draw(st.integers(0, 5), label="a newer job before piece")
    fast, slow = Side(*works), Side(*works)
    now = START
    for number, (piece, step) in enumerate(zip(pieces, steps, strict=True)):
        now += step
        for side in (fast, slow):
            if number == renewed:
                side.book.open(side.template, now)
        fast.hear(piece, now)
        with patch.object(sessions, "take_shares", twin.take_shares):
            slow.hear(piece, now)
    assert fast.said == slow.said


@needs_native
def test_good_shares_in_a_row_are_all_taken_by_the_extension():
    side = Side(1, 1 << 60)
    stream = b"".join(spelled(share(number)) + b"\n" for number in range(50))
    with patch.object(sessions.Session, "_take", side_effect=AssertionError):
        side.hear(stream, START)
    turn = side.said[-1]
    assert len(turn.events) == 50
    assert turn.reply.startswith(b'{"id":9,"result":true,"error":null}\n' * 50)


@needs_native
def test_no_share_is_taken_on_a_tip_that_is_gone():
    side = Side(1, 1 << 60)
    side.book.open(make_template(prev_hash_wire=bytes(32)), START)
    side.hear(spelled(share(1)) + b"\n", START)
    assert json.loads(side.said[-1].reply)["error"][0] == 21
    assert side.said[-1].events[0].reason == "stale"


@needs_native
@pytest.mark.parametrize("index", range(5))
def test_an_argument_of_another_type_is_refused(index):
    measure = Side(1, 2).book.latest.measure(1 << 255, 8)
    arguments = [b"", {}, measure, b"1234", 0]
    assert take_shares(*arguments) == (0, b"", [])
    arguments[index] = "other"
    with pytest.raises((TypeError, ValueError)):
        take_shares(*arguments)


@needs_native
@pytest.mark.parametrize("field", [3, 5, 10, 11])
def test_hashes_and_targets_of_another_size_are_refused(field):
    measure = list(Side(1, 2).book.latest.measure(1 << 255, 8))
    measure[field] = bytes(31)
    with pytest.raises(ValueError):
        take_shares(b"", {}, tuple(measure), b"1234", 0)
    with pytest.raises(TypeError):
        take_shares(b"", {}, tuple(measure[:-1]), b"1234", 0)


def test_without_the_extension_every_line_is_left():
    assert twin.take_shares(b"anything\n", {}, (), b"", 0) == (0, b"", [])
