"""What a miner says of itself when it authorises: its name, and wishes in its password.

Names reach file systems, pages, metrics and other people's programs, so what is not plainly
harmless is refused here, once.
"""

import re
from dataclasses import dataclass
from math import isfinite

NAMELESS = "[auto]"
"""The worker of those who give a user alone."""

LONGEST_NAME = 128

_NAME = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_@+-]*)(?:\.([A-Za-z0-9_@+:=~.-]*))?")
_WISH = re.compile(r"d=([^,; ]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Worker:
    user: str
    name: str
    """Without the user; may hold dots."""


def read_worker(name: str) -> Worker | None:
    """`user` or `user.worker`; None for a name that is not acceptable."""
    match = _NAME.fullmatch(name) if len(name) <= LONGEST_NAME else None
    return None if match is None else Worker(match[1], match[2] or NAMELESS)


def wished_difficulty(password: str) -> float | None:
    """The least difficulty asked for by `d=` in a password (`x,d=1024`), None without a valid one.

    The wish stands alone between commas, semicolons or spaces.
    """
    for part in re.split(r"[,; ]", password):
        wish = _WISH.fullmatch(part)
        if wish is None:
            continue
        try:
            difficulty = float(wish[1])
        except ValueError:
            continue
        if isfinite(difficulty) and difficulty > 0:
            return difficulty
    return None


def runs_braiins_os(user_agent: str) -> bool:
    """Whether a miner's software, as `mining.subscribe` names it, is that of Braiins OS.

    Its firmwares say `bosminer/...` or `DATE-...-plus;bosminer-plus-tuner ...` (seen in lists of
    user agents of other pools).
    """
    return "bosminer" in user_agent.lower()
