"""Reads shares as miners plainly write them."""

from collections.abc import Callable
from typing import TypeVar

_Submit = TypeVar("_Submit")

def read_submit(
    line: bytes,
    make: Callable[[str, str, bytes, int, int, int | None], _Submit],
    /,
) -> tuple[bytes, _Submit] | None: ...
