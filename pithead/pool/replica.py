"""Where questions about the past are read: a replica of the database, or the primary without it."""

import time
from contextlib import ExitStack
from typing import Protocol

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from pithead.pool.database import engine_of

log = structlog.get_logger(__name__)

AWAY_SECONDS = 30.0
"""For how long a replica that cannot be reached is left alone, so that nobody waits for it."""


class Reads(Protocol):
    """What can be asked for a connection to read with; an `Engine` is one."""

    def connect(self) -> Connection: ...


class ReplicaFirst:
    """Implements `Reads`. Any thread may call it."""

    def __init__(self, replica: Engine, primary: Engine) -> None:
        self._replica, self._primary = replica, primary
        self._away_until = 0.0

    def connect(self) -> Connection:
        if time.monotonic() < self._away_until:
            return self._primary.connect()
        try:
            return self._replica.connect()
        except DBAPIError as error:
            log.warning("the replica cannot be reached; the primary is read", error=str(error.orig))
            self._away_until = time.monotonic() + AWAY_SECONDS
            return self._primary.connect()


def reads_of(url: str, primary: Engine, until: ExitStack) -> Reads:
    """Of the replica at `url`, "" for none; it is closed with `until`. StoreError for no URL."""
    if not url:
        return primary
    replica = engine_of(url)
    until.callback(replica.dispose)
    return ReplicaFirst(replica, primary)
