"""What a pool has credited and refused since its process began, and how it is, for who watches."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pithead.pool.events import Event, ShareAccepted, ShareRejected


class Counts:
    """Work is in expected hashes on the wire."""

    def __init__(self) -> None:
        self.events = 0
        """Of every kind."""
        self.accepted = 0
        self.accepted_work = 0
        self.rejected: Counter[str] = Counter()
        """By reason."""
        self.rejected_work: Counter[str] = Counter()

    def add(self, events: Sequence[Event]) -> None:
        accepted = [event.work for event in events if type(event) is ShareAccepted]
        self.events += len(events)
        self.accepted += len(accepted)
        self.accepted_work += sum(accepted)
        if len(accepted) == len(events):
            return
        for event in events:
            if isinstance(event, ShareRejected):
                self.rejected[event.reason] += 1
                self.rejected_work[event.reason] += event.work


@dataclass(frozen=True, slots=True)
class Vitals:
    """One look at a pool."""

    connections: int
    most_connections: int
    share_works: Sequence[int]
    """What each authorised session is asked for in a share, ascending; hashes on the wire."""
    template_age: float
    """Wall seconds since the node gave the last one."""
    has_work: bool
    """Whether work is given out."""
    has_failed: bool
    """Whether a part of the pool has ended."""
    journal_problem: str
    """Why the last batch could not be kept; empty where it was."""
    counts: Counts


@dataclass(frozen=True, slots=True)
class Stock:
    """What the database alone can count."""

    notices_waiting: int
    blocks: Mapping[str, int]
    """By state: new, confirmed, orphaned."""
