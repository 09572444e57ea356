"""A machine on paper, as its saved settings have it: what is changed there is saved. Pure.

It takes the same verbs as the machine, with the same limits and the same answers. A change that is
to be applied brings into force what was saved before, too: there is one file of settings.
"""

from collections.abc import Sequence
from copy import copy

import msgspec

from pithead.miner import advanced
from pithead.miner.configuration import PoolGroup
from pithead.miner.cooling_settings import CoolingPlan, CoolingSettings, changed, plan_of
from pithead.miner.identity import named_groups
from pithead.miner.miner import Miner
from pithead.miner.performance import Performance
from pithead.miner.pool_limits import check_pools


class Draft:
    def __init__(self, miner: Miner, *, is_applied: bool = False) -> None:
        self._miner = miner
        self._is_applied = is_applied
        self.model = miner.model
        self.settings = miner.saved
        self.performance = Performance(self.model, lambda: self.settings, self._change)
        self.performance.scaling = copy(miner.performance.scaling)

    @property
    def cooling_plan(self) -> CoolingPlan:
        return plan_of(self.settings.cooling, self.model)

    def set_cooling(self, wanted: CoolingSettings) -> None:
        """See `Miner.set_cooling`. Raises OutsideLimits."""
        self._change(cooling=changed(self.settings.cooling, wanted, self.model))

    def set_boards(self, boards: Sequence[str], enable: bool, now: float) -> None:
        """See `Miner.set_boards`. Raises BadSetting, CannotDisable."""
        is_forced = advanced.is_set(self.settings.system.advanced, advanced.DISABLE_ON_NOPIC)
        self.performance.enable_boards(boards, enable, is_forced)

    def pool_groups(self) -> tuple[PoolGroup, ...]:
        return self.settings.pool_groups

    def set_pool_groups(self, groups: tuple[PoolGroup, ...], now: float) -> tuple[PoolGroup, ...]:
        """See `Miner.set_pool_groups`. Raises BadPool."""
        check_pools(groups)
        seed = self._miner.identity.uid
        named, given = named_groups(groups, seed, self.settings.uids_given)
        self._change(pool_groups=named, uids_given=given)
        return named

    def _change(self, **fields: object) -> None:
        self.settings = msgspec.structs.replace(self.settings, **fields)
        if self._is_applied:
            self._miner.adopt(self.settings)
        else:
            self._miner.book.save_only(self.settings)
