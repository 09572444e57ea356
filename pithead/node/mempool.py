"""Transactions that wait for a block, besides those the farm's own wallet makes.

One bad transaction in a template would cost a found block, so a transaction is taken only if it is
certain to be valid in the next block: its coins are in the chain and mature, it is final, and the
consensus library has judged its scripts. There are no chains of unconfirmed transactions, and the
first to spend a coin stays.
"""

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass

from pithead.bitcoin.encoding import DecodeError
from pithead.bitcoin.network import COIN_SATS
from pithead.bitcoin.transaction import FINAL_SEQUENCE, NO_TXID_WIRE, Transaction, TxOut
from pithead.node.assembler import MAX_TRANSACTIONS_WEIGHT, weight
from pithead.node.sigops import MAX_BLOCK_SIGOPS_COST, most_sigops_cost
from pithead.node.wallet import Coin, Outpoint
from pithead.work.template import TemplateTransaction

MAX_MONEY_SATS = 21_000_000 * COIN_SATS
_SIGOPS_ROOM = MAX_BLOCK_SIGOPS_COST - 4_000
"""The coinbase and the wallet's own transactions have the rest."""
_LOCK_TIME_IS_TIME_FROM = 500_000_000
_RELATIVE_LOCK_OFF = 1 << 31
_RELATIVE_LOCK_MASK = 0xFFFF


@dataclass(frozen=True, slots=True)
class MempoolSettings:
    most_transactions: int = 5_000
    most_bytes: int = 8_000_000
    most_transaction_bytes: int = 100_000
    """At four weight units a byte, what Bitcoin Core relays (`MAX_STANDARD_TX_WEIGHT`)."""
    most_transaction_sigops_cost: int = 16_000
    """As Bitcoin Core's `MAX_STANDARD_TX_SIGOPS_COST`."""


@dataclass(frozen=True, slots=True)
class NextBlock:
    """What a transaction must be valid in."""

    height: int
    median_time: int
    """Of its parent: what time locks are measured against (BIP113)."""
    coin: Callable[[Outpoint], Coin | None]
    """The unspent outputs of the chain."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The transaction waits; `known` if it did before."""

    txid_wire: bytes
    known: bool = False


@dataclass(frozen=True, slots=True)
class NotTaken:
    reason: str
    """In the words of Bitcoin Core, where it has some."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    transaction: TemplateTransaction
    spends: tuple[Outpoint, ...]
    sigops_cost: int

    @property
    def rank(self) -> tuple[float, bytes]:
        """The least first."""
        return self.transaction.fee_sats / weight(self.transaction), self.transaction.txid_wire


class Mempool:
    """Bounded in number and bytes; when it is full the worst paying makes room for a better."""

    def __init__(self, settings: MempoolSettings) -> None:
        self._settings = settings
        self._waiting: dict[bytes, _Waiting] = {}
        self._spent: dict[Outpoint, bytes] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, txid_wire: bytes) -> bool:
        return txid_wire in self._waiting

    @property
    def spent(self) -> Container[Outpoint]:
        """The coins that waiting transactions spend."""
        return self._spent.keys()

    def add(
        self,
        raw: bytes,
        block: NextBlock,
        scripts_allow: Callable[[bytes, Sequence[TxOut]], bool],
    ) -> Taken | NotTaken:
        """Take one serialised transaction in, or say why not. `scripts_allow` is asked last."""
        if len(raw) > self._settings.most_transaction_bytes:
            return NotTaken("tx-size")
        try:
            transaction = Transaction.parse(raw)
        except DecodeError as error:
            return NotTaken(f"undecodable: {error}")
        if transaction.serialize() != raw:
            return NotTaken("undecodable: not in its canonical form")
        txid = transaction.txid_wire
        if txid in self._waiting:
            return Taken(txid, known=True)
        spends = tuple(
            (each.previous_txid_wire, each.previous_index) for each in transaction.inputs
        )
        if fault := _fault(transaction, spends) or _too_early(transaction, block):
            return NotTaken(fault)
        if any(each in self._spent for each in spends):
            return NotTaken("txn-mempool-conflict")
        if isinstance(coins := _coins(spends, block), NotTaken):
            return coins
        fee = sum(each.value_sats for each in coins) - sum(
            o.value_sats for o in transaction.outputs
        )
        if fee < 0:
            return NotTaken("bad-txns-in-belowout")
        waiting = _Waiting(
            TemplateTransaction(raw, txid, transaction.wtxid_wire, fee),
            spends,
            most_sigops_cost(transaction),
        )
        if waiting.sigops_cost > self._settings.most_transaction_sigops_cost:
            return NotTaken("bad-txns-too-many-sigops")
        if not self._could_have_room(waiting):
            return NotTaken("mempool full")
        if not scripts_allow(raw, [TxOut(each.value_sats, each.script) for each in coins]):
            return NotTaken("script-verify-flag-failed")
        self._put(waiting)
        return Taken(txid)

    def candidates(self) -> list[TemplateTransaction]:
        """The best paying by weight, the best first, as many as one block has room for."""
        room, sigops_room = MAX_TRANSACTIONS_WEIGHT, _SIGOPS_ROOM
        chosen = []
        for each in sorted(self._waiting.values(), key=lambda each: each.rank, reverse=True):
            if weight(each.transaction) <= room and each.sigops_cost <= sigops_room:
                chosen.append(each.transaction)
                room -= weight(each.transaction)
                sigops_room -= each.sigops_cost
        return chosen

    def follow(self, block: NextBlock) -> None:
        """The chain has another tip: let go of what is in it, or can no longer be."""
        for waiting in list(self._waiting.values()):
            if isinstance(_coins(waiting.spends, block), NotTaken):
                self._drop(waiting)

    def clear(self) -> None:
        self._waiting.clear()
        self._spent.clear()
        self._bytes = 0

    def _could_have_room(self, waiting: _Waiting) -> bool:
        """Whether all that pay less than this, put out, would leave room for it."""
        count, size = len(self._waiting) + 1, self._bytes + len(waiting.transaction.raw)
        for each in self._waiting.values():
            if each.rank < waiting.rank:
                count -= 1
                size -= len(each.transaction.raw)
        return count <= self._settings.most_transactions and size <= self._settings.most_bytes

    def _put(self, waiting: _Waiting) -> None:
        self._waiting[waiting.transaction.txid_wire] = waiting
        self._spent.update(dict.fromkeys(waiting.spends, waiting.transaction.txid_wire))
        self._bytes += len(waiting.transaction.raw)
        while (
            len(self) > self._settings.most_transactions or self._bytes > self._settings.most_bytes
        ):
            self._drop(min(self._waiting.values(), key=lambda each: each.rank))

    def _drop(self, waiting: _Waiting) -> None:
        del self._waiting[waiting.transaction.txid_wire]
        for each in waiting.spends:
            del self._spent[each]
        self._bytes -= len(waiting.transaction.raw)


def _fault(transaction: Transaction, spends: Sequence[Outpoint]) -> str:
    """What is wrong with the transaction wherever it stands; empty for nothing."""
    if not transaction.outputs:
        return "bad-txns-vout-empty"
    if any(each.value_sats > MAX_MONEY_SATS for each in transaction.outputs):
        return "bad-txns-vout-toolarge"
    if sum(each.value_sats for each in transaction.outputs) > MAX_MONEY_SATS:
        return "bad-txns-txouttotal-toolarge"
    if len(set(spends)) != len(spends):
        return "bad-txns-inputs-duplicate"
    if any(txid == NO_TXID_WIRE for txid, _ in spends):
        return "bad-txns-prevout-null"
    return ""


def _too_early(transaction: Transaction, block: NextBlock) -> str:
    lock = transaction.lock_time
    limit = block.height if lock < _LOCK_TIME_IS_TIME_FROM else block.median_time
    is_locked = any(each.sequence != FINAL_SEQUENCE for each in transaction.inputs)
    if is_locked and lock >= limit and lock != 0:
        return "non-final"
    # A relative lock (BIP68) needs the age of each coin, which is not kept: none is taken.
    if transaction.version >= 2 and any(
        not each.sequence & _RELATIVE_LOCK_OFF and each.sequence & _RELATIVE_LOCK_MASK
        for each in transaction.inputs
    ):
        return "non-BIP68-final"
    return ""


def _coins(spends: Sequence[Outpoint], block: NextBlock) -> list[Coin] | NotTaken:
    found = []
    for each in spends:
        coin = block.coin(each)
        if coin is None:
            return NotTaken("missing-inputs")
        if coin.spendable_from > block.height:
            return NotTaken("bad-txns-premature-spend-of-coinbase")
        found.append(coin)
    return found
