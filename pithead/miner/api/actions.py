"""Things to do at once."""

from collections.abc import Callable

from pithead.bos.actions import (
    ActionsService,
    PauseMiningRequest,
    PauseMiningResponse,
    ResumeMiningRequest,
    ResumeMiningResponse,
)
from pithead.miner.miner import Miner


class Actions(ActionsService):
    def __init__(self, miner: Miner, clock: Callable[[], float]) -> None:
        self._miner = miner
        self._clock = clock

    async def pause_mining(self, request: PauseMiningRequest) -> PauseMiningResponse:
        return PauseMiningResponse(already_paused=self._miner.pause(self._clock()))

    async def resume_mining(self, request: ResumeMiningRequest) -> ResumeMiningResponse:
        return ResumeMiningResponse(already_mining=self._miner.resume(self._clock()))
