"""The sockets of Stratum: bytes to the pool and back, and nothing else.

A peer that does not read is dropped once its unread bytes pass a bound; nobody waits for it.
"""

import asyncio
from typing import Protocol, cast

import structlog

from pithead.pool.proxy import NotProxied, read_header
from pithead.pool.session import Session

log = structlog.get_logger(__name__)

UNREAD_LIMIT_BYTES = 256 * 1024
"""What may wait in memory for one peer: some eighty notifications of the largest usual size."""


class Taker(Protocol):
    """What a connection needs of the pool."""

    def trusts(self, address: str) -> bool:
        """Whether a peer is a balancer that says by PROXY whose connection it hands on."""

    def admit(self, connection: "Connection") -> Session | None:
        """A session for a new connection, None where the pool is full."""

    def received(self, connection: "Connection", data: bytes) -> None:
        """Bytes have come."""

    def lost(self, connection: "Connection") -> None:
        """The connection is gone."""


class Connection(asyncio.Protocol):
    """One miner's connection."""

    __slots__ = ("_header", "_pool", "_transport", "address", "session")

    address: str
    """The miner's, for limits and logs."""
    session: Session

    def __init__(self, pool: Taker) -> None:
        self._pool = pool
        self._header: bytes | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if peer else "unknown"
        if self._pool.trusts(self.address):
            self._header = b""
        else:
            self._enter()

    def data_received(self, data: bytes) -> None:
        if self._transport.is_closing():
            return
        if self._header is not None:
            data = self._after_header(self._header + data)
        if data:
            self._pool.received(self, data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._pool.lost(self)

    def _enter(self) -> None:
        session = self._pool.admit(self)
        if session is None:
            self._transport.abort()
        else:
            self.session = session

    def _after_header(self, data: bytes) -> bytes:
        """What the miner itself has sent; nothing while the balancer's header is incomplete."""
        try:
            handed = read_header(data)
        except NotProxied as error:
            log.warning(
                "a trusted proxy sent no PROXY header", address=self.address, why=str(error)
            )
            self._transport.abort()
            return b""
        if handed is None:
            self._header = data
            return b""
        self._header = None
        self.address = handed.address or self.address
        self._enter()
        return b"" if self._transport.is_closing() else handed.rest

    def send(self, data: bytes) -> None:
        """Queue bytes for the peer, or drop a peer that leaves too many unread."""
        transport = self._transport
        if transport.is_closing():
            return
        if transport.get_write_buffer_size() > UNREAD_LIMIT_BYTES:
            log.warning("stratum peer does not read and is dropped", address=self.address)
            transport.abort()
            return
        transport.write(data)

    def close(self) -> None:
        """Send what is queued, then close."""
        self._transport.close()


class Listener:
    """A listening Stratum port."""

    def __init__(self, pool: Taker, host: str, port: int) -> None:
        self._pool = pool
        self._host = host
        self._port = port
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Bind and listen. Raises OSError where the address cannot be had."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self._pool), self._host, self._port, backlog=4096
        )

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens: host and the port really bound."""
        assert self._server is not None
        name = self._server.sockets[0].getsockname()
        return str(name[0]), int(name[1])

    async def stop(self) -> None:
        """Accept no more connections. Those that are open are the pool's to close."""
        if self._server is not None:
            self._server.close()
