"""The quality of chips: how much voltage each of them needs, and what is lost with less.

Pure. A model's voltage line is that of a middling machine at the edge of its errors. Machines of
one model differ (a data sheet's bins), boards of one machine a little, and chips of one board, too:
what a tuner has to find out.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable

from pithead.hardware import thermals
from pithead.hardware.models import MachineModel

SPREAD_OF_MACHINES = 0.012
SPREAD_OF_BOARDS = 0.008
SPREAD_OF_CHIPS = 0.007
"""Half widths, as parts of the reference voltage. Machines of one model ship with voltages of 13.2
to 13.8 V; the others are estimates that give boards the different clocks of live machines."""

Draw = Callable[[str], float]
"""A number from -1 to 1 for a name, always the same."""


class Silicon:
    """The chips of one board, as what each needs beyond the voltage line, in ascending order."""

    __slots__ = ("_known", "_model", "_numbers", "_offsets", "_whole")

    def __init__(self, model: MachineModel, board: int, draw: Draw) -> None:
        reference = model.curve.reference_volt
        middle = SPREAD_OF_MACHINES * draw("machine") + SPREAD_OF_BOARDS * draw(f"board/{board}")
        self._model = model
        self._known: tuple[float, float, float] | None = None
        needs = [
            reference * (middle + SPREAD_OF_CHIPS * draw(f"board/{board}/chip/{chip}"))
            for chip in range(model.chips_per_board)
        ]
        self._numbers = sorted(range(len(needs)), key=needs.__getitem__)
        self._whole = self._offsets = [needs[number] for number in self._numbers]

    def suffer(self, lost: int = 0, aged: int = 0, more_v: float = 0.0) -> None:
        """Be as the chips left the factory but for this: the worst `aged` of them need so many
        volts more, and the worst `lost` of all answer no more."""
        whole = self._whole
        healthy = max(0, len(whole) - aged)
        worn = whole[:healthy] + [offset + more_v for offset in whole[healthy:]]
        self._offsets = worn[: max(0, len(worn) - lost)] if aged or lost else whole
        self._known = None

    @property
    def chips(self) -> int:
        return len(self._offsets)

    @property
    def offsets(self) -> Iterable[tuple[int, float]]:
        """Those that answer, by their number on the board from 0, the best first."""
        return zip(self._numbers, self._offsets, strict=False)  # the worst may be gone

    def error_ratio(self, mhz: float, volt: float) -> float:
        """The part of the hashes of this board that come out wrong."""
        if self._known is None or self._known[:2] != (mhz, volt):
            self._known = (mhz, volt, self._mean_error(mhz, volt))
        return self._known[2]

    def _mean_error(self, mhz: float, volt: float) -> float:
        offsets = self._offsets
        if not offsets:
            return 0.0
        spare = thermals.spare_voltage(self._model, mhz, volt)
        failing = offsets[bisect_right(offsets, spare) :]
        return sum(thermals.error_share(offset - spare) for offset in failing) / len(offsets)
