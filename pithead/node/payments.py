"""The port between a pool and the wallet that pays its users.

A payment is made in two steps, so that whoever wants to can write down the signed transaction in
between: `prepare` tells nobody, and `send` may be called again and again with the same bytes. As
its coins are chosen when it is signed, the same transaction sent twice pays once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pithead.bitcoin.transaction import Transaction, TxIn, TxOut

LEAST_CHANGE_SATS = 1_000
"""Smaller change would be dust."""


@dataclass(frozen=True, slots=True)
class Payment:
    address: str
    script: bytes
    """What the address stands for."""
    sats: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """A signed transaction that nobody has seen."""

    txid_display: str
    raw: bytes
    fee_sats: int


@dataclass(frozen=True, slots=True)
class Seen:
    """It is in the chain, so many blocks deep, or waits for a block with 0."""

    confirmations: int


@dataclass(frozen=True, slots=True)
class Unseen:
    """Nobody has it; it may be sent."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """Another transaction in the chain, so many blocks deep, has spent its coins."""

    confirmations: int


Whereabouts = Seen | Unseen | Replaced


@dataclass(frozen=True, slots=True)
class SentBefore:
    """A transaction of the wallet that pays others and is in the chain, or waits for a block."""

    txid_display: str
    raw: bytes
    fee_sats: int
    time: int
    """Unix seconds, as the wallet noted it."""
    payments: Sequence[tuple[str, int]]
    """(address, satoshis) without change; the address is "" where the script has none."""


class PaymentRefused(Exception):
    """The wallet cannot pay, or the node does not take the transaction; says why."""


class PaymentWallet(Protocol):
    """Every method may raise `NodeUnavailable`: then the same may be asked again later."""

    async def prepare(self, payments: Sequence[Payment]) -> Prepared:
        """Choose coins and sign; no two payments have one address. Raises PaymentRefused."""

    async def send(self, raw: bytes) -> None:
        """Give it to the network; does nothing where that has it. Raises PaymentRefused."""

    async def look(self, raw: bytes) -> Whereabouts:
        """What became of a transaction."""


def spend(
    coins: Iterable[tuple[tuple[bytes, int], int]],
    witness: tuple[bytes, ...],
    payments: Sequence[Payment],
    change_script: bytes,
    sats_per_vbyte: int,
) -> Prepared:
    """Pay from coins (outpoint, value) in the order given, as few as will do.

    All are spent by the same witness. Change goes to a script; what is too little to be sent on
    stays with the fee. Raises PaymentRefused where the coins together are too few.
    """
    outputs = tuple(TxOut(payment.sats, payment.script) for payment in payments)
    wanted = sum(payment.sats for payment in payments)
    taken, total = list[TxIn](), 0
    for (txid, index), value in coins:
        taken.append(TxIn(txid, index, witness=witness))
        total += value
        with_change = Transaction(
            version=2, inputs=tuple(taken), outputs=(*outputs, TxOut(0, change_script))
        )
        fee = sats_per_vbyte * vbytes(with_change)
        if total < wanted + fee:
            continue
        change = TxOut(total - wanted - fee, change_script)
        is_worth_it = change.value_sats >= LEAST_CHANGE_SATS
        outputs = (*outputs, change) if is_worth_it else outputs
        transaction = Transaction(version=2, inputs=tuple(taken), outputs=outputs)
        return Prepared(
            transaction.txid_wire[::-1].hex(),
            transaction.serialize(),
            total - sum(output.value_sats for output in outputs),
        )
    raise PaymentRefused(f"the wallet has {total} sat to spend; {wanted} and a fee are to be paid")


def vbytes(transaction: Transaction) -> int:
    """Virtual bytes (BIP141), rounded up."""
    base = len(transaction.serialize(witness=False))
    return (3 * base + len(transaction.serialize()) + 3) // 4


def outpoints(transaction: Transaction) -> list[tuple[bytes, int]]:
    """The coins it spends."""
    return [(each.previous_txid_wire, each.previous_index) for each in transaction.inputs]


def search(
    transaction: Transaction,
    chain: Iterable[tuple[int, Sequence[Transaction]]],
    tip_height: int,
) -> Whereabouts:
    """Where in the blocks (height, transactions) it is, or what spent its coins."""
    txid, coins = transaction.txid_wire, set(outpoints(transaction))
    for height, transactions in chain:
        for each in transactions:
            if each.txid_wire == txid:
                return Seen(tip_height - height + 1)
            if not coins.isdisjoint(outpoints(each)):
                return Replaced(tip_height - height + 1)
    return Unseen()
