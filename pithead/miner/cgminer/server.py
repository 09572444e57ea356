"""The socket of the cgminer API: one request, one answer, then the connection is closed."""

import asyncio
import socket
from collections.abc import Callable
from typing import cast

import structlog

from pithead.miner.cgminer.requests import LONGEST_REQUEST, is_whole

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 5.0
"""From the connection to the end of the request, and again to the end of the answer."""
MOST_CONNECTIONS = 64
"""Of one machine at the same time: the next is closed at once."""


class CgminerServer:
    """Answers on one listening socket until it is closed."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self._answer = answer
        self._server: asyncio.Server | None = None
        self._open: set[_Connection] = set()

    async def open(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Connection(self._answer, self._open), sock=listening
        )

    def close(self) -> None:
        """Listen no more and drop all connections."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in tuple(self._open):
            connection.drop()


class _Connection(asyncio.Protocol):
    def __init__(self, answer: Callable[[bytes], bytes], others: "set[_Connection]") -> None:
        self._answer = answer
        self._others = others
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._deadline: asyncio.TimerHandle | None = None
        self._is_answered = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass
        if len(self._others) >= MOST_CONNECTIONS:
            self._transport.abort()
            return
        self._others.add(self)
        self._wait(self._reply)

    def data_received(self, data: bytes) -> None:
        if self._is_answered:
            return  # one request a connection: what follows it is nobody's
        self._received += data
        if len(self._received) > LONGEST_REQUEST or is_whole(bytes(self._received)):
            self._reply()

    def eof_received(self) -> bool:
        """A client that has said all may still read."""
        if self._received and not self._is_answered:
            self._reply()
        return self._is_answered

    def connection_lost(self, error: Exception | None) -> None:
        self._others.discard(self)
        if self._deadline is not None:
            self._deadline.cancel()

    def drop(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _reply(self) -> None:
        if self._transport is None or self._is_answered:
            return
        self._is_answered = True
        self._transport.write(self._answer(bytes(self._received)))
        self._received.clear()
        self._wait(self.drop)
        self._transport.close()

    def _wait(self, then: Callable[[], None]) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(PATIENCE_SECONDS, then)
