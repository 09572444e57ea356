"""What every answer of the API looks like, once: field names, types and order.

Answers carry what the clients of today and of the years before read, so some figures appear
under two names. There is no null, true or false in any of them: some clients insist on a value,
and one reads the body as a Python expression. Counts and times are integers without a fraction,
since typed clients refuse 1.0.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from pithead.pool.credit_proof import CreditDay

Amount = Annotated[
    str, Meta(pattern=r"^-?[0-9]+\.[0-9]{8}$", description="Bitcoins with eight decimals.")
]
Ratio = Annotated[str, Meta(pattern=r"^[0-9]+\.[0-9]{2}$", description="Two decimals.")]
Rate = Annotated[float, Meta(ge=0, description="Hash rate in the unit of `hash_rate_unit`.")]
Time = Annotated[int, Meta(ge=0, description="Unix seconds.")]
Day = Annotated[int, Meta(ge=0, description="Unix seconds of 00:00 UTC of the day.")]
Count = Annotated[int, Meta(ge=0)]
Shares = Annotated[
    int, Meta(ge=0, description="Shares of difficulty 1: a share of difficulty d counts d.")
]
Unit = Literal["Gh/s"]

UNIT: Unit = "Gh/s"


class Answer(Struct, frozen=True, gc=False):
    """What an endpoint answers with, and every object in it."""


class Block(Answer, frozen=True):
    """A block of the pool. The key beside it is its height."""

    date_found: Time
    mining_duration: Annotated[int, Meta(ge=0, description="Seconds since the block before.")]
    total_shares: Shares
    state: Literal["new", "confirmed", "orphaned"]
    confirmations_left: Count
    value: Amount
    user_reward: Amount
    pool_scoring_hash_rate: Rate


class PoolStats(Answer, frozen=True):
    """How the pool does."""

    luck_b10: Ratio
    luck_b50: Ratio
    luck_b250: Ratio
    hash_rate_unit: Unit
    pool_scoring_hash_rate: Rate
    pool_5m_hash_rate: Rate
    pool_60m_hash_rate: Rate
    pool_24h_hash_rate: Rate
    pool_active_workers: Count
    round_probability: Ratio
    round_started: Time
    round_duration: Annotated[int, Meta(ge=0, description="Seconds.")]
    update_ts: Time
    fpps_rate: Annotated[
        float,
        Meta(
            ge=0, description="Bitcoins 1 TH/s is worth in a day at this difficulty, before fees."
        ),
    ]
    blocks: Annotated[dict[str, Block], Meta(description="The last 15, by height.")]


class StatsAnswer(Answer, frozen=True):
    btc: PoolStats


class Profile(Answer, frozen=True):
    """How an account does."""

    all_time_reward: Amount
    current_balance: Amount
    today_reward: Amount
    confirmed_reward: Amount
    unconfirmed_reward: Amount
    estimated_reward: Annotated[
        str,
        Meta(
            pattern=r"^-?[0-9]+\.[0-9]{8}$",
            description="What the account would get if the pool found a block now.",
        ),
    ]
    send_threshold: Amount
    hash_rate_unit: Unit
    hash_rate_5m: Rate
    hash_rate_60m: Rate
    hash_rate_24h: Rate
    hash_rate_yesterday: Rate
    hash_rate_scoring: Rate
    low_workers: Count
    off_workers: Count
    ok_workers: Count
    dis_workers: Count
    shares_5m: Shares
    shares_60m: Shares
    shares_24h: Shares
    shares_yesterday: Shares


class ProfileAnswer(Answer, frozen=True):
    username: str
    btc: Profile


class SharePrice(Answer, frozen=True):
    """What one share of difficulty 1 earned between two times."""

    from_ts: Time
    to_ts: Time
    share_price: Annotated[
        str, Meta(pattern=r"^-?[0-9]+\.[0-9]{18}$", description="Bitcoins with 18 decimals.")
    ]


class DailyReward(Answer, frozen=True):
    """What an account earned on one day."""

    date: Day
    total_reward: Amount
    mining_reward: Amount
    bos_plus_reward: Amount
    referral_bonus: Amount
    referral_reward: Amount
    shares: Shares
    share_prices: list[SharePrice]
    calculation_date: Time


class DailyRewards(Answer, frozen=True):
    daily_rewards: Annotated[list[DailyReward], Meta(description="Newest first.")]


class RewardsAnswer(Answer, frozen=True):
    btc: DailyRewards


class DailyHashRate(Answer, frozen=True):
    """An account's average over one day."""

    date: Day
    hash_rate_unit: Unit
    hash_rate_24h: Rate
    scoring_hash_rate_24h: Rate
    total_shares: Shares


class DailyHashRateAnswer(Answer, frozen=True):
    btc: Annotated[list[DailyHashRate], Meta(description="Newest first.")]


class BlockReward(Answer, frozen=True):
    """What an account got of one block."""

    block_found_at: Time
    pool_scoring_hash_rate: Rate
    user_scoring_hash_rate: Rate
    block_value: Amount
    user_reward: Amount
    block_height: Count
    mining_reward: Amount
    braiinsos_plus_mining_bonus: Amount
    referral_reward: Amount
    referral_bonus: Amount
    confirmations_left: Count


class BlockRewards(Answer, frozen=True):
    block_rewards: Annotated[list[BlockReward], Meta(description="Ascending by time.")]
    hash_rate_unit: Unit


class BlockRewardsAnswer(Answer, frozen=True):
    btc: BlockRewards


class OnchainPayout(Answer, frozen=True):
    """A payment on the chain."""

    financial_account_name: str
    requested_at_ts: Time
    resolved_at_ts: Annotated[int, Meta(ge=0, description="Unix seconds; 0 while queued.")]
    status: Literal["queued", "confirmed", "failed"]
    amount_sats: Count
    fee_sats: Annotated[int, Meta(ge=0, description="Of the amount; the pool pays the network.")]
    destination: str
    tx_id: str
    trigger_type: Literal["triggered", "manual"]


class LightningPayout(Answer, frozen=True):
    """A payment over Lightning."""

    financial_account_name: str
    requested_at_ts: Time
    resolved_at_ts: Time
    status: Literal["queued", "confirmed", "failed"]
    amount_sats: Count
    fee_sats: Count
    destination: str
    invoice: str
    preimage: str
    trigger_type: Literal["triggered", "manual"]


class PayoutsAnswer(Answer, frozen=True):
    """Payments to an account; no coin stands round them."""

    onchain: Annotated[list[OnchainPayout], Meta(description="Newest first.")]
    lightning: Annotated[
        list[LightningPayout], Meta(description="Empty: this pool pays on the chain alone.")
    ]


class CreditsAnswer(Answer, frozen=True):
    """Each day commits to all before it."""

    days: Annotated[list[CreditDay], Meta(description="Newest first.")]


class Worker(Answer, frozen=True):
    """How a worker does. The key beside it is `user.worker`."""

    state: Literal["ok", "low", "off", "dis"]
    last_share: Annotated[int, Meta(ge=0, description="Unix seconds; 0 before the first share.")]
    hash_rate_unit: Unit
    hash_rate_scoring: Rate
    hash_rate_5m: Rate
    hash_rate_60m: Rate
    hash_rate_24h: Rate
    shares_5m: Shares
    shares_60m: Shares
    shares_24h: Shares


class Workers(Answer, frozen=True):
    workers: dict[str, Worker]


class WorkersAnswer(Answer, frozen=True):
    btc: Workers
