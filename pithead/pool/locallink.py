"""One connection between two processes of a pool on one machine: messages, frames, what waits.

A frame is a u32 big endian, of the length of what follows, then msgpack of one of the messages.
"""

import asyncio
import os
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Self
from weakref import WeakSet

import msgspec
import structlog

from pithead.pool.exchange import LONGEST_PAYLOAD, ExchangeAway

log = structlog.get_logger(__name__)

LONGEST_FRAME = LONGEST_PAYLOAD + 4096
UNSENT_BYTES = 8 * LONGEST_PAYLOAD
"""What may wait in memory for one process that does not read."""
UNHEARD = 16
"""Tellings that wait for a slow listener before it loses the oldest."""


class Keep(msgspec.Struct, frozen=True, array_like=True, tag="keep"):
    number: int
    payload: bytes


class Done(msgspec.Struct, frozen=True, array_like=True, tag="done"):
    number: int


class Tell(msgspec.Struct, frozen=True, array_like=True, tag="tell"):
    subject: str
    payload: bytes


class Ask(msgspec.Struct, frozen=True, array_like=True, tag="ask"):
    number: int
    subject: str
    payload: bytes


class Answer(msgspec.Struct, frozen=True, array_like=True, tag="answer"):
    number: int
    payload: bytes | None


class Listening(msgspec.Struct, frozen=True, array_like=True, tag="listening"):
    subject: str


class Answering(msgspec.Struct, frozen=True, array_like=True, tag="answering"):
    subject: str


Message = Keep | Done | Tell | Ask | Answer | Listening | Answering
Reply = Callable[[bytes], Awaitable[bytes]]

_encode = msgspec.msgpack.Encoder().encode
_decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)


class BadFrame(Exception):
    """The other side does not speak this; the connection is of no use."""


@contextmanager
def short_path(directory: Path, name: str) -> Iterator[str]:
    """The path of a socket that is short enough for the system, however long the directory's."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        link = f"/proc/self/fd/{handle}"
        yield f"{link if os.path.exists(link) else directory}/{name}"
    finally:
        os.close(handle)


class Hearing:
    """What one listener has not heard yet; counts from the moment it is made."""

    def __init__(self) -> None:
        self._unheard: deque[bytes] = deque(maxlen=UNHEARD)
        self._told = asyncio.Event()

    def hear(self, payload: bytes) -> None:
        self._unheard.append(payload)
        self._told.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        while not self._unheard:
            self._told.clear()
            await self._told.wait()
        return self._unheard.popleft()


class Mouth:
    """Who listens and who answers in this process."""

    def __init__(self) -> None:
        self.hearings: dict[str, WeakSet[Hearing]] = {}
        self.replies: dict[str, Reply] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def listen(self, subject: str) -> Hearing:
        hearing = Hearing()
        self.hearings.setdefault(subject, WeakSet()).add(hearing)
        return hearing

    def tell(self, subject: str, payload: bytes) -> None:
        for hearing in list(self.hearings.get(subject, ())):
            hearing.hear(payload)

    async def reply(self, subject: str, payload: bytes) -> bytes | None:
        """None where nobody here can say."""
        reply = self.replies.get(subject)
        if reply is None:
            return None
        try:
            return await reply(payload)
        except ExchangeAway as error:
            log.debug("a question cannot be answered now", subject=subject, why=str(error))
            return None
        except Exception:
            log.exception("a question of another process could not be answered", subject=subject)
            return None

    def spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class Link:
    """One connection between two processes, and what is under way on it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[bytes | None]] = {}
        self.is_gone = False
        self.listens: set[str] = set()
        self.answers: set[str] = set()
        self.undone = 0
        self.questions = 0

    def send(self, message: Message) -> None:
        """Queue it; who lets too much lie is cut off."""
        if self.is_gone:
            return
        frame = _encode(message)
        if self._writer.transport.get_write_buffer_size() > UNSENT_BYTES:
            log.warning("another process of the pool does not read and is cut off")
            self.cut()
            return
        self._writer.write(len(frame).to_bytes(4, "big"))
        self._writer.write(frame)

    async def receive(self) -> Message:
        """Raises BadFrame, or OSError and EOFError where the connection ends."""
        length = int.from_bytes(await self._reader.readexactly(4), "big")
        if length > LONGEST_FRAME:
            raise BadFrame(f"a frame of {length} bytes")
        try:
            return _decoder.decode(await self._reader.readexactly(length))
        except msgspec.MsgspecError as error:
            raise BadFrame(str(error)) from error

    async def request(self, make: Callable[[int], Message], seconds: float) -> bytes | None:
        """Send a message with a number of its own, and wait for what comes back by it."""
        number = next(self._numbers)
        waiting: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()
        self._waiting[number] = waiting
        try:
            self.send(make(number))
            if self.is_gone:
                raise ExchangeAway("the connection between the processes of the pool is cut")
            async with asyncio.timeout(seconds):
                return await waiting
        except TimeoutError:
            raise ExchangeAway(f"nothing came back in {seconds} s") from None
        finally:
            del self._waiting[number]

    def settle(self, number: int, payload: bytes | None) -> None:
        waiting = self._waiting.get(number)
        if waiting is not None and not waiting.done():
            waiting.set_result(payload)

    def cut(self) -> None:
        self.is_gone = True
        self._writer.transport.abort()
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(ExchangeAway("the other process of the pool is gone"))
