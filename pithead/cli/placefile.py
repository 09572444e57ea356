"""`pool.json`: where a running pool listens, for scripts; ports that were 0 are those it got."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from pithead.cli.datadir import write_whole

PLACE_FILE = "pool.json"
"""Its name in the data directory."""


class Places(msgspec.Struct, frozen=True):
    """Empty where this process has no such port."""

    process: int
    """Its id: whoever finds another has the file of a process that has ended, or was replaced."""
    stratum: str = ""
    """`host:port`."""
    stratum_tls: str = ""
    api: str = ""
    """`http://host:port`."""
    admin: str = ""


@contextmanager
def placed(directory: Path, places: Places) -> Iterator[None]:
    """There while this lasts; a process that has taken over has its own there by the end."""
    file = directory / PLACE_FILE
    write_whole(file, msgspec.json.format(msgspec.json.encode(places), indent=2) + b"\n", 0o644)
    try:
        yield
    finally:
        if _process_of(file) == places.process:
            file.unlink(missing_ok=True)


def here(**places: str) -> Places:
    """Of this process."""
    return Places(os.getpid(), **places)


def _process_of(file: Path) -> int | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Places).process
    except (OSError, msgspec.DecodeError):
        return None
