"""Who may draw how much of a budget of power: pure, so that it can be tried in any weather.

The most efficient machines run first. Machines of about the same efficiency share: they run best
with a little less each. What is over the budget goes down at once; what may go up waits until
nothing has changed on that machine for a while, so that no machine flaps, and until the others
draw less indeed.

    follower = Follower(Rules())
    decision = follower.decide(budget_w, sights, now)      # apply decision.changes, look again
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import floor, inf

ALIKE = 1.05
"""Up to so many times the joules a terahash of its best: one class of machines."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One machine as it was last seen. Watts."""

    name: str
    power_w: float
    """Drawn, as it estimates itself."""
    min_w: int
    """The least its power target may be; 0 < min_w <= ceiling_w."""
    ceiling_w: int
    """The most this is to make of it."""
    efficiency_j_th: float
    """With its default settings: the order must not change with what is decided."""
    target_w: int | None = None
    """None: it tunes for something else than power."""
    is_paused: bool = False
    is_here: bool = True
    """It answered at the last look."""
    is_ours: bool = True
    """It mines, or is paused; not stopped, suspended or restricted."""
    ramp_s: float = 0.0
    """The longer of its quick ramping up and down."""
    scales: bool = False
    """Dynamic performance scaling is on: it may lower its target itself."""


@dataclass(frozen=True, slots=True)
class Rules:
    change_seconds: float = 300.0
    """No machine goes up within so long of its last change."""
    margin: float = 0.03
    """Part of the budget that is not planned for: tuners come to rest near their target."""
    step: float = 0.02
    """A machine goes up by no less than this part of its ceiling."""
    paused_w: float = 50.0
    """What a paused machine is taken to draw until it was seen to."""


@dataclass(frozen=True, slots=True)
class Change:
    """What to do with one machine."""

    name: str
    target_w: int | None
    """None: it is paused."""
    resumes: bool = False

    def __str__(self) -> str:
        if self.target_w is None:
            return "pause"
        return f"resume at {self.target_w} W" if self.resumes else f"target {self.target_w} W"


@dataclass(frozen=True, slots=True)
class Decision:
    changes: tuple[Change, ...]
    """Those that save power first."""
    planned_w: float
    """Targets of those that run, and what the others draw, after the changes."""
    is_feasible: bool
    """Whether the budget can be held at all."""
    limits: tuple[str, ...]
    """What keeps the plan from being better, in sentences."""


Plan = Mapping[str, int]
"""The target of each machine that is ours; 0: paused."""


class Follower:
    """Remembers what changed when. `now` is in seconds of any clock that only goes forward."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.rules = rules or Rules()
        self._changed: dict[str, float] = {}
        self._paused_w: dict[str, float] = {}
        self._over_w: dict[str, float] = {}

    def decide(self, budget_w: float | None, sights: Sequence[Sight], now: float) -> Decision:
        """What to change now; None: there is no budget. Names are unique."""
        self._learn(sights, now)
        budget = inf if budget_w is None else max(0.0, budget_w)
        ours = sorted(
            (sight for sight in sights if sight.is_here and sight.is_ours),
            key=lambda sight: (sight.efficiency_j_th, sight.name),
        )
        fixed = sum(_unmoved(sight) for sight in sights if not (sight.is_here and sight.is_ours))
        aside = fixed + sum(self._over(sight) for sight in ours)
        room = budget * (1 - self.rules.margin) - aside
        plan = allotted(ours, room, {sight.name: self._paused(sight) for sight in ours})
        changes = {each.name: each for each in self._downs(ours, plan, budget - aside, now)}
        ups = tuple(self._ups(ours, plan, changes, budget - fixed, now))
        changes.update((each.name, each) for each in ups)
        self._changed.update(dict.fromkeys(changes, now))
        least = fixed + sum(self._paused(sight) for sight in ours)
        return Decision(
            changes=tuple(changes.values()),
            planned_w=fixed + sum(self._after(sight, changes) for sight in ours),
            is_feasible=least <= budget,
            limits=tuple(_limits(sights, least, budget)),
        )

    def _learn(self, sights: Iterable[Sight], now: float) -> None:
        for sight in sights:
            if not sight.is_here or self._is_held(sight, now):
                continue  # it may not have settled yet
            if sight.is_paused:
                self._paused_w[sight.name] = sight.power_w
            elif sight.target_w is not None:
                self._over_w[sight.name] = max(0.0, sight.power_w - sight.target_w)

    def _paused(self, sight: Sight) -> float:
        return min(self._paused_w.get(sight.name, self.rules.paused_w), sight.min_w)

    def _is_held(self, sight: Sight, now: float) -> bool:
        changed = self._changed.get(sight.name, -inf)
        return now - changed < max(self.rules.change_seconds, sight.ramp_s)

    def _over(self, sight: Sight) -> float:
        """What it drew over its target when it had settled."""
        return 0.0 if sight.is_paused else self._over_w.get(sight.name, 0.0)

    def _cost(self, sight: Sight) -> float:
        """What is planned for it as it is."""
        return self._paused(sight) if sight.is_paused else float(_present(sight))

    def _downs(
        self, ours: Sequence[Sight], plan: Plan, budget: float, now: float
    ) -> Iterator[Change]:
        """All of them where the budget is overrun, however lately a machine was changed; else
        those alone that make room for a more efficient one."""
        is_over = sum(self._cost(sight) for sight in ours) > budget
        for sight in reversed(ours):
            wanted = plan[sight.name]
            if sight.is_paused or wanted >= _present(sight):
                continue
            is_worth = _present(sight) - wanted >= self._step(sight)
            if is_over or (is_worth and not self._is_held(sight, now)):
                yield Change(sight.name, wanted or None)

    def _ups(
        self,
        ours: Sequence[Sight],
        plan: Plan,
        downs: Mapping[str, Change],
        budget: float,
        now: float,
    ) -> Iterator[Change]:
        """The most efficient first, as far as what is drawn and aimed at now leaves room."""
        used = sum(
            max(sight.power_w, self._after(sight, downs)) for sight in ours
        )  # what was told to go down has not gone yet
        for sight in ours:
            wanted = plan[sight.name]
            if sight.name in downs or not wanted or self._is_held(sight, now):
                continue
            if not sight.is_paused and not self._is_worth_raising(sight, wanted):
                continue
            more = max(0.0, wanted - max(sight.power_w, self._cost(sight)))
            if used + more <= budget:
                used += more
                yield Change(sight.name, wanted, resumes=sight.is_paused)

    def _is_worth_raising(self, sight: Sight, wanted: int) -> bool:
        """Whatever tunes for something else than power is lowered alone."""
        if sight.target_w is None or wanted <= sight.target_w:
            return False
        return wanted == sight.ceiling_w or wanted - sight.target_w >= self._step(sight)

    def _step(self, sight: Sight) -> float:
        return self.rules.step * sight.ceiling_w

    def _after(self, sight: Sight, changes: Mapping[str, Change]) -> float:
        change = changes.get(sight.name)
        if change is None:
            return self._cost(sight)
        return self._paused(sight) if change.target_w is None else float(change.target_w)


def allotted(ours: Sequence[Sight], room: float, paused_w: Mapping[str, float]) -> Plan:
    """Targets that come to no more than `room`, where that is enough for all to be paused; `ours`
    is in the order of efficiency. Watts."""
    plan = dict.fromkeys((sight.name for sight in ours), 0)
    rest = room - sum(paused_w[sight.name] for sight in ours)
    for alike in _classes(ours):
        running = []
        for sight in alike:
            least = sight.min_w - paused_w[sight.name]
            if least <= rest:
                rest -= least
                running.append(sight)
        for sight, more in _shared(running, rest):
            plan[sight.name] = sight.min_w + more
            rest -= more
    return plan


def _classes(ours: Sequence[Sight]) -> Iterator[list[Sight]]:
    alike: list[Sight] = []
    for sight in ours:
        if alike and sight.efficiency_j_th > alike[0].efficiency_j_th * ALIKE:
            yield alike
            alike = []
        alike.append(sight)
    if alike:
        yield alike


def _shared(running: Sequence[Sight], rest: float) -> Iterator[tuple[Sight, int]]:
    """The same to each over its minimum, in whole watts, as far as its ceiling."""
    narrow_first = sorted(running, key=lambda sight: sight.ceiling_w - sight.min_w)
    for number, sight in enumerate(narrow_first):
        fair = rest / (len(narrow_first) - number)
        span = sight.ceiling_w - sight.min_w
        more = span if fair >= span else floor(fair)
        rest -= more
        yield sight, more


def _present(sight: Sight) -> int:
    """What it aims at; where that is no power, what it draws."""
    return round(sight.power_w) if sight.target_w is None else sight.target_w


def _unmoved(sight: Sight) -> float:
    """Of a machine that cannot be told anything: what it drew, or where it was going."""
    heading = 0 if sight.is_paused or not sight.is_ours else sight.target_w or 0
    return max(sight.power_w, heading)


def _limits(sights: Sequence[Sight], least: float, budget: float) -> Iterator[str]:
    if least > budget:
        yield f"with all paused they still draw about {least:.0f} W, over the {budget:.0f} W"
    for sight in sights:
        if not sight.is_here:
            yield f"{sight.name} is away, and counted at {_unmoved(sight):.0f} W"
        elif not sight.is_ours:
            yield f"{sight.name} is neither mining nor paused, and is left alone"
        elif sight.scales and not sight.is_paused:
            yield f"{sight.name} has DPS on, and may lower its target itself"
