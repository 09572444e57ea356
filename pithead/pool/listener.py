"""The sockets of Stratum: bytes to the pool and back, and nothing else.

A peer that does not read is dropped once its unread bytes pass a bound; nobody waits for it. One
that says more than its allowance is read again when the allowance is refilled.
"""

import asyncio
import socket
from typing import Protocol, cast

import structlog

from pithead.pool.allowance import Allowance, cost
from pithead.pool.gate import Gate, Waiting
from pithead.pool.proxy import NotProxied, read_header
from pithead.pool.session import Session
from pithead.pool.tls import HANDSHAKE_BYTE, Channel, NotTls
from pithead.pool.turn import Desk
from pithead.pool.wire import Judge, Transport, Wires

log = structlog.get_logger(__name__)

UNREAD_LIMIT_BYTES = 256 * 1024
"""What may wait in memory for one peer: some eighty notifications of the largest usual size."""

BACKLOG = 4096
"""Connections the system keeps until they are accepted: also while a new process takes over."""


class Taker(Judge, Protocol):
    """What a connection needs of the pool."""

    def trusts(self, address: str) -> bool:
        """Whether a peer is a balancer that says by PROXY whose connection it hands on."""

    def admit(self, connection: "Connection") -> Session | None:
        """A session for a new connection, None where the pool is full."""

    def received(self, connection: "Connection", data: bytes) -> None:
        """Bytes have come."""

    def wall(self) -> float:
        """Any clock of real seconds."""

    def used_up(self, connection: "Connection") -> None:
        """It has said all that it may for now and is not read: to be told to `go_on`."""

    def desk(self, connection: "Connection") -> Desk | None:
        """What its plain shares are held to; None where each must be looked at."""

    def lost(self, connection: "Connection") -> None:
        """The connection is gone."""


class Connection(asyncio.Protocol):
    """One miner's connection: a PROXY header of a balancer, TLS or not, then Stratum."""

    __slots__ = (
        "_channel", "_gate", "_header", "_is_paused", "_is_plain", "_pool", "_tls_only",
        "_transport", "_waiting", "address", "allowances", "session",
    )  # fmt: skip

    address: str
    """The miner's, for limits and logs."""
    session: Session

    def __init__(self, pool: Taker, gate: Gate | None = None, tls_only: bool = False) -> None:
        self._pool = pool
        self._gate = gate or Gate()
        self._tls_only = tls_only
        self._header: bytes | None = None
        self._channel: Channel | None = None
        self._is_plain = False  # the peer's bytes are those of the session
        self._is_paused = False
        self._waiting: Waiting | None = None
        self.allowances: tuple[Allowance, ...] = ()
        """Its own, its address's and its network's."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if peer else "unknown"
        if self._pool.trusts(self.address):
            self._header = b""
            self._wait("its PROXY header")
        else:
            self._enter()
            if self._tls_only:
                self._wait("its TLS handshake")

    def data_received(self, data: bytes) -> None:
        if self._transport.is_closing():
            return
        said = data if self._is_plain else self._unwrap(data)
        self._spend(cost(len(data), said))
        if said and not self._transport.is_closing():
            self._pool.received(self, said)

    def connection_lost(self, exc: Exception | None) -> None:
        self._waited()
        self._pool.lost(self)

    def desk(self) -> Desk | None:
        """What its plain shares are held to; None where each must be looked at."""
        return self._pool.desk(self) if self._is_plain else None

    # Before Stratum

    def _enter(self) -> None:
        session = self._pool.admit(self)
        if session is None:
            self._transport.abort()
        else:
            self.session = session

    def _unwrap(self, data: bytes) -> bytes:
        """What the session is to have of `data`: nothing while header or handshake last."""
        try:
            if self._header is not None:
                data = self._after_header(self._header + data)
            if data and self._channel is None and not self._begin(data):
                return data
            return b"" if not data or self._channel is None else self._open(self._channel, data)
        except (NotProxied, NotTls) as error:
            log.warning("stratum connection refused", address=self.address, why=str(error))
            self._transport.abort()
            return b""

    def _after_header(self, data: bytes) -> bytes:
        """What the miner itself has sent; nothing while the balancer's header is incomplete."""
        handed = read_header(data)
        if handed is None:
            self._header = data
            return b""
        self._header = None
        self._waited()
        self.address = handed.address or self.address
        self._enter()
        if self._transport.is_closing():
            return b""
        if self._tls_only:
            self._wait("its TLS handshake")
        return handed.rest

    def _begin(self, data: bytes) -> bool:
        """Look at the first byte of the miner: True where it begins TLS. Raises NotTls."""
        context = self._gate.context(asyncio.get_running_loop().time())
        if context is not None and data.startswith(HANDSHAKE_BYTE):
            self._wait("its TLS handshake")
            self._channel = Channel(context)
            return True
        if self._tls_only:
            raise NotTls("no TLS on the port for it")
        self._is_plain = True
        return False

    def _open(self, channel: Channel, data: bytes) -> bytes:
        said, reply, is_over = channel.receive(data)
        if reply:
            self._transport.write(reply)
        if channel.is_open:
            self._waited()
        if is_over:
            asyncio.get_running_loop().call_soon(self.close)  # behind the answers to what it said
        return said

    def _wait(self, what: str) -> None:
        if self._waiting is None and not self._transport.is_closing():
            self._waiting = self._gate.wait(self._transport, self.address, what)

    def _waited(self) -> None:
        if self._waiting is not None:
            self._waiting.end()
            self._waiting = None

    # Allowances

    def draw(self, amount: int) -> bool:
        """Spend so much, and say whether it may go on reading."""
        self._spend(amount)
        return not self._is_paused

    def _spend(self, amount: int) -> None:
        for allowance in self.allowances:
            allowance.left -= amount
            if allowance.left < 0.0 and not self._is_paused:
                self._is_paused = not self._is_refilled()
                if self._is_paused and not self._transport.is_closing():
                    self._transport.pause_reading()
                    self._pool.used_up(self)

    def _is_refilled(self) -> bool:
        wall = self._pool.wall()
        for allowance in self.allowances:
            allowance.refill(wall)
        return all(allowance.left >= 0.0 for allowance in self.allowances)

    def go_on(self) -> bool:
        """Read again where that is allowed by now; False where it is not."""
        self._is_paused = not self._is_refilled()
        if not self._is_paused and not self._transport.is_closing():
            self._transport.resume_reading()
        return not self._is_paused

    # To the peer

    def send(self, data: bytes) -> None:
        """Queue bytes for the peer, or drop a peer that leaves too many unread."""
        transport = self._transport
        if transport.is_closing():
            return
        if transport.get_write_buffer_size() > UNREAD_LIMIT_BYTES:
            log.warning("stratum peer does not read and is dropped", address=self.address)
            transport.abort()
            return
        if self._channel is not None:
            try:
                data = self._channel.send(data)
            except NotTls:
                transport.abort()
                return
        transport.write(data)

    def rearm(self) -> None:
        """It was offered another job: its next shares are for that one."""
        if isinstance(self._transport, Transport):
            self._transport.rearm()

    def close(self) -> None:
        """Send what is queued, then close."""
        if self._channel is not None and not self._transport.is_closing():
            self._transport.write(self._channel.last_words())
        self._transport.close()


class Listener:
    """A listening Stratum port; `tls_only` for one where nothing but TLS is spoken."""

    def __init__(
        self, pool: Taker, host: str, port: int, gate: Gate | None = None, tls_only: bool = False
    ) -> None:
        self._pool = pool
        self._host = host
        self._port = port
        self._gate = gate or Gate()
        self._tls_only = tls_only
        self._wires: Wires | None = None

    async def start(self, listening: socket.socket | None = None) -> None:
        """Bind and listen, or go on with a socket that listens already.

        Raises OSError where the address cannot be had.
        """
        if listening is None:
            sockets = await self._bind()
        else:
            sockets = [listening]
        self._wires = Wires(self._pool, self._connect)
        for each in sockets:
            self._wires.listen(each)

    async def _bind(self) -> list[socket.socket]:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(
            self._host or None, self._port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        sockets: list[socket.socket] = []
        try:
            for family, address in dict.fromkeys((each[0], each[4]) for each in found):
                sockets.append(socket.create_server(tuple(address), family=family, backlog=BACKLOG))
        except OSError:
            for each in sockets:
                each.close()
            raise
        return sockets

    def _connect(self) -> Connection:
        return Connection(self._pool, self._gate, self._tls_only)

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens: host and the port really bound."""
        assert self._wires is not None
        name = self._wires.sockets[0].getsockname()
        return str(name[0]), int(name[1])

    def duplicate(self) -> socket.socket:
        """The listening socket once more: it goes on taking connections when this one is closed."""
        assert self._wires is not None
        return self._wires.sockets[0].dup()

    async def stop(self) -> None:
        """Accept no more connections. Those that are open are the pool's to close."""
        if self._wires is not None:
            self._wires.stop_listening()
