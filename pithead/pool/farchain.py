"""The node of another process for the one with the books, which is told of every block."""

import asyncio
from collections.abc import AsyncIterator, Mapping

import structlog

from pithead.node.node import NodeUnavailable, Tip
from pithead.node.trail import MOST_STEPS
from pithead.pool.relay import RelayedNode

log = structlog.get_logger(__name__)

AGAIN_SECONDS = 1.0


class FarChain(RelayedNode):
    """Implements `Node`."""

    async def tips(self, known: Mapping[int, str] | None = None) -> AsyncIterator[Tip]:
        told, last = dict(known or {}), None
        while True:
            last = (await self.tip_after(last)).hash_display
            try:
                news = await self.since(told)
            except NodeUnavailable as error:
                log.debug("the chain cannot be followed now", why=str(error))
                last = None
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            for tip in news:
                if told.get(tip.height) != tip.hash_display or tip.height != max(told):
                    _note(told, tip)
                    yield tip


def _note(told: dict[int, str], tip: Tip) -> None:
    """It replaces what was told of its height and above."""
    for height in [each for each in told if each >= tip.height or each < tip.height - MOST_STEPS]:
        del told[height]
    told[tip.height] = tip.hash_display
