"""What is known of each machine, and when to look at it again. Pure: `now` is unix seconds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from msgspec.structs import replace

from pithead.fleet.contract import HERE, Row, State, Sums
from pithead.fleet.history import MINUTES, History, Track, Values
from pithead.fleet.ranges import Place
from pithead.fleet.sight import Sight, reading_of, row_of

LONGEST_LOOK_SECONDS = 600.0
"""A look that has not ended by then is taken for lost."""
LONGEST_WAIT_SECONDS = 120.0
"""Between two looks at a machine that is away."""
LONGEST_SCAN_SECONDS = 600.0
"""Between two tries at an address where no machine has ever been."""
_NONE = History()
_CONTENT: frozenset[State] = frozenset(("new", "mining", "starting", "paused"))
"""States in which nobody has to look after a machine."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A machine somebody named, or an address of a range."""

    place: Place
    name: str | None = None
    is_expected: bool = True
    """Shown even before it was ever seen."""
    farm_name: str | None = None
    """What the admin API of its farm calls it; None: it is not known to be simulated."""


@dataclass(slots=True)
class _Entry:
    wanted: Wanted
    row: Row
    due: float
    misses: int = 0
    history: History | None = None
    """None: it has never answered."""


class Book:
    """One entry for each machine, by the id of its row."""

    def __init__(self, look_seconds: float) -> None:
        """`look_seconds`: between two looks at a machine that answers."""
        self.look_seconds = look_seconds
        self._entries: dict[str, _Entry] = {}
        self._remembered: dict[str, History] = {}
        self._turns: list[tuple[float, str]] = []
        """A heap of who is due when; one that its entry does not say (any more) counts nothing."""

    def remember(self, histories: dict[str, History]) -> None:
        """By the ids of machines, for those that will be wanted."""
        self._remembered = histories

    def want(self, wanted: Iterable[Wanted], now: float) -> None:
        """These and no others are watched from now on; those that stay keep their history."""
        before, self._entries = self._entries, {}
        for each in wanted:
            key = str(each.place)
            known = before.get(key)
            if known is None:
                history = self._remembered.pop(key, None)
                known = _Entry(each, _new(each, now), now, history=history)
            known.wanted = each
            self._entries[key] = known
        self._turns = [(entry.due, key) for key, entry in self._entries.items()]
        heapify(self._turns)

    def next_place(self, now: float) -> Place | None:
        """Whom to look at now: of those that are due the one that waited longest. It is due again
        when its look has ended."""
        while self._turns and self._turns[0][0] <= now:
            due, key = heappop(self._turns)
            entry = self._entries.get(key)
            if entry is not None and entry.due == due:
                entry.due = now + LONGEST_LOOK_SECONDS
                heappush(self._turns, (entry.due, key))
                return entry.wanted.place
        return None

    def look_soon(self, machine: str, now: float) -> None:
        """Something was changed there."""
        entry = self._entries.get(machine)
        if entry is not None and entry.due > now:
            self._set_due(entry, now)

    def _set_due(self, entry: _Entry, due: float) -> None:
        entry.due = due
        heappush(self._turns, (due, str(entry.wanted.place)))

    def seen(self, place: Place, sight: Sight, now: float) -> Row | None:
        """It answered; None where nobody wants it any more."""
        entry = self._entries.get(str(place))
        if entry is None:
            return None
        row = row_of(str(place), place.url, entry.wanted.name, sight, now)
        if row.state == entry.row.state:
            row = replace(row, since=entry.row.since)
        row = entry.row = replace(row, attention=attention_of(row))
        entry.misses = 0
        self._set_due(entry, now + self.look_seconds)
        if entry.history is None:
            entry.history = History()
        entry.history.add(reading_of(row), now)
        return row

    def missed(self, place: Place, why: str, is_refusal: bool, now: float) -> Row | None:
        """It did not answer, or not to us. What it said last stays, but for what it does now."""
        entry = self._entries.get(str(place))
        if entry is None:
            return None
        state: State = "refused" if is_refusal else "away"
        since = entry.row.since if entry.row.state == state else now
        entry.row = replace(
            entry.row, state=state, reason=why, since=since, hashrate_ths=None, nominal_ths=None,
            power_w=None, efficiency_j_th=None, chip_c=None, fans_rpm=(), fan_ratio=None,
            tuner=None, target_w=None, target_ths=None, uptime_s=None,
        )  # fmt: skip
        entry.row = replace(entry.row, attention=attention_of(entry.row))
        entry.misses += 1
        longest = LONGEST_WAIT_SECONDS if self._is_shown(entry) else LONGEST_SCAN_SECONDS
        wait = self.look_seconds * 2.0 ** min(entry.misses - 1, 12)
        self._set_due(entry, now + max(self.look_seconds, min(wait, longest)))
        return entry.row

    def rows(self) -> tuple[Row, ...]:
        """Every machine that is expected, or has ever answered."""
        return tuple(entry.row for entry in self._entries.values() if self._is_shown(entry))

    def row(self, machine: str) -> Row | None:
        entry = self._entries.get(machine)
        return entry.row if entry is not None and self._is_shown(entry) else None

    def place(self, machine: str) -> Place | None:
        entry = self._entries.get(machine)
        return None if entry is None else entry.wanted.place

    def farm_name(self, machine: str) -> str | None:
        entry = self._entries.get(machine)
        return None if entry is None else entry.wanted.farm_name

    def track(self, machine: str, now: float, minutes: int = MINUTES) -> Track | None:
        entry = self._entries.get(machine)
        if entry is None:
            return None
        return (entry.history or _NONE).track(now, minutes)

    def points(self, step: int, moment: int) -> dict[str, Values]:
        """What machines did in the step of that moment, by their ids."""
        found = {
            key: entry.history.at(step, moment)
            for key, entry in self._entries.items()
            if entry.history is not None
        }
        return {key: values for key, values in found.items() if values is not None}

    def __len__(self) -> int:
        """Addresses that are watched, those with nothing there among them."""
        return len(self._entries)

    @staticmethod
    def _is_shown(entry: _Entry) -> bool:
        return entry.wanted.is_expected or entry.row.seen_at is not None or (
            entry.row.state == "refused"
        )  # fmt: skip


def _new(wanted: Wanted, now: float) -> Row:
    place = wanted.place
    return Row(id=str(place), url=place.url, name=wanted.name or str(place), state="new", since=now)


def attention_of(row: Row) -> str | None:
    """Why somebody should look: it is away, stopped by itself, its tuner gave up, a fan stands."""
    if row.state not in _CONTENT:
        return f"{row.state}: {row.reason}" if row.reason else row.state
    if row.tuner == "error":
        return "its tuner is in trouble"
    standing = sum(rpm == 0 for rpm in row.fans_rpm)
    if standing and row.fan_ratio:
        return "a fan does not turn" if standing == 1 else f"{standing} fans do not turn"
    return None


def sums(rows: Sequence[Row]) -> Sums:
    """J/TH is that of all machines that say both power and efficiency."""
    both = [(row.power_w, row.efficiency_j_th) for row in rows]
    said = [(power, each) for power, each in both if power and each]
    power, rate = sum(power for power, _ in said), sum(power / each for power, each in said)
    heats = [row.chip_c for row in rows if row.chip_c is not None]
    return Sums(
        machines=len(rows),
        mining=sum(row.state == "mining" for row in rows),
        away=sum(row.state not in HERE and row.state != "new" for row in rows),
        attention=sum(row.attention is not None for row in rows),
        hashrate_ths=round(sum(row.hashrate_ths or 0.0 for row in rows), 3),
        power_w=sum(row.power_w or 0.0 for row in rows),
        efficiency_j_th=round(power / rate, 2) if rate else None,
        hottest_c=max(heats, default=None),
    )
