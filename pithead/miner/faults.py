"""What has gone wrong on a machine: a bounded list, and what each code means. Pure.

Codes V2 and H1 and their meaning are those of live machines; the others are this firmware's own.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

MOST_FAULTS = 200
"""Kept; then the oldest gives way. A live machine showed 129 after four weeks."""


@dataclass(frozen=True, slots=True)
class Code:
    code: str
    reason: str
    hint: str


LOW_VOLTAGE = Code(
    "V2",
    "Overcurrent protection triggered or short circuit",
    "A board measures far less voltage than it was given. Set a lower target, tighten the screws "
    "of the power rail, or replace the board or the power supply.",
)
POWER_LOST = Code(
    "V1",
    "Power was lost",
    "The machine went dark without being told to. Check the mains and the power supply.",
)
CANNOT_DISABLE = Code(
    "H1",
    "DISABLING hashboards not allowed on NoPIC miners",
    "Boards of this machine have power whenever the machine has; the advanced setting "
    "allow_disabling_hashboards_on_nopic_miners overrides this.",
)
BOARD_LOST = Code(
    "H2",
    "Hashboard does not answer",
    "Check the cables of the board, then the board itself in another slot.",
)
CHIPS_LOST = Code(
    "H3",
    "Fewer chips answer than the board has",
    "The board goes on with the chips that answer; repair it if they are many.",
)
WRONG_HASHES = Code(
    "H4",
    "Too many hashes come out wrong",
    "Chips of the board age or want for voltage. Set a lower target, or repair the board.",
)
TOO_HOT = Code(
    "T1",
    "Dangerous temperature",
    "The boards were shut down. Check the fans, the air in front of the machine, and the target.",
)
SENSOR_LOST = Code(
    "T2",
    "Temperature sensor does not answer",
    "The fans run at full speed without it. Check the board.",
)
FAN_BROKEN = Code(
    "F1",
    "Fan does not turn",
    "Check the plug of the fan, or replace it; fewer required fans can be set in the cooling mode.",
)
POOLS_DEAD = Code(
    "P1",
    "No pool answers",
    "Check the addresses of the pools, the name server and the gateway.",
)
POOL_NOT_SUPPORTED = Code(
    "P2",
    "Kind of pool address not supported",
    "Use an address that begins with stratum+tcp:// or stratum+ssl://.",
)
TUNER_FAILED = Code(
    "A1",
    "Tuner failed",
    "Boards make errors that no voltage within reach ends. See their own faults, or choose another "
    "target.",
)
SETTINGS_DAMAGED = Code(
    "S1",
    "Settings file damaged",
    "An older state of the settings is in use. Check them and set them anew.",
)
SETTINGS_NOT_SAVED = Code(
    "S2",
    "Settings could not be saved",
    "The machine does what was set, and forgets it when it is switched off. Make room on its disk "
    "and set it again.",
)
UPGRADE_FAILED = Code(
    "U1",
    "System upgrade failed",
    "Nothing was installed. Send the image again with its size and its SHA-256.",
)

CATALOGUE = (
    LOW_VOLTAGE, POWER_LOST, CANNOT_DISABLE, BOARD_LOST, CHIPS_LOST, WRONG_HASHES, TOO_HOT,
    SENSOR_LOST, FAN_BROKEN, POOLS_DEAD, POOL_NOT_SUPPORTED, TUNER_FAILED, SETTINGS_DAMAGED,
    SETTINGS_NOT_SAVED, UPGRADE_FAILED,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Component:
    """A part of the machine, such as `Hashboard` 1."""

    name: str
    index: int


@dataclass(frozen=True, slots=True)
class Fault:
    at: float
    message: str
    codes: tuple[Code, ...] = ()
    components: tuple[Component, ...] = ()


FaultListener = Callable[[Fault], None]


class Faults:
    def __init__(self) -> None:
        self._faults: deque[Fault] = deque(maxlen=MOST_FAULTS)
        self._listeners: list[FaultListener] = []

    def report(
        self,
        now: float,
        message: str,
        code: Code | None = None,
        component: Component | None = None,
    ) -> None:
        """Write down what has happened."""
        marks = ([f"{{ERR:{code.code}}}"] if code else []) + (
            [f"{{HB:{component.index}}}"] if component and component.name == "Hashboard" else []
        )
        fault = Fault(
            now,
            " ".join([*marks, message]),
            (code,) if code else (),
            (component,) if component else (),
        )
        self._faults.append(fault)
        for listener in tuple(self._listeners):
            listener(fault)

    def watch(self, listener: FaultListener) -> None:
        """Call `listener` at each new fault."""
        self._listeners.append(listener)

    def all(self) -> tuple[Fault, ...]:
        """The oldest first."""
        return tuple(self._faults)

    def clear(self) -> None:
        self._faults.clear()
