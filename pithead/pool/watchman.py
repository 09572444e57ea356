"""Looks at the workers every five minutes of farm time, at blocks and payouts, and tells users."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog
from sqlalchemy.exc import DBAPIError

from pithead.pool.events import PayoutPlanned
from pithead.pool.notices import Notices, Told
from pithead.pool.readings import PoolReading, WorkerReading, WorkerState
from pithead.pool.watching import StateChange, changes, due
from pithead.pool.worker_settings import WorkerSettings

log = structlog.get_logger(__name__)

LOOK_SECONDS = 2.0
MOST_WORKERS = 100
"""Named in one notice; of more only the number is told."""
BLOCKS = "blocks"
"""The mark that says how many blocks users were told of."""
PAYOUTS = "payouts"
"""The mark that says when the last payout that users were told of was planned."""


class Watched(Protocol):
    """What the watchman looks at."""

    @property
    def users(self) -> Sequence[str]: ...

    @property
    def blocks_found(self) -> int: ...

    @property
    def payouts_underway(self) -> Sequence[PayoutPlanned]: ...

    def pool(self, user: str, now: float) -> PoolReading: ...

    def workers(self, user: str, now: float) -> Sequence[WorkerReading]: ...

    def alert_at(self, rates: dict[tuple[str, str], float]) -> None: ...


class Watchman:
    """One for a pool. `clock` tells farm time, `wall` the world's."""

    def __init__(
        self,
        watched: Watched,
        notices: Notices,
        settings: WorkerSettings,
        clock: Callable[[], float],
        wall: Callable[[], float],
    ) -> None:
        self._watched = watched
        self._notices = notices
        self._settings = settings
        self._clock = clock
        self._wall = wall
        self._states: dict[str, dict[str, WorkerState]] | None = None
        self._snapshot = 0

    async def run(self) -> None:
        """Until cancelled; a database that is away is tried again."""
        while True:
            try:
                await self.look()
            except DBAPIError as error:
                log.warning("workers are not watched: the database is away", error=str(error.orig))
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Compare how things stand with what users were told, and queue the difference."""
        now = self._clock()
        self._watched.alert_at(await asyncio.to_thread(self._settings.alert_rates))
        await self._tell_of_blocks(now)
        await self._tell_of_payouts()
        moment = due(self._snapshot, now)
        if moment is not None:
            await self._tell_of_workers(now)
            self._snapshot = moment

    async def _tell_of_workers(self, now: float) -> None:
        if self._states is None:
            self._states = await asyncio.to_thread(self._notices.states)
        told: list[Told] = []
        states: dict[tuple[str, str], WorkerState] = {}
        forgotten: list[tuple[str, str]] = []
        for user in self._watched.users:
            workers = self._watched.workers(user, now)
            known, present = self._states.get(user, {}), {each.name for each in workers}
            forgotten += [(user, name) for name in known if name not in present]
            known = {name: state for name, state in known.items() if name in present}
            self._states[user] = known
            changed, new = changes(known, workers)
            states.update({(user, worker): state for worker, state in new.items()})
            if changed:
                told.append(_of_workers(user, changed, int(now)))
            await asyncio.sleep(0)  # users may have many workers, and others wait for the loop
        if states or forgotten:
            await asyncio.to_thread(
                self._notices.tell, told, self._wall(), states, forgotten=forgotten
            )
        for (user, worker), state in states.items():
            self._states.setdefault(user, {})[worker] = state

    async def _tell_of_blocks(self, now: float) -> None:
        found = self._watched.blocks_found
        last = await asyncio.to_thread(self._notices.mark, BLOCKS)
        if last == found:
            return
        users = await asyncio.to_thread(self._notices.users_to_tell, "block") if last else []
        new = found - (last or 0)
        told = [
            Told(
                user, "block", f"the pool found block {block.height}",
                {"height": block.height, "hash": block.hash_display, "found_at": block.found_at,
                 "reward_sats": block.user_reward_sats},
            )
            for user in users
            for block in self._watched.pool(user, now).blocks[: max(0, new)]
        ]  # fmt: skip
        await asyncio.to_thread(self._notices.tell, told, self._wall(), {}, {BLOCKS: found})

    async def _tell_of_payouts(self) -> None:
        """Of each that is on its way and was not told of; one takes some blocks to arrive."""
        last = await asyncio.to_thread(self._notices.mark, PAYOUTS) or 0
        new = [plan for plan in self._watched.payouts_underway if plan.time_ms > last]
        if not new:
            return
        users = await asyncio.to_thread(self._notices.users_to_tell, "payout")
        told = [
            Told(
                line.user, "payout", f"{line.sats} sat are on their way to you",
                {"sats": line.sats, "address": line.address, "txid": plan.txid_display,
                 "planned_at": plan.time_ms // 1000},
            )
            for plan in new for line in plan.lines if line.user in users
        ]  # fmt: skip
        newest = max(plan.time_ms for plan in new)
        await asyncio.to_thread(self._notices.tell, told, self._wall(), {}, {PAYOUTS: newest})


def _of_workers(user: str, changed: Sequence[StateChange], moment: int) -> Told:
    """One notice for all that changed between two snapshots."""
    first = changed[0]
    subject = f"{user}.{first.worker} is {first.after}, was {first.before}"
    if len(changed) > 1:
        subject = f"{user}: {len(changed)} workers changed their state"
    details: dict[str, object] = {
        "snapshot": moment,
        "workers": [
            {"worker": each.worker, "before": each.before, "after": each.after}
            for each in changed[:MOST_WORKERS]
        ],
    }
    if len(changed) > MOST_WORKERS:
        details["more"] = len(changed) - MOST_WORKERS
    return Told(user, "worker", subject, details)
