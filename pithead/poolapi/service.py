"""Readings of the pool become answers of the API. `work_scale` is applied here and nowhere else."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from pithead.pool.course import Hours
from pithead.pool.credit_proof import CreditProof
from pithead.pool.readings import (
    BlockReading,
    BlockRewardReading,
    DayHashrate,
    DayRewards,
    PayoutReading,
    PoolReadings,
    WorkerReading,
)
from pithead.poolapi.contract import (
    UNIT,
    Block,
    BlockReward,
    BlockRewards,
    BlockRewardsAnswer,
    CreditsAnswer,
    DailyHashRate,
    DailyHashRateAnswer,
    DailyReward,
    DailyRewards,
    OnchainPayout,
    PayoutsAnswer,
    PoolStats,
    Profile,
    ProfileAnswer,
    RewardsAnswer,
    SharePrice,
    StatsAnswer,
    Worker,
    Workers,
    WorkersAnswer,
)
from pithead.poolapi.dates import Days
from pithead.poolapi.figures import (
    SECONDS_PER_DAY,
    bitcoins,
    fpps_rate,
    hash_rate,
    luck,
    mean_hash_rate,
    round_probability,
    share_price,
    share_rule,
    shares,
)
from pithead.poolapi.settings import ApiSettings

FIVE_MINUTES = 300
HOUR = 3_600
DAY = SECONDS_PER_DAY


class NothingThere(LookupError):
    """What was asked for does not exist; the words say more."""


class TooMuch(ValueError):
    """More than one answer holds; the words say what to ask for instead."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that has been let in."""

    user: str
    now: float
    """Farm time."""
    days: Days
    """(0, 0) where the question has no dates."""
    of_group: bool = False
    """Whether it is about all in the user's group, not about the user alone."""
    hours: Hours = 24
    """How far back, where the question says so."""


PART = 1_000
"""Workers written at once; then others may go on."""

Operation = Callable[[Asked], Awaitable[Struct]]


class PoolService:
    """The questions of the API; a coroutine each, named as in the table of endpoints."""

    def __init__(
        self,
        readings: PoolReadings,
        settings: ApiSettings,
        pause: Callable[[], Awaitable[None]],
    ) -> None:
        """`pause` lets others go on, between two parts of a long answer."""
        self._readings = readings
        self._pause = pause
        self._settings = settings
        self._scale = settings.work_scale
        self._rate_5m = mean_hash_rate(1, FIVE_MINUTES, self._scale)
        """Of one hash; and so the next two."""
        self._rate_60m = mean_hash_rate(1, HOUR, self._scale)
        self._rate_24h = mean_hash_rate(1, DAY, self._scale)
        self._shares = share_rule(self._scale)

    @property
    def operations(self) -> Mapping[str, Operation]:
        return {
            "stats": self.stats,
            "profile": self.profile,
            "rewards": self.rewards,
            "hash_rate_daily": self.hash_rate_daily,
            "block_rewards": self.block_rewards,
            "payouts": self.payouts,
            "workers": self.workers,
            "credits": self.credits,
            "credit_proof": self.credit_proof,
        }

    async def stats(self, asked: Asked) -> StatsAnswer:
        pool = self._readings.pool(asked.user, asked.now)
        windows = pool.windows
        scale = self._scale
        return StatsAnswer(
            PoolStats(
                luck_b10=luck(pool.luck_blocks[:10]),
                luck_b50=luck(pool.luck_blocks[:50]),
                luck_b250=luck(pool.luck_blocks[:250]),
                hash_rate_unit=UNIT,
                pool_scoring_hash_rate=hash_rate(windows.scoring_rate, scale),
                pool_5m_hash_rate=mean_hash_rate(windows.work_5m, FIVE_MINUTES, scale),
                pool_60m_hash_rate=mean_hash_rate(windows.work_60m, HOUR, scale),
                pool_24h_hash_rate=mean_hash_rate(windows.work_24h, DAY, scale),
                pool_active_workers=pool.active_workers,
                round_probability=round_probability(pool.round_work, pool.block_work),
                round_started=pool.round_started,
                round_duration=max(0, int(asked.now) - pool.round_started),
                update_ts=int(asked.now),
                fpps_rate=fpps_rate(pool.last_template_value_sats, pool.block_work, scale),
                blocks=self._blocks(pool.blocks),
            )
        )

    def _blocks(self, blocks: Sequence[BlockReading]) -> dict[str, Block]:
        """By height, in the order given. Of two blocks of one height the orphan gives way."""
        chosen: dict[int, BlockReading] = {}
        for block in blocks:
            if block.height not in chosen or chosen[block.height].state == "orphaned":
                chosen[block.height] = block
        return {str(height): self._block(block) for height, block in chosen.items()}

    def _block(self, block: BlockReading) -> Block:
        return Block(
            date_found=block.found_at,
            mining_duration=block.round_seconds,
            total_shares=shares(block.round_work, self._scale),
            state=block.state,
            confirmations_left=block.confirmations_left,
            value=bitcoins(block.value_sats),
            user_reward=bitcoins(block.user_reward_sats),
            pool_scoring_hash_rate=hash_rate(block.pool_scoring_rate, self._scale),
        )

    async def profile(self, asked: Asked) -> ProfileAnswer:
        profile = self._readings.profile(asked.user, asked.now)
        windows = profile.windows
        scale = self._scale
        return ProfileAnswer(
            username=profile.username,
            btc=Profile(
                all_time_reward=bitcoins(profile.all_time_sats),
                current_balance=bitcoins(profile.confirmed_sats),
                today_reward=bitcoins(profile.today_sats),
                confirmed_reward=bitcoins(profile.confirmed_sats),
                unconfirmed_reward=bitcoins(profile.unconfirmed_sats),
                estimated_reward=bitcoins(profile.estimated_sats),
                send_threshold=bitcoins(self._settings.send_threshold_sats),
                hash_rate_unit=UNIT,
                hash_rate_5m=mean_hash_rate(windows.work_5m, FIVE_MINUTES, scale),
                hash_rate_60m=mean_hash_rate(windows.work_60m, HOUR, scale),
                hash_rate_24h=mean_hash_rate(windows.work_24h, DAY, scale),
                hash_rate_yesterday=mean_hash_rate(windows.work_yesterday, DAY, scale),
                hash_rate_scoring=hash_rate(windows.scoring_rate, scale),
                low_workers=profile.low_workers,
                off_workers=profile.off_workers,
                ok_workers=profile.ok_workers,
                dis_workers=profile.dis_workers,
                shares_5m=shares(windows.work_5m, scale),
                shares_60m=shares(windows.work_60m, scale),
                shares_24h=shares(windows.work_24h, scale),
                shares_yesterday=shares(windows.work_yesterday, scale),
            ),
        )

    async def rewards(self, asked: Asked) -> RewardsAnswer:
        days = await self._readings.daily_rewards(asked.user, asked.days.first, asked.days.last)
        return RewardsAnswer(DailyRewards([self._daily_reward(day) for day in days]))

    def _daily_reward(self, day: DayRewards) -> DailyReward:
        count = shares(day.work, self._scale)
        return DailyReward(
            date=day.day,
            total_reward=bitcoins(day.total_sats),
            mining_reward=bitcoins(day.mining_sats),
            bos_plus_reward=bitcoins(day.bos_plus_sats),
            referral_bonus=bitcoins(day.referral_bonus_sats),
            referral_reward=bitcoins(day.referral_reward_sats),
            shares=count,
            share_prices=_share_prices(day, count),
            calculation_date=day.calculated_at,
        )

    async def hash_rate_daily(self, asked: Asked) -> DailyHashRateAnswer:
        days = await self._readings.daily_hashrate(
            asked.user, asked.days.first, asked.days.last, asked.of_group
        )
        return DailyHashRateAnswer([self._daily_hash_rate(day) for day in days])

    def _daily_hash_rate(self, day: DayHashrate) -> DailyHashRate:
        return DailyHashRate(
            date=day.day,
            hash_rate_unit=UNIT,
            hash_rate_24h=mean_hash_rate(day.work, DAY, self._scale),
            scoring_hash_rate_24h=hash_rate(day.scoring_rate, self._scale),
            total_shares=shares(day.work, self._scale),
        )

    async def block_rewards(self, asked: Asked) -> BlockRewardsAnswer:
        rewards = await self._readings.block_rewards(asked.user, asked.days.first, asked.days.last)
        limit = self._settings.row_limit
        if len(rewards) > limit:
            raise TooMuch(
                f"{len(rewards)} block rewards are more than the {limit} of one answer: "
                "ask for fewer days with 'from' and 'to'"
            )
        return BlockRewardsAnswer(
            BlockRewards([self._block_reward(reward) for reward in rewards], UNIT)
        )

    def _block_reward(self, reward: BlockRewardReading) -> BlockReward:
        block = reward.block
        return BlockReward(
            block_found_at=block.found_at,
            pool_scoring_hash_rate=hash_rate(block.pool_scoring_rate, self._scale),
            user_scoring_hash_rate=hash_rate(reward.user_scoring_rate, self._scale),
            block_value=bitcoins(block.value_sats),
            user_reward=bitcoins(block.user_reward_sats),
            block_height=block.height,
            mining_reward=bitcoins(reward.mining_sats),
            braiinsos_plus_mining_bonus=bitcoins(reward.bos_plus_sats),
            referral_reward=bitcoins(reward.referral_reward_sats),
            referral_bonus=bitcoins(reward.referral_bonus_sats),
            confirmations_left=block.confirmations_left,
        )

    async def credits(self, asked: Asked) -> CreditsAnswer:
        days = await self._readings.credit_days(asked.days.first, asked.days.last)
        return CreditsAnswer([replace(day, work_scale=self._scale) for day in days])

    async def credit_proof(self, asked: Asked) -> CreditProof:
        proof = await self._readings.credit_proof(asked.user, asked.days.first)
        if proof is None:
            raise NothingThere("nothing is published of your work on that day (yet)")
        return proof

    async def payouts(self, asked: Asked) -> PayoutsAnswer:
        payouts = await self._readings.payouts(asked.user, asked.days.first, asked.days.last)
        return PayoutsAnswer([_payout(asked.user, payout) for payout in payouts], [])

    async def workers(self, asked: Asked) -> WorkersAnswer:
        readings: list[WorkerReading] = []
        for some in self._readings.some_workers(asked.user, asked.now):
            readings += some
            await self._pause()
        answer: dict[str, Worker] = {}
        named = iter(worker_keys(asked.user, readings).items())
        while part := {key: self._worker(each) for key, each in islice(named, PART)}:
            answer |= part
            await self._pause()
        return WorkersAnswer(Workers(answer))

    def _worker(self, worker: WorkerReading) -> Worker:
        """Fields by place, not by name: there may be ten thousand in an answer."""
        work_5m, work_60m, work_24h = worker.work_5m, worker.work_60m, worker.work_24h
        factor, half, bits = self._shares
        return Worker(
            worker.state,
            worker.last_share,
            UNIT,
            hash_rate(worker.scoring_rate, self._scale),
            work_5m * self._rate_5m,
            work_60m * self._rate_60m,
            work_24h * self._rate_24h,
            (work_5m * factor + half) >> bits,
            (work_60m * factor + half) >> bits,
            (work_24h * factor + half) >> bits,
        )


def _payout(user: str, payout: PayoutReading) -> OnchainPayout:
    return OnchainPayout(
        financial_account_name=user,
        requested_at_ts=payout.planned_at,
        resolved_at_ts=payout.resolved_at,
        status=payout.state,
        amount_sats=payout.sats,
        fee_sats=0,
        destination=payout.address,
        tx_id=payout.txid_display,
        trigger_type="manual" if payout.manual else "triggered",
    )


def _share_prices(day: DayRewards, count: int) -> list[SharePrice]:
    """One for the whole day; the price changes within it only where shares have a fixed one."""
    if not count:
        return []
    return [SharePrice(day.day, day.day + DAY, share_price(day.mining_sats, count))]


def worker_keys(user: str, workers: Sequence[WorkerReading]) -> dict[str, WorkerReading]:
    """By `user.worker`, one dot in each key, since clients split at every dot.

    A dot of the worker's own name shows as an underscore; where that is some other worker's name
    already, the name stays as it is, so that no worker is lost.
    """
    taken = {worker.name for worker in workers}
    keys: dict[str, WorkerReading] = {}
    for worker in workers:
        name = worker.name
        if "." in name and (plain := name.replace(".", "_")) not in taken:
            taken.add(plain)
            name = plain
        keys[f"{user}.{name}"] = worker
    return keys
