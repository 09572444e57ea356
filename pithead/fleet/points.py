"""What all machines did in one step of time, as the bytes of one row. Pure.

Of each machine its number, then each of the series for all of them: what is alike stands together,
and is pressed the better for it. A value keeps eleven bits of its fraction: 0.025 % off at most.
"""

import sys
import zlib
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan, nan

from pithead.fleet.history import SERIES, Values

MOST_MACHINES = 100_000
_EACH = 4 * (1 + len(SERIES))
_KEPT = 0xFFFFF000
"""Of a number's 32 bits."""
_HALF = 0x800
_MOST = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Row:
    numbers: "array[int]"
    columns: "tuple[array[float], ...]"
    """One for each of the series, in the order of the numbers; NaN where nothing was said."""

    def points(self) -> dict[int, Values]:
        """By the numbers of machines."""
        told = [[None if isnan(each) else each for each in column] for column in self.columns]
        return dict(zip(self.numbers, zip(*told, strict=True), strict=True))


def packed(points: Mapping[int, Values]) -> bytes:
    """By the numbers of machines."""
    whole = array("I", points).tobytes()
    for column in range(len(SERIES)):
        values = (values[column] for values in points.values())
        exact = array("f", (nan if value is None else value for value in values))
        bits = array("I", exact.tobytes())
        whole += array("I", (min(each + _HALF, _MOST) & _KEPT for each in bits)).tobytes()
    return zlib.compress(_swapped(whole), 6)


def unpacked(row: bytes) -> Row:
    """Raises ValueError for bytes that are none of ours."""
    inflating = zlib.decompressobj()
    try:
        whole = inflating.decompress(row, MOST_MACHINES * _EACH)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if not inflating.eof or len(whole) % _EACH:
        raise ValueError("it is cut off")
    whole = _swapped(whole)
    size = len(whole) // _EACH * 4
    parts = [whole[at : at + size] for at in range(0, len(whole), size)] if size else []
    numbers, *columns = parts or [b""] * (1 + len(SERIES))
    return Row(array("I", numbers), tuple(array("f", column) for column in columns))


def _swapped(whole: bytes) -> bytes:
    """Little-endian on disk, whatever this computer is."""
    if sys.byteorder == "little":
        return whole
    words = array("I", whole)
    words.byteswap()
    return words.tobytes()
