"""What accounts want of their workers' shares, brought to where the miners are.

floors    asked by each front end with the digest of what it knows: all wishes, or nothing new
"""

import asyncio
from collections.abc import Awaitable, Callable
from hashlib import sha256

import msgspec
import structlog
from sqlalchemy.exc import DBAPIError

from pithead.pool.exchange import Exchange, ExchangeAway
from pithead.pool.floors import AccountFloors, Difficulties

log = structlog.get_logger(__name__)

FLOORS = "floors"
LOOK_SECONDS = 2.0
"""Wall time between two looks: how soon a change is noticed, once by each process on the way."""

_rows = msgspec.msgpack.Decoder(list[tuple[str, str, float]])

Ask = Callable[[], Awaitable[Difficulties]]


def in_database(read: Callable[[], Difficulties]) -> Ask:
    """`read` may take its time."""

    async def ask() -> Difficulties:
        return await asyncio.to_thread(read)

    return ask


class FarAway:
    """Asks the process that keeps the books."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._digest = b""
        self._known: Difficulties = {}

    async def __call__(self) -> Difficulties:
        answer = await self._exchange.ask(FLOORS, self._digest)
        if answer:
            rows = _rows.decode(answer)
            self._known = {(user, worker): difficulty for user, worker, difficulty in rows}
            self._digest = sha256(answer).digest()
        return self._known


async def tell_floors(exchange: Exchange, floors: AccountFloors) -> None:
    """Answer for as long as the exchange is open."""

    async def answer(digest: bytes) -> bytes:
        if not floors.generation:
            raise ExchangeAway("the database has not been read yet")
        wishes = sorted((*who, each) for who, each in floors.difficulties.items())
        payload = msgspec.msgpack.encode(wishes)
        return b"" if sha256(payload).digest() == digest else payload

    await exchange.answer(FLOORS, answer)


async def follow(floors: AccountFloors, ask: Ask) -> None:
    """Until it is cancelled. While nobody can say, what was said last holds."""
    is_away = False
    while True:
        try:
            floors.hold(await ask())
            is_away = False
        except (ExchangeAway, DBAPIError, msgspec.MsgspecError) as error:
            if not is_away:
                log.warning("least difficulties of accounts are not known anew", error=str(error))
            is_away = True
        await asyncio.sleep(LOOK_SECONDS)
