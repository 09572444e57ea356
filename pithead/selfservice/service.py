"""What a signed-in user may ask and do: the user's own part of `poolapi` and `pooladmin`."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Self

from pithead.pool.course import Hours
from pithead.pool.readings import BlockRewardReading
from pithead.pooladmin import contract as admin
from pithead.pooladmin.errors import Missing, Wrong
from pithead.pooladmin.money import MoneyAdmin
from pithead.pooladmin.moneycontract import Account, Destination
from pithead.pooladmin.service import PoolAdmin
from pithead.poolapi.contract import (
    DailyHashRateAnswer,
    PayoutsAnswer,
    ProfileAnswer,
    RewardsAnswer,
)
from pithead.poolapi.dates import Days
from pithead.poolapi.endpoints import HOURS
from pithead.poolapi.figures import SECONDS_PER_DAY
from pithead.poolapi.public import block_of, hash_rates
from pithead.poolapi.publiccontract import HashRates
from pithead.poolapi.service import Asked, PoolService
from pithead.poolapi.settings import ApiSettings
from pithead.selfservice.contract import OwnBlock

REWARD_DAYS = 90
BLOCK_DAYS = 14
MOST_BLOCKS = 2_000
"""The newest ones; more do not fit a page."""

Path = Mapping[str, str]
Doing = Callable[..., Awaitable[Any]]


class SelfService:
    """One for a pool. The path of every call has the user who signed in at `user`."""

    def __init__(self, pool: PoolAdmin, money: MoneyAdmin, api: PoolService) -> None:
        self._pool = pool
        self._money = money
        self._api = api
        self.operations: Mapping[str, Doing] = {
            "profile": self.profile,
            "account": self.account,
            "hash_rate": self.hash_rate,
            "hash_rate_daily": self.hash_rate_daily,
            "rewards": self.rewards,
            "blocks": self.blocks,
            "payouts": self.payouts,
            "workers": pool.workers,
            "change_worker": pool.change_worker,
            "profiles": self.profiles,
            "create_token": pool.create_token,
            "change_profile": pool.change_profile,
            "revoke": pool.revoke,
            "contacts": self.contacts,
            "put_contact": pool.put_contact,
            "remove_contact": pool.remove_contact,
            "notices": pool.notices,
        }
        """By their names in the table."""

    @classmethod
    def of(cls, pool: PoolAdmin, money: MoneyAdmin, settings: ApiSettings) -> Self:
        api = PoolService(pool.keeper, settings, lambda: asyncio.sleep(0))
        return cls(pool, money, api)

    async def profile(self, path: Path) -> ProfileAnswer:
        return await self._api.profile(self._asked(path))

    async def account(self, path: Path) -> Account:
        return await self._money.account(path)

    async def hash_rate(self, path: Path) -> HashRates:
        if path["hours"] not in HOURS:
            raise Missing(f"a hashrate is told of {' or '.join(HOURS)} hours")
        hours: Hours = 1 if path["hours"] == "1" else 24
        course = self._pool.keeper.course(path["user"], self._pool.clock(), hours)
        return hash_rates(course, self._pool.work_scale)

    async def hash_rate_daily(self, path: Path) -> DailyHashRateAnswer:
        return await self._api.hash_rate_daily(self._asked(path, REWARD_DAYS))

    async def rewards(self, path: Path) -> RewardsAnswer:
        return await self._api.rewards(self._asked(path, REWARD_DAYS))

    async def payouts(self, path: Path) -> PayoutsAnswer:
        return await self._api.payouts(self._asked(path, REWARD_DAYS))

    async def blocks(self, path: Path) -> list[OwnBlock]:
        days = self._asked(path, BLOCK_DAYS).days
        found = await self._pool.keeper.block_rewards(path["user"], days.first, days.last)
        return [_own(reward) for reward in reversed(found[-MOST_BLOCKS:])]

    def check_destination(self, wanted: Destination) -> None:
        """Raises Wrong."""
        try:
            self._money.destinations.check(wanted.address, wanted.threshold_sats)
        except ValueError as error:
            raise Wrong(str(error)) from error

    async def pay_to(self, path: Path, wanted: Destination) -> None:
        await self._money.pay_to(path, wanted)

    async def check_is_paid(self, user: str) -> None:
        """Raises Missing."""
        if await asyncio.to_thread(self._money.destinations.of, user) is None:
            raise Missing(f"{user} has no address to be paid at")

    async def pay_no_more(self, path: Path) -> None:
        await self._money.pay_no_more(path)

    async def profiles(self, path: Path) -> list[admin.Profile]:
        return (await self._pool.user(path)).profiles

    async def contacts(self, path: Path) -> list[admin.Contact]:
        return (await self._pool.user(path)).contacts

    def _asked(self, path: Path, days: int = 1) -> Asked:
        now = self._pool.clock()
        today = int(now // SECONDS_PER_DAY) * SECONDS_PER_DAY
        first = max(0, today - (days - 1) * SECONDS_PER_DAY)
        return Asked(path["user"], now, Days(first, today))


def _own(reward: BlockRewardReading) -> OwnBlock:
    return OwnBlock(block=block_of(reward.block), reward_sats=reward.block.user_reward_sats)
