"""What is counted alike for a worker, for all workers of a user, and for the whole pool."""

from collections.abc import Iterable, Iterator, Sequence

from pithead.pool.changes import Changes, DayRow, MeterRow, PointKey, PointRow, WorkerKey
from pithead.pool.readings import Windows
from pithead.pool.rewards import Weight
from pithead.pool.schemes import SCORE_UNITS
from pithead.pool.scoring import Score
from pithead.pool.tallies import OF_USERS, OF_WORKERS, Edges, Grain, Tally

SECONDS_PER_DAY = 86_400


class Meter:
    """A score and a tally, when they began and when they last moved."""

    __slots__ = (
        "day_sats", "day_score", "day_work", "first_ms", "last_ms", "monitored", "rejected",
        "score", "tally", "user", "worker",
    )  # fmt: skip

    def __init__(self, row: MeterRow) -> None:
        self.user = row.user
        self.worker = row.worker
        self.score = Score(row.score, row.score_second, row.score_part)
        self.tally = Tally(grain=self._grain)
        self.first_ms = row.first_ms
        self.last_ms = row.last_ms
        """Of the last share; 0 where there was none."""
        self.monitored = row.monitored
        self.rejected = row.rejected
        self.day_work = row.day_work
        """Of the UTC day that the books are in."""
        self.day_score = row.day_score
        """The score when that day began."""
        self.day_sats = row.day_sats
        """Rewards of blocks found that day."""

    def remember(self, points: list[tuple[int, int]]) -> None:
        """Have the past that a store kept: minutes and the work before each, in order."""
        self.tally = Tally(points, self._grain)

    @property
    def _grain(self) -> Grain:
        return OF_WORKERS if self.worker else OF_USERS

    @classmethod
    def new(cls, user: str, worker: str, time_ms: int) -> "Meter":
        return cls(MeterRow(user, worker, 0.0, 0, time_ms, 0, True, 0, 0, 0.0, 0))

    def credit(
        self, work: int, time_ms: int, second: int, time_constant: float, part: int = 0
    ) -> None:
        """Count a share at a moment of farm time, `second` on the clock of the scores.

        `part` of the work was done by Braiins OS; it is kept for users alone.
        """
        score = self.score
        if second == score.second:
            score.value += work
            score.part += part
        else:
            score.add(work, second, time_constant, part)
        self.tally.add(work, time_ms // 60_000)
        self.last_ms = time_ms

    def credit_all(
        self,
        works: Sequence[int],
        time_ms: int,
        second: int,
        time_constant: float,
        parts: Sequence[int] = (),
    ) -> None:
        """Count shares of one second, the last at `time_ms`; `parts` of each are as in `credit`.

        The score takes them one by one: a sum of floats depends on its order.
        """
        score = self.score
        score.add(works[0], second, time_constant, parts[0] if parts else 0)
        value, part = score.value, score.part
        for work in works[1:]:
            value += work
        for work in parts[1:]:
            part += work
        score.value, score.part = value, part
        self.tally.add(sum(works), time_ms // 60_000)
        self.last_ms = time_ms

    def close_day(self, day: int, part: int, second: float, time_constant: float) -> DayRow | None:
        """A user's day ends at a second of the scores' clock; None where nothing happened in it.

        The scoring rate's mean over a day needs no samples: its integral is exact. Between shares
        S falls by what S/L sums up to, and a share raises S by its work, so over a day the sum of
        S/L is the work of the day and the S it began with less the S it ends with.
        """
        score = self.score.at(second, time_constant)
        work, faded = self.day_work, self.day_work + self.day_score - score
        self.day_work, self.day_score, self.day_sats = 0, score, 0
        if not work and faded < 1:
            return None
        rate = max(0.0, faded) / SECONDS_PER_DAY
        return DayRow(self.user, day * SECONDS_PER_DAY, part, work, rate)

    def row(self) -> MeterRow:
        return MeterRow(
            self.user, self.worker, self.score.value, self.score.second, self.first_ms,
            self.last_ms, self.monitored, self.rejected, self.day_work, self.day_score,
            self.day_sats, self.score.part,
        )  # fmt: skip

    def drain_into(self, changes: Changes) -> None:
        """What a store must write to hold this, since this was last asked."""
        changes.meters.append(self.row())
        points, gone = self.tally.drain()
        user, worker = self.user, self.worker
        changes.points += [PointRow(user, minute, worker, work) for minute, work in points]
        changes.gone += [PointKey(user, minute, worker) for minute in gone]

    def end_in(self, changes: Changes) -> None:
        """What it must remove, as this worker is no more."""
        user, worker = self.user, self.worker
        changes.forgotten.append(WorkerKey(user, worker))
        changes.gone += [PointKey(user, minute, worker) for minute in self.tally.end()]

    def windows(self, edges: Edges, second: float, time_constant: float) -> Windows:
        """`second` is the moment of `edges` on the clock of the scores."""
        return Windows(
            *self.tally.windows(edges), self.score.at(second, time_constant) / time_constant
        )


class UserMeters:
    """A user's own meter and those of its workers, by name."""

    __slots__ = ("own", "workers")

    def __init__(self, own: Meter) -> None:
        self.own = own
        self.workers: dict[str, Meter] = {}


class Meters:
    """All meters: the pool's, one a user, one a worker."""

    def __init__(self, rows: Iterable[MeterRow] = ()) -> None:
        self.pool = Meter.new("", "", 0)
        self.users: dict[str, UserMeters] = {}
        for row in sorted(rows, key=lambda each: (each.user, each.worker)):
            meter = Meter(row)
            if not row.user:
                self.pool = meter
            elif not row.worker:
                self.users[row.user] = UserMeters(meter)
            else:
                self.users[row.user].workers[row.worker] = meter

    def user(self, name: str, time_ms: int) -> UserMeters:
        """Opened where it is new."""
        found = self.users.get(name)
        if found is None:
            found = self.users[name] = UserMeters(Meter.new(name, "", time_ms))
        return found

    def worker(self, user: UserMeters, name: str, time_ms: int) -> Meter:
        """Opened where it is new."""
        found = user.workers.get(name)
        if found is None:
            found = user.workers[name] = Meter.new(user.own.user, name, time_ms)
        return found

    def find(self, user: str, worker: str) -> Meter | None:
        """Of a worker, of a user (whose worker is ""), or of the pool (whose user is that too)."""
        if not user:
            return self.pool
        found = self.users.get(user)
        if found is None:
            return None
        return found.workers.get(worker) if worker else found.own

    def known(self, user: str, worker: str) -> Meter | None:
        found = self.users.get(user)
        return None if found is None else found.workers.get(worker)

    def forget(self, user: str, worker: str) -> Meter | None:
        """What there was of a worker, which is here no longer."""
        found = self.users.get(user)
        return None if found is None else found.workers.pop(worker, None)

    def idle_since(self, time_ms: int) -> list[tuple[str, str]]:
        """(user, worker) of those whose last share was before that moment."""
        return [
            (meter.user, meter.worker)
            for user in self.users.values()
            for meter in user.workers.values()
            if meter.last_ms < time_ms
        ]

    def scores(self, second: int, time_constant: float) -> dict[str, Weight]:
        """Of users who have one, in `SCORE_UNITS`."""
        scores = {}
        for name, user in self.users.items():
            score = user.own.score
            if units := int(score.at(second, time_constant) * SCORE_UNITS):
                part = int(score.part_at(second, time_constant) * SCORE_UNITS)
                scores[name] = Weight(units, part)
        return scores

    def all(self) -> Iterator[Meter]:
        yield self.pool
        for user in self.users.values():
            yield user.own
            yield from user.workers.values()
