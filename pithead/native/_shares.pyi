"""Takes shares that are plainly good; empty without SHA instructions."""

from collections.abc import Mapping
from typing import TypeVar

_Worker = TypeVar("_Worker")

def take_shares(
    data: bytes,
    workers: Mapping[str, _Worker],
    measure: tuple[object, ...],
    extranonce1: bytes,
    mask: int,
    /,
) -> tuple[int, bytes, list[_Worker]]: ...
