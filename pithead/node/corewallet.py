"""Payments from a wallet of Bitcoin Core, over the RPC of the node that has it loaded.

The transaction is made as a PSBT and signed, and stays with the caller until it is sent. What the
wallet signed is read again before anybody relies on it: each payment has to be in it, and the fee
within its limit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, TypeVar

import msgspec

from pithead.bitcoin.encoding import DecodeError
from pithead.bitcoin.network import COIN_SATS
from pithead.bitcoin.transaction import Transaction
from pithead.node.payments import (
    Payment,
    PaymentRefused,
    Prepared,
    Replaced,
    Seen,
    SentBefore,
    Unseen,
    Whereabouts,
)
from pithead.node.rpcwire import RpcError

Result = TypeVar("Result")

PAGE = 1_000
"""Entries of the wallet asked for at a time."""
SLACK_SECONDS = 7 * 86_400
"""The wallet lists by when it learned of things, which may not be the order of their times."""

NOT_FOUND = -5
"""RPC_INVALID_ADDRESS_OR_KEY: no such transaction in the wallet, or the mempool."""
IN_CHAIN = -27
"""RPC_VERIFY_ALREADY_IN_UTXO_SET: it is in a block."""


class _Funded(msgspec.Struct):
    psbt: str
    fee: Decimal


class _Processed(msgspec.Struct):
    psbt: str
    complete: bool


class _Finalised(msgspec.Struct):
    complete: bool
    hex: str = ""


class _Known(msgspec.Struct):
    confirmations: int


class _Listed(msgspec.Struct):
    category: str
    txid: str = ""
    time: int = 0


class _Detail(msgspec.Struct):
    category: str
    amount: Decimal
    """Negative for what was sent."""
    address: str = ""
    abandoned: bool = False


class _Whole(msgspec.Struct):
    hex: str
    time: int
    confirmations: int
    details: list[_Detail]
    fee: Decimal = Decimal(0)
    """Negative."""
    replaced_by_txid: str = ""
    """What its owner sent in its place, with a greater fee."""


class Rpc(Protocol):
    """What is needed of an `RpcClient`."""

    async def call(self, method: str, *params: object, to: type[Result]) -> Result:
        """Raises RpcError, NodeUnavailable."""


@dataclass(frozen=True, slots=True)
class CoreWalletSettings:
    sats_per_vbyte: int = 0
    """0 has the node estimate it."""
    confirmation_target: int = 12
    """Blocks within which a payment should be in the chain, for that estimate."""
    most_fee_sats: int = 1_000_000
    """A transaction that would cost more is not made."""


class CoreWallet:
    """The `PaymentWallet` port. `rpc` has the wallet in its URL: `http://host:port/wallet/name`."""

    def __init__(self, rpc: Rpc, settings: CoreWalletSettings | None = None) -> None:
        self._rpc = rpc
        self._settings = settings or CoreWalletSettings()

    async def prepare(self, payments: Sequence[Payment]) -> Prepared:
        outputs = [{payment.address: _bitcoins(payment.sats)} for payment in payments]
        try:
            funded = await self._rpc.call(
                "walletcreatefundedpsbt", [], outputs, 0, self._options(), to=_Funded
            )
            signed = await self._rpc.call("walletprocesspsbt", funded.psbt, to=_Processed)
            final = await self._rpc.call("finalizepsbt", signed.psbt, to=_Finalised)
        except RpcError as error:
            raise PaymentRefused(str(error)) from error
        if not final.complete:
            raise PaymentRefused("the wallet cannot sign: it is locked, or lacks a key")
        fee_sats = int(funded.fee * COIN_SATS)
        if fee_sats > self._settings.most_fee_sats:
            raise PaymentRefused(
                f"a fee of {fee_sats} sat is above the limit of {self._settings.most_fee_sats}"
            )
        return _checked(final.hex, payments, fee_sats)

    async def send(self, raw: bytes) -> None:
        try:
            await self._rpc.call("sendrawtransaction", raw.hex(), to=str)
        except RpcError as error:
            if error.code != IN_CHAIN:
                raise PaymentRefused(str(error)) from error

    async def look(self, raw: bytes) -> Whereabouts:
        """A transaction that was never sent is unseen though its coins may be gone: only the
        wallet's owner can have spent them."""
        txid = Transaction.parse(raw).txid_wire[::-1].hex()
        try:
            known = await self._rpc.call("gettransaction", txid, to=_Known)
            if known.confirmations > 0:
                return Seen(known.confirmations)
            if known.confirmations < 0:
                return Replaced(-known.confirmations)
            await self._rpc.call("getmempoolentry", txid, to=object)
        except RpcError as error:
            if error.code == NOT_FOUND:
                return Unseen()
            raise PaymentRefused(str(error)) from error
        return Seen(0)

    async def sent_since(self, second: int) -> list[SentBefore]:
        """What it sent from that moment on, by its own note of the time, and is still to arrive or
        has. Raises PaymentRefused."""
        try:
            found = [await self._sent(txid) for txid in sorted(await self._ids_since(second))]
        except RpcError as error:
            raise PaymentRefused(str(error)) from error
        return [each for each in found if each is not None]

    async def _ids_since(self, second: int) -> set[str]:
        ids, skipped = set[str](), 0
        while True:
            page = await self._rpc.call("listtransactions", "*", PAGE, skipped, to=list[_Listed])
            ids |= {each.txid for each in page if each.category == "send" and each.time >= second}
            skipped += len(page)
            if len(page) < PAGE or min(each.time for each in page) < second - SLACK_SECONDS:
                return ids

    async def _sent(self, txid: str) -> SentBefore | None:
        """None for one that never will arrive."""
        whole = await self._rpc.call("gettransaction", txid, to=_Whole)
        sent = [each for each in whole.details if each.category == "send"]
        is_gone = whole.confirmations < 0 or any(each.abandoned for each in sent)
        if is_gone or (whole.replaced_by_txid and not whole.confirmations):
            return None
        try:
            raw = bytes.fromhex(whole.hex)
        except ValueError as error:
            raise PaymentRefused(f"{txid} cannot be read: {error}") from error
        payments = [(each.address, -int(each.amount * COIN_SATS)) for each in sent]
        return SentBefore(txid, raw, -int(whole.fee * COIN_SATS), whole.time, payments)

    def _options(self) -> dict[str, object]:
        settings = self._settings
        if settings.sats_per_vbyte:
            return {"fee_rate": settings.sats_per_vbyte, "replaceable": False}
        return {"conf_target": settings.confirmation_target, "replaceable": False}


def _checked(hexadecimal: str, payments: Sequence[Payment], fee_sats: int) -> Prepared:
    """The transaction, if it pays what was asked for and one output of change at most."""
    try:
        raw = bytes.fromhex(hexadecimal)
        transaction = Transaction.parse(raw)
    except (ValueError, DecodeError) as error:
        raise PaymentRefused(f"the wallet's transaction cannot be read: {error}") from error
    left = [(output.script, output.value_sats) for output in transaction.outputs]
    for payment in payments:
        if (payment.script, payment.sats) not in left:
            raise PaymentRefused(f"the wallet's transaction does not pay {payment.address}")
        left.remove((payment.script, payment.sats))
    if len(left) > 1:
        raise PaymentRefused("the wallet's transaction pays others as well")
    return Prepared(transaction.txid_wire[::-1].hex(), raw, fee_sats)


def _bitcoins(sats: int) -> str:
    return f"{sats // COIN_SATS}.{sats % COIN_SATS:08}"
