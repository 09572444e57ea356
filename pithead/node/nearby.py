"""A node that is asked from afar, and nodes nearby to which a found block goes at once as well."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence

import structlog

from pithead.bitcoin.block import HEADER_SIZE, Header
from pithead.bitcoin.encoding import DecodeError
from pithead.bitcoin.hashing import display_from_wire
from pithead.node.node import BlockAccepted, BlockRefused, Node, NodeUnavailable, Submission, Tip
from pithead.node.verdicts import NoAnswer, Verdict, together
from pithead.node.watched import WatchedNode
from pithead.work.template import Template

log = structlog.get_logger(__name__)


class NodeWithNearby:
    """The `Node` port: work and the chain are those of the `far` one.

    Those nearby are asked nothing but to take blocks, so it does not matter whether they answer, or
    which chain they follow: one that has the block is enough.
    """

    def __init__(self, far: Node, near: Sequence[WatchedNode], wall: Callable[[], float]) -> None:
        """All of them are closed with this."""
        self.network = far.network
        self._far = far
        self._near = near
        self._wall = wall

    async def submit(self, block: bytes) -> Submission:
        try:
            header = Header.unpack(block[:HEADER_SIZE])
        except DecodeError as error:
            return BlockRefused(f"undecodable: {error}")
        hash_display = display_from_wire(header.hash_wire)
        block_hex = block.hex()
        verdicts = await asyncio.gather(
            self._submit_far(block),
            *(self._submit_near(each, block_hex, hash_display) for each in self._near),
        )
        return together(verdicts, self._wall() - header.time)

    async def _submit_far(self, block: bytes) -> Verdict:
        try:
            return await self._far.submit(block)
        except NodeUnavailable as error:
            return NoAnswer(str(error))

    async def _submit_near(self, node: WatchedNode, block_hex: str, hash_display: str) -> Verdict:
        verdict = await node.submit(block_hex)
        if isinstance(verdict, BlockAccepted):
            await node.prefer(hash_display)
        else:
            log.warning("a node nearby did not take a block", node=node.url, hash=hash_display,
                        verdict=str(verdict))  # fmt: skip
        return verdict

    async def template(self) -> Template:
        return await self._far.template()

    async def tip(self) -> Tip:
        return await self._far.tip()

    def tips(self, known: Mapping[int, str] | None = None) -> AsyncIterator[Tip]:
        return self._far.tips(known)

    async def block_hash_display(self, height: int) -> str | None:
        return await self._far.block_hash_display(height)

    async def close(self) -> None:
        await asyncio.gather(self._far.close(), *(each.close() for each in self._near))
