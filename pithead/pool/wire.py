"""The sockets of many miners, read and answered in batches (`native._wire`).

The event loop watches one file for all of them. Each time that is readable all sockets with
something to say are read together, the journal is written once, and the answers leave. What
stands here is what asyncio's transports do, for these sockets.
"""

import asyncio
import errno
import socket
from collections.abc import Callable, Sequence
from typing import Any, Protocol, cast

import structlog

from pithead.pool import plainwire
from pithead.pool.jobs import Measure

try:
    from pithead.native import _wire as native
except ImportError:  # it could not be built
    native = None  # type: ignore[assignment]

log = structlog.get_logger(__name__)

GRANT_BYTES = 4096
"""Drawn from a connection's allowances at once, for the shares taken on the way: some 25 shares."""
MOST_ACCEPTED = 64
"""New connections taken before others have their turn."""
BREATH_SECONDS = 1.0
"""Pause of accepting where the process has no files left."""
CROWD = 1_000
"""With so many sockets something comes all the time, mostly one share: they are looked at by the
clock then, since to be woken for each costs several times what a share does."""
CROWD_SECONDS = 0.01
"""From one look to the next; no miner notices."""
MANY = 64
"""What a look at a crowd brings when there is more: the next one follows at once."""
TOO_MANY_FILES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)

Desk = tuple[tuple[Any, ...], bytes, dict[str, Any], int]
"""What a connection's shares are held to: measures, extranonce1, workers and version mask."""


class Peer(Protocol):
    """What a wire needs of a connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None: ...

    def connection_lost(self, exc: Exception | None) -> None: ...

    def data_received(self, data: bytes) -> None: ...

    def draw(self, amount: int) -> bool:
        """Spend so much of the allowances; False where it may not read at present."""

    def desk(self) -> Desk | None:
        """What its shares are held to; None where they must be looked at one by one."""


class Judge(Protocol):
    """What a wire needs of the pool."""

    def earned(self, shares: Sequence[Any], answer: Callable[[bool], None]) -> None:
        """Connection, worker and measure of each share taken, in a row. `answer` lets the answers
        go."""

    def flush(self) -> None:
        """Everything of this turn has been read."""


def wire_of(built: object) -> type[plainwire.Wire]:
    """The extension's where it has one, without SHA instructions or on no Linux it has not; the
    plain one in place of one that was built of older sources and lacks something."""
    found = getattr(built, "Wire", None)
    if found is None:
        return plainwire.Wire
    wanted = [name for name in vars(plainwire.Wire) if not name.startswith("_")]
    is_alike = getattr(built, "MEASURE_FIELDS", 0) == len(Measure._fields)
    if is_alike and all(hasattr(found, name) for name in wanted):
        return cast(type[plainwire.Wire], found)
    log.warning("the C extension is older than this program: `make install` builds it anew")
    return plainwire.Wire


Wire = wire_of(native)


class Transport(asyncio.Transport):
    """One socket of a wire."""

    __slots__ = ("_closing", "_is_paused", "_number", "_peername", "_socket", "_unsent", "_wires",
                 "is_armed", "peer")  # fmt: skip

    def __init__(self, wires: "Wires", its_socket: socket.socket, peername: object) -> None:
        self._wires = wires
        self._socket = its_socket
        self._number = its_socket.fileno()
        self._peername = peername
        self._unsent = b""
        self._is_paused = False
        self._closing = False
        self.is_armed = False
        self.peer: Peer

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._peername if name == "peername" else default

    def is_closing(self) -> bool:
        return self._closing

    def get_write_buffer_size(self) -> int:
        return len(self._unsent)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send, or keep what the peer does not take yet."""
        if self._closing or not data:
            return
        if self._unsent:
            self._unsent += data
            return
        sent = self._wires.wire.send(self._number, bytes(data))
        if sent < 0:
            self.abort()
        elif sent < len(data):
            self.keep(bytes(data[sent:]))

    def keep(self, data: bytes) -> None:
        """What could not leave yet; goes before all that is written later."""
        self._unsent += data
        self.disarm()
        self._watch()

    def writable(self) -> None:
        sent = self._wires.wire.send(self._number, self._unsent) if self._unsent else 0
        if sent < 0:
            self.abort()
            return
        self._unsent = self._unsent[sent:]
        if not self._unsent:
            if self._closing:
                self._end()
            else:
                self._watch()

    def disarm(self) -> int:
        """Have everything handed up; what was left of what was drawn."""
        if not self.is_armed:
            return 0
        self.is_armed = False
        return self._wires.wire.disarm(self._number)

    def arm(self, desk: Desk) -> None:
        self.is_armed = True
        self._wires.wire.arm(self._number, *desk, GRANT_BYTES)

    def rearm(self) -> None:
        """Hold its shares to other jobs from now on; what was drawn and not spent stays."""
        if (desk := self.peer.desk()) is None:
            return
        if self.is_armed:
            self._wires.wire.rearm(self._number, desk[0])
        elif self.may_be_armed and self.peer.draw(GRANT_BYTES):
            self.arm(desk)

    @property
    def may_be_armed(self) -> bool:
        return not (self._closing or self._unsent or self._is_paused)

    def pause_reading(self) -> None:
        self._is_paused = True
        self._watch()

    def resume_reading(self) -> None:
        self._is_paused = False
        self._watch()

    def close(self) -> None:
        """Send what waits, then end."""
        if not self._closing:
            self._closing = True
            self.disarm()
            if self._unsent:
                self._watch()
            else:
                asyncio.get_running_loop().call_soon(self._end)

    def abort(self) -> None:
        """End without sending what waits."""
        self._unsent = b""
        if not self._closing:
            self._closing = True
            self.disarm()
        asyncio.get_running_loop().call_soon(self._end)

    def _watch(self) -> None:
        reads = not (self._is_paused or self._closing)
        self._wires.wire.want(self._number, reads, bool(self._unsent))

    def _end(self) -> None:
        if self._number >= 0:
            self._wires.gone(self, self._number)
            self._number = -1
            self._socket.close()
            self.peer.connection_lost(None)


class Wires:
    """Listens on sockets and serves who comes. Belongs to the loop it was made on."""

    def __init__(self, judge: Judge, connect: Callable[[], Peer]) -> None:
        self.wire = Wire()
        self._judge = judge
        self._connect = connect
        self._open: set[Transport] = set()
        self._listening: list[socket.socket] = []
        self._next_look: asyncio.Handle | None = None
        """While there is a crowd."""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self.wire.fileno(), self._ready)

    def listen(self, listening: socket.socket) -> None:
        """Take connections from a socket that listens already."""
        listening.setblocking(False)
        self._listening.append(listening)
        self._loop.add_reader(listening.fileno(), self._accept, listening)

    def stop_listening(self) -> None:
        """Those that are open go on."""
        for listening in self._listening:
            self._loop.remove_reader(listening.fileno())
            listening.close()
        self._listening.clear()

    @property
    def sockets(self) -> Sequence[socket.socket]:
        """Those it listens on."""
        return self._listening

    def gone(self, transport: Transport, number: int) -> None:
        """A socket is about to be closed."""
        self.wire.close(number)
        self._open.discard(transport)
        self._count()
        if not self._open and not self._listening:
            self._loop.remove_reader(self.wire.fileno())

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(MOST_ACCEPTED):
            try:
                accepted, peername = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno in TOO_MANY_FILES:
                    log.error("no more connections can be taken for now", error=str(error))
                    self._loop.remove_reader(listening.fileno())
                    self._loop.call_later(BREATH_SECONDS, self._breathe, listening)
                return
            accepted.setblocking(False)
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._begin(accepted, peername)

    def _breathe(self, listening: socket.socket) -> None:
        if listening in self._listening:
            self._loop.add_reader(listening.fileno(), self._accept, listening)

    def _begin(self, accepted: socket.socket, peername: object) -> None:
        transport = Transport(self, accepted, peername)
        transport.peer = self._connect()
        self.wire.open(accepted.fileno(), transport)
        self._open.add(transport)
        self._count()
        transport.peer.connection_made(transport)

    def _ready(self) -> int:
        """One batch: read, judge, write the journal, answer. How much came."""
        earned, said, writable = self.wire.read()
        for transport in writable:
            transport.writable()
        if earned:
            self._judge.earned(earned, self._answer)
        for transport, data in said:
            self._hand_up(transport, data)
        self._judge.flush()
        return len(earned) // 3 + len(said)

    def _look(self) -> None:
        """At a crowd, by the clock; what is read may end it, and begin another."""
        this_look, came = self._next_look, self._ready()
        if self._next_look is not this_look:
            return
        if came >= MANY:
            self._next_look = self._loop.call_soon(self._look)
        else:
            self._next_look = self._loop.call_later(CROWD_SECONDS, self._look)

    def _count(self) -> None:
        """One more or one less: be woken, or look by the clock."""
        count = len(self._open)
        if self._next_look is not None and count < CROWD // 2:
            self._next_look.cancel()
            self._next_look = None
            self._loop.add_reader(self.wire.fileno(), self._ready)
        elif self._next_look is None and count >= CROWD:
            self._loop.remove_reader(self.wire.fileno())
            self._next_look = self._loop.call_soon(self._look)

    def _hand_up(self, transport: Transport, data: bytes) -> None:
        if transport.is_closing():
            return
        if not data:
            transport.abort()
            return
        left = transport.disarm()
        peer = transport.peer
        if left:
            peer.draw(-left)
        peer.data_received(data)
        if transport.may_be_armed:
            desk = peer.desk()
            if desk is not None and peer.draw(GRANT_BYTES):
                transport.arm(desk)

    def _answer(self, is_kept: bool) -> None:
        for transport, rest in self.wire.answer(is_kept):
            if rest is None:
                transport.abort()
            else:
                transport.keep(rest)
