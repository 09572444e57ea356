"""What a session says to the shell round it."""

import msgspec

from pithead.pool.events import Event
from pithead.pool.jobs import Measure
from pithead.pool.names import Worker

Desk = tuple[tuple[Measure, ...], bytes, dict[str, Worker], int]
"""What plain shares are held to: a measure for each job that still counts, the newest first, and
extranonce1, workers by name and version mask."""


class Turn(msgspec.Struct, frozen=True, gc=False):
    """What one batch of bytes, or a moment, led to."""

    reply: bytes = b""
    events: list[Event] = []
    """To be in the journal before the reply leaves."""
    close_reason: str | None = None
    """Why the connection is to be closed once the reply has left."""
