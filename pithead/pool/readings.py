"""What a pool can be asked: prepared sums in the pool's own units.

Work is in expected hashes on the wire, rates in such hashes a second, money in satoshis, times
in whole unix seconds of farm time, days as the unix second of 00:00 UTC. Whoever shows a number
multiplies work and rates by `work_scale`; nothing here knows of JSON or of units such as Gh/s.
What there is one of for each worker is a Struct, five times as quick to make as a dataclass.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import msgspec

from pithead.pool.course import Course, Hours
from pithead.pool.credit_proof import CreditDay, CreditProof

WorkerState = Literal["ok", "low", "off", "dis"]
BlockState = Literal["new", "confirmed", "orphaned"]


class StoreAway(Exception):
    """What is asked for is in the database alone, and that cannot be reached at this moment."""

    def __init__(self) -> None:
        super().__init__("the pool's database cannot be reached at this moment; try again soon")


class BooksAway(StoreAway):
    """What is asked for is known to the process that keeps the books alone, which does not answer
    and has not lately."""

    def __init__(self) -> None:
        Exception.__init__(
            self,
            "the process that keeps the pool's books cannot be reached at this moment; try again "
            "soon",
        )


class Windows(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Work credited within each window that ends now, and the scoring rate."""

    work_5m: int
    work_60m: int
    work_24h: int
    work_yesterday: int
    """The previous UTC day, whole."""
    scoring_rate: float


class WorkerReading(msgspec.Struct, frozen=True, gc=False, array_like=True):
    name: str
    """Without the user: `rig1`, or `[auto]` for a nameless one."""
    state: WorkerState
    last_share: int
    """0 where there was none."""
    work_5m: int
    """Credited within the window that ends now."""
    work_60m: int
    work_24h: int
    scoring_rate: float


@dataclass(frozen=True, slots=True)
class BlockReading:
    height: int
    hash_display: str
    found_at: int
    round_seconds: int
    """From the pool's block before to this one."""
    round_work: int
    block_work: int
    """Expected hashes of a block then: the D of luck."""
    state: BlockState
    confirmations_left: int
    value_sats: int
    pool_scoring_rate: float
    user_reward_sats: int
    """Of the user asked for; 0 where there was none."""


@dataclass(frozen=True, slots=True)
class PoolReading:
    windows: Windows
    active_workers: int
    round_started: int
    round_work: int
    block_work: int
    """Expected hashes of a block now."""
    last_template_value_sats: int
    blocks: Sequence[BlockReading]
    """The last 15, newest first."""
    luck_blocks: Sequence[tuple[int, int]]
    """(block_work, round_work) of the last 250 blocks, newest first."""


@dataclass(frozen=True, slots=True)
class ProfileReading:
    username: str
    confirmed_sats: int
    unconfirmed_sats: int
    estimated_sats: int
    """What the user would get if the pool found a block now."""
    all_time_sats: int
    today_sats: int
    windows: Windows
    ok_workers: int
    low_workers: int
    off_workers: int
    dis_workers: int


@dataclass(frozen=True, slots=True)
class DayRewards:
    day: int
    calculated_at: int
    mining_sats: int
    bos_plus_sats: int
    referral_bonus_sats: int
    referral_reward_sats: int
    work: int
    """The user's credited work of that day."""

    @property
    def total_sats(self) -> int:
        return (
            self.mining_sats
            + self.bos_plus_sats
            + self.referral_bonus_sats
            + self.referral_reward_sats
        )


@dataclass(frozen=True, slots=True)
class DayHashrate:
    day: int
    work: int
    scoring_rate: float
    """Average of the scoring rate over the day."""


@dataclass(frozen=True, slots=True)
class BlockRewardReading:
    block: BlockReading
    user_scoring_rate: float
    mining_sats: int
    bos_plus_sats: int
    referral_reward_sats: int
    referral_bonus_sats: int


PayoutState = Literal["queued", "confirmed", "failed"]


@dataclass(frozen=True, slots=True)
class PayoutReading:
    """What one transaction pays a user at one address."""

    planned_at: int
    resolved_at: int
    """0 while it is on its way."""
    state: PayoutState
    sats: int
    address: str
    txid_display: str
    manual: bool
    """Whether the operator asked for it, not the calendar."""


class PoolReadings(Protocol):
    """The questions an API may ask. Days are inclusive; an unknown user reads as an empty one."""

    def pool(self, user: str, now: float) -> PoolReading: ...

    def profile(self, user: str, now: float) -> ProfileReading: ...

    def workers(self, user: str, now: float) -> Sequence[WorkerReading]: ...

    def some_workers(self, user: str, now: float) -> Iterator[Sequence[WorkerReading]]: ...

    """The same a slice at a time, for whoever shares a loop with others."""

    def course(self, user: str, now: float, hours: Hours) -> Course: ...

    """Of the user's hashrate, or of the pool's where `user` is ""."""

    async def daily_rewards(
        self, user: str, first_day: int, last_day: int
    ) -> Sequence[DayRewards]: ...

    """Newest first; a day appears once its last block has its confirmations."""

    async def payouts(
        self, user: str, first_day: int, last_day: int
    ) -> Sequence[PayoutReading]: ...

    """Newest first, by the day they were planned."""

    async def daily_hashrate(
        self, user: str, first_day: int, last_day: int, of_group: bool = False
    ) -> Sequence[DayHashrate]: ...

    """Newest first; whole days only. Of the user alone, or of all in the user's group."""

    async def block_rewards(
        self, user: str, first_day: int, last_day: int
    ) -> Sequence[BlockRewardReading]: ...

    """Ascending by time."""

    async def credit_days(self, first_day: int, last_day: int) -> Sequence[CreditDay]: ...

    """Newest first; days that were published."""

    async def credit_proof(self, user: str, day: int) -> CreditProof | None: ...

    """None for a day that is not published, or without work of the user; raises CreditsChanged."""
