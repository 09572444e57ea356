"""What each chip of a simulated board does, of which the board's own figures are the sums. Pure.

The machine's firmware knows one clock and one temperature of a board, and takes all chips together
for hotter than that by `CHIP_RISE_K`. Chips differ round it: what cools them is warmer where it
leaves, and no chip sits on its heatsink as another does. Both differences grow with the heat.
"""

from dataclasses import dataclass

from pithead.hardware import thermals
from pithead.hardware.board import SimulatedBoard, spread
from pithead.hardware.models import Coolant

MOST_LANES = 7
"""Chips that stand side by side across the coolant's way; an estimate. Lanes are equally long."""

SPREAD_OF_CONTACT = 0.12
"""Half width of what differs between the ways that the heat of chips takes; an estimate."""


@dataclass(frozen=True, slots=True)
class ChipReading:
    """One chip now; None is what a chip that does not answer has not."""

    number: int
    """On its board, from 0 where the coolant comes in, lane by lane."""
    temp_c: float | None
    rate: float
    """Right hashes a second, of the machine as it appears."""
    error_ratio: float | None
    """The part of its hashes that come out wrong."""
    spare_v: float | None
    """The voltage of the board beyond what this chip needs at this clock to make no error; None
    where there is no clock."""


def lanes_of(chips: int) -> int:
    """So many of them stand side by side."""
    return max(lanes for lanes in range(1, MOST_LANES + 1) if chips % lanes == 0)


def chips_of(board: SimulatedBoard, inlet_c: float, coolant: Coolant) -> tuple[ChipReading, ...]:
    """All of them, those that do not answer as well."""
    offsets = dict(board.silicon.offsets) if board.answers else {}
    warmer = _differences(board, inlet_c, coolant, tuple(offsets))
    return tuple(
        _chip(board, number, offsets[number], warmer[number])
        if number in offsets
        else ChipReading(number, None, 0.0, None, None)
        for number in range(board.model.chips_per_board)
    )


def _chip(board: SimulatedBoard, number: int, offset: float, warmer_k: float) -> ChipReading:
    temp_c = board.temp_c + thermals.CHIP_RISE_K + warmer_k
    if not board.mhz:
        return ChipReading(number, temp_c, 0.0, None, None)
    model = board.model
    spare = thermals.spare_voltage(model, board.mhz, board.volt) - offset
    error_ratio = thermals.error_share(-spare)
    right = model.curve.yield_ratio * board.speed * (1 - error_ratio)
    return ChipReading(
        number, temp_c, model.board_nominal(board.mhz * 1e6, 1) * right, error_ratio, spare
    )


def _differences(
    board: SimulatedBoard, inlet_c: float, coolant: Coolant, chips: tuple[int, ...]
) -> dict[int, float]:
    """Kelvins by which chips are hotter than the mean of all that answer, by their numbers."""
    model = board.model
    lanes = lanes_of(model.chips_per_board)
    last = max(1, model.chips_per_board // lanes - 1)
    way = (board.temp_c - inlet_c) * thermals.FLOW_SHARE[coolant]
    heat = board.watts * model.boards / model.default_watt
    contact = thermals.CHIP_RISE_K * heat * SPREAD_OF_CONTACT
    there = {
        chip: way * (2 * (chip // lanes) / last - 1)
        + contact * spread(board.seed, f"board/{board.number}/chip/{chip}/contact")
        for chip in chips
    }
    mean = sum(there.values()) / len(there) if there else 0.0
    return {chip: kelvins - mean for chip, kelvins in there.items()}
