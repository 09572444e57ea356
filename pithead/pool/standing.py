"""How the pool, a user and each worker stand now: readings of the books, prepared sums only."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from pithead.bitcoin.target import expected_hashes
from pithead.pool.books import Books
from pithead.pool.course import Course, Hours, course
from pithead.pool.ledger import confirmed, paid, paying, unconfirmed
from pithead.pool.meters import Meter, UserMeters
from pithead.pool.odds import LuckBand, luck_band
from pithead.pool.readings import (
    PoolReading,
    ProfileReading,
    Windows,
    WorkerReading,
    WorkerState,
)
from pithead.pool.schemes import Price
from pithead.pool.tallies import DAY, OF_WORKERS, Edges, works_since
from pithead.pool.watching import SNAPSHOT_SECONDS
from pithead.work.template import Template

NEW_SECONDS = 3_600
LOW_PERCENT = 70
"""Of the average of 24 hours: the automatic alert limit of Braiins Pool."""
NOTHING = Windows(0, 0, 0, 0, 0.0)
SLICE = 500
"""Workers read at once, a few milliseconds; more than so many are not counted each time."""
KEPT_SECONDS = 5.0
"""Of farm time: how old a count of many workers may be."""


class Standing:
    """Answers from books that may go on changing between questions."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self.template_value_sats = 0
        self.block_work = 0
        self._counted: dict[str, tuple[float, Counter[WorkerState]]] = {}
        """By user, of those with many workers: when, and how many were in each state."""
        self._alive = (0.0, 0, 0)
        """When active workers were counted, how many they were and of how many."""
        self.alert_rates: dict[tuple[str, str], float] = {}
        """Manual alert limits by user and worker, in hashes a second on the wire."""

    def template(self, template: Template) -> Price:
        """What a block would bring from now on; its price."""
        self.template_value_sats = template.value_sats
        self.block_work = expected_hashes(template.block_target)
        fees = sum(transaction.fee_sats for transaction in template.transactions)
        return Price(template.height, template.value_sats - fees, fees, self.block_work)

    def pool(self, user: str, now: float) -> PoolReading:
        books = self._books
        now = books.present(now)
        blocks = books.blocks
        return PoolReading(
            windows=self._windows(books.meters.pool, Edges.at(now), now),
            active_workers=self._active(now),
            round_started=blocks.round_started_ms // 1000,
            round_work=blocks.round_work,
            block_work=self.block_work,
            last_template_value_sats=self.template_value_sats,
            blocks=blocks.latest(user),
            luck_blocks=blocks.luck(),
        )

    def profile(self, user: str, now: float) -> ProfileReading:
        books = self._books
        meters = books.meters.users.get(user)
        if meters is None:
            return ProfileReading(user, 0, 0, 0, 0, 0, NOTHING, 0, 0, 0, 0)
        now = books.present(now)
        edges = Edges.at(now)
        states = self._states(meters, now)
        due = books.ledger.balance(confirmed(user))
        not_due = books.ledger.balance(unconfirmed(user))
        gone = books.ledger.balance(paying(user)) + books.ledger.balance(paid(user))
        estimate = self._estimate(meters.own, now)
        today = meters.own.day_sats if books.is_today(now) else 0
        if books.paying.rules.scheme == "fpps":
            today += estimate
        return ProfileReading(
            username=user,
            confirmed_sats=due,
            unconfirmed_sats=not_due,
            estimated_sats=estimate,
            all_time_sats=due + not_due + gone,
            today_sats=today,
            windows=self._windows(meters.own, edges, now),
            ok_workers=states["ok"],
            low_workers=states["low"],
            off_workers=states["off"],
            dis_workers=states["dis"],
        )

    def workers(self, user: str, now: float) -> Sequence[WorkerReading]:
        """In no order that means anything."""
        return [each for some in self.some_workers(user, now) for each in some]

    def some_workers(
        self, user: str, now: float, first: int = 0
    ) -> Iterator[Sequence[WorkerReading]]:
        """The same a slice at a time; shares may be counted between two of them. Without so many
        at the beginning as `first` says: new workers come last, in all answers."""
        meters = self._books.meters.users.get(user)
        if meters is None:
            return
        now = self._books.present(now)
        edges = Edges.at(now, OF_WORKERS)
        second = self._books.score_second(now)
        every = iter(tuple(islice(meters.workers.values(), first, None)))
        while some := tuple(islice(every, SLICE)):
            yield self._some(some, edges, second, now)

    def _some(
        self, some: Sequence[Meter], edges: Edges, second: float, now: float
    ) -> Sequence[WorkerReading]:
        constant = self._books.settings.time_constant_seconds
        rates = self.alert_rates
        tallies = [meter.tally for meter in some]
        works = zip(*(works_since(tallies, place) for place in edges.places), strict=True)
        return [
            WorkerReading(
                meter.worker,
                worker_state(
                    meter, work_5m, work_24h, now,
                    rates.get((meter.user, meter.worker)) if rates else None,
                ),
                meter.last_ms // 1000,
                work_5m,
                work_60m,
                work_24h,
                meter.score.at(second, constant) / constant,
            )
            for meter, (work_5m, work_60m, work_24h) in zip(some, works, strict=True)
        ]  # fmt: skip

    def course(self, user: str, now: float, hours: Hours) -> Course:
        """Of a user, or of the pool where that is ""."""
        meters, now = self._books.meters, self._books.present(now)
        if not user:
            return course(meters.pool.tally.points(), now, hours)
        found = meters.users.get(user)
        return course(found.own.tally.points() if found else (), now, hours)

    def luck_bands(self, confidence: float) -> list[LuckBand]:
        """Of the last 10, 50 and 250 blocks, or of all where they are fewer."""
        rounds = self._books.blocks.luck()
        bands = (luck_band(rounds[:count], confidence) for count in (10, 50, 250))
        return [band for band in bands if band is not None]

    def _windows(self, meter: Meter, edges: Edges, now: float) -> Windows:
        constant = self._books.settings.time_constant_seconds
        return meter.windows(edges, self._books.score_second(now), constant)

    def _states(self, meters: UserMeters, now: float) -> Counter[WorkerState]:
        """How many workers are in each state: of few at this moment, of many `KEPT_SECONDS` ago
        at most."""
        if len(meters.workers) <= SLICE:
            return self._count_states(meters, now)
        since, states = self._counted.get(meters.own.user, (0.0, Counter()))
        if not since <= now < since + KEPT_SECONDS:
            states = self._count_states(meters, now)
            self._counted[meters.own.user] = now, states
        return states

    def _count_states(self, meters: UserMeters, now: float) -> Counter[WorkerState]:
        """Windows are looked at only where the state depends on them."""
        since_ms, old_ms = (now - SNAPSHOT_SECONDS) * 1000, (now - NEW_SECONDS) * 1000
        states: Counter[WorkerState] = Counter()
        rates = self.alert_rates
        place_5m, _, place_24h = Edges.at(now, OF_WORKERS).places
        every = iter(meters.workers.values())
        while some := tuple(islice(every, SLICE)):
            held = []
            for worker in some:
                if worker.last_ms > since_ms and (worker.first_ms <= old_ms or rates):
                    held.append(worker)
                else:
                    states[worker_state(worker, 0, 0, now)] += 1
            tallies = [worker.tally for worker in held]
            works = zip(
                works_since(tallies, place_5m), works_since(tallies, place_24h), strict=True
            )
            states.update(
                worker_state(worker, *work, now, rates.get((worker.user, worker.worker)))
                for worker, work in zip(held, works, strict=True)
            )
        return states

    def _active(self, now: float) -> int:
        """Of big pools `KEPT_SECONDS` ago at most."""
        since, count, took = self._alive
        if took <= SLICE or not since <= now < since + KEPT_SECONDS:
            count, took = self._count_active(now)
            self._alive = now, count, took
        return count

    def _count_active(self, now: float) -> tuple[int, int]:
        """(those with a share in the last five minutes, how many were looked at)."""
        since_ms = (now - SNAPSHOT_SECONDS) * 1000
        users = [
            user.workers.values()
            for user in self._books.meters.users.values()
            if user.own.last_ms > since_ms
        ]
        count = sum(sum([each.last_ms > since_ms for each in workers]) for workers in users)
        return count, sum(map(len, users))

    def _estimate(self, user: Meter, now: float) -> int:
        """What a block worth the present template, or the day so far, would bring the user."""
        books = self._books
        second = books.score_second(now)
        constant = books.settings.time_constant_seconds
        return books.paying.estimate(
            user.user, self.template_value_sats,
            user.score.at(second, constant), books.meters.pool.score.at(second, constant),
        )  # fmt: skip


def worker_state(
    worker: Meter, work_5m: int, work_24h: int, now: float, manual: float | None = None
) -> WorkerState:
    """The last five minutes against a manual limit in hashes a second.

    Without one it is 70 % of the average since yesterday, or since the first share; and without an
    hour of data there is no average to be held to.
    """
    if not worker.monitored:
        return "dis"
    if worker.last_ms <= (now - SNAPSHOT_SECONDS) * 1000:
        return "off"
    if manual is not None:
        return "low" if work_5m / SNAPSHOT_SECONDS < manual else "ok"
    age = now - worker.first_ms / 1000
    if age < NEW_SECONDS:
        return "ok"
    average = work_24h / min(age, DAY)
    low = work_5m / SNAPSHOT_SECONDS < average * LOW_PERCENT / 100
    return "low" if low else "ok"
