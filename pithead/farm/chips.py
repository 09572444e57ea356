"""The chips of a simulated machine, as the farm's admin API shows them. Pure.

No API of a machine tells them: its firmware knows one clock and one temperature of each board.
"""

from msgspec import Struct

from pithead.hardware.chips import ChipReading, lanes_of
from pithead.hardware.simulated import SimulatedMachine
from pithead.hardware.thermals import CHIP_RISE_K


class ChipView(Struct, frozen=True):
    """One chip now. Null is what a chip has not: one that does not answer, or has no clock."""

    number: int
    """From 0 where the coolant comes in, to the last where it leaves."""
    is_answering: bool
    temperature_c: float | None
    hashrate_ghs: float
    """Right hashes, of the machine as it appears."""
    error_ratio: float | None
    """The part of its hashes that come out wrong."""
    spare_v: float | None
    """Of the board's voltage, what it does not need; below 0 it makes errors."""


class BoardChips(Struct, frozen=True):
    """A board and its chips; the rates of these add up to its rate, all else is their mean."""

    board: int
    """From 1, as the machine's own APIs number it."""
    lanes: int
    """So many chips stand side by side across the coolant's way."""
    frequency_mhz: float
    """One clock for all of its chips."""
    voltage_v: float
    chip_temperature_c: float
    """What the machine's own APIs give as its hottest chip, where its sensor answers."""
    hashrate_ghs: float
    error_ratio: float
    chips: tuple[ChipView, ...]


class MachineChips(Struct, frozen=True):
    """All chips of a machine."""

    name: str
    model: str
    boards: tuple[BoardChips, ...]


def chips_of(name: str, device: SimulatedMachine) -> MachineChips:
    boards = tuple(_board(device, number) for number in range(device.model.boards))
    return MachineChips(name, device.model.name, boards)


def _board(device: SimulatedMachine, number: int) -> BoardChips:
    board = device.board(number)
    return BoardChips(
        board=number + 1,
        lanes=lanes_of(device.model.chips_per_board),
        frequency_mhz=round(board.mhz, 1),
        voltage_v=round(board.volt, 3),
        chip_temperature_c=round(board.temp_c + CHIP_RISE_K, 2),
        hashrate_ghs=round(board.rate / 1e9, 3),
        error_ratio=round(board.error_ratio, 6),
        chips=tuple(map(_chip, device.chips(number))),
    )


def _chip(chip: ChipReading) -> ChipView:
    return ChipView(
        number=chip.number,
        is_answering=chip.temp_c is not None,
        temperature_c=_rounded(chip.temp_c, 2),
        hashrate_ghs=round(chip.rate / 1e9, 3),
        error_ratio=_rounded(chip.error_ratio, 6),
        spare_v=_rounded(chip.spare_v, 3),
    )


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
