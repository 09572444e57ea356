"""Payments from the embedded chain's own wallet, which holds what the pool's coinbases bring."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pithead.node.mempool import NotTaken, Taken
from pithead.node.payments import Payment, PaymentRefused, Prepared, Whereabouts


class Chain(Protocol):
    """What is needed of a `KernelNode`."""

    async def pay(self, payments: Sequence[Payment], sats_per_vbyte: int) -> Prepared: ...

    async def add_transaction(self, raw: bytes) -> Taken | NotTaken: ...

    async def look(self, raw: bytes) -> Whereabouts: ...


@dataclass(frozen=True, slots=True)
class FarmWallet:
    """The `PaymentWallet` port over the chain of this process."""

    node: Chain
    sats_per_vbyte: int = 2

    async def prepare(self, payments: Sequence[Payment]) -> Prepared:
        return await self.node.pay(payments, self.sats_per_vbyte)

    async def send(self, raw: bytes) -> None:
        answer = await self.node.add_transaction(raw)
        if isinstance(answer, NotTaken):
            raise PaymentRefused(answer.reason)

    async def look(self, raw: bytes) -> Whereabouts:
        return await self.node.look(raw)
