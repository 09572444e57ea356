"""What the journal withstands, and in what pieces it is kept."""

from typing import Literal

Durability = Literal["write", "group"]
"""`write`: the death of the process; `group`: a power cut, at the price of a disk's sync a turn."""

SEGMENT_BYTES = 64 << 20
