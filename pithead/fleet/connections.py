"""HTTP/1.1 connections to many machines: h11 over asyncio, a few kept for the next request.

A request costs a tenth of what it does through a client for the whole web, which is what lets one
process follow a thousand machines.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import cast

import h11

from pithead.fleet.ranges import Place

MOST_HEAD_BYTES = 64 * 1024
"""Of status line and headers."""
Headers = list[tuple[str, str]]


class Unreachable(Exception):
    """Nobody took the connection."""


class BrokenOff(Exception):
    """What came is no whole answer; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Request:
    verb: str
    path: str
    """With its query, already quoted."""
    headers: Headers
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    reason: str
    body: bytes


class Connections:
    """Belongs to one event loop. One that is idle serves the next request to its place; of all
    places together the newest `most_idle` are kept."""

    def __init__(self, most_idle: int = 100) -> None:
        self._most_idle = most_idle
        self._idle: OrderedDict[_Connection, Place] = OrderedDict()
        self._by_place: dict[Place, list[_Connection]] = {}

    async def __aenter__(self) -> "Connections":
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:  # fmt: skip
        await self.aclose()

    async def aclose(self) -> None:
        for connection in [*self._idle]:
            self._forget(connection)
            connection.close()

    async def ask(
        self, place: Place, request: Request, connect_seconds: float, most_bytes: int
    ) -> Answer:
        """One request; the caller bounds its time. Raises Unreachable, BrokenOff.

        A kept connection may end just when it is used again: what only reads is then asked anew.
        """
        kept = self._take(place)
        if kept is not None:
            try:
                return await self._exchange(kept, place, request, most_bytes)
            except BrokenOff:
                if kept.has_heard or request.verb != "GET":
                    raise
        fresh = await _open(place, connect_seconds)
        return await self._exchange(fresh, place, request, most_bytes)

    async def _exchange(
        self, connection: "_Connection", place: Place, request: Request, most_bytes: int
    ) -> Answer:
        try:
            answer = await connection.exchange(place, request, most_bytes)
        except BaseException:
            connection.close()
            raise
        if connection.is_open:
            self._keep(place, connection)
        return answer

    def _take(self, place: Place) -> "_Connection | None":
        while waiting := self._by_place.get(place):
            connection = waiting[-1]
            self._forget(connection)
            if connection.is_open:
                return connection
        return None

    def _keep(self, place: Place, connection: "_Connection") -> None:
        self._idle[connection] = place
        self._by_place.setdefault(place, []).append(connection)
        connection.ended = self._forget
        while len(self._idle) > self._most_idle:
            oldest = next(iter(self._idle))
            self._forget(oldest)
            oldest.close()

    def _forget(self, connection: "_Connection") -> None:
        place = self._idle.pop(connection, None)
        if place is None:
            return
        waiting = self._by_place[place]
        waiting.remove(connection)
        if not waiting:
            del self._by_place[place]


async def _open(place: Place, seconds: float) -> "_Connection":
    """Raises Unreachable."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(seconds):
            _, connection = await loop.create_connection(_Connection, place.host, place.port)
    except (OSError, TimeoutError, UnicodeError) as error:  # UnicodeError: a name that is none
        raise Unreachable(str(error)) from error
    return connection


class _Connection(asyncio.Protocol):
    """One request after the other."""

    def __init__(self) -> None:
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=MOST_HEAD_BYTES)
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Answer] | None = None
        self._head: h11.Response | None = None
        self._body = bytearray()
        self._most_bytes = 0
        self.has_heard = False
        """Whether anything was said since the last request."""
        self.ended: Callable[[_Connection], None] | None = None
        """Told when it is over."""

    @property
    def is_open(self) -> bool:
        closing = self._transport is None or self._transport.is_closing()
        return not closing and self._http.our_state is h11.IDLE

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def exchange(self, place: Place, request: Request, most_bytes: int) -> Answer:
        """Raises BrokenOff."""
        assert self._transport is not None
        host = place.url.removeprefix("http://")
        headers = [("host", host), *request.headers]
        if request.content is not None:
            headers.append(("content-length", str(len(request.content))))
        try:
            head = h11.Request(method=request.verb, target=request.path, headers=headers)
            sent = self._http.send(head) or b""
        except h11.LocalProtocolError as error:
            raise BrokenOff(f"it cannot be asked that: {error}") from error
        if request.content is not None:
            sent += self._http.send(h11.Data(request.content)) or b""
        self._http.send(h11.EndOfMessage())
        self._head, self.has_heard, self._most_bytes = None, False, most_bytes
        self._body = bytearray()
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(sent)
        try:
            return await self._answer
        finally:
            self._answer = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.has_heard = True
        self._heard(data)

    def eof_received(self) -> None:
        self._heard(b"")

    def connection_lost(self, error: Exception | None) -> None:
        if self.ended is not None:
            self.ended(self)
        self._fail(BrokenOff(str(error) if error else "the connection ended"))

    def _heard(self, data: bytes) -> None:
        if self._answer is None or self._answer.done():
            self.close()  # nobody asked
            return
        try:
            self._http.receive_data(data)
            while self._take(self._http.next_event()):
                pass
        except h11.RemoteProtocolError as error:
            self._fail(BrokenOff(str(error)))

    def _take(self, event: object) -> bool:
        """Whether there may be more."""
        match event:
            case h11.Response():
                self._head = event
            case h11.Data(data=part):
                self._body += part
                if len(self._body) > self._most_bytes:
                    self._fail(BrokenOff(f"more than {self._most_bytes} bytes"))
                    return False
            case h11.EndOfMessage():
                self._finish()
                return False
            case h11.InformationalResponse():
                pass
            case _:
                return False
        return True

    def _finish(self) -> None:
        assert self._head is not None
        assert self._answer is not None
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
        else:
            self.close()
        reason = self._head.reason.decode("latin-1")
        self._answer.set_result(Answer(self._head.status_code, reason, bytes(self._body)))

    def _fail(self, why: BrokenOff) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(why)
        self.close()
