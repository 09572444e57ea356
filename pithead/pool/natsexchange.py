"""The exchange of several machines: NATS, with JetStream for what is kept.

Subjects begin with the pool's prefix: `kept`, `tell.<subject>`, `ask.<subject>`, and
`door.<process>.<number>`, where answers come to and the parts of long questions.
"""

import asyncio
import secrets
from asyncio import FIRST_COMPLETED
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from typing import Any, TypeVar

import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

from pithead.pool.exchange import ANSWER_SECONDS, LONGEST_PAYLOAD, ExchangeAway, Kept
from pithead.pool.locallink import Mouth, Reply
from pithead.pool.natskept import PART, KeptStream, check_length, longest_message
from pithead.pool.natslink import NatsLink, NatsSettings
from pithead.pool.natstaking import Taking
from pithead.pool.parcels import BadPart, Parcels, split

log = structlog.get_logger(__name__)

T = TypeVar("T")
Heard = Callable[[Msg], Awaitable[None]]

FAILED = "Pithead-Failed"
"""On an answer: there is none."""
LONG = "Pithead-Long"
"""On a question without words: they come in parts, to where the answer says."""
DOOR = "Pithead-Door"
MOST_QUESTIONS = 1_000
"""Of all others, that this process answers at a time."""


class _Visit:
    """What comes to one door: an answer, or the parts of a long question."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.payload: asyncio.Future[bytes | None] = loop.create_future()
        """None where there will be none."""
        self.door: asyncio.Future[str] = loop.create_future()
        """Where the parts of a long question are to go."""
        self._parcels = Parcels(LONGEST_PAYLOAD)

    def take(self, message: Msg) -> None:
        headers = message.headers or {}
        if FAILED in headers or headers.get("Status") == "503":  # nobody has subscribed to it
            _settle(self.payload, None)
        elif DOOR in headers:
            _settle(self.door, headers[DOOR])
        else:
            payload = _whole(self._parcels, message)
            if payload is not None:
                _settle(self.payload, payload)


class NatsExchange:
    """One process's end; implements `Exchange`. Connects again whenever it is cut off."""

    def __init__(self, settings: NatsSettings) -> None:
        """Begins to connect at once. Raises OSError for files of the settings that are no good."""
        self._name = secrets.token_hex(8)
        self._prefix = settings.prefix
        self._door = f"{settings.prefix}.door.{self._name}"
        self._link = NatsLink(settings)
        self._stream = KeptStream(self._link, self._name)
        self._mouth = Mouth()
        self._client: Client | None = None
        """Of the subscriptions; a new one has none."""
        self._subscribed: set[str] = set()
        self._visits: dict[str, _Visit] = {}
        self._numbers = count(1)
        self._one_long = asyncio.Lock()
        self._questions = 0
        self._link.start(self._subscribe_all)

    @property
    def link(self) -> NatsLink:
        return self._link

    async def linked(self) -> None:
        """Return when a server can be reached."""
        await self._link.linked()

    async def keep(self, payload: bytes, identity: str) -> None:
        await self._stream.keep(payload, identity)

    def kept(self) -> AsyncIterator[Kept]:
        consumer = f"{self._name}_{next(self._numbers)}"
        return Taking(self._link, self._stream, consumer).run()

    async def tell(self, subject: str, payload: bytes) -> None:
        await self._link.within(self._say(f"{self._prefix}.tell.{subject}", payload))

    def listen(self, subject: str) -> AsyncIterator[bytes]:
        hearing = self._mouth.listen(subject)
        self._mouth.spawn(self._subscribe_now())
        return hearing

    async def ask(self, subject: str, payload: bytes, seconds: float = ANSWER_SECONDS) -> bytes:
        try:
            async with asyncio.timeout(seconds):
                return await self._link.within(self._ask(subject, payload))
        except TimeoutError:
            raise ExchangeAway(f"nothing came back in {seconds} s") from None

    async def answer(self, subject: str, reply: Reply) -> None:
        self._mouth.replies[subject] = reply
        await self._subscribe_now()

    async def close(self) -> None:
        await self._mouth.close()
        await self._link.close()

    # Subscriptions

    async def _subscribe_all(self, client: Client) -> None:
        self._client, self._subscribed = client, set()
        await client.subscribe(f"{self._door}.*", cb=self._at_door)
        await self._subscribe_now()

    async def _subscribe_now(self) -> None:
        """To what there is no subscription yet; where that fails the next connection does it."""
        client = self._client
        if client is None or client.is_closed:
            return
        with suppress(nats.errors.Error, OSError):
            for subject in list(self._mouth.hearings):
                if self._is_new(f"tell.{subject}"):
                    heard = self._hearer(subject)
                    await client.subscribe(f"{self._prefix}.tell.{subject}", cb=heard)
            for subject in list(self._mouth.replies):
                if self._is_new(f"ask.{subject}"):
                    asked = self._asked_of(subject)
                    to = f"{self._prefix}.ask.{subject}"
                    await client.subscribe(to, queue="answer", cb=asked)

    def _is_new(self, subject: str) -> bool:
        if subject in self._subscribed:
            return False
        self._subscribed.add(subject)
        return True

    def _hearer(self, subject: str) -> Heard:
        parcels = Parcels(LONGEST_PAYLOAD)

        async def heard(message: Msg) -> None:
            payload = _whole(parcels, message)
            if payload is not None:
                self._mouth.tell(subject, payload)

        return heard

    def _asked_of(self, subject: str) -> Heard:
        async def asked(message: Msg) -> None:
            if message.reply:
                self._mouth.spawn(self._reply(subject, message))

        return asked

    async def _at_door(self, message: Msg) -> None:
        visit = self._visits.get(message.subject.rpartition(".")[2])
        if visit is not None:
            visit.take(message)

    # Saying

    async def _say(self, subject: str, payload: bytes, reply: str = "") -> None:
        check_length(payload)
        client = self._link.client
        longest = longest_message(client)
        if len(payload) <= longest:
            await client.publish(subject, payload, reply)
            return
        async with self._one_long:
            for part, piece in split(payload, longest, self._name, next(self._numbers)):
                await client.publish(subject, piece, reply, headers={PART: str(part)})

    async def _ask(self, subject: str, payload: bytes) -> bytes:
        check_length(payload)
        client, to = self._link.client, f"{self._prefix}.ask.{subject}"
        with self._visit() as (visit, door):
            if len(payload) <= longest_message(client):
                await client.publish(to, payload, door)
            else:
                await client.publish(to, b"", door, headers={LONG: "1"})
                either: set[asyncio.Future[Any]] = {visit.payload, visit.door}
                await asyncio.wait(either, return_when=FIRST_COMPLETED)
                if visit.door.done():
                    await self._say(self._checked(visit.door.result()), payload)
            answer = await visit.payload
        if answer is None:
            raise ExchangeAway(f"nobody answers {subject}")
        return answer

    async def _reply(self, subject: str, message: Msg) -> None:
        client = self._link.client
        failed = {FAILED: "1"}
        if self._questions >= MOST_QUESTIONS:
            await client.publish(message.reply, headers=failed)
            return
        self._questions += 1
        answer = None
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                question = await self._question(message)
                answer = await self._mouth.reply(subject, question)
        except TimeoutError:
            pass
        finally:
            self._questions -= 1
        with suppress(ExchangeAway, nats.errors.Error, OSError):  # who asked has a deadline
            if answer is None:
                await client.publish(message.reply, headers=failed)
            else:
                await self._say(message.reply, answer)

    async def _question(self, message: Msg) -> bytes:
        if LONG not in (message.headers or {}):
            return message.data
        with self._visit() as (visit, door):
            await self._link.client.publish(message.reply, headers={DOOR: door})
            return await visit.payload or b""

    @contextmanager
    def _visit(self) -> Iterator[tuple[_Visit, str]]:
        number, visit = str(next(self._numbers)), _Visit()
        self._visits[number] = visit
        try:
            yield visit, f"{self._door}.{number}"
        finally:
            del self._visits[number]

    def _checked(self, door: str) -> str:
        if not door.startswith(f"{self._prefix}.door."):
            raise ExchangeAway("the answer to a question is none of this pool's")
        return door


def _settle(future: asyncio.Future[T], result: T) -> None:
    if not future.done():
        future.set_result(result)


def _whole(parcels: Parcels, message: Msg) -> bytes | None:
    """The payload, where this is all of it or what was missing."""
    header = (message.headers or {}).get(PART)
    if header is None:
        return message.data
    try:
        return parcels.take(header, message.data, at=asyncio.get_running_loop().time()).payload
    except BadPart as error:
        log.warning("what another process says is not understood", why=str(error))
        return None
