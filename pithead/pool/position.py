"""Places in a journal."""

from typing import NamedTuple


class Position(NamedTuple):
    """Of an event: positions ascend in the order of appending."""

    epoch: int
    sequence: int


START = Position(0, 0)
"""Before the first event of any journal."""
