"""The embedded chain: a node in this process, on Bitcoin Core's consensus library.

Every library call and file write is made on one thread of its own: the event loop never waits.
A block is in the journal before the library sees it; at the start the library gets what it lost.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import structlog

from pithead.bitcoin.block import HEADER_SIZE, Block, Header
from pithead.bitcoin.encoding import DecodeError
from pithead.bitcoin.hashing import display_from_wire, wire_from_display
from pithead.bitcoin.network import REGTEST, Network
from pithead.bitcoin.script import ANYONE_CAN_SPEND
from pithead.bitcoin.transaction import Transaction
from pithead.metrics.tracing import traced
from pithead.node.assembler import MEDIAN_OF, Parent, assemble, median_time
from pithead.node.blockfile import BlockFile, BlockFileDamaged
from pithead.node.bootstrap import solve
from pithead.node.follower import Follower
from pithead.node.library import SIDE_BRANCH, ChainBlock, ChainInUse, ConsensusLibrary
from pithead.node.mempool import Mempool, MempoolSettings, NextBlock, NotTaken, Taken
from pithead.node.node import BlockAccepted, BlockRefused, NodeUnavailable, Submission, Tip
from pithead.node.payments import (
    Payment,
    Prepared,
    Seen,
    Unseen,
    Whereabouts,
    outpoints,
    search,
    spend,
)
from pithead.node.record import BlockRecord
from pithead.node.retarget import RetargetSettings
from pithead.node.trail import Link, Trail
from pithead.node.wallet import WALLET_SCRIPT, FeeSettings, block_value_sats
from pithead.work.template import Template, TemplateTransaction

log = structlog.get_logger(__name__)

Result = TypeVar("Result")
Progress = Callable[[int, int], None]

FLUSH_EVERY = 500
"""Blocks after which the library writes its state down: some 50 ms, against one millisecond for
each block that has to be verified again after a crash."""

MOST_BESIDE = 16
"""Blocks kept beside the best chain, of one parent: in regtest the library looks through all it has
at each block, and at siblings most. A thousand of them make every block take 20 ms."""


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
        self._follower = self._at_genesis()
        self._unflushed = 0
        self._beside = (b"", 0)
        """The parent of the last blocks that came too late, and how many of it were kept."""

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

    @traced("node.template")
    async def template(self) -> Template:
        return await self._run(self._template)

    @traced("node.submit")
    async def submit(self, block: bytes) -> Submission:
        arrived_ms = int(self._clock() * 1000)
        answer = await self._run(lambda: self._submit(block, arrived_ms))
        match answer:
            case BlockAccepted(duplicate=False):
                self._changed.set()
                self._changed = asyncio.Event()
            case BlockRefused() if answer == SIDE_BRANCH:
                log.info("a block came second; another is in its place")
            case BlockRefused(reason=reason):
                log.error("the consensus library refused a block", reason=reason)
            case _:
                pass
        return answer

    async def tip(self) -> Tip:
        return await self._run(self._tip)

    async def tips(self, known: Mapping[int, str] | None = None) -> AsyncIterator[Tip]:
        trail = Trail(known or {})
        while not self._closed:
            changed = self._changed
            try:
                news = await trail.follow(await self._run(self._best_link), self._link)
            except NodeUnavailable:  # closed in between
                return
            for tip in news:
                yield tip
            if not news:
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

    async def pay(self, payments: Sequence[Payment], sats_per_vbyte: int) -> Prepared:
        """A signed transaction of the farm's own wallet; nobody is told. Raises PaymentRefused."""
        return await self._run(lambda: self._pay(payments, sats_per_vbyte))

    async def look(self, raw: bytes) -> Whereabouts:
        """What became of a transaction of the wallet."""
        return await self._run(lambda: self._look(Transaction.parse(raw)))

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
        start = self._restore()
        for record in self._blocks.records(start):
            if not self._library.has_on_best_chain(_hash_wire(record)):
                self._process(record)
        self._recount(start)
        self._bootstrap(progress)
        self._last_arrival_ms = int(self._clock() * 1000)  # the time it was closed is nobody's
        self._resources.callback(self._flush)
        log.info("chain open", height=self._follower.height, coins=len(self._follower.wallet))

    def _at_genesis(self) -> Follower:
        genesis = wire_from_display(self.network.genesis_hash_display)
        settings = self._settings
        return Follower(genesis, settings.first_block_work, settings.bootstrap_blocks)

    def _recount(self, start: int = 0) -> None:
        """Follow the journal's blocks from an offset on, those of the best chain alone."""
        if start == 0:
            self._follower = self._at_genesis()
        for record in self._blocks.records(start):
            if self._library.has_on_best_chain(_hash_wire(record)):
                self._follow(record)
        if self._follower.tip_wire != self._library.tip_wire:
            raise BlockFileDamaged(
                f"the journal in {self._directory} ends at height {self._follower.height}, the "
                f"chain at {self._library.height}: blocks are missing from the journal"
            )

    def _follow(self, record: BlockRecord) -> None:
        self._follower.follow(Block.parse(record.block), record, self._settings.retarget)

    def _process(self, record: BlockRecord) -> Submission:
        self._unflushed += 1
        return self._library.process(record.block)

    # The snapshot

    @property
    def _snapshot_path(self) -> Path:
        return self._directory / "follower.snapshot"

    def _restore(self) -> int:
        """Take the last snapshot up; gives the offset in the journal to go on from, or 0."""
        try:
            offset = self._follower.restore(self._snapshot_path.read_bytes())
        except FileNotFoundError:
            return 0
        except ValueError as error:
            log.warning("the snapshot cannot be read; the journal is", error=str(error))
            return 0
        is_of_this_chain = self._library.has_on_best_chain(self._follower.tip_wire)
        return offset if is_of_this_chain and offset <= self._blocks.size else 0

    def _flush(self) -> None:
        """In this order: the library is never ahead of the journal, nor a snapshot of either."""
        self._blocks.sync()
        self._library.flush()
        self._unflushed = 0
        try:
            self._write_snapshot()
        except OSError as error:  # the next start takes longer, that is all
            log.error("the snapshot cannot be written", error=str(error))

    def _write_snapshot(self) -> None:
        draft = self._snapshot_path.with_suffix(".new")
        with draft.open("wb") as file:
            file.write(self._follower.snapshot(self._blocks.size))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._snapshot_path)

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
        return self._assemble(self._clock(), self._follower.block_work)

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
        return waiting + self._follower.wallet.fee_transactions(
            height, lacking, fees, self._mempool.spent
        )

    def _add_transaction(self, raw: bytes) -> Taken | NotTaken:
        return self._mempool.add(raw, self._next_block(), self._library.scripts_allow)

    def _pay(self, payments: Sequence[Payment], sats_per_vbyte: int) -> Prepared:
        coins = self._follower.wallet.spendable(self._library.height + 1, self._mempool.spent)
        return spend(coins, (ANYONE_CAN_SPEND,), payments, WALLET_SCRIPT, sats_per_vbyte)

    def _look(self, transaction: Transaction) -> Whereabouts:
        """Its own coins tell where it is; only where they are spent the blocks are searched."""
        wallet, txid = self._follower.wallet, transaction.txid_wire
        for index in range(len(transaction.outputs)):
            if coin := wallet.coin((txid, index)):
                return Seen(self._library.height - coin.spendable_from + 2)
        if txid in self._mempool:
            return Seen(0)
        if all(wallet.coin(outpoint) for outpoint in outpoints(transaction)):
            return Unseen()
        chain = (
            Block.parse(record.block).transactions
            for record in self._blocks.records()
            if self._library.has_on_best_chain(_hash_wire(record))
        )
        return search(transaction, enumerate(chain, 1), self._library.height)

    def _next_block(self) -> NextBlock:
        times = self._library.recent_times(MEDIAN_OF)
        return NextBlock(self._library.height + 1, median_time(times), self._follower.wallet.coin)

    def _submit(self, raw: bytes, arrived_ms: int) -> Submission:
        try:
            header = Block.parse(raw).header
        except DecodeError as error:
            return BlockRefused(f"undecodable: {error}")
        if self._library.has_on_best_chain(header.hash_wire):
            return BlockAccepted(duplicate=True)
        if self._beside == (header.prev_hash_wire, MOST_BESIDE):
            return SIDE_BRANCH
        record = BlockRecord(raw, self._follower.block_work, arrived_ms - self._last_arrival_ms)
        try:
            answer = self._take(record, durably=True)
        except OSError as error:
            raise NodeUnavailable(f"the journal of blocks cannot be written: {error}") from error
        parent, count = self._beside
        if isinstance(answer, BlockAccepted):
            self._last_arrival_ms = arrived_ms
        elif answer == SIDE_BRANCH:
            count = count if parent == header.prev_hash_wire else 0
            self._beside = header.prev_hash_wire, count + 1
        return answer

    def _take(self, record: BlockRecord, durably: bool = False) -> Submission:
        """Journal first: a block the library has and the journal has not is lost by `kill -9`."""
        self._blocks.append(record)
        if durably:
            self._blocks.sync()
        answer = self._process(record)
        if isinstance(answer, BlockRefused) and answer != SIDE_BRANCH:
            self._blocks.take_back()
            self._mempool.clear()  # were one of them to blame, it would spoil every block to come
        elif self._library.tip_wire != self._follower.tip_wire:
            self._catch_up(record)
            self._mempool.follow(self._next_block())
        if self._unflushed >= FLUSH_EVERY:
            self._flush()
        return answer

    def _catch_up(self, record: BlockRecord) -> None:
        parent = Header.unpack(record.block[:HEADER_SIZE]).prev_hash_wire
        if parent == self._follower.tip_wire:
            self._follow(record)
        else:
            log.warning("the chain has changed branches", height=self._library.height)
            self._recount()

    def _tip(self) -> Tip:
        tip = self._library.block_at(self._library.height)
        return Tip(tip.height, display_from_wire(tip.hash_wire), tip.time)

    def _best_link(self) -> Link:
        return _link(self._library.block_at(self._library.height))

    async def _link(self, hash_display: str) -> Link:
        return await self._run(lambda: _link(self._library.block(wire_from_display(hash_display))))

    def _hash_display(self, height: int) -> str | None:
        if not 0 <= height <= self._library.height:
            return None
        return display_from_wire(self._library.block_at(height).hash_wire)


def _hash_wire(record: BlockRecord) -> bytes:
    return Header.unpack(record.block[:HEADER_SIZE]).hash_wire


def _link(block: ChainBlock) -> Link:
    return Link(
        block.height,
        display_from_wire(block.hash_wire),
        display_from_wire(block.prev_hash_wire),
        block.time,
    )
