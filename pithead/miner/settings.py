"""The settings file of a miner: whole or not there, and the last good one if it is damaged."""

import contextlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import msgspec

from pithead.miner import advanced
from pithead.miner.configuration import Settings
from pithead.miner.pool_limits import check_pools
from pithead.miner.refusals import Refusal

LARGEST_FILE = 1 << 20
"""Bytes; real settings have a few kilobytes."""


@dataclass(frozen=True, slots=True)
class Loaded:
    settings: Settings
    problem: str | None
    """What was wrong with the file, in words for the operator; None: nothing."""


class SettingsFile:
    """`path`, and beside it `.last` (the one before) and `.damaged` (what could not be read)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._last = path.with_name(path.name + ".last")

    def load(self, default: Settings) -> Loaded:
        """The settings on disk: the newest that can be read, the default where there is none."""
        for half in self.path.parent.glob(f".{self.path.name}.*"):  # a crash left it
            with contextlib.suppress(OSError):
                half.unlink()
        try:
            return Loaded(_read(self.path), None)
        except FileNotFoundError:
            return self._fall_back(default, None)
        except (OSError, ValueError) as error:
            problem = f"{self.path} is damaged ({error})"
            with contextlib.suppress(OSError):
                os.replace(self.path, self.path.with_name(self.path.name + ".damaged"))
            return self._fall_back(default, problem)

    def _fall_back(self, default: Settings, problem: str | None) -> Loaded:
        try:
            settings = _read(self._last)
        except (OSError, ValueError):
            return Loaded(default, problem and f"{problem}; the defaults are used")
        return Loaded(settings, f"{problem or f'{self.path} is gone'}; the last good one is used")

    def save(self, settings: Settings) -> None:
        """Replace the file; after a crash there is the old one or the new one. Raises OSError."""
        content = msgspec.json.format(msgspec.json.encode(settings), indent=2) + b"\n"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            _copy(self.path, self._last)
        _write_whole(self.path, content)


def _read(path: Path) -> Settings:
    with path.open("rb") as file:
        content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise ValueError(f"more than {LARGEST_FILE} bytes")
    settings = msgspec.json.decode(content, type=Settings)
    try:
        check_pools(settings.pool_groups)
        advanced.changed({}, settings.system.advanced)
    except Refusal as refusal:
        raise ValueError(str(refusal)) from refusal
    return settings


def _copy(source: Path, target: Path) -> None:
    """A second name for the same file: it stays when the first is replaced."""
    temporary = target.with_name(target.name + ".new")
    with contextlib.suppress(FileNotFoundError):
        temporary.unlink()
    os.link(source, temporary)
    os.replace(temporary, target)


def _write_whole(path: Path, content: bytes) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
