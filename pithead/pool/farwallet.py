"""The wallet of the embedded chain, where that is in another process than the books.

wallet.prepare   answered: a signed transaction for these payments, which nobody is told of
wallet.send      answered: whether the chain takes it
wallet.look      answered: what became of it

Only coins of a regtest chain are paid so. A wallet with money in it is asked by the books alone,
not by whoever reaches the exchange.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import msgspec

from pithead.node.node import NodeUnavailable
from pithead.node.payments import (
    Payment,
    PaymentRefused,
    PaymentWallet,
    Prepared,
    Replaced,
    Seen,
    Unseen,
    Whereabouts,
)
from pithead.pool.exchange import Exchange, ExchangeAway

PREPARE, SEND, LOOK = "wallet.prepare", "wallet.send", "wallet.look"


class _Refused(msgspec.Struct, frozen=True, array_like=True, tag="refused"):
    why: str


class _Prepared(msgspec.Struct, frozen=True, array_like=True, tag="prepared"):
    txid_display: str
    raw: bytes
    fee_sats: int


class _Sent(msgspec.Struct, frozen=True, array_like=True, tag="sent"):
    pass


class _Looked(msgspec.Struct, frozen=True, array_like=True, tag="looked"):
    seen: int | None
    """Confirmations; None where it is not with the network."""
    replaced: int | None
    """Those of what has spent its coins."""


_Answer = _Refused | _Prepared | _Sent | _Looked
_encode = msgspec.msgpack.Encoder().encode
_answer: msgspec.msgpack.Decoder[_Answer] = msgspec.msgpack.Decoder(_Answer)
_payments = msgspec.msgpack.Decoder(list[tuple[str, bytes, int]])


@dataclass(frozen=True, slots=True)
class WalletDesk:
    """For the process that has the chain."""

    wallet: PaymentWallet
    exchange: Exchange

    async def serve(self) -> None:
        """Answer from now on, as long as the exchange is open."""
        await self.exchange.answer(PREPARE, _told(self._prepare))
        await self.exchange.answer(SEND, _told(self._send))
        await self.exchange.answer(LOOK, _told(self._look))

    async def _prepare(self, question: bytes) -> _Answer:
        payments = [Payment(*each) for each in _payments.decode(question)]
        prepared = await self.wallet.prepare(payments)
        return _Prepared(prepared.txid_display, prepared.raw, prepared.fee_sats)

    async def _send(self, raw: bytes) -> _Answer:
        await self.wallet.send(raw)
        return _Sent()

    async def _look(self, raw: bytes) -> _Answer:
        match await self.wallet.look(raw):
            case Seen(confirmations=depth):
                return _Looked(depth, None)
            case Replaced(confirmations=depth):
                return _Looked(None, depth)
            case Unseen():
                return _Looked(None, None)


def _told(
    reply: Callable[[bytes], Awaitable[_Answer]],
) -> Callable[[bytes], Awaitable[bytes]]:
    """To who asks, the wallet is away where nothing comes back."""

    async def answer(question: bytes) -> bytes:
        try:
            return _encode(await reply(question))
        except PaymentRefused as error:
            return _encode(_Refused(str(error)))
        except NodeUnavailable:
            return b""

    return answer


@dataclass(frozen=True, slots=True)
class FarWallet:
    """Implements `PaymentWallet` for the process with the books."""

    exchange: Exchange

    async def prepare(self, payments: Sequence[Payment]) -> Prepared:
        asked = _encode([(each.address, each.script, each.sats) for each in payments])
        match await self._ask(PREPARE, asked):
            case _Prepared(txid_display=txid_display, raw=raw, fee_sats=fee_sats):
                return Prepared(txid_display, raw, fee_sats)
        raise _nonsense(PREPARE)

    async def send(self, raw: bytes) -> None:
        await self._ask(SEND, raw)

    async def look(self, raw: bytes) -> Whereabouts:
        match await self._ask(LOOK, raw):
            case _Looked(seen=int(depth)):
                return Seen(depth)
            case _Looked(replaced=int(depth)):
                return Replaced(depth)
            case _Looked():
                return Unseen()
        raise _nonsense(LOOK)

    async def _ask(self, subject: str, question: bytes) -> _Answer:
        try:
            said = await self.exchange.ask(subject, question)
            answer = _answer.decode(said) if said else None
        except (ExchangeAway, msgspec.MsgspecError) as error:
            raise NodeUnavailable(str(error)) from error
        match answer:
            case None:
                raise NodeUnavailable("the process that has the chain cannot reach its wallet")
            case _Refused(why=why):
                raise PaymentRefused(why)
        return answer


def _nonsense(subject: str) -> NodeUnavailable:
    return NodeUnavailable(f"the answer to {subject} is none")
