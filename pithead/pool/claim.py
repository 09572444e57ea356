"""A front end claims its number, of which each has its own: two with one would give out the same
work, and the books would take what one did for what the other did.

Unlike a lease it is no permission: whoever is cut off from NATS goes on with what it has. A claim
that is not renewed expires; the next life of the same front end need not wait for that. Where a
data directory was copied, two are taken for lives of one, and the older hears of the younger.
"""

import asyncio
import os
import random
import secrets
import time
from contextlib import suppress

import structlog

from pithead.pool.exchange import ExchangeAway
from pithead.pool.natsentry import NatsEntry
from pithead.pool.natslink import NatsLink
from pithead.pool.tenure import Seen, Watch

log = structlog.get_logger(__name__)


class Claimed(Exception):
    """Another process has it; the message says which."""


class Claim:
    """One process's claim to one name."""

    def __init__(self, link: NatsLink, name: str, life: str, ttl: float) -> None:
        """`life` is what all lives of one front end have in common, without spaces. `ttl` in
        seconds: after its last sign of life, when the claim of another expires."""
        self._entry = NatsEntry(link, name, ttl / 6)
        self._name = name
        self._life = life
        self._ttl = ttl
        self._me = f"{life} {secrets.token_hex(8)} process {os.getpid()} on {os.uname().nodename}"
        self._revision = 0

    async def make(self) -> None:
        """Return when it is this process's. Raises Claimed where another is alive that has it."""
        watch, is_told = Watch(self._me, self._ttl), False
        while True:
            with suppress(ExchangeAway):
                seen = await self._entry.read()
                if seen is None or self._may_take(watch, seen):
                    revision = 0 if seen is None else seen.revision
                    self._revision = await self._entry.write(self._me, revision)
                    return
                if not is_told:
                    log.warning("waiting for what another claims, or claimed before it died",
                                claim=self._name, by=_who(seen))  # fmt: skip
                is_told = True
            await asyncio.sleep(random.uniform(0.5, 1) * self._ttl / 10)

    async def keep(self) -> None:
        """Renew it until it is cancelled. Raises Claimed where another took it."""
        while True:
            await asyncio.sleep(self._ttl / 4)
            with suppress(ExchangeAway):
                await self._renew()

    async def release(self) -> None:
        """Give it back, so that another need not wait."""
        with suppress(ExchangeAway):
            await self._entry.write("", self._revision)

    def _may_take(self, watch: Watch, seen: Seen) -> bool:
        before = watch.seen
        if watch.may_take(seen, time.monotonic()) or seen.holder.split(" ")[0] == self._life:
            return True
        if before is not None and before.revision != seen.revision:
            raise Claimed(_who(seen))
        return False

    async def _renew(self) -> None:
        try:
            self._revision = await self._entry.write(self._me, self._revision)
        except ExchangeAway:
            seen = await self._entry.read()
            if seen is not None and seen.holder not in (self._me, ""):
                raise Claimed(_who(seen)) from None
            self._revision = 0 if seen is None else seen.revision


def _who(seen: Seen) -> str:
    return seen.holder.partition(" ")[2].partition(" ")[2] or "another process"
