"""The embedded chain: a node in this process, on Bitcoin Core's consensus library.

Every library call and every file write is made on one thread of its own, so the event loop never
waits for a block. A block is in the journal before the library sees it; at the start the library
is given again whatever it lost.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import structlog

from pithead.bitcoin.block import HEADER_SIZE, Block, Header
from pithead.bitcoin.encoding import DecodeError
from pithead.bitcoin.hashing import wire_from_display
from pithead.bitcoin.network import REGTEST, Network
from pithead.node.assembler import MEDIAN_OF, Parent, assemble, median_time
from pithead.node.blockfile import BlockFile, BlockFileDamaged, BlockRecord
from pithead.node.bootstrap import solve
from pithead.node.library import SIDE_BRANCH, ChainInUse, ConsensusLibrary
from pithead.node.mempool import Mempool, MempoolSettings, NextBlock, NotTaken, Taken
from pithead.node.node import BlockAccepted, BlockRefused, NodeUnavailable, Submission, Tip
from pithead.node.retarget import RetargetSettings, next_block_work
from pithead.node.wallet import FeeSettings, Wallet, block_value_sats
from pithead.work.template import Template, TemplateTransaction

log = structlog.get_logger(__name__)

Result = TypeVar("Result")
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class KernelSettings:
    first_block_work: int
    """Expected hashes of the first block that is mined in earnest."""
    bootstrap_blocks: int = 600
    """Mined at the first start. Regtest's subsidy is then 3.125, as on the real network, and the
    wallet has coins for years of fees."""
    retarget: RetargetSettings = field(default_factory=RetargetSettings)
    fees: FeeSettings = field(default_factory=FeeSettings)
    mempool: MempoolSettings = field(default_factory=MempoolSettings)


class KernelNode:
    """The `Node` port over a directory of its own. Make one with `KernelNode.open`."""

    network: Network = REGTEST

    def __init__(self, directory: Path, settings: KernelSettings, clock: Callable[[], float]):
        self._directory = directory
        self._settings = settings
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="chain")
        self._changed = asyncio.Event()
        self._closed = False
        self._resources = ExitStack()
        self._last_arrival_ms = 0
        self._mempool = Mempool(settings.mempool)
        self._forget()

    @staticmethod
    async def open(
        directory: Path,
        settings: KernelSettings,
        clock: Callable[[], float],
        progress: Progress = lambda done, total: None,
    ) -> "KernelNode":
        """Open or make the chain in `directory`. `progress` is called on another thread.

        Raises ChainInUse, BlockFileDamaged.
        """
        node = KernelNode(directory, settings, clock)
        try:
            await node._run(lambda: node._open(progress))
        except BaseException:
            await node.close()
            raise
        return node

    # The port

    async def template(self) -> Template:
        return await self._run(self._template)

    async def submit(self, block: bytes) -> Submission:
        arrived_ms = int(self._clock() * 1000)
        answer = await self._run(lambda: self._submit(block, arrived_ms))
        match answer:
            case BlockAccepted(duplicate=False):
                self._changed.set()
                self._changed = asyncio.Event()
            case BlockRefused(reason=reason):
                log.error("the consensus library refused a block", reason=reason)
            case _:
                pass
        return answer

    async def tip(self) -> Tip:
        return await self._run(self._tip)

    async def tips(self) -> AsyncIterator[Tip]:
        known = ""
        while not self._closed:
            changed = self._changed
            tip = await self.tip()
            if tip.hash_display != known:
                known = tip.hash_display
                yield tip
            else:
                await changed.wait()

    async def block_hash_display(self, height: int) -> str | None:
        return await self._run(lambda: self._hash_display(height))

    async def close(self) -> None:
        """Let the library write its state down, which spares the next start the replay."""
        if self._closed:
            return
        self._closed = True
        self._changed.set()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._resources.close)
        self._thread.shutdown()

    # Beyond the port

    async def add_transaction(self, raw: bytes) -> Taken | NotTaken:
        """Have the next templates carry a transaction, as far as its fee deserves a place.

        What waits is forgotten when the node closes.
        """
        return await self._run(lambda: self._add_transaction(raw))

    # On the chain's thread

    async def _run(self, work: Callable[[], Result]) -> Result:
        if self._closed:
            raise NodeUnavailable("the chain is closed")
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _open(self, progress: Progress) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        try:
            self._blocks = BlockFile(self._directory / "blocks.journal")
        except BlockingIOError as error:
            raise ChainInUse(f"another process uses the chain in {self._directory}") from error
        self._resources.callback(self._blocks.close)
        self._library = ConsensusLibrary(self._directory)
        self._resources.callback(self._library.close)
        for record in self._blocks.records():
            if not self._library.has_on_best_chain(_hash_wire(record)):
                self._library.process(record.block)
        self._recount()
        self._bootstrap(progress)
        self._last_arrival_ms = int(self._clock() * 1000)  # the time it was closed is nobody's
        log.info("chain open", height=self._height, wallet_coins=len(self._wallet))

    def _forget(self) -> None:
        self._wallet = Wallet()
        self._height = 0
        self._tip_wire = wire_from_display(self.network.genesis_hash_display)
        self._block_work = self._settings.first_block_work

    def _recount(self) -> None:
        """Wallet and block work from the journal's blocks, those of the best chain alone."""
        self._forget()
        for record in self._blocks.records():
            if self._library.has_on_best_chain(_hash_wire(record)):
                self._follow(Block.parse(record.block), record)
        if self._tip_wire != self._library.tip_wire:
            raise BlockFileDamaged(
                f"the journal in {self._directory} ends at height {self._height}, the chain at "
                f"{self._library.height}: blocks are missing from the journal"
            )

    def _follow(self, block: Block, record: BlockRecord) -> None:
        """Keep wallet and block work in step with a block that extends the chain."""
        self._height += 1
        self._tip_wire = block.header.hash_wire
        self._wallet.connect(self._height, block.transactions)
        if self._height > self._settings.bootstrap_blocks:
            self._block_work = next_block_work(
                record.block_work, record.solve_ms, self._settings.retarget
            )

    def _bootstrap(self, progress: Progress) -> None:
        """Mine the first blocks, a minute apart and the last a minute before now."""
        total = self._settings.bootstrap_blocks
        first_time = int(self._clock()) - 60 * (total + 1)
        while (height := self._library.height) < total:
            template = self._assemble(first_time + 60 * (height + 1), block_work=1)
            answer = self._take(BlockRecord(solve(template), 1, 0))
            if not isinstance(answer, BlockAccepted):
                raise NodeUnavailable(f"the chain refuses its own first blocks: {answer}")
            if height % 50 == 49 or height + 1 == total:
                progress(height + 1, total)
        self._blocks.sync()

    def _template(self) -> Template:
        return self._assemble(self._clock(), self._block_work)

    def _assemble(self, now: float, block_work: int) -> Template:
        tip = self._library.block_at(self._library.height)
        parent = Parent(tip.height, tip.hash_wire, tip.bits, self._library.recent_times(MEDIAN_OF))
        return assemble(parent, self._candidates(tip.height + 1), self.network, now, block_work)

    def _candidates(self, height: int) -> list[TemplateTransaction]:
        """What waits, and as much of the wallet's own as the block's value still lacks."""
        fees = self._settings.fees
        if height <= self._settings.bootstrap_blocks:
            return []
        waiting = self._mempool.candidates()
        worth = self.network.subsidy_sats(height) + sum(each.fee_sats for each in waiting)
        lacking = block_value_sats(height, fees) - worth
        return waiting + self._wallet.fee_transactions(height, lacking, fees, self._mempool.spent)

    def _add_transaction(self, raw: bytes) -> Taken | NotTaken:
        return self._mempool.add(raw, self._next_block(), self._library.scripts_allow)

    def _next_block(self) -> NextBlock:
        times = self._library.recent_times(MEDIAN_OF)
        return NextBlock(self._library.height + 1, median_time(times), self._wallet.coin)

    def _submit(self, raw: bytes, arrived_ms: int) -> Submission:
        try:
            hash_wire = Block.parse(raw).header.hash_wire
        except DecodeError as error:
            return BlockRefused(f"undecodable: {error}")
        if self._library.has_on_best_chain(hash_wire):
            return BlockAccepted(duplicate=True)
        record = BlockRecord(raw, self._block_work, arrived_ms - self._last_arrival_ms)
        try:
            answer = self._take(record, durably=True)
        except OSError as error:
            raise NodeUnavailable(f"the journal of blocks cannot be written: {error}") from error
        if isinstance(answer, BlockAccepted):
            self._last_arrival_ms = arrived_ms
        return answer

    def _take(self, record: BlockRecord, durably: bool = False) -> Submission:
        """Journal first: a block the library has and the journal has not is lost by `kill -9`."""
        self._blocks.append(record)
        if durably:
            self._blocks.sync()
        answer = self._library.process(record.block)
        if isinstance(answer, BlockRefused) and answer != SIDE_BRANCH:
            self._blocks.take_back()
            self._mempool.clear()  # were one of them to blame, it would spoil every block to come
        elif self._library.tip_wire != self._tip_wire:
            self._catch_up(record)
            self._mempool.follow(self._next_block())
        return answer

    def _catch_up(self, record: BlockRecord) -> None:
        block = Block.parse(record.block)
        if block.header.prev_hash_wire == self._tip_wire:
            self._follow(block, record)
        else:
            log.warning("the chain has changed branches", height=self._library.height)
            self._recount()

    def _tip(self) -> Tip:
        tip = self._library.block_at(self._library.height)
        return Tip(tip.height, tip.hash_wire[::-1].hex(), tip.time)

    def _hash_display(self, height: int) -> str | None:
        if not 0 <= height <= self._library.height:
            return None
        return self._library.block_at(height).hash_wire[::-1].hex()


def _hash_wire(record: BlockRecord) -> bytes:
    return Header.unpack(record.block[:HEADER_SIZE]).hash_wire
