"""Where a change goes: to the machine, or to what is saved for its next start."""

from collections.abc import Sequence
from typing import Protocol

from pithead.bos.saving import SaveAction
from pithead.miner.configuration import PoolGroup
from pithead.miner.cooling_settings import CoolingPlan, CoolingSettings
from pithead.miner.draft import Draft
from pithead.miner.miner import Miner
from pithead.miner.performance import Performance


class Configurable(Protocol):
    """What a machine and a draft of one have in common."""

    @property
    def performance(self) -> Performance: ...

    @property
    def cooling_plan(self) -> CoolingPlan: ...

    def set_cooling(self, wanted: CoolingSettings) -> None: ...

    def set_boards(self, boards: Sequence[str], enable: bool, now: float) -> None: ...

    def pool_groups(self) -> tuple[PoolGroup, ...]: ...

    def set_pool_groups(
        self, groups: tuple[PoolGroup, ...], now: float
    ) -> tuple[PoolGroup, ...]: ...


def place_for(miner: Miner, action: SaveAction) -> Configurable:
    """Nothing here needs a restart to be applied, so that force adds nothing; and clients that
    leave the action out mean that their change is to be seen."""
    if action is SaveAction.SAVE:
        return Draft(miner)
    return Draft(miner, is_applied=True) if _has_more_saved(miner) else miner


def saved(miner: Miner) -> Configurable:
    """To read what is saved."""
    return Draft(miner) if _has_more_saved(miner) else miner


def _has_more_saved(miner: Miner) -> bool:
    return miner.saved is not miner.settings
