"""What a machine is doing and why: the state behind both forms of its status. Pure.

A cause keeps the machine from hashing, or says how far it is on the way to hashing. The phase comes
from the cause and from what the boards really do: one that is told to stop is stopping until its
chips stand still.
"""

from dataclasses import dataclass, replace
from enum import Enum, IntEnum, auto


class MinerStatus(IntEnum):
    """The numbers are those of the contract."""

    NOT_STARTED = 1
    NORMAL = 2
    PAUSED = 3
    SUSPENDED = 4
    """Stopped by itself."""
    RESTRICTED = 5
    """Mining without a licence: a part of the work is burnt."""


class Phase(Enum):
    STOPPED = auto()
    STARTING = auto()
    RUNNING = auto()
    STOPPING = auto()


class Cause(Enum):
    """Why a machine does not hash, then why it does not hash yet, then how it hashes."""

    UNSPECIFIED = auto()
    APPLICATION_UNAVAILABLE = auto()
    UNSUPPORTED_HARDWARE = auto()
    DEAD_POOLS = auto()
    MISSING_LICENSE = auto()
    USER_PAUSE = auto()
    DANGEROUS_TEMPERATURE = auto()
    BROKEN_FANS = auto()
    DPS_COOLDOWN = auto()
    TUNER_ERROR = auto()
    HARDWARE_ERROR = auto()

    NONE = auto()
    DELAYED_START = auto()
    COOLING_DOWN = auto()
    WAITING_WHILE_COLD = auto()
    DEFROSTING = auto()

    NORMAL = auto()
    PREHEATING = auto()


WAITING = frozenset(
    {Cause.NONE, Cause.DELAYED_START, Cause.COOLING_DOWN, Cause.WAITING_WHILE_COLD,
     Cause.DEFROSTING}
)  # fmt: skip
RUNNING = frozenset({Cause.NORMAL, Cause.PREHEATING})

_STATUSES = {
    Cause.APPLICATION_UNAVAILABLE: MinerStatus.NOT_STARTED,
    Cause.DELAYED_START: MinerStatus.NOT_STARTED,
    Cause.USER_PAUSE: MinerStatus.PAUSED,
    Cause.MISSING_LICENSE: MinerStatus.RESTRICTED,
    Cause.NONE: MinerStatus.NORMAL,
    Cause.NORMAL: MinerStatus.NORMAL,
    Cause.PREHEATING: MinerStatus.NORMAL,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the firmware has decided that the machine should be doing."""

    cause: Cause
    message: str = ""
    """More words, where the cause has some: an error's text."""
    until: float | None = None
    """When this ends by itself, seconds of farm time."""
    until_is_exact: bool = False
    """False: it may end before."""
    is_restricted: bool = False
    """Hashing, but without a licence."""

    @property
    def may_hash(self) -> bool:
        return self.cause in RUNNING

    @property
    def status(self) -> MinerStatus:
        """The simple form. Whatever stopped the machine without its operator is a suspension."""
        if self.is_restricted:
            return MinerStatus.RESTRICTED
        return _STATUSES.get(self.cause, MinerStatus.SUSPENDED)


@dataclass(frozen=True, slots=True)
class Condition:
    """The detailed status."""

    phase: Phase
    verdict: Verdict
    since: float


def first_condition(now: float) -> Condition:
    """Of a machine whose firmware has only just begun."""
    return Condition(Phase.STOPPED, Verdict(Cause.APPLICATION_UNAVAILABLE), now)


def next_condition(
    last: Condition, verdict: Verdict, is_at_rest: bool, is_at_speed: bool, now: float
) -> Condition:
    """What the machine is doing now; the same object while nothing has changed.

    `is_at_rest`: no chip has a clock. `is_at_speed`: the boards have reached what they were set to.
    """
    phase = _phase(last.phase, verdict, is_at_rest, is_at_speed)
    if phase is Phase.STARTING and verdict.may_hash:
        verdict = replace(verdict, cause=Cause.NONE)
    if phase is last.phase and verdict == last.verdict:
        return last
    is_same = phase is last.phase and verdict.cause is last.verdict.cause
    return Condition(phase, verdict, last.since if is_same else now)


def _phase(last: Phase, verdict: Verdict, is_at_rest: bool, is_at_speed: bool) -> Phase:
    if verdict.may_hash:
        was_running = last is Phase.RUNNING
        return Phase.RUNNING if was_running or is_at_speed else Phase.STARTING
    if not is_at_rest:
        return Phase.STOPPING
    return Phase.STARTING if verdict.cause in WAITING else Phase.STOPPED
