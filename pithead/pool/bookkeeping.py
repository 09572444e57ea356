"""The keeper of the books: journal first, then the books in memory, then the store behind them."""

import asyncio
import sys
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from time import monotonic
from typing import Self, TypeVar

import structlog
from msgspec.structs import asdict
from sqlalchemy.exc import DBAPIError

from pithead.pool.archive import Archive
from pithead.pool.bookkeeper_settings import BookkeeperSettings
from pithead.pool.books import BooksSettings
from pithead.pool.changes import Changes
from pithead.pool.confluence import Confluence
from pithead.pool.course import Course, Hours
from pithead.pool.database import database_of, open_database
from pithead.pool.events import (
    BlockFound,
    Event,
    PayoutPlanned,
    PriceSeen,
    ReferralSet,
    RulesChanged,
    WorkerForgotten,
)
from pithead.pool.fence import NotLeader
from pithead.pool.history import DAY
from pithead.pool.odds import LuckBand, Withholding
from pithead.pool.past import Past, past_of
from pithead.pool.position import Position
from pithead.pool.readings import (
    PoolReading,
    ProfileReading,
    WorkerReading,
)
from pithead.pool.rewards import Rules
from pithead.pool.schemes import Price
from pithead.pool.sharelog import JournalFull, ShareLog
from pithead.pool.standing import Standing
from pithead.pool.store import Store
from pithead.work.template import Template

log = structlog.get_logger(__name__)
T = TypeVar("T")

MOST_UNCOUNTED = 4_096
"""Events in the journal that the books wait for: a few milliseconds of counting."""
SNAPSHOT_SLICE = 1_000
"""Meters taken for the store before the loop may turn to others: a few milliseconds."""
LEISURE = 9.0
"""Times a commit's duration until the next: together they take a tenth of a processor at most."""
REPLAY_SLICE = 100_000
"""Events replayed between two commits, so that a long journal does not fill the memory."""


class Bookkeeper(Past):
    """Implements `PoolReadings`. All methods belong to the event loop that opened it."""

    def __init__(self, directory: Path, settings: BookkeeperSettings) -> None:
        """Use `open`."""
        self._directory = directory
        self._settings = settings
        self._thread = ThreadPoolExecutor(1, "bookkeeper")
        self._open = ExitStack()
        self._open.callback(self._thread.shutdown)
        self._unwritten: tuple[Changes, Position] | None = None
        self.failed_commits = 0
        self._uncounted: list[Event] = []
        self._stamp: Callable[[Sequence[Event]], Sequence[Event]] = lambda events: events
        self._price: Price | None = None
        self._standing_still = False
        """While what changed is taken from the books, a slice at a time."""
        self._committing = asyncio.Lock()
        self._committer: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    # Life

    @classmethod
    async def open(cls, directory: Path, settings: BookkeeperSettings | None = None) -> Self:
        """Load the books from `directory`, or begin them there, and replay the journal.

        Raises StoreError, JournalError, or DBAPIError for a database that is damaged or locked.
        """
        keeper = cls(directory, settings or BookkeeperSettings())
        try:
            await keeper._run(keeper._load)
        except BaseException:
            keeper._open.close()
            raise
        keeper._committer = asyncio.get_running_loop().create_task(keeper._keep_committing())
        return keeper

    def _load(self) -> None:
        settings = self._settings
        engine = open_database(database_of(self._directory, settings.database))
        self._open.callback(engine.dispose)
        super().__init__(*past_of(engine, settings.replica, settings.confirmations, self._open))
        self.store = Store(engine, settings.front_end, settings.token)
        """Users and tokens are kept there as well."""
        rules = BooksSettings(settings.scoring_seconds, settings.confirmations)
        self._books, position = self.store.load(rules)
        self._standing = Standing(self._books)
        self._log = ShareLog(
            self._directory / "journal", settings.front_end,
            settings.durability, settings.segment_bytes, position,
        )  # fmt: skip
        self._open.callback(self._log.close)
        count = 0
        for place, event in self._log.replay(position):
            self._books.apply(event)
            count += 1
            if count % REPLAY_SLICE == 0:
                self.store.commit(self._books.changes(), place)
        self._committed = self._log.position
        self.store.commit(self._books.changes(), self._committed)
        self._archive = Archive(self._log, settings.journal_days, engine, rules)
        self._tidy(self._archive.begin)
        if count:
            log.info("the journal was replayed", events=count)

    async def close(self) -> None:
        """Write down what the store has not got; what cannot be written stays in the journal."""
        with self._open:
            if self._committer is not None:
                self._closing.set()
                await self._committer
                await self.commit()
                self._committer = None

    async def failed(self) -> None:
        """Raise NotLeader when another keeps the books; never return while all is well."""
        if self._committer is not None:
            await asyncio.shield(self._committer)

    # Writing

    def accept(self, events: Sequence[Event]) -> None:
        """Keep a batch for good, then count it. JournalFull: it is neither kept nor counted.

        Counting waits until somebody asks or much has gathered: together it costs less.
        """
        events = self._stamp(events)
        self._log.append(events)
        self._uncounted += events
        if len(self._uncounted) >= MOST_UNCOUNTED:
            self._count(MOST_UNCOUNTED)

    def _count(self, most: int | None = None) -> None:
        """Bring the books up to the journal, or `most` events nearer to it."""
        if not self._standing_still:
            events = self._uncounted[:most]
            del self._uncounted[:most]
            self._books.apply_all(events)

    def govern(self, rules: Rules, now: float) -> bool:
        """Rewards follow these rules from now on; False where they did. JournalFull: no change."""
        self._count()
        if rules == self._books.paying.rules:
            return False
        self.accept([RulesChanged(int(now * 1000), rules)])
        self._price = None
        log.info("the rules of rewards change", **asdict(rules))
        return True

    def refer(self, user: str, referrer: str, now: float) -> None:
        """`referrer` brought `user`; an empty one ends it. JournalFull: nothing has changed."""
        self.accept([ReferralSet(int(now * 1000), user, referrer)])

    def forget_idle(self, days: float, connected: Container[tuple[str, str]], now: float) -> int:
        """Forget workers without a share for so long that are not `connected`, (user, worker);
        how many. JournalFull: none."""
        self._count()
        idle = self._books.meters.idle_since(int((now - days * DAY) * 1000))
        gone = [
            WorkerForgotten(int(now * 1000), *worker) for worker in idle if worker not in connected
        ]
        if gone:
            self.accept(gone)
        return len(gone)

    def referrer(self, user: str, now: float) -> str:
        """Who brought a user, as far as that counts at this moment; empty where nobody did."""
        self._count()
        row = self._books.paying.referral(user)
        return row.referrer if row and row.since_ms <= now * 1000 < row.until_ms else ""

    @property
    def rules(self) -> Rules:
        """Those in force."""
        self._count()
        return self._books.paying.rules

    def template(self, template: Template) -> None:
        """What a block would bring now, and how hard it is."""
        price = self._standing.template(template)
        if self._price is None or self.rules.scheme == "fpps" or price[3] != self._price[3]:
            self._note(price)

    def _note(self, price: Price) -> None:
        """Keep a price that is new, from the last event on; one that cannot be kept comes again."""
        if price == self._price:
            return
        try:
            self.accept([PriceSeen(self._books.last_ms, *price)])
        except JournalFull as error:
            log.warning("the price of a share cannot be written down", error=str(error))
            return
        self._price = price

    async def commit(self) -> bool:
        """Bring the store up to now; False where it cannot be written, which loses nothing."""
        async with self._committing:
            if self._unwritten is None and self._committed == self._log.position:
                return True
            return await self._write(self._unwritten or await self._take_changes())

    async def secure(self) -> bool:
        """Have everything accepted so far in the store, on disk; False where that cannot be."""
        position = self._log.position
        while self._committed < position:
            if not await self.commit():
                return False
        return True

    async def _take_changes(self) -> tuple[Changes, Position]:
        """What the store lacks, and up to where. Big books hold up the loop no longer than small;
        readings of these moments are of the moment at which it began."""
        self._count()
        position, changes = self._log.position, self._books.begin_changes()
        self._standing_still = True
        try:
            while self._books.move_meters(changes, SNAPSHOT_SLICE):  # noqa: ASYNC110 - a turn
                await asyncio.sleep(0)
        finally:  # the slices belong together, also if this is cancelled
            self._books.move_meters(changes, sys.maxsize)
            self._unwritten = changes, position
            self._standing_still = False
        return self._unwritten

    async def _write(self, unwritten: tuple[Changes, Position]) -> bool:
        changes, position = unwritten
        try:
            await self._run(lambda: self.store.commit(changes, position))
        except NotLeader:  # that does not pass: this process is to end
            raise
        except Exception as error:
            self.failed_commits += 1
            if isinstance(error, DBAPIError):
                log.warning("the store cannot be written; the journal waits", error=str(error.orig))
            else:
                log.exception("the store refuses what the books say; the journal waits")
            return False
        self._unwritten, self._committed = None, position
        await self._run(lambda: self._tidy(self._archive.tend))
        return True

    def _tidy(self, tend: Callable[[Position], None]) -> None:
        try:
            tend(self._committed)
        except (OSError, DBAPIError) as error:
            log.warning("the past of the journal cannot be put in order", error=str(error))

    async def _keep_committing(self) -> None:
        """Ends between two commits, never within one: what was written is known to be."""
        pause = least = self._settings.commit_seconds
        while not self._closing.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._closing.wait()
            began = monotonic()
            is_written = await self.commit()
            pause = max(least, LEISURE * (monotonic() - began)) if is_written else least

    async def _run(self, work: Callable[[], T]) -> T:
        """On the one thread that writes."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    # Reading

    @property
    def payouts_underway(self) -> Sequence[PayoutPlanned]:
        """Planned, and neither arrived nor failed."""
        self._count()
        return self._books.payouts.underway

    @property
    def last_payout_ms(self) -> int:
        """Farm time of the newest plan; 0 where there was none."""
        self._count()
        return self._books.payouts.last_ms

    def withholding(self) -> Sequence[Withholding]:
        """Blocks of each user against those its work should have found; the fewest first."""
        self._count()
        return self._books.fortunes.all()

    def luck_bands(self, confidence: float = 0.95) -> Sequence[LuckBand]:
        """Of the last 10, 50 and 250 blocks, or of all where they are fewer."""
        self._count()
        return self._standing.luck_bands(confidence)

    @property
    def unresolved(self) -> list[BlockFound]:
        """Blocks that the node has not answered for: after a crash they are offered again."""
        self._count()
        return [block.found_event() for block in self._books.blocks.unresolved()]

    @property
    def chain(self) -> Mapping[int, str]:
        """The last of the blocks the books were told of, hashes by height."""
        self._count()
        return dict(self._books.blocks.chain)

    @property
    def reached(self) -> Mapping[str, Position]:
        """How far each front end of its own process was taken."""
        self._count()
        return self._books.arrivals.places

    def meet(self, clock: Callable[[], float], patience_seconds: float) -> Confluence:
        """Where the work of front ends meets, as far as it was taken; from now on all else that
        happens is of no later than what these have told."""
        self._count()
        arrivals, now = self._books.arrivals, clock()
        met = Confluence(
            patience_seconds, now, arrivals.places, arrivals.times_ms, self._books.last_ms
        )
        self._stamp = met.stamped
        return met

    @property
    def blocks_found(self) -> int:
        """How many the pool has ever found."""
        self._count()
        return self._books.blocks.found_count

    @property
    def ledger_balances(self) -> Mapping[str, int]:
        """Satoshis by account of the ledger; together they are nothing."""
        self._count()
        return self._books.ledger.balances

    @property
    def behind(self) -> int:
        """Events that are in the journal and not yet in the store."""
        now, then = self._log.position, self._committed
        return now.sequence - (then.sequence if then.epoch == now.epoch else 0)

    @property
    def users(self) -> Sequence[str]:
        """Whoever has mined here."""
        self._count()
        return tuple(self._books.meters.users)

    def alert_at(self, rates: dict[tuple[str, str], float]) -> None:
        """The manual alert limits from now on: hashes a second on the wire, by user and worker."""
        self._standing.alert_rates = rates

    def pool(self, user: str, now: float) -> PoolReading:
        self._count()
        return self._standing.pool(user, now)

    def profile(self, user: str, now: float) -> ProfileReading:
        self._count()
        return self._standing.profile(user, now)

    def workers(self, user: str, now: float) -> Sequence[WorkerReading]:
        self._count()
        return self._standing.workers(user, now)

    def some_workers(
        self, user: str, now: float, first: int = 0
    ) -> Iterator[Sequence[WorkerReading]]:
        self._count()
        return self._standing.some_workers(user, now, first)

    def course(self, user: str, now: float, hours: Hours) -> Course:
        self._count()
        return self._standing.course(user, now, hours)
