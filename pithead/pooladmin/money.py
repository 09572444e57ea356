"""What the operations on rewards and payouts do."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from msgspec.structs import asdict

from pithead.pool.accounts import Accounts
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.destinations import Destinations
from pithead.pool.ledger import confirmed, paid, paying, unconfirmed
from pithead.pool.payer import NotPaid
from pithead.pool.rewards import Rules
from pithead.pool.rule_terms import changed, terms_of
from pithead.pool.rulebook import Rulebook
from pithead.pool.sharelog import JournalFull
from pithead.pooladmin import moneycontract as api
from pithead.pooladmin.errors import Missing, Wrong
from pithead.pooladmin.service import lasting


class Paying(Protocol):
    """The part of a payer that an operator may move."""

    async def pay_now(self) -> str | None: ...

    async def give_up(self, txid_display: str, reason: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class MoneyAdmin:
    """One for a pool; all methods belong to its event loop."""

    keeper: Bookkeeper
    accounts: Accounts
    destinations: Destinations
    payer: Paying | None
    """None where the pool has no wallet."""
    clock: Callable[[], float]

    async def statistics(self, path: Mapping[str, str]) -> api.Statistics:
        return api.Statistics(
            luck=[
                api.LuckBand(
                    blocks=band.blocks, luck=band.luck, low=band.low, high=band.high,
                    probability=band.probability,
                )
                for band in self.keeper.luck_bands()
            ],
            rules=terms_of(self.keeper.rules),
        )  # fmt: skip

    async def withholding(self, path: Mapping[str, str]) -> list[api.Withholding]:
        return [
            api.Withholding(
                user=each.user, expected_blocks=each.expected_blocks,
                found_blocks=each.found_blocks, probability=each.probability,
            )
            for each in self.keeper.withholding()
        ]  # fmt: skip

    async def ledger(self, path: Mapping[str, str]) -> api.Ledger:
        return api.Ledger(balances=dict(sorted(self.keeper.ledger_balances.items())))

    # Rules

    async def rules(self, path: Mapping[str, str]) -> api.RulesNow:
        book = self._rulebook
        wanted = await asyncio.to_thread(book.wanted)
        past = await asyncio.to_thread(book.past)
        rules = self.keeper.rules
        return api.RulesNow(
            rules=terms_of(rules), configured=terms_of(wanted.configured or rules),
            is_chosen=wanted.chosen is not None,
            past=[
                api.PastRules(since=each.time_ms / 1000, rules=terms_of(each.rules))
                for each in past
            ],
        )  # fmt: skip

    async def change_rules(self, path: Mapping[str, str], body: api.RulesChange) -> None:
        wanted = (await asyncio.to_thread(self._rulebook.wanted)).rules or self.keeper.rules
        rules = changed(wanted, asdict(body))
        await asyncio.to_thread(self._rulebook.choose, rules)
        self._govern(rules)

    async def configured_rules(self, path: Mapping[str, str]) -> None:
        if not await asyncio.to_thread(self._rulebook.take_back):
            raise Missing("the rules are the configuration's already")
        wanted = await asyncio.to_thread(self._rulebook.wanted)
        self._govern(wanted.rules or self.keeper.rules)

    def _govern(self, rules: Rules) -> None:
        """At once; where that cannot be, the pool tries again by itself."""
        try:
            self.keeper.govern(rules, self.clock())
        except JournalFull as error:
            raise Wrong(f"as soon as the journal can be written: {error}") from error

    @property
    def _rulebook(self) -> Rulebook:
        return Rulebook(self.keeper.store.engine)

    # Users

    async def account(self, path: Mapping[str, str]) -> api.Account:
        user = await self._known(path)
        wish = await asyncio.to_thread(self.destinations.of, user)
        balances = self.keeper.ledger_balances
        return api.Account(
            unconfirmed_sats=balances.get(unconfirmed(user), 0),
            confirmed_sats=balances.get(confirmed(user), 0),
            paying_sats=balances.get(paying(user), 0),
            paid_sats=balances.get(paid(user), 0),
            address=wish.address if wish else "",
            threshold_sats=wish.threshold_sats if wish else 0,
            referrer=self.keeper.referrer(user, self.clock()),
        )

    async def refer(self, path: Mapping[str, str], body: api.Referrer) -> None:
        user = await self._known(path)
        if body.referrer:
            await self._known({"user": body.referrer})
        if body.referrer == user:
            raise Wrong("nobody refers themselves")
        try:
            self.keeper.refer(user, body.referrer, self.clock())
        except JournalFull as error:
            raise Wrong(f"the journal cannot be written: {error}") from error
        await lasting(self.keeper)

    async def pay_to(self, path: Mapping[str, str], body: api.Destination) -> None:
        user = await self._known(path)
        try:
            await asyncio.to_thread(self.destinations.set, user, body.address, body.threshold_sats)
        except ValueError as error:
            raise Wrong(str(error)) from error

    async def pay_no_more(self, path: Mapping[str, str]) -> None:
        user = await self._known(path)
        if not await asyncio.to_thread(self.destinations.clear, user):
            raise Missing(f"{user} has no address to be paid at")

    # Payouts

    async def underway(self, path: Mapping[str, str]) -> list[api.Underway]:
        return [
            api.Underway(
                txid=plan.txid_display, planned=plan.time_ms // 1000,
                users=len({line.user for line in plan.lines}),
                sats=sum(line.sats for line in plan.lines), fee_sats=plan.fee_sats,
            )
            for plan in self.keeper.payouts_underway
        ]  # fmt: skip

    async def pay_now(self, path: Mapping[str, str]) -> api.Paid:
        payer = self._payer()
        try:
            return api.Paid(txid=await payer.pay_now() or "")
        except NotPaid as error:
            raise Wrong(f"nothing was paid: {error}") from error

    async def give_up(self, path: Mapping[str, str], body: api.Reason) -> None:
        try:
            found = await self._payer().give_up(path["txid"], body.reason)
        except NotPaid as error:
            raise Wrong(str(error)) from error
        if not found:
            raise Missing("no payout of that id is on its way")

    def _payer(self) -> Paying:
        if self.payer is None:
            raise Missing("this pool has no wallet to pay from: see [payouts]")
        return self.payer

    async def _known(self, path: Mapping[str, str]) -> str:
        """The user of the path, whether it has an account or only mined."""
        name = path["user"]
        if name not in self.keeper.users and not await asyncio.to_thread(self.accounts.has, name):
            raise Missing(f"there is no user {name!r}")
        return name
