"""Bitcoin Core's consensus library, wrapped so that it answers like a node.

What the package leaves to its caller is done here: acceptance is read from the callback and the
tip, since `process_block` can answer true for an invalid block; the reason comes from the library's
log; and the objects its callbacks need are kept alive. All calls are to be made on one thread.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pbk

from pithead.bitcoin.block import HEADER_SIZE, Header
from pithead.bitcoin.encoding import DecodeError
from pithead.bitcoin.transaction import TxOut
from pithead.node.node import BlockAccepted, BlockRefused, Submission

_REASON = re.compile(r"(?:FAILED \((?P<checked>.+)\)|ConnectBlock \w+ failed, (?P<connected>.+))")
_KEPT_LINES = 50

SIDE_BRANCH = BlockRefused("inconclusive: not invalid, but not on the best chain")


class ChainInUse(Exception):
    """Another process has the chain's directory open, or its files cannot be read."""


@dataclass(frozen=True, slots=True)
class ChainBlock:
    """A block of the chain, as far as a template needs it."""

    height: int
    hash_wire: bytes
    prev_hash_wire: bytes
    time: int
    bits: int


class ConsensusLibrary:
    """The chain state of one directory, in regtest rules."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lines: list[str] = []
        self._checked: dict[bytes, bool] = {}
        self._log = pbk.LoggingConnection(self._take_line)
        self._callbacks = pbk.ValidationInterfaceCallbacks(block_checked=self._take_verdict)
        self._open()

    def _open(self) -> None:
        try:
            self._chain_manager = pbk.load_chainman(
                self._directory, pbk.ChainType.REGTEST, self._callbacks
            )
        except RuntimeError as error:
            raise ChainInUse(
                f"the chain in {self._directory} cannot be opened: another process uses it, the "
                f"disk is full, or it is damaged ({self._last_error() or error})"
            ) from error
        self._chain = self._chain_manager.get_active_chain()

    @property
    def height(self) -> int:
        return int(self._chain.height)

    @property
    def tip_wire(self) -> bytes:
        """The hash of the last block of the best chain."""
        return self.block_at(self.height).hash_wire

    def block_at(self, height: int) -> ChainBlock:
        """A block of the best chain. Raises IndexError above the tip."""
        return _chain_block(self._chain.block_tree_entries[height])

    def block(self, hash_wire: bytes) -> ChainBlock:
        """A block of any branch. Raises KeyError where there is none."""
        return _chain_block(self._chain_manager.block_tree_entries[pbk.BlockHash(hash_wire)])

    def recent_times(self, count: int) -> tuple[int, ...]:
        """The header times of the last blocks."""
        tip = self.height
        return tuple(self.block_at(each).time for each in range(max(0, tip + 1 - count), tip + 1))

    def has_on_best_chain(self, hash_wire: bytes) -> bool:
        entries = self._chain_manager.block_tree_entries
        key = pbk.BlockHash(hash_wire)
        if key not in entries:
            return False
        height = entries[key].height
        return height <= self.height and self.block_at(height).hash_wire == hash_wire

    def process(self, raw: bytes) -> Submission:
        """Judge one block. A duplicate is accepted; one that is valid but not best is refused."""
        try:
            hash_wire = Header.unpack(raw[:HEADER_SIZE]).hash_wire
            block = pbk.Block(raw)
        except (DecodeError, RuntimeError):
            return BlockRefused("undecodable")
        self._lines.clear()
        self._checked.clear()
        try:
            is_new = self._chain_manager.process_block(block)
        except pbk.ProcessBlockException:
            return BlockRefused(self._last_error() or "rejected")
        if self._checked.get(hash_wire) is False:
            return BlockRefused(self._last_error() or "rejected")
        if not self.has_on_best_chain(hash_wire):
            return SIDE_BRANCH
        return BlockAccepted(duplicate=not is_new)

    def scripts_allow(self, raw: bytes, spent: Sequence[TxOut]) -> bool:
        """Whether a transaction may spend these outputs, one for each input in order."""
        try:
            transaction = pbk.Transaction(raw)
        except RuntimeError:
            return False
        outputs = [
            pbk.TransactionOutput(pbk.ScriptPubkey(each.script), each.value_sats) for each in spent
        ]
        computed = pbk.script.PrecomputedTransactionData(transaction, outputs)
        return all(
            output.script_pubkey.verify(
                each.value_sats, transaction, computed, index, pbk.ScriptVerificationFlags.ALL
            )
            for index, (output, each) in enumerate(zip(outputs, spent, strict=True))
        )

    def close(self) -> None:
        """Let the library write its state down; it does so only when it is destroyed."""
        self._chain = None
        self._chain_manager = None

    def flush(self) -> None:
        """Have the state written down and go on. Raises ChainInUse where that fails."""
        self.close()
        self._open()

    def _take_line(self, line: str) -> None:
        self._lines.append(line)
        del self._lines[:-_KEPT_LINES]

    def _take_verdict(
        self, _data: object, block: pbk.Block, state: pbk.BlockValidationState
    ) -> None:
        is_valid = state.validation_mode == pbk.ValidationMode.VALID
        self._checked[bytes(block.block_hash)] = is_valid

    def _last_error(self) -> str:
        """The library's own words for the last refusal: `bad-cb-height, block height mismatch`."""
        return next(self._reasons(), "")

    def _reasons(self) -> Iterator[str]:
        for line in reversed(self._lines):
            if found := _REASON.search(line):
                yield (found["checked"] or found["connected"]).strip()


def _chain_block(entry: pbk.BlockTreeEntry) -> ChainBlock:
    header = Header.unpack(bytes(entry.block_header))
    return ChainBlock(
        entry.height, bytes(entry.block_hash), header.prev_hash_wire, header.time, header.bits
    )
