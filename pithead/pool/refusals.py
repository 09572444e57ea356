"""What happens to a connection whose every share is refused: new work, a reconnect, the door.

A miner that is broken or lost keeps hashing for nothing and costs a judgement for each share. Most
such miners are put right by fresh work or a fresh connection, so that is tried first.
"""

from collections.abc import Sequence
from enum import Enum

from pithead.pool.events import Event, ShareAccepted, ShareRejected


class Remedy(Enum):
    NEW_WORK = 60.0
    """Wall seconds of nothing but refused shares until this is tried."""
    RECONNECT = 120.0
    CLOSE = 180.0


_NEXT = {None: Remedy.NEW_WORK, Remedy.NEW_WORK: Remedy.RECONNECT, Remedy.RECONNECT: Remedy.CLOSE}


class Refusals:
    """The run of refused shares of one connection."""

    __slots__ = ("_last_remedy", "_since")

    def __init__(self) -> None:
        self._since: float | None = None
        self._last_remedy: Remedy | None = None

    def note(self, events: Sequence[Event], wall: float) -> None:
        """What the connection's shares of one turn came to; one that is accepted ends the run."""
        for event in events:
            if type(event) is ShareAccepted:
                self.end()
            elif type(event) is ShareRejected and self._since is None:
                self._since = wall

    def end(self) -> None:
        """A share was accepted."""
        self._since = self._last_remedy = None

    def due(self, wall: float) -> Remedy | None:
        """The next remedy, told once each."""
        if self._since is None:
            return None
        remedy = _NEXT.get(self._last_remedy)
        if remedy is None or wall - self._since < remedy.value:
            return None
        self._last_remedy = remedy
        return remedy
