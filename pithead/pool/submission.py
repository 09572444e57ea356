"""A found block on its way to the node, until the node has said what it thinks of it."""

import asyncio
from collections.abc import Callable, Sequence
from itertools import count as counted

import structlog

from pithead.node.node import BlockAccepted, BlockRefused, Node, NodeUnavailable
from pithead.pool.events import BlockFound, BlockResolved, Event

log = structlog.get_logger(__name__)

SUBMIT_RETRY_SECONDS = 1.0
JOURNAL_RETRY_SECONDS = 1.0


class Submission:
    """Hands blocks to a node and the answers to `keep`, which says whether they are kept."""

    def __init__(
        self, node: Node, keep: Callable[[Sequence[Event]], bool], clock: Callable[[], float]
    ) -> None:
        self._node = node
        self._keep = keep
        self._clock = clock

    async def submit_all(self, blocks: Sequence[BlockFound]) -> None:
        """One after the other: what else is asked of the node waits for one of them at most."""
        for found in blocks:
            await self.submit(found)

    async def submit(self, found: BlockFound, is_kept: bool = True) -> None:
        """Ask until there is an answer, and keep that; the block too where it is not kept yet."""
        log.info("block found", height=found.height, hash=found.hash_display, user=found.user)
        answer = await self._answer(found)
        match answer:
            case BlockAccepted():
                reason, accepted = answer.remark, True
            case BlockRefused(reason=reason):
                accepted = False
                log.error("the node refused a block", hash=found.hash_display, reason=reason,
                          height=found.height)  # fmt: skip
        resolved = BlockResolved(int(self._clock() * 1000), found.hash_display, accepted, reason)
        while True:
            if self._keep([resolved] if is_kept else [found, resolved]):
                return
            await asyncio.sleep(JOURNAL_RETRY_SECONDS)

    async def _answer(self, found: BlockFound) -> BlockAccepted | BlockRefused:
        for attempt in counted():
            try:
                return await self._node.submit(found.block)
            except NodeUnavailable as error:
                if attempt == 0:
                    log.error("the node cannot take a block; trying again until it can",
                              hash=found.hash_display, error=str(error))  # fmt: skip
                await asyncio.sleep(SUBMIT_RETRY_SECONDS)
        raise AssertionError  # there is always another attempt
