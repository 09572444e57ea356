"""A session behind a real wire over loopback, and what a miner says to it."""

import asyncio
import contextlib
import json
import socket

import pytest

from pithead.bitcoin.target import target_for_work
from pithead.pool.extranonce import Extranonces
from pithead.pool.jobs import COUNTS, JobBook, JobSettings
from pithead.pool.plainwire import Wire as PlainWire
from pithead.pool.session import Front, Session
from pithead.pool.vardiff import VardiffSettings
from pithead.pool.wire import Wire, Wires
from tests.pool.conftest import PAYOUT_SCRIPT, START, make_template, make_transaction
from tests.pool.livepool import until

needs_native = pytest.mark.skipif(Wire is PlainWire, reason="no extension on this machine")

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


class Door:
    """A peer of a wire and its judge: one session, and what it said, by the moments of `now`."""

    def __init__(self, side):
        self.side, self.now = side, START
        self.events, self.replies, self.answers = [], [], []
        self.is_kept, self.taken, self.grant = True, 0, 1 << 20
        self.is_over = self.is_gone = False
        self.transport = None

    # A peer

    def connection_made(self, transport):
        self.transport = transport

    def connection_lost(self, exc):
        self.is_gone = True

    def data_received(self, data):
        turn = self.side.session.receive(data, self.now, 0.0)
        self.events += turn.events
        self.replies.append(turn.reply)
        self.is_over |= turn.close_reason is not None

    def draw(self, amount):
        self.grant -= amount
        return self.grant >= 0

    def desk(self):
        return self.side.session.desk()

    # A judge

    def earned(self, shares, answer):
        self.answers.append(answer)
        earners = list(zip(shares[1::3], shares[2::3], strict=True))
        self.taken += len(earners)
        wishes = False
        for worker, measure in earners:
            if measure.state[0] == COUNTS:
                wishes = self.side.session.earned(worker, measure, self.now, self.events)
            else:
                wishes = self.side.session.refused(worker, measure, self.now, 0.0, self.events)
        if wishes:
            self.replies.append(self.side.session.renewal(self.now))

    def flush(self):
        for answer in self.answers:
            answer(self.is_kept)
        for reply in self.replies:
            self.transport.write(reply)
        self.answers, self.replies = [], []
        if self.is_over:
            self.transport.close()


class Call:
    """A connection to a door over loopback."""

    def __init__(self, door):
        self.door = door

    async def __aenter__(self):
        listening = socket.create_server(("127.0.0.1", 0))
        self.wires = Wires(self.door, lambda: self.door)
        self.wires.listen(listening)
        self.socket = socket.create_connection(listening.getsockname())
        self.socket.setblocking(False)
        await until(lambda: self.door.transport is not None)
        return self

    async def __aexit__(self, *_):
        self.socket.close()
        self.wires.stop_listening()
        await until(lambda: self.door.is_gone)

    async def say(self, data):
        self.socket.setblocking(True)
        self.socket.sendall(data)
        self.socket.setblocking(False)

    async def heard(self, size):
        """So many bytes, and no more."""
        heard = b""

        def hear():
            nonlocal heard
            with contextlib.suppress(BlockingIOError):
                heard += self.socket.recv(1 << 20)
            return len(heard) >= size

        await until(hear)
        await settle()
        hear()
        return heard

    async def all_heard(self):
        """Until the other end has closed."""
        heard, is_over = b"", False

        def hear():
            nonlocal heard, is_over
            with contextlib.suppress(BlockingIOError):
                data = self.socket.recv(1 << 20)
                heard, is_over = heard + data, not data
            return is_over

        await until(hear)
        return heard


async def settle():
    for _ in range(6):
        await asyncio.sleep(0)


def lines(*numbers):
    return b"".join(spelled(share(number)) + b"\n" for number in numbers)


YES = b'{"id":9,"result":true,"error":null}\n'
