"""The farm's own coins, and the fees they pay to keep a block worth what it is on the real network.

Regtest halves its subsidy every 150 blocks, so a long farm would soon mine for nothing. This
wallet holds what the first blocks brought and what the pool's coinbases pay to its script, and
spends matured coins as fees of real transactions in every template. What it spends comes back with
the block that collects the fees, so it does not run dry as long as the pool pays out to its script.

The coins are a function of the chain's blocks. The script is P2WSH of OP_TRUE: anyone can spend
it, nobody needs a key, and its witness gives the blocks a commitment worth checking.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from pithead.bitcoin.script import ANYONE_CAN_SPEND, pay_to_witness
from pithead.bitcoin.transaction import NO_TXID_WIRE, Transaction, TxIn, TxOut
from pithead.work.template import TemplateTransaction

WALLET_SCRIPT = pay_to_witness(0, sha256(ANYONE_CAN_SPEND).digest())
MATURITY = 100
"""A coinbase may be spent in the hundredth block after its own (consensus)."""

_WITNESS = (ANYONE_CAN_SPEND,)
_LEAST_CHANGE_SATS = 1_000
"""Smaller change is left to the fee: it would be dust."""
_MANY_COINS = 300
"""Above this a transaction spends a second coin, so that the wallet stays small for ever."""

Outpoint = tuple[bytes, int]


@dataclass(frozen=True, slots=True)
class Coin:
    value_sats: int
    spendable_from: int
    """The first height of a block that may spend it."""


@dataclass(frozen=True, slots=True)
class FeeSettings:
    block_value_sats: int = 325_000_000
    """What a block should be worth on average: subsidy and fees of the real network in 2026."""
    spread_percent: int = 2
    """How far the value of one block may be off that."""
    most_transactions: int = 16
    """A block carries 1 to this many, a different number at each height."""


class Wallet:
    """The coins of `WALLET_SCRIPT` on the present chain."""

    def __init__(self) -> None:
        self._coins: dict[Outpoint, Coin] = {}

    def __len__(self) -> int:
        return len(self._coins)

    @property
    def balance_sats(self) -> int:
        """Matured or not."""
        return sum(coin.value_sats for coin in self._coins.values())

    def connect(self, height: int, transactions: Iterable[Transaction]) -> None:
        """Follow one block of the chain, in order."""
        for transaction in transactions:
            is_coinbase = transaction.inputs[0].previous_txid_wire == NO_TXID_WIRE
            for spent in transaction.inputs:
                self._coins.pop((spent.previous_txid_wire, spent.previous_index), None)
            ours = [
                (index, output.value_sats)
                for index, output in enumerate(transaction.outputs)
                if output.script == WALLET_SCRIPT and output.value_sats > 0
            ]
            if not ours:
                continue
            txid = transaction.txid_wire
            spendable_from = height + (MATURITY if is_coinbase else 1)
            for index, value in ours:
                self._coins[txid, index] = Coin(value, spendable_from)

    def fee_transactions(
        self, height: int, subsidy_sats: int, settings: FeeSettings
    ) -> list[TemplateTransaction]:
        """Transactions for the block at `height` whose fees bring it to its value.

        Empty where the subsidy alone is enough, or no coin is mature. The same chain always gives
        the same transactions.
        """
        wanted = _block_value(height, settings) - subsidy_sats
        count = 1 + _dice(height, b"count") % settings.most_transactions
        spendable = self._spendable(height)
        made: list[TemplateTransaction] = []
        for fee in _portions(wanted, count, height):
            coins = _take(spendable, fee, 2 if len(spendable) > _MANY_COINS else 1)
            if not coins:
                break
            made.append(_spend(coins, fee))
        return made

    def _spendable(self, height: int) -> list[tuple[Outpoint, int]]:
        """Oldest first, so that every coin circulates; taken from the end."""
        mature = [
            (outpoint, coin.value_sats)
            for outpoint, coin in self._coins.items()
            if coin.spendable_from <= height
        ]
        mature.reverse()
        return mature


def _take(
    spendable: list[tuple[Outpoint, int]], fee: int, at_least: int
) -> list[tuple[Outpoint, int]]:
    """Coins worth more than the fee, taken off the list; none where all together are not."""
    taken: list[tuple[Outpoint, int]] = []
    total = 0
    while spendable and (total < fee or len(taken) < at_least):
        taken.append(spendable.pop())
        total += taken[-1][1]
    return taken if total >= fee else []


def _spend(coins: Sequence[tuple[Outpoint, int]], fee: int) -> TemplateTransaction:
    total = sum(value for _, value in coins)
    change = total - fee
    # A transaction has an output; one without change pays a satoshi that nobody can spend.
    output = TxOut(change, WALLET_SCRIPT) if change >= _LEAST_CHANGE_SATS else TxOut(0, b"\x6a")
    transaction = Transaction(
        version=2,
        inputs=tuple(TxIn(txid, index, witness=_WITNESS) for (txid, index), _ in coins),
        outputs=(output,),
    )
    return TemplateTransaction(
        raw=transaction.serialize(),
        txid_wire=transaction.txid_wire,
        wtxid_wire=transaction.wtxid_wire,
        fee_sats=total - output.value_sats,
    )


def _block_value(height: int, settings: FeeSettings) -> int:
    reach = settings.block_value_sats * settings.spread_percent // 100
    return settings.block_value_sats - reach + _dice(height, b"value") % (2 * reach + 1)


def _portions(total: int, count: int, height: int) -> list[int]:
    """`total` in `count` uneven parts above zero; none of nothing."""
    weights = [1 + _dice(height, b"fee%d" % index) % 100 for index in range(count)]
    parts = [total * weight // sum(weights) for weight in weights]
    parts[0] += total - sum(parts)
    return [part for part in parts if part > 0]


def _dice(height: int, use: bytes) -> int:
    """A number that looks random and is the same at every start."""
    digest = sha256(use + height.to_bytes(8, "little")).digest()
    return int.from_bytes(digest[:8], "little")
