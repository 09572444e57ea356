"""The exchange of one machine: a Unix socket that whoever keeps the books listens on.

What is said goes both ways as messages of `locallink`. `Exchange` says what each is for.

    Keep    front end -> books   answered by Done once that has been accepted there
    Tell    any -> all that are Listening to the subject, by way of the books' process
    Ask     any -> who is Answering the subject; comes back as Answer, without payload where nobody
            could say

What was given to be kept waits here for nothing but the books' journal, so the sender keeps it
until it is done: a process that dies loses nothing that another does not give again.
"""

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

import structlog

from pithead.pool.exchange import ANSWER_SECONDS, ExchangeAway, Kept
from pithead.pool.locallink import (
    Answer,
    Answering,
    Ask,
    BadFrame,
    Done,
    Keep,
    Link,
    Listening,
    Message,
    Mouth,
    Reply,
    Tell,
    short_path,
)

log = structlog.get_logger(__name__)

SOCKET_NAME = "exchange"
MOST_UNDONE = 16
"""What one process may have given to be kept that is not kept yet."""
MOST_QUESTIONS = 1_000
"""Of one process, unanswered."""
MOST_SUBJECTS = 1_000
CONNECT_AGAIN_SECONDS = 0.2


class KeptHere:
    """Implements `Kept`: of another process, or of this one where there is no link."""

    def __init__(self, payload: bytes, forget: Callable[["KeptHere"], None]) -> None:
        self.payload = payload
        self._forget = forget

    async def done(self) -> None:
        self._forget(self)


class LocalHub:
    """The end of the process that keeps the books; implements `Exchange`."""

    def __init__(self, directory: Path) -> None:
        """Use `open`."""
        self._path = directory / SOCKET_NAME
        self._mouth = Mouth()
        self._links: set[Link] = set()
        self._undone: dict[KeptHere, None] = {}
        self._fresh: deque[KeptHere] = deque()
        self._arrived = asyncio.Event()
        self._takers = 0
        self._server: asyncio.Server | None = None
        self._is_closed = False

    @classmethod
    async def open(cls, directory: Path) -> Self:
        """Listen in `directory`, for its owner alone.

        What an earlier process left there is removed."""
        hub = cls(directory)
        with suppress(FileNotFoundError):
            hub._path.unlink()
        before = os.umask(0o177)
        try:
            with short_path(directory, SOCKET_NAME) as path:
                hub._server = await asyncio.start_unix_server(hub._meet, path)
        finally:
            os.umask(before)
        return hub

    async def keep(self, payload: bytes, identity: str) -> None:
        kept = asyncio.Event()
        self._take_in(KeptHere(payload, lambda each: self._forget(each, kept.set)))
        await kept.wait()

    async def kept(self) -> AsyncIterator[Kept]:
        self._takers += 1
        taker = self._takers
        self._fresh = deque(self._undone)
        while taker == self._takers:
            while not self._fresh:
                self._arrived.clear()
                await self._arrived.wait()
            yield self._fresh.popleft()

    async def tell(self, subject: str, payload: bytes) -> None:
        self._tell_all(Tell(subject, payload))

    def listen(self, subject: str) -> AsyncIterator[bytes]:
        return self._mouth.listen(subject)

    async def ask(self, subject: str, payload: bytes, seconds: float = ANSWER_SECONDS) -> bytes:
        answer = await self._route(subject, payload, seconds, None)
        if answer is None:
            raise ExchangeAway(f"nobody answers {subject}")
        return answer

    async def answer(self, subject: str, reply: Reply) -> None:
        self._mouth.replies[subject] = reply

    async def close(self) -> None:
        self._is_closed = True
        if self._server is not None:
            self._server.close()
        for link in list(self._links):
            link.cut()
        await self._mouth.close()
        with suppress(FileNotFoundError):
            self._path.unlink()

    # What was given to be kept

    def _take_in(self, given: KeptHere) -> None:
        self._undone[given] = None
        self._fresh.append(given)
        self._arrived.set()

    def _forget(self, given: KeptHere, then: Callable[[], None]) -> None:
        if given in self._undone:
            del self._undone[given]
            then()

    def _keep(self, link: Link, asked: Keep) -> None:
        if link.undone >= MOST_UNDONE:
            raise BadFrame("more is given to be kept than there is room for")
        link.undone += 1

        def is_done() -> None:
            link.undone -= 1
            link.send(Done(asked.number))

        self._take_in(KeptHere(asked.payload, lambda each: self._forget(each, is_done)))

    # Others

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = Link(reader, writer)
        if self._is_closed:  # accepted at the last moment: nobody would answer it
            link.cut()
            return
        self._links.add(link)
        try:
            while True:
                self._hear(link, await link.receive())
        except (OSError, EOFError):
            pass
        except BadFrame as error:
            log.warning("a process of the pool is not understood", error=str(error))
        finally:
            self._links.discard(link)
            link.cut()

    def _hear(self, link: Link, message: Message) -> None:
        match message:
            case Keep():
                self._keep(link, message)
            case Tell():
                self._tell_all(message, link)
            case Ask():
                _answer(self._mouth, link, message, self._route)
            case Answer():
                link.settle(message.number, message.payload)
            case Listening() | Answering():
                subjects = link.listens if isinstance(message, Listening) else link.answers
                if len(subjects) >= MOST_SUBJECTS:
                    raise BadFrame("too many subjects")
                subjects.add(message.subject)
            case Done():
                raise BadFrame("nothing was given to that process to keep")

    def _tell_all(self, told: Tell, by: Link | None = None) -> None:
        self._mouth.tell(told.subject, told.payload)
        for link in list(self._links):
            if link is not by and told.subject in link.listens:
                link.send(told)

    async def _route(
        self, subject: str, payload: bytes, seconds: float, by: Link | None
    ) -> bytes | None:
        if subject in self._mouth.replies:
            try:
                async with asyncio.timeout(seconds):
                    return await self._mouth.reply(subject, payload)
            except TimeoutError:
                return None
        for link in self._links:
            if link is not by and subject in link.answers:
                return await link.request(lambda n: Ask(n, subject, payload), seconds)
        return None


class LocalExchange:
    """The end of a front end; implements `Exchange`. Connects again whenever it is cut off."""

    def __init__(self, directory: Path) -> None:
        """Begins to connect at once."""
        self._directory = directory
        self._mouth = Mouth()
        self._link: Link | None = None
        self._linked = asyncio.Event()
        self._running = asyncio.get_running_loop().create_task(self._run())

    async def linked(self) -> None:
        """Return when the other side can be reached."""
        await self._linked.wait()

    async def keep(self, payload: bytes, identity: str) -> None:
        await self._reached().request(lambda number: Keep(number, payload), ANSWER_SECONDS)

    def kept(self) -> AsyncIterator[Kept]:
        raise NotImplementedError("the books are kept at the other end")

    async def tell(self, subject: str, payload: bytes) -> None:
        self._mouth.tell(subject, payload)
        self._reached().send(Tell(subject, payload))

    def listen(self, subject: str) -> AsyncIterator[bytes]:
        hearing = self._mouth.listen(subject)
        if self._link is not None:
            self._link.send(Listening(subject))
        return hearing

    async def ask(self, subject: str, payload: bytes, seconds: float = ANSWER_SECONDS) -> bytes:
        if subject in self._mouth.replies:
            answer = await self._mouth.reply(subject, payload)
        else:
            link = self._reached()
            answer = await link.request(lambda number: Ask(number, subject, payload), seconds)
        if answer is None:
            raise ExchangeAway(f"nobody answers {subject}")
        return answer

    async def answer(self, subject: str, reply: Reply) -> None:
        self._mouth.replies[subject] = reply
        if self._link is not None:
            self._link.send(Answering(subject))

    async def close(self) -> None:
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)
        await self._mouth.close()

    def _reached(self) -> Link:
        if self._link is None:
            raise ExchangeAway("the process that keeps the books is away")
        return self._link

    async def _run(self) -> None:
        while True:
            try:
                with short_path(self._directory, SOCKET_NAME) as path:
                    link = Link(*await asyncio.open_unix_connection(path))
            except OSError:
                await asyncio.sleep(CONNECT_AGAIN_SECONDS)
                continue
            try:
                await self._follow(link)
            except (OSError, EOFError):
                pass
            except BadFrame as error:
                log.warning("the process that keeps the books is not understood", error=str(error))
            finally:
                self._link = None
                self._linked.clear()
                link.cut()
            await asyncio.sleep(CONNECT_AGAIN_SECONDS)

    async def _follow(self, link: Link) -> None:
        for subject in self._mouth.hearings:
            link.send(Listening(subject))
        for subject in self._mouth.replies:
            link.send(Answering(subject))
        self._link = link
        self._linked.set()
        while True:
            match await link.receive():
                case Done(number=number):
                    link.settle(number, b"")
                case Answer(number=number, payload=payload):
                    link.settle(number, payload)
                case Tell(subject=subject, payload=payload):
                    self._mouth.tell(subject, payload)
                case Ask() as asked:
                    _answer(self._mouth, link, asked, self._reply)
                case other:
                    raise BadFrame(f"{type(other).__name__} is not for a front end")

    async def _reply(
        self, subject: str, payload: bytes, seconds: float, by: Link | None
    ) -> bytes | None:
        return await self._mouth.reply(subject, payload)


Route = Callable[[str, bytes, float, Link | None], Awaitable[bytes | None]]


def _answer(mouth: Mouth, link: Link, asked: Ask, route: Route) -> None:
    """Beside what else is heard: an answer may take its time."""
    if link.questions >= MOST_QUESTIONS:
        link.send(Answer(asked.number, None))
        return
    link.questions += 1

    async def reply() -> None:
        answer = None
        try:
            answer = await route(asked.subject, asked.payload, ANSWER_SECONDS, link)
        except ExchangeAway:
            pass
        finally:
            link.questions -= 1
            link.send(Answer(asked.number, answer))

    mouth.spawn(reply())
