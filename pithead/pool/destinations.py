"""Where users want to be paid, and from which balance on.

Whoever changes the address, each contact of the user is told, in the transaction of the change.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, delete, select

from pithead.bitcoin.address import script_for_address
from pithead.bitcoin.network import Network
from pithead.pool.database import upsert
from pithead.pool.notices import DESTINATION, Told, queue
from pithead.pool.schema import destinations

LEAST_SATS = 1_000
"""Less is not worth the fee of its own output, and may be dust to the network."""


@dataclass(frozen=True, slots=True)
class Destination:
    user: str
    address: str
    threshold_sats: int
    """0 is the pool's own."""


@dataclass(frozen=True, slots=True)
class Destinations:
    """Of one network. Any thread, or another process, may call it."""

    engine: Engine
    network: Network
    wall: Callable[[], float] = time.time
    """Unix seconds."""

    def check(self, address: str, threshold_sats: int = 0) -> None:
        """AddressError for what is no address of the network, ValueError for a threshold below
        `LEAST_SATS`.
        """
        script_for_address(address, self.network)
        if threshold_sats and threshold_sats < LEAST_SATS:
            raise ValueError(f"a threshold is {LEAST_SATS} sat at least, or 0 for the pool's own")

    def set(self, user: str, address: str, threshold_sats: int = 0) -> None:
        """From the next payout on. Raises what `check` does."""
        self.check(address, threshold_sats)
        values = {"address": address, "threshold_sats": threshold_sats}
        with self.engine.begin() as connection:
            self._tell(connection, user, address)
            connection.execute(
                upsert(connection, destinations)
                .values(user=user, **values)
                .on_conflict_do_update(index_elements=["user"], set_=values)
            )

    def clear(self, user: str) -> bool:
        """The user is not paid any more; False where there was nothing to clear."""
        with self.engine.begin() as connection:
            self._tell(connection, user, "")
            gone = connection.execute(delete(destinations).where(destinations.c.user == user))
        return gone.rowcount > 0

    def _tell(self, connection: Connection, user: str, after: str) -> None:
        """Before it is changed to `after`; nobody is told of an address that stays."""
        table = destinations.c
        before = connection.scalar(select(table.address).where(table.user == user)) or ""
        if after == before:
            return
        subject = f"{user} is paid at {after} now" if after else f"{user} is not paid any more"
        details = {"before": before, "after": after}
        queue(connection, [Told(user, DESTINATION, subject, details)], int(self.wall()))

    def of(self, user: str) -> Destination | None:
        return self.all().get(user)

    def all(self) -> Mapping[str, Destination]:
        """By user."""
        with self.engine.connect() as connection:
            rows: Sequence[Destination] = [
                Destination(*row) for row in connection.execute(select(destinations))
            ]
        return {row.user: row for row in rows}
