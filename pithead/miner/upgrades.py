"""Automatic upgrades of one machine: what is set, when the next one is, when the last was. Pure.

There is no server of firmware to ask: an execution finds nothing newer, and is written down.
"""

import msgspec

from pithead.miner import advanced
from pithead.miner.miner import Miner
from pithead.miner.schedule import checked_schedule, completed, next_execution
from pithead.miner.system_settings import AutoUpgrade, Schedule

_Basis = tuple[AutoUpgrade, str]


class AutoUpgrades:
    """`step` is called often."""

    def __init__(self, miner: Miner, now: float) -> None:
        self._miner = miner
        self._basis: _Basis | None = None
        self._next: float | None = None
        self._renew(now)

    @property
    def kept(self) -> AutoUpgrade:
        return self._miner.settings.system.auto_upgrade

    def next_execution(self, now: float) -> float | None:
        """None: upgrades are not automatic."""
        self._renew(now)
        return self._next

    def configure(self, enabled: bool, schedule: Schedule | None, now: float) -> None:
        """Without a schedule the one there is stays. Raises BadSetting."""
        wanted = self.kept.schedule if schedule is None else checked_schedule(schedule)
        self._miner.change_system(
            auto_upgrade=msgspec.structs.replace(self.kept, enabled=enabled, schedule=wanted)
        )
        self._renew(now)

    def step(self, now: float) -> None:
        """Execute what has come due, while the computer is up."""
        self._renew(now)
        if self._next is None or now < self._next or not self._miner.system.is_up:
            return
        self._miner.change_system(
            auto_upgrade=msgspec.structs.replace(self.kept, last_execution=self._next)
        )
        self._renew(now)

    def _renew(self, now: float) -> None:
        """Find the next time anew if anything that decides it has changed."""
        zone = advanced.zone(self._miner.settings.system.advanced)
        basis = (self.kept, zone.key)
        if basis == self._basis:
            return
        self._basis = basis
        self._next = None
        if self.kept.enabled:
            schedule = completed(self.kept.schedule, self._miner.identity.uid)
            self._next = next_execution(schedule, now, zone)
