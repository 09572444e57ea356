"""The books of the pool: a pure function of the events of the journal and of their order.

Applying the same events leaves the same books to the satoshi and the unit of work, whether or
not they were written to a store and loaded again in between.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pithead.pool.arrivals import Arrivals
from pithead.pool.blocks import Block, Blocks, Credit, Fate
from pithead.pool.changes import EMPTY, Changes, CreditRow, DayRow, StateRow
from pithead.pool.events import (
    BlockFound,
    BlockResolved,
    Event,
    MonitoringChanged,
    PayoutPlanned,
    PayoutResolved,
    PriceSeen,
    Reached,
    ReferralSet,
    RulesChanged,
    ShareAccepted,
    ShareRejected,
    TipChanged,
    WorkerForgotten,
)
from pithead.pool.fortunes import Fortunes
from pithead.pool.ledger import Ledger
from pithead.pool.meters import Meter, Meters, UserMeters
from pithead.pool.paying import Paying
from pithead.pool.payouts import Payouts
from pithead.pool.runs import LEAST_RUN, continues
from pithead.pool.schemes import Found
from pithead.pool.scoring import TIME_CONSTANT_SECONDS

DAY_MS = 86_400_000
SET_BACK_MS = 60_000
"""A clock that lags by less is taken to stand still; by more, to have been set back."""


@dataclass(frozen=True, slots=True)
class BooksSettings:
    """What an operator may set of scoring; the rules of rewards are in the journal."""

    time_constant_seconds: float = TIME_CONSTANT_SECONDS
    confirmations: int = 100


class Books:
    """Everything the pool knows of work and money."""

    def __init__(
        self,
        settings: BooksSettings,
        state: StateRow = EMPTY,
        meters: Meters | None = None,
        blocks: Sequence[Block] = (),
        chain: Mapping[int, str] | None = None,
        balances: Mapping[str, int] | None = None,
        paying: Paying | None = None,
        fortunes: Fortunes | None = None,
        payouts: Payouts | None = None,
        arrivals: Arrivals | None = None,
    ) -> None:
        self.settings = settings
        self.meters = meters or Meters()
        self.ledger = Ledger(balances, state.entries)
        self.paying = paying or Paying()
        self.fortunes = fortunes or Fortunes()
        self.payouts = payouts or Payouts()
        self.arrivals = arrivals or Arrivals()
        self.blocks = Blocks(
            settings.confirmations, blocks, chain, state.tip_height,
            state.round_started_ms, state.round_work,
        )  # fmt: skip
        self.last_ms = state.last_ms
        self._shift_ms = state.shift_ms
        self._part = state.part
        self._day = state.day
        self._dirty: dict[Meter, None] = {}
        self._forgotten: list[Meter] = []
        self._credited: list[tuple[str, Mapping[str, Credit]]] = []
        self._days: list[DayRow] = []
        self._chain_changed = False

    def apply(self, event: Event) -> None:
        """Take one event into the books. Events come in the order of the journal."""
        time_ms = self._advance(event.time_ms)
        match event:
            case ShareAccepted():
                self._accept(event, time_ms)
            case ShareRejected():
                self._reject(event)
            case BlockFound():
                self._found(event, time_ms)
            case BlockResolved():
                self._resolved(event, time_ms)
            case TipChanged():
                self.blocks.tip(event.height, event.hash_display)
                self._chain_changed = True
                self._settle(time_ms)
            case MonitoringChanged():
                self._monitor(event)
            case WorkerForgotten():
                self._forget(event)
            case RulesChanged():
                self._change_rules(event, time_ms)
            case PriceSeen():
                self.paying.price(event)
                self.fortunes.price(event.block_work)
            case PayoutPlanned() | PayoutResolved():
                self.payouts.apply(event, time_ms, self.ledger)
            case Reached():
                self.arrivals.apply(event)
            case ReferralSet():
                for name in (event.user, event.referrer or event.user):
                    self._dirty[self.meters.user(name, time_ms).own] = None
                self.paying.refer(event.user, event.referrer, time_ms)

    def apply_all(self, events: Sequence[Event]) -> None:
        """The same as `apply` for each in turn, and faster where shares of one second abound."""
        run: list[ShareAccepted] = []
        for event in events:
            if isinstance(event, ShareAccepted) and continues(run, event, self._shift_ms):
                run.append(event)
                continue
            self._apply_run(run)
            run = []
            if isinstance(event, ShareAccepted):
                run.append(event)
            else:
                self.apply(event)
        self._apply_run(run)

    def score_second(self, now: float) -> float:
        """The clock of the scores, which never goes back, at a moment of farm time."""
        return self.present(now) + self._shift_ms / 1000

    def present(self, now: float) -> float:
        """A moment of farm time, but not before the last event: work is not in the future."""
        return max(now, self.last_ms / 1000)

    def is_today(self, now: float) -> bool:
        """Whether the books are in the UTC day of a moment of farm time."""
        return int(now * 1000) // DAY_MS == self._day

    # Time

    def _advance(self, time_ms: int) -> int:
        """The time that holds for an event; turns the day, and minds a clock set back."""
        last = self.last_ms
        if time_ms < last:
            if last - time_ms < SET_BACK_MS:
                return last
            self._set_back(time_ms)
        self.last_ms = time_ms
        if time_ms // DAY_MS != self._day:
            self._turn_to(time_ms // DAY_MS)
        return time_ms

    def _set_back(self, time_ms: int) -> None:
        """What was tallied after the new time leaves the windows; scores and money stay."""
        self._shift_ms += self.last_ms - time_ms
        self.last_ms = time_ms
        for meter in self.meters.all():
            meter.tally.set_back(time_ms // 60_000)
            meter.last_ms = min(meter.last_ms, time_ms)
            meter.first_ms = min(meter.first_ms, time_ms)
            self._dirty[meter] = None
        self.blocks.round_started_ms = min(self.blocks.round_started_ms, time_ms)
        if time_ms // DAY_MS < self._day:
            self._close_day(time_ms)
            self._day = time_ms // DAY_MS

    def _turn_to(self, day: int) -> None:
        """Close the day and the one after it; by the third day without a share no score is left."""
        if not self._day:
            self.blocks.round_started_ms = self.last_ms
        else:
            for _ in range(min(2, day - self._day)):
                self._close_day((self._day + 1) * DAY_MS)
                self._day += 1
        self._day = day

    def _close_day(self, end_ms: int) -> None:
        second = (end_ms + self._shift_ms) / 1000
        self._part += 1
        for user in self.meters.users.values():
            row = user.own.close_day(
                self._day, self._part, second, self.settings.time_constant_seconds
            )
            if row is not None:
                self._days.append(row)
            self._dirty[user.own] = None
        self._pay_day(end_ms)
        for meter in self.meters.all():
            if meter.tally.expire(end_ms // 60_000):
                self._dirty[meter] = None

    # Work

    def _accept(self, event: ShareAccepted, time_ms: int) -> None:
        user = self.meters.user(event.user, time_ms)
        worker = self.meters.worker(user, event.worker, time_ms)
        work = event.work
        second = (time_ms + self._shift_ms) // 1000
        constant = self.settings.time_constant_seconds
        part = work if event.braiins_os else 0
        user.own.credit(work, time_ms, second, constant, part)
        for meter in (worker, self.meters.pool):
            meter.credit(work, time_ms, second, constant)
        self._dirty[worker] = self._dirty[user.own] = self._dirty[self.meters.pool] = None
        user.own.day_work += work
        self._follow(event.user, work, part, second)
        self.blocks.round_work += work

    def _apply_run(self, run: Sequence[ShareAccepted]) -> None:
        """Shares of one second, in order of time: each meter is moved once."""
        if len(run) < LEAST_RUN or run[0].time_ms < self.last_ms:
            for event in run:
                self.apply(event)
            return
        self._advance(run[0].time_ms)
        self.last_ms = run[-1].time_ms
        by_user: dict[str, list[ShareAccepted]] = {}
        for event in run:
            by_user.setdefault(event.user, []).append(event)
        second = (self.last_ms + self._shift_ms) // 1000
        for name, shares in by_user.items():
            user = self.meters.user(name, shares[0].time_ms)
            parts = [share.work if share.braiins_os else 0 for share in shares]
            work = self._credit(user.own, shares, second, parts)
            user.own.day_work += work
            self._follow(name, work, sum(parts), second)
            self._credit_workers(user, shares, second)
        self.blocks.round_work += self._credit(self.meters.pool, run, second)

    def _credit_workers(
        self, user: UserMeters, shares: Sequence[ShareAccepted], second: int
    ) -> None:
        """One by one: few of them have two shares in a second."""
        constant = self.settings.time_constant_seconds
        for share in shares:
            worker = self.meters.worker(user, share.worker, share.time_ms)
            worker.credit(share.work, share.time_ms, second, constant)
            self._dirty[worker] = None

    def _credit(
        self, meter: Meter, shares: Sequence[ShareAccepted], second: int, parts: Sequence[int] = ()
    ) -> int:
        """`shares` are of one second of the scores' clock; gives the sum of their work."""
        works = [share.work for share in shares]
        constant = self.settings.time_constant_seconds
        meter.credit_all(works, shares[-1].time_ms, second, constant, parts)
        self._dirty[meter] = None
        return sum(works)

    def _follow(self, user: str, work: int, part: int, second: int) -> None:
        """Work counts for the scheme of rewards and for the blocks it should find."""
        self.paying.scheme.credit(user, work, part, second)
        self.fortunes.credit(user, work)

    def _reject(self, event: ShareRejected) -> None:
        """Counted for those who have earned something: names that have not take no room."""
        if worker := self.meters.known(event.user, event.worker):
            for meter in (worker, self.meters.users[event.user].own, self.meters.pool):
                meter.rejected += event.work
                self._dirty[meter] = None

    def _monitor(self, event: MonitoringChanged) -> None:
        if worker := self.meters.known(event.user, event.worker):
            worker.monitored = event.monitored
            self._dirty[worker] = None

    def _forget(self, event: WorkerForgotten) -> None:
        """What it brought is its user's, whose meter and money are untouched."""
        if worker := self.meters.forget(event.user, event.worker):
            self._dirty.pop(worker, None)
            self._forgotten.append(worker)

    # Blocks

    def _found(self, event: BlockFound, time_ms: int) -> None:
        constant = self.settings.time_constant_seconds
        second = (time_ms + self._shift_ms) // 1000
        rate = self.meters.pool.score.at(second, constant) / constant
        block = self.blocks.found(event, time_ms, rate)
        if block is None:
            return
        self.fortunes.price(event.block_work)
        self.fortunes.found(event.user)
        scores = self.meters.scores(second, constant)
        found = Found(
            self.paying.rules, event.user, event.braiins_os, event.block_work, scores, constant
        )
        block.credits = self.paying.block(found, block.value_sats, time_ms)
        sats = block.sats_by_user
        block.fee_sats = block.value_sats - sum(sats.values())
        self._credited.append((block.hash_display, block.credits))
        self.ledger.book_found(time_ms, block.hash_display, block.fee_sats, sats)
        self._count_today(block, 1)

    def _resolved(self, event: BlockResolved, time_ms: int) -> None:
        block = self.blocks.resolve(event.hash_display, event.accepted)
        if block is None:
            return
        if not event.accepted:
            self._take_back(block, "refused", time_ms)
            self.fortunes.found(block.user, -1)
        self._settle(time_ms)

    def _settle(self, time_ms: int) -> None:
        for block, fate in self.blocks.settle(time_ms):
            sats = block.sats_by_user
            if fate == "matured":
                self.ledger.book_matured(time_ms, block.hash_display, sats)
            elif fate == "reinstated":
                self.ledger.book_found(time_ms, block.hash_display, block.fee_sats, sats)
                self._count_today(block, 1)
            else:
                self._take_back(block, fate, time_ms)

    def _take_back(self, block: Block, fate: Fate, time_ms: int) -> None:
        self.ledger.book_lost(time_ms, fate, block.hash_display, block.fee_sats, block.sats_by_user)
        self._count_today(block, -1)

    def _count_today(self, block: Block, sign: int) -> None:
        if block.found_ms // DAY_MS != self._day:
            return
        for name, sats in block.sats_by_user.items():
            # Its finder may have no share yet: a stale one may be a block as well.
            meter = self.meters.user(name, block.found_ms).own
            # Where the clock was set back over midnight, today does not know the block.
            meter.day_sats = max(0, meter.day_sats + sign * sats)
            self._dirty[meter] = None

    # Rules

    def _change_rules(self, event: RulesChanged, time_ms: int) -> None:
        """What the rules of before owe for the day so far is paid by them."""
        self._part += 1
        self._pay_day(time_ms)
        second = (time_ms + self._shift_ms) // 1000
        constant = self.settings.time_constant_seconds
        self.paying.change(event.rules, time_ms, second, self.meters.scores(second, constant))

    def _pay_day(self, time_ms: int) -> None:
        """Book what the pool owes for the work of the day that the books are in."""
        day = self._day * DAY_MS // 1000
        if sats := self.paying.day(day, self._part, time_ms):
            self.ledger.book_day(time_ms, f"day {day}", sats)

    # Keeping

    def changes(self) -> Changes:
        """What a store must write to hold these books, since this was last asked."""
        changes = self.begin_changes()
        self.move_meters(changes, len(self._dirty))
        return changes

    def begin_changes(self) -> Changes:
        """The same but for the meters, which `move_meters` adds. No event between the two."""
        changes = Changes(self._state())
        for meter in self._forgotten:
            meter.end_in(changes)
        self._forgotten = []
        changes.blocks, changes.refused = self.blocks.drain()
        changes.credits = [
            CreditRow(hash_display, user, *credit)
            for hash_display, credits in self._credited
            for user, credit in credits.items()
        ]
        self._credited = []
        changes.entries, changes.balances = self.ledger.drain()
        changes.days, self._days = self._days, []
        self.paying.drain_into(changes)
        changes.payouts, changes.payout_lines = self.payouts.drain()
        changes.fortunes, changes.block_work = self.fortunes.drain(), self.fortunes.block_work
        changes.reached = self.arrivals.drain()
        if self._chain_changed:
            changes.chain = dict(self.blocks.chain)
            self._chain_changed = False
        return changes

    def move_meters(self, changes: Changes, most: int) -> bool:
        """Add some of the meters that changed; whether there are more."""
        for _ in range(min(most, len(self._dirty))):
            meter, _ = self._dirty.popitem()
            meter.drain_into(changes)
        return bool(self._dirty)

    def _state(self) -> StateRow:
        return StateRow(
            self.last_ms, self._shift_ms, self._part, self._day, self.blocks.round_started_ms,
            self.blocks.round_work, self.blocks.tip_height, self.ledger.entries,
        )  # fmt: skip
