"""The socket of a gRPC API: HTTP/2 without TLS, a bounded number of connections."""

import asyncio
import logging
import socket
from typing import cast

import structlog
from grpclib.protocol import H2Protocol
from grpclib.server import Server

from pithead.rpc.frames import BytesCodec
from pithead.rpc.grpc import GrpcApi

log = structlog.get_logger(__name__)
logging.getLogger("grpclib").setLevel(logging.CRITICAL)
"""It tells each request that is none with a traceback; what fails in a method is told elsewhere."""

MOST_CONNECTIONS = 64
"""Of one machine at the same time: the next is closed at once."""
PATIENCE_SECONDS = 10.0
"""From a connection to its first byte."""
LAST_WORDS_SECONDS = 0.5
"""For answers under way when the machine goes down."""


class GrpcServer:
    """Serves an API on one listening socket at a time."""

    def __init__(self, api: GrpcApi) -> None:
        self._api = api
        self._listening: asyncio.Server | None = None
        self._open: set[_Connection] = set()

    async def open(self, listening: socket.socket) -> None:
        library = _Library([self._api], codec=BytesCodec())
        self._listening = await asyncio.get_running_loop().create_server(
            lambda: _Connection(library.protocol(), self._open), sock=listening
        )

    def close(self) -> None:
        """Listen no more; answers under way still go out, then the connections are cut."""
        self._stop_listening()
        loop = asyncio.get_running_loop()
        for connection in tuple(self._open):
            loop.call_later(LAST_WORDS_SECONDS, connection.drop)

    def drop(self) -> None:
        """Listen no more and cut all connections."""
        self._stop_listening()
        for connection in tuple(self._open):
            connection.drop()

    def _stop_listening(self) -> None:
        if self._listening is not None:
            self._listening.close()
            self._listening = None


class _Library(Server):
    """The library's server, of which only what it makes of a connection is wanted: its own way to
    close ends the answers under way."""

    def protocol(self) -> H2Protocol:
        return self._protocol_factory()


class _Connection(asyncio.Protocol):
    """Bounds round the library's protocol."""

    def __init__(self, inner: H2Protocol, others: "set[_Connection]") -> None:
        self._inner = inner
        self._others = others
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass
        self._inner.connection_made(transport)
        if len(self._others) >= MOST_CONNECTIONS:
            self._transport.abort()
            return
        self._others.add(self)
        self._deadline = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self.drop)

    def data_received(self, data: bytes) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        try:
            self._inner.data_received(data)
        except Exception as error:  # the library trips over some of what HTTP/2 forbids
            log.debug("grpc.not_http2", error=repr(error))
            self.drop()

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def connection_lost(self, error: Exception | None) -> None:
        self._others.discard(self)
        if self._deadline is not None:
            self._deadline.cancel()
        self._inner.connection_lost(error)

    def drop(self) -> None:
        if self._transport is not None:
            self._transport.abort()
