"""What follows from the chain's blocks: the wallet's coins and the work of the next block.

It is a function of the blocks, so it can always be had from them again. A snapshot spares that for
a long chain.
"""

import zlib

import msgspec

from pithead.bitcoin.block import Block
from pithead.node.record import BlockRecord
from pithead.node.retarget import RetargetSettings, next_block_work
from pithead.node.wallet import Coin, Wallet

_CHECKSUM_SIZE = 4


class _Snapshot(msgspec.Struct, frozen=True, array_like=True):
    journal_bytes: int
    height: int
    tip_wire: bytes
    block_work: str
    """In hex: it may be longer than the integers of the format."""
    coins: list[tuple[bytes, int, int, bytes, int]]
    """Transaction, index, value, script, spendable from: the oldest first."""


class Follower:
    """The state after the block at `height`."""

    def __init__(self, first_tip_wire: bytes, first_block_work: int, bootstrap_blocks: int) -> None:
        self._bootstrap_blocks = bootstrap_blocks
        self.wallet = Wallet()
        self.height = 0
        self.tip_wire = first_tip_wire
        self.block_work = first_block_work

    def follow(self, block: Block, record: BlockRecord, retarget: RetargetSettings) -> None:
        """One more block, which must be the tip's child."""
        self.height += 1
        self.tip_wire = block.header.hash_wire
        self.wallet.connect(self.height, block.transactions)
        if self.height > self._bootstrap_blocks:
            self.block_work = next_block_work(record.block_work, record.solve_ms, retarget)

    def snapshot(self, journal_bytes: int) -> bytes:
        """All of it, and how far the journal was read for it."""
        coins = [
            (txid, index, coin.value_sats, coin.script, coin.spendable_from)
            for (txid, index), coin in self.wallet.coins()
        ]
        data = msgspec.msgpack.encode(
            _Snapshot(journal_bytes, self.height, self.tip_wire, f"{self.block_work:x}", coins)
        )
        return zlib.crc32(data).to_bytes(_CHECKSUM_SIZE, "little") + data

    def restore(self, data: bytes) -> int:
        """Become what the snapshot was taken of; gives its `journal_bytes`.

        Raises ValueError, and nothing has changed then.
        """
        checksum, data = data[:_CHECKSUM_SIZE], data[_CHECKSUM_SIZE:]
        if zlib.crc32(data).to_bytes(_CHECKSUM_SIZE, "little") != checksum:
            raise ValueError("the checksum is another")
        snapshot = msgspec.msgpack.decode(data, type=_Snapshot)
        block_work = int(snapshot.block_work, 16)
        wallet = Wallet()
        for txid, index, value, script, spendable_from in snapshot.coins:
            wallet.put((txid, index), Coin(value, script, spendable_from))
        self.wallet = wallet
        self.height = snapshot.height
        self.tip_wire = snapshot.tip_wire
        self.block_work = block_work
        return snapshot.journal_bytes
