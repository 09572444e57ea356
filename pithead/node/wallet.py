"""The farm's own coins, and the fees they pay to keep a block worth what it is on the real network.

Regtest halves its subsidy every 150 blocks, so a long farm would soon mine for nothing. This
wallet holds what the first blocks brought and what the pool's coinbases pay to its script, and
spends matured coins as fees of real transactions in every template. What it spends comes back with
the block that collects the fees, so it does not run dry as long as the pool pays out to its script.

The coins are a function of the chain's blocks. The script is P2WSH of OP_TRUE: anyone can spend
it, nobody needs a key, and its witness gives the blocks a commitment worth checking.
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain

from pithead.bitcoin.script import ANYONE_CAN_SPEND, OP_RETURN, pay_to_witness
from pithead.bitcoin.transaction import NO_TXID_WIRE, Transaction, TxIn, TxOut
from pithead.work.template import TemplateTransaction

WALLET_SCRIPT = pay_to_witness(0, sha256(ANYONE_CAN_SPEND).digest())
MATURITY = 100
"""A coinbase may be spent in the hundredth block after its own (consensus)."""

_WITNESS = (ANYONE_CAN_SPEND,)
_NEVER_SPENT = bytes([OP_RETURN])
_LEAST_CHANGE_SATS = 1_000
"""Smaller change is left to the fee: it would be dust."""
_MANY_COINS = 300
"""Above this a transaction spends a second coin, so that the wallet stays small for ever."""

Outpoint = tuple[bytes, int]


@dataclass(frozen=True, slots=True)
class Coin:
    value_sats: int
    script: bytes
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
    seed: int = 0
    """What the numbers that differ by height are drawn from."""


class Wallet:
    """The coins of `WALLET_SCRIPT` on the present chain; the others are known, not spent."""

    def __init__(self) -> None:
        self._coins: dict[Outpoint, Coin] = {}
        self._others: dict[Outpoint, Coin] = {}

    def __len__(self) -> int:
        return len(self._coins)

    @property
    def balance_sats(self) -> int:
        """Matured or not."""
        return sum(coin.value_sats for coin in self._coins.values())

    def coin(self, outpoint: Outpoint) -> Coin | None:
        """Any unspent output of the chain, the wallet's or another's."""
        return self._coins.get(outpoint) or self._others.get(outpoint)

    def coins(self) -> Iterator[tuple[Outpoint, Coin]]:
        """Every unspent output, the wallet's and others', each kind by age."""
        return chain(self._coins.items(), self._others.items())

    def put(self, outpoint: Outpoint, coin: Coin) -> None:
        """One more unspent output, the youngest."""
        is_ours = coin.script == WALLET_SCRIPT and coin.value_sats > 0
        (self._coins if is_ours else self._others)[outpoint] = coin

    def connect(self, height: int, transactions: Iterable[Transaction]) -> None:
        """Follow one block of the chain, in order."""
        for transaction in transactions:
            is_coinbase = transaction.inputs[0].previous_txid_wire == NO_TXID_WIRE
            for spent in transaction.inputs:
                outpoint = (spent.previous_txid_wire, spent.previous_index)
                if self._coins.pop(outpoint, None) is None:
                    self._others.pop(outpoint, None)
            txid = transaction.txid_wire
            spendable_from = height + (MATURITY if is_coinbase else 1)
            for index, output in enumerate(transaction.outputs):
                if output.script[:1] != _NEVER_SPENT:
                    coin = Coin(output.value_sats, output.script, spendable_from)
                    self.put((txid, index), coin)

    def fee_transactions(
        self,
        height: int,
        wanted_sats: int,
        settings: FeeSettings,
        reserved: Container[Outpoint] = (),
    ) -> list[TemplateTransaction]:
        """Transactions for the block at `height` that pay `wanted_sats` in fees together.

        Coins that are `reserved` stay. Empty where nothing is wanted, or no coin is mature. The
        same chain always gives the same transactions.
        """
        count = 1 + _dice(settings.seed, height, b"count") % settings.most_transactions
        spendable = self.spendable(height, reserved)
        made: list[TemplateTransaction] = []
        for fee in _portions(wanted_sats, count, settings.seed, height):
            coins = _take(spendable, fee, 2 if len(spendable) > _MANY_COINS else 1)
            if not coins:
                break
            made.append(_spend(coins, fee))
        return made

    def spendable(self, height: int, reserved: Container[Outpoint]) -> list[tuple[Outpoint, int]]:
        """(outpoint, value) of what the block at `height` may spend, the youngest first.

        Fees take from the end, so that every coin circulates; payments from the front, so that
        jobs which are out do not spend the same coins.
        """
        mature = [
            (outpoint, coin.value_sats)
            for outpoint, coin in self._coins.items()
            if coin.spendable_from <= height and outpoint not in reserved
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
    # A transaction needs an output; without change it is one that carries nothing.
    output = (
        TxOut(change, WALLET_SCRIPT) if change >= _LEAST_CHANGE_SATS else TxOut(0, _NEVER_SPENT)
    )
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


def block_value_sats(height: int, settings: FeeSettings) -> int:
    """What the block at `height` should be worth: near the setting, a little off each time."""
    reach = settings.block_value_sats * settings.spread_percent // 100
    dice = _dice(settings.seed, height, b"value")
    return settings.block_value_sats - reach + dice % (2 * reach + 1)


def _portions(total: int, count: int, seed: int, height: int) -> list[int]:
    """`total` in `count` uneven parts above zero; none of nothing."""
    if total <= 0:
        return []
    weights = [1 + _dice(seed, height, b"fee%d" % index) % 100 for index in range(count)]
    parts = [total * weight // sum(weights) for weight in weights]
    parts[0] += total - sum(parts)
    return [part for part in parts if part > 0]


def _dice(seed: int, height: int, use: bytes) -> int:
    """A number that looks random and is the same at every start."""
    digest = sha256(use + b" %d %d" % (seed, height)).digest()
    return int.from_bytes(digest[:8], "little")
