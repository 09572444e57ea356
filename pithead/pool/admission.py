"""Who may mine, known at a front end without asking for each: all accounts, from time to time."""

import asyncio
from collections.abc import Callable, Sequence

import msgspec
import structlog

from pithead.pool.exchange import Exchange, ExchangeAway

log = structlog.get_logger(__name__)

USERS = "users"
REFRESH_SECONDS = 5.0

_users = msgspec.msgpack.Decoder(set[str])


async def tell_users(exchange: Exchange, users: Callable[[], Sequence[str]]) -> None:
    """Answer for as long as the exchange is open."""

    async def answer(_: bytes) -> bytes:
        return msgspec.msgpack.encode(list(await asyncio.to_thread(users)))

    await exchange.answer(USERS, answer)


class Admission:
    """While nobody has said who has an account, everybody: turned away, work is lost for good."""

    def __init__(self, exchange: Exchange, registration_open: bool) -> None:
        self._exchange = exchange
        self._open = registration_open
        self._users: set[str] | None = None

    def admit(self, user: str) -> bool:
        return self._open or self._users is None or user in self._users

    async def look(self) -> None:
        """Ask who has an account; where nobody can say, what was said last holds."""
        if self._open:
            return
        try:
            self._users = _users.decode(await self._exchange.ask(USERS, b""))
        except (ExchangeAway, msgspec.MsgspecError) as error:
            log.warning("who has an account is not known anew", error=str(error))

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(REFRESH_SECONDS)
