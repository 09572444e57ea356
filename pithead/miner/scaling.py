"""Dynamic performance scaling: a machine that is too hot gets a lower target, step by step. Pure.

Too hot at the lowest target, it may be shut down for some hours. Cool again, the target rises to
what the operator wants; in boost mode beyond that, as far as the limits and the cooling allow.
"""

from dataclasses import dataclass
from enum import Enum, auto

from pithead.miner.performance_settings import DpsMode

LOWER_SECONDS = 120.0
"""Between two steps down: the machine has answered the first by then; an estimate."""
RAISE_SECONDS = 600.0
"""Between two steps up, and after the last one down; an estimate."""


class Heat(Enum):
    """How the cooling stands."""

    COOL = auto()
    """There is room for more."""
    BALANCED = auto()
    FANS_FULL = auto()
    """The fans are at their limit, and still the target temperature is exceeded."""
    HOT = auto()


@dataclass(frozen=True, slots=True)
class ScalingPlan:
    """The settings with every default filled in, all in the unit of the target."""

    enabled: bool
    mode: DpsMode
    step: float
    minimum: float
    shutdown_enabled: bool
    shutdown_seconds: float
    on_start_percent: int


@dataclass(frozen=True, slots=True)
class Range:
    """`target` is what the operator wants, `maximum` what the machine can."""

    target: float
    maximum: float


class Scaling:
    """The target in force. A new one for each start of the mining process."""

    def __init__(self) -> None:
        self.cooldown_until: float | None = None
        self._current: float | None = None
        """None: what the operator wants."""
        self._lower_from = self._raise_from = 0.0
        self._is_starting = True

    def reset_target(self) -> None:
        """The operator wants something else: go there at once."""
        self._current = None

    def _reset(self, now: float) -> None:
        self._current = None
        self._lower_from = now
        self._raise_from = now + RAISE_SECONDS

    def current(self, plan: ScalingPlan, wanted: Range) -> float:
        """The target in force."""
        if not plan.enabled or self._current is None:
            return wanted.target
        return min(max(self._current, _floor(plan, wanted)), _ceiling(plan, wanted))

    def is_scaled(self, plan: ScalingPlan, wanted: Range) -> bool:
        """Whether the target in force is another than the operator wants."""
        return self.current(plan, wanted) != wanted.target

    def step(self, now: float, heat: Heat, plan: ScalingPlan, wanted: Range) -> None:
        """Let time pass, with the machine hashing or in its cooldown."""
        if not plan.enabled:
            self._current = self.cooldown_until = None
            return
        if self._is_starting:
            self._start(now, plan, wanted)
        if self.cooldown_until is not None:
            if now >= self.cooldown_until:
                self.cooldown_until = None
                self._start(now, plan, wanted)
            return
        match heat:
            case Heat.HOT | Heat.FANS_FULL:
                self._raise_from = now + RAISE_SECONDS
                if now >= self._lower_from:
                    self._lower(now, heat, plan, wanted)
            case Heat.COOL if now >= self._raise_from:
                self._raise(now, plan, wanted)

    def _start(self, now: float, plan: ScalingPlan, wanted: Range) -> None:
        self._is_starting = False
        self._reset(now)
        if plan.on_start_percent < 100:
            self._current = wanted.target * plan.on_start_percent / 100

    def _lower(self, now: float, heat: Heat, plan: ScalingPlan, wanted: Range) -> None:
        present, floor = self.current(plan, wanted), _floor(plan, wanted)
        self._lower_from = now + LOWER_SECONDS
        if present > floor:
            self._current = max(present - plan.step, floor)
        elif heat is Heat.HOT and plan.shutdown_enabled:
            self.cooldown_until = now + plan.shutdown_seconds

    def _raise(self, now: float, plan: ScalingPlan, wanted: Range) -> None:
        present = self.current(plan, wanted)
        ceiling = _ceiling(plan, wanted)
        if present < ceiling:
            self._current = min(present + plan.step, ceiling)
            self._raise_from = now + RAISE_SECONDS
        self._lower_from = max(self._lower_from, now)


def _floor(plan: ScalingPlan, wanted: Range) -> float:
    """A target below the minimum is the operator's and not lowered."""
    return min(plan.minimum, wanted.target)


def _ceiling(plan: ScalingPlan, wanted: Range) -> float:
    is_boosted = plan.mode is DpsMode.BOOST
    return max(wanted.maximum, wanted.target) if is_boosted else wanted.target
