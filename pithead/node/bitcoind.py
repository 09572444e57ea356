"""The node port over one bitcoind or several.

Templates come from the node with the most work, of equals from the first; a block goes to all at
once, and those that take it are told to prefer it. The chain is told by hash (`trail`), whichever
node it is read from, so that a failover to one that is behind or on another branch is a
reorganisation like any other.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from pithead.bitcoin.block import HEADER_SIZE, Header
from pithead.bitcoin.encoding import DecodeError
from pithead.bitcoin.hashing import display_from_wire
from pithead.bitcoin.network import Network
from pithead.metrics.tracing import traced
from pithead.node.blocktemplate import TemplateRefused, read_template
from pithead.node.health import rank
from pithead.node.node import (
    BlockAccepted,
    BlockRefused,
    NodeUnavailable,
    Submission,
    Tip,
)
from pithead.node.trail import Trail
from pithead.node.verdicts import Verdict, together
from pithead.node.watched import NodeAddress, WatchedNode, WatchSettings
from pithead.work.template import Template

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class BitcoindSettings:
    network: Network
    least_block_work: int = 1
    """Expected hashes of a block, where the chain asks for fewer: for regtest alone."""
    watch: WatchSettings = field(default_factory=WatchSettings)


class BitcoindNode:
    """The `Node` port. Make one with `BitcoindNode.open`."""

    def __init__(
        self,
        addresses: Sequence[NodeAddress],
        settings: BitcoindSettings,
        wall: Callable[[], float],
    ) -> None:
        self.network = settings.network
        self._settings = settings
        self._wall = wall
        self._changed = asyncio.Event()
        self._closed = False
        self._followed = ""
        self._nodes = [
            WatchedNode(address, settings.network, settings.watch, wall, self._tell_change)
            for address in addresses
        ]

    @staticmethod
    async def open(
        addresses: Sequence[NodeAddress],
        settings: BitcoindSettings,
        wall: Callable[[], float],
    ) -> "BitcoindNode":
        """Look at all nodes. Raises NodeUnavailable where none can be mined on, or gives work."""
        node = BitcoindNode(addresses, settings, wall)
        try:
            await asyncio.gather(*(each.look() for each in node._nodes))
            await node.template()
        except BaseException:
            await node.close()
            raise
        for each in node._nodes:
            each.start()
        return node

    # The port

    @traced("node.template")
    async def template(self) -> Template:
        reasons = []
        for node in self._most_worked():
            try:
                return await self._template_of(node)
            except NodeUnavailable as error:
                reasons.append(str(error))
        raise NodeUnavailable("; ".join(reasons))

    @traced("node.submit")
    async def submit(self, block: bytes) -> Submission:
        try:
            header = Header.unpack(block[:HEADER_SIZE])
        except DecodeError as error:
            return BlockRefused(f"undecodable: {error}")
        self._check_open()
        hash_display = display_from_wire(header.hash_wire)
        nodes = [each for each in self._nodes if each.is_of_network]
        block_hex = block.hex()
        verdicts = await asyncio.gather(*(each.submit(block_hex) for each in nodes))
        answer = together(verdicts, self._wall() - header.time)
        for node, verdict in zip(nodes, verdicts, strict=True):
            if not isinstance(verdict, BlockAccepted):
                log.warning("a node did not take a block", node=node.url, hash=hash_display,
                            verdict=str(verdict))  # fmt: skip
        if isinstance(answer, BlockAccepted):
            await self._prefer(hash_display, nodes, verdicts)
        return answer

    async def _prefer(
        self, hash_display: str, nodes: Sequence[WatchedNode], verdicts: Sequence[Verdict]
    ) -> None:
        """Have the nodes that took a block hold it for the first of its height; look at all."""
        takers = [
            node
            for node, verdict in zip(nodes, verdicts, strict=True)
            if isinstance(verdict, BlockAccepted)
        ]
        await asyncio.gather(*(node.prefer(hash_display) for node in takers))
        for node in nodes:
            node.wake()

    async def tip(self) -> Tip:
        best = self._best()
        assert best.status is not None
        link = await best.link(best.status.best_display)
        return Tip(link.height, link.hash_display, link.time)

    async def tips(self, known: Mapping[int, str] | None = None) -> AsyncIterator[Tip]:
        trail = Trail(known or {})
        while not self._closed:
            changed = self._changed
            try:
                news = await self._follow(trail)
            except NodeUnavailable as error:
                log.debug("the chain cannot be followed now", why=str(error))
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._settings.watch.poll_seconds):
                        await changed.wait()
                continue
            for tip in news:
                yield tip
            if not news:
                await changed.wait()

    async def block_hash_display(self, height: int) -> str | None:
        return await self._best().hash_at(height)

    async def close(self) -> None:
        self._closed = True
        self._tell_change()
        await asyncio.gather(*(each.close() for each in self._nodes))

    # Which node

    @property
    def watched(self) -> Sequence[WatchedNode]:
        """All of them, in the order of the configuration."""
        return self._nodes

    def _tell_change(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _check_open(self) -> None:
        if self._closed:
            raise NodeUnavailable("the connection to the nodes is closed")

    def _most_worked(self) -> list[WatchedNode]:
        """Those with the most work, the one to follow first. Raises NodeUnavailable for none."""
        self._check_open()
        statuses = [each.status for each in self._nodes]
        places = rank(statuses, self._followed)
        if not places:
            why = "; ".join(each.why for each in self._nodes if each.why)
            raise NodeUnavailable(f"no node can be mined on: {why}")
        first = statuses[places[0]]
        return [
            self._nodes[place]
            for place in places
            if (status := statuses[place]) and first and status.chain_work == first.chain_work
        ]

    def _best(self) -> WatchedNode:
        return self._most_worked()[0]

    async def _follow(self, trail: Trail) -> tuple[Tip, ...]:
        best = self._best()
        assert best.status is not None
        self._followed = best.status.best_display
        return await trail.follow(await best.link(self._followed), best.link)

    async def _template_of(self, node: WatchedNode) -> Template:
        answer = await node.template()
        settings = self._settings
        try:
            return await asyncio.to_thread(
                read_template, answer, settings.network, settings.least_block_work
            )
        except TemplateRefused as error:
            raise TemplateRefused(f"{node.url} {error}") from error
