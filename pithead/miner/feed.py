"""Puts a pool's work on the machine, and the machine's shares back to the pool they belong to."""

from collections.abc import Iterable

from pithead.hardware.device import Device, Found, Work
from pithead.miner.upstream import Upstream

WORKS_REMEMBERED = 64
"""Shares of work that so many others were assigned after cannot come back any more."""


class Feed:
    def __init__(self, device: Device) -> None:
        self._device = device
        self._current: Work | None = None
        self._owners: dict[Work, Upstream] = {}

    @property
    def has_work(self) -> bool:
        return self._current is not None

    def follow(self, source: Upstream | None) -> None:
        """Give the machine the newest work of a pool, at once if it is another; None: stop."""
        work = None if source is None else source.work
        if work is self._current:
            return
        self._current = work
        if source is not None and work is not None:
            self._owners.pop(work, None)  # what is worked on again is not old
            self._owners[work] = source
            while len(self._owners) > WORKS_REMEMBERED:
                del self._owners[next(iter(self._owners))]
        self._device.assign(work)

    def submit(self, shares: Iterable[Found], now: float) -> list[Upstream]:
        """Hand shares to the pools that gave their work; those pools have something to send."""
        touched: dict[Upstream, None] = {}
        for found in shares:
            if owner := self._owners.get(found.work):
                owner.submit(found, now)
                touched[owner] = None
        return list(touched)
