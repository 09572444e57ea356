"""Pays users what is due to them: once, whatever dies at whatever moment.

The steps, and what a crash after each leaves:

1. the wallet signs a transaction            nothing: nobody has it, and it is forgotten
2. the plan is in the journal                the same transaction is found and goes on with 3
3. the plan is in the database, on disk      the same
4. the network has the transaction           it is sent again, which changes nothing
5. it has its confirmations                  it is looked at again
6. the end is in the journal                 paid

There is one payout at a time. Until it has ended its coins may be chosen again by nobody, and what
is in it is no longer due. It fails only if another transaction, as deep in the chain, took its
coins: then it can never arrive, and what it would have paid is due again.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import DBAPIError

from pithead.bitcoin.address import AddressError, script_for_address
from pithead.bitcoin.network import Network
from pithead.metrics.tracing import traced
from pithead.node.node import NodeUnavailable
from pithead.node.payments import (
    Payment,
    PaymentRefused,
    PaymentWallet,
    Replaced,
    Seen,
    Unseen,
)
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.destinations import LEAST_SATS, Destination, Destinations
from pithead.pool.events import PayoutLine, PayoutPlanned, PayoutResolved
from pithead.pool.fence import NotLeader
from pithead.pool.ledger import confirmed
from pithead.pool.sharelog import JournalFull

log = structlog.get_logger(__name__)

TROUBLE = (NodeUnavailable, PaymentRefused, JournalFull, DBAPIError)
"""What passes, or an operator puts right: the same is tried again later."""

DAY = 86_400
HOUR = 3_600


@dataclass(frozen=True, slots=True)
class PayerSettings:
    threshold_sats: int = 20_000
    """Of users who name none."""
    hour_utc: int = 9
    """Farm time from which, each day, the day's payout is made."""
    confirmations: int = 6
    """Blocks until a payout has arrived for good, or another has taken its coins for good."""
    most_payments: int = 200
    """Of one transaction; who is left over is paid with the next."""
    look_seconds: float = 30.0
    """Wall time between two looks at what is under way."""


class NotPaid(Exception):
    """What an operator asked for cannot be done now; says why."""


class Payer:
    """Belongs to the loop that runs it."""

    def __init__(
        self,
        bookkeeper: Bookkeeper,
        wallet: PaymentWallet,
        destinations: Destinations,
        clock: Callable[[], float],
        settings: PayerSettings,
    ) -> None:
        self._bookkeeper = bookkeeper
        self._wallet = wallet
        self._destinations = destinations
        self._clock = clock
        self._settings = settings
        self._paying = asyncio.Lock()
        self._evaluated_day = -1
        self._trouble = ""

    async def run(self) -> None:
        """Until cancelled. Raises NotLeader when another process pays."""
        while True:
            await self.step()
            await asyncio.sleep(self._settings.look_seconds)

    async def step(self) -> None:
        """Go on with what is under way; make the day's payout where it is time for it."""
        try:
            async with self._paying:
                await self._follow()
                if self._is_time():
                    await self._plan(manual=False)
                    self._evaluated_day = self._day()
        except TROUBLE as error:
            if str(error) != self._trouble:  # once, not at every look
                log.error("payouts have to wait", error=str(error))
            self._trouble = str(error)
        else:
            self._trouble = ""

    async def pay_now(self) -> str | None:
        """Pay what is due without waiting for the hour: the transaction's id; None if nothing is,
        or a payout is under way.

        Raises NotPaid: nothing has been.
        """
        async with self._paying:
            if self._bookkeeper.payouts_underway:
                return None
            try:
                return await self._plan(manual=True)
            except (*TROUBLE, NotLeader) as error:
                raise NotPaid(str(error)) from error

    async def give_up(self, txid_display: str, reason: str) -> bool:
        """What an unsent payout would have paid is due again; False where none of that id is.

        For an operator who knows that the wallet has spent its coins otherwise: were they still
        there, whoever has the transaction could send it. Raises NotPaid for one that has been seen
        by the network, or where that cannot be known now.
        """
        async with self._paying:
            for plan in self._bookkeeper.payouts_underway:
                if plan.txid_display == txid_display:
                    try:
                        await asyncio.to_thread(self._bookkeeper.store.fence.check)
                        is_seen = isinstance(await self._wallet.look(plan.raw), Seen)
                        if not is_seen:
                            self._resolve(plan, False, reason)
                            await self._bookkeeper.secure()
                    except (*TROUBLE, NotLeader) as error:
                        raise NotPaid(str(error)) from error
                    if is_seen:
                        raise NotPaid(f"{txid_display} is with the network; it will arrive")
                    return True
        return False

    def _day(self) -> int:
        return int(self._clock() - self._settings.hour_utc * HOUR) // DAY

    def _is_time(self) -> bool:
        last = self._bookkeeper.last_payout_ms / 1000 - self._settings.hour_utc * HOUR
        day = self._day()
        is_free = not self._bookkeeper.payouts_underway
        return is_free and day > self._evaluated_day and day > last // DAY

    @traced("payout.plan")
    async def _plan(self, manual: bool) -> str | None:
        lines = self._due(await asyncio.to_thread(self._destinations.all))
        if not lines:
            return None
        prepared = await self._wallet.prepare(_payments(lines, self._destinations.network))
        plan = PayoutPlanned(
            int(self._clock() * 1000), prepared.txid_display, prepared.raw, prepared.fee_sats,
            lines, manual,
        )  # fmt: skip
        self._bookkeeper.accept([plan])
        log.info(
            "payout planned", txid=plan.txid_display, users=len(lines),
            sats=sum(line.sats for line in lines), fee_sats=plan.fee_sats,
        )  # fmt: skip
        await self._send(plan)
        return plan.txid_display

    def _due(self, wishes: Mapping[str, Destination]) -> list[PayoutLine]:
        """Who is paid, and how much: the largest balances first."""
        balances = self._bookkeeper.ledger_balances
        lines = []
        for user, wish in wishes.items():
            sats = balances.get(confirmed(user), 0)
            if sats < max(LEAST_SATS, wish.threshold_sats or self._settings.threshold_sats):
                continue
            try:
                script_for_address(wish.address, self._destinations.network)
            except AddressError as error:
                log.error("a user cannot be paid", user=user, error=str(error))
                continue
            lines.append(PayoutLine(user, wish.address, sats))
        lines.sort(key=lambda line: (-line.sats, line.user))
        return lines[: self._settings.most_payments]

    async def _follow(self) -> None:
        for plan in self._bookkeeper.payouts_underway:
            match await self._wallet.look(plan.raw):
                case Seen(confirmations=depth) if depth >= self._settings.confirmations:
                    self._resolve(plan, True, "")
                case Replaced(confirmations=depth) if depth >= self._settings.confirmations:
                    self._resolve(plan, False, "another transaction has spent its coins")
                case Unseen():
                    await self._send(plan)

    @traced("payout.send")
    async def _send(self, plan: PayoutPlanned) -> None:
        """The network sees it only after the disk has it: else a power cut could pay twice. Raises
        NotLeader: who keeps the books now may have given it up."""
        if not await self._bookkeeper.secure():
            log.warning("a payout waits for the database", txid=plan.txid_display)
            return
        await asyncio.to_thread(self._bookkeeper.store.fence.check)
        try:
            await self._wallet.send(plan.raw)
        except PaymentRefused as error:
            log.error(
                "a payout is not taken by the network and will be sent again; if its coins have "
                "been spent otherwise, give it up",
                txid=plan.txid_display, error=str(error),
            )  # fmt: skip

    def _resolve(self, plan: PayoutPlanned, is_paid: bool, reason: str) -> None:
        time_ms = int(self._clock() * 1000)
        self._bookkeeper.accept([PayoutResolved(time_ms, plan.txid_display, is_paid, reason)])
        log.info("payout ended", txid=plan.txid_display, paid=is_paid, reason=reason)


def _payments(lines: Sequence[PayoutLine], network: Network) -> list[Payment]:
    """One for each address: several users may have the same."""
    sats: dict[str, int] = {}
    for line in lines:
        sats[line.address] = sats.get(line.address, 0) + line.sats
    return [
        Payment(address, script_for_address(address, network), each)
        for address, each in sats.items()
    ]
