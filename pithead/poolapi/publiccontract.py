"""What the pool tells everybody: no token, and nothing of any user."""

from typing import Annotated, Literal

from msgspec import Meta

from pithead.poolapi.contract import Amount, Answer, Count, Rate, Ratio, Shares, Time, Unit

Part = Annotated[float, Meta(ge=0, description="Of one.")]
Luck = Annotated[float, Meta(ge=0, description="Expected over actual work; above one is good.")]


class Round(Answer, frozen=True):
    """The search for the next block."""

    started: Time
    seconds: Annotated[int, Meta(ge=0, description="Since then.")]
    work: Annotated[float, Meta(ge=0, description="Done, in blocks expected of it.")]
    probability: Annotated[float, Meta(ge=0, description="Of a block by now: 1 - exp(-work).")]
    block_shares: Annotated[Shares, Meta(description="That a block takes on average.")]
    block_value: Amount


class PublicBlock(Answer, frozen=True):
    """A block the pool found."""

    height: Count
    hash: str
    found_at: Time
    seconds: Annotated[int, Meta(ge=0, description="From the pool's block before to this one.")]
    luck: Luck
    state: Literal["new", "confirmed", "orphaned"]
    confirmations_left: Count
    value: Amount


class PublicStats(Answer, frozen=True):
    """How the pool does now."""

    time: Time
    hash_rate_unit: Unit
    hash_rate_5m: Rate
    hash_rate_60m: Rate
    hash_rate_24h: Rate
    hash_rate_scoring: Rate
    active_workers: Count
    luck_b10: Ratio
    luck_b50: Ratio
    luck_b250: Ratio
    round: Round
    confirmations: Annotated[int, Meta(ge=0, description="That a block's reward waits for.")]
    blocks: Annotated[list[PublicBlock], Meta(description="The last 15, newest first.")]


class HashRates(Answer, frozen=True):
    """How a hashrate went: each average as it was at each time, times ascending."""

    hash_rate_unit: Unit
    times: list[Time]
    hash_rate_5m: list[Rate]
    hash_rate_60m: list[Rate]
    hash_rate_24h: list[Rate]


class Band(Answer, frozen=True):
    """The luck of the last blocks, and where an honest pool's lies with 95 % confidence."""

    blocks: Count
    luck: Luck
    low: Luck
    high: Luck
    probability: Annotated[Part, Meta(description="Of luck as bad or worse by chance alone.")]


class LuckAnswer(Answer, frozen=True):
    """How lucky the pool was."""

    bands: Annotated[
        list[Band], Meta(description="Of the last 10, 50 and 250, or of all if fewer.")
    ]
    rounds: Annotated[list[Luck], Meta(description="Of each of the last 250 blocks, oldest first.")]
