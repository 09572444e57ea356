"""Farm time on a real machine: where it starts, and keeping it across restarts."""

import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import structlog

from pithead.cli.datadir import write_whole
from pithead.farm.clock import FarmClock

log = structlog.get_logger(__name__)

HEAD_START_SECONDS = 30 * 86_400.0
"""How far in the past a fast farm starts that has no time yet: a month to run through."""


class KeptTime(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    farm_time: float


def steady_wall() -> Callable[[], float]:
    """Unix seconds that a correction of the system's clock does not make jump."""
    start = time.time() - time.monotonic()
    return lambda: start + time.monotonic()


def open_clock(directory: Path, speed: float, wall: Callable[[], float]) -> FarmClock:
    """At speed 1 farm time is the world's. A faster farm goes on where it was, or a month ago."""
    now = wall()
    start = now
    if speed != 1:
        kept = _read(directory / "clock.json")
        start = min(now, now - HEAD_START_SECONDS if kept is None else kept)
    return FarmClock(start, speed, wall, at_present=_announce)


def keep_time(directory: Path, now: float) -> None:
    """Write farm time down, if the disk allows: the time of the last writing is good too."""
    content = msgspec.json.encode(KeptTime(now))
    try:
        write_whole(directory / "clock.json", content + b"\n")
    except OSError as error:
        log.warning("farm time cannot be kept", error=str(error))


def _read(path: Path) -> float | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=KeptTime).farm_time
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        log.warning("the kept farm time cannot be read", file=str(path), error=str(error))
        return None


def _announce(now: float) -> None:
    log.warning("farm time has reached the present; it runs at speed 1 from here on", now=now)
