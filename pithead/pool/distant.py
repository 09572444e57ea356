"""The pool's readings where its books are not: what was is in the database, what is is asked for.

readings    answered by the process that keeps the books (`questions`)
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import msgspec
import structlog
from msgspec.structs import replace

from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.course import Course, Hours
from pithead.pool.exchange import Exchange, ExchangeAway
from pithead.pool.past import Past
from pithead.pool.questions import (
    WORKERS,
    Answer,
    Kept,
    Question,
    Told,
    What,
    encode,
    question_of,
    told_of,
)
from pithead.pool.readings import BooksAway, PoolReading, ProfileReading, WorkerReading

log = structlog.get_logger(__name__)
T = TypeVar("T")

READINGS = "readings"
FRESH_SECONDS = 1.0
"""Wall time in which nobody is asked again: so often at most, however many ask here."""
AWAY_SECONDS = 60.0
"""How old an answer may be while there is nobody to ask: longer than a lease takes to move."""
PAUSE_SECONDS = 1.0
"""For which nobody is asked after nobody answered, so that not everyone waits for that."""
PATIENCE_SECONDS = 2.0
"""Of who could be told how it was; the question goes on without."""


async def answer_readings(
    exchange: Exchange, keeper: Bookkeeper, clock: Callable[[], float]
) -> None:
    """Answer for as long as the exchange is open, in the process that keeps the books."""

    async def answer(payload: bytes) -> bytes:
        question = question_of(payload)
        now = clock()
        match question.what:
            case "pool":
                return encode(Told(now, pool=keeper.pool(question.user, now)))
            case "profile":
                return encode(Told(now, profile=keeper.profile(question.user, now)))
            case "course":
                return encode(Told(now, course=keeper.course(question.user, now, question.hours)))
            case "workers":
                return encode(await _workers(keeper, question, now))

    await exchange.answer(READINGS, answer)


async def _workers(keeper: Bookkeeper, question: Question, now: float) -> Told:
    told: list[WorkerReading] = []
    for some in keeper.some_workers(question.user, now, question.first):
        told += some
        if len(told) > WORKERS:
            return Told(now, workers=told[:WORKERS], more=True)
        await asyncio.sleep(0)
    return Told(now, workers=told)


class Snapshot(Past):
    """Implements `PoolReadings` for one question: what was told, whatever `now` is asked for."""

    def __init__(self, past: Past, parts: Sequence[bytes]) -> None:
        super().__init__(past.history, past.credits, past.readers)
        self._parts = parts
        self._first = told_of(parts[0]) if parts else Told(0.0)

    @property
    def now(self) -> float:
        """Farm time at which it was so."""
        return self._first.now

    def pool(self, user: str, now: float) -> PoolReading:
        return _there(self._first.pool)

    def profile(self, user: str, now: float) -> ProfileReading:
        return _there(self._first.profile)

    def course(self, user: str, now: float, hours: Hours) -> Course:
        return _there(self._first.course)

    def workers(self, user: str, now: float) -> Sequence[WorkerReading]:
        return [each for some in self.some_workers(user, now) for each in some]

    def some_workers(self, user: str, now: float) -> Iterator[Sequence[WorkerReading]]:
        for part in self._parts:
            yield _there(told_of(part).workers)


def _there(told: T | None) -> T:
    assert told is not None, "what was not asked for"
    return told


class Distant:
    """All methods belong to the loop that made it."""

    def __init__(self, exchange: Exchange, past: Past, wall: Callable[[], float]) -> None:
        self.past = Snapshot(past, ())
        """Answers of the past alone."""
        self._exchange = exchange
        self._wall = wall
        self._kept = Kept()
        self._asking: dict[tuple[What, str, Hours], asyncio.Task[Answer]] = {}
        self._silent_until = 0.0

    async def at_hand(self, what: What, user: str, hours: Hours = 24) -> tuple[float, Snapshot]:
        """Farm time, and how it was then; BooksAway where nobody has said so lately."""
        question = Question(what, user, hours)
        answer = self._kept.find(question, self._wall(), FRESH_SECONDS)
        if answer is None:
            answer = await self._newer(question)
        snapshot = Snapshot(self.past, answer.parts)
        return snapshot.now, snapshot

    async def _newer(self, question: Question) -> Answer:
        """As it is; or while there is nobody to ask, as it was."""
        before = self._kept.find(question, self._wall(), AWAY_SECONDS)
        try:
            async with asyncio.timeout(None if before is None else PATIENCE_SECONDS):
                return await self._ask_once(question)
        except (ExchangeAway, TimeoutError) as error:
            if before is None:
                raise BooksAway from error
            return before

    async def _ask_once(self, question: Question) -> Answer:
        """One question at a time, whoever waits for its answer."""
        if 0 < self._silent_until - self._wall() <= PAUSE_SECONDS:
            raise ExchangeAway("nobody answered a moment ago")
        asking = self._asking.get(question.key)
        if asking is None:
            asking = asyncio.ensure_future(self._ask(question))
            self._asking[question.key] = asking
            asking.add_done_callback(lambda done: self._asked(question, done))
        return await asyncio.shield(asking)

    def _asked(self, question: Question, done: asyncio.Task[Answer]) -> None:
        del self._asking[question.key]
        if not done.cancelled() and isinstance(done.exception(), ExchangeAway):
            self._silent_until = self._wall() + PAUSE_SECONDS

    async def _ask(self, question: Question) -> Answer:
        since, parts = self._wall(), []
        while True:
            told, payload = await self._part(question)
            parts.append(payload)
            if not (told.more and told.workers):
                break
            question = replace(question, first=question.first + len(told.workers))
        answer = Answer(since, tuple(parts))
        self._kept.keep(question, answer)
        return answer

    async def _part(self, question: Question) -> tuple[Told, bytes]:
        payload = await self._exchange.ask(READINGS, encode(question))
        try:
            told = told_of(payload)
        except msgspec.MsgspecError as error:
            log.error("what the books say is not understood", error=str(error))
            raise ExchangeAway("what the books say is not understood") from error
        if not told.holds(question.what):
            raise ExchangeAway("the books answer something else")
        return told, payload
