"""Who holds a lease, decided from what is seen in a store that changes an entry only for whoever
knows its last revision. Times are seconds of each process's own monotonic clock; none is compared
with another's, and clocks may differ in speed by an eighth.

A holder counts its time from before it asked for it, and gives up early. Another waits for all of
it since it first saw what the holder wrote, which was later. So two never hold at once.
"""

from dataclasses import dataclass

BELIEVED = 0.75
"""Of its time, how much a holder counts on."""


@dataclass(frozen=True)
class Seen:
    """The entry as it was read. `holder` is empty where it was given back."""

    revision: int
    holder: str


@dataclass
class Watch:
    """Of one that does not hold: for how long nothing has changed."""

    me: str
    ttl: float
    seen: Seen | None = None
    since: float = 0.0

    def may_take(self, seen: Seen, at: float) -> bool:
        """Whether nobody holds any more, by what was read by `at`."""
        if self.seen is None or seen.revision != self.seen.revision:
            self.seen, self.since = seen, at
        return seen.holder in ("", self.me) or at - self.since >= self.ttl


@dataclass
class Tenure:
    """Of one that holds: until when it may count on that."""

    token: int
    """The entry's revision when it was taken: greater than all before."""
    ttl: float
    asked: float
    """When it asked for what it has, at the latest; renewing makes it later."""
    revision: int = 0
    """Of the entry, the last this holder wrote."""

    def __post_init__(self) -> None:
        self.revision = self.revision or self.token

    @property
    def until(self) -> float:
        return self.asked + BELIEVED * self.ttl

    def holds(self, at: float) -> bool:
        return at < self.until

    def renewed(self, asked: float, revision: int) -> None:
        """The entry was written again; that was asked for at `asked`."""
        self.asked, self.revision = max(self.asked, asked), revision
