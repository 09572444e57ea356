"""What a look at a deployment found, in sentences."""

from typing import Literal

from msgspec import Struct

Level = Literal["ok", "warning", "problem"]


class Finding(Struct, frozen=True):
    """One thing that was looked at. A problem keeps a pool from working as configured."""

    part: str
    level: Level
    text: str
    """What is so; where it is not well, what to do."""


def ok(part: str, text: str) -> Finding:
    return Finding(part, "ok", text)


def warning(part: str, text: str) -> Finding:
    return Finding(part, "warning", text)


def problem(part: str, text: str) -> Finding:
    return Finding(part, "problem", text)
