"""Where each answer is found: the one table that routes, service and document are made from."""

from dataclasses import dataclass

from msgspec import Struct

from pithead.pool.credit_proof import CreditProof
from pithead.poolapi.contract import (
    BlockRewardsAnswer,
    CreditsAnswer,
    DailyHashRateAnswer,
    PayoutsAnswer,
    ProfileAnswer,
    RewardsAnswer,
    StatsAnswer,
    WorkersAnswer,
)
from pithead.poolapi.publiccontract import HashRates, LuckAnswer, PublicStats

COINS = ("btc",)
"""Lower case; a request may write them in any case."""

GROUPS = ("user", "group")
"""Whose hashrate: the account's own, or that of all in its user group. An account that is in none
is a group of its own."""

HOURS = ("1", "24")
"""How far back a hashrate is told: in steps of a minute, or of five."""

METHODS = ("GET", "HEAD", "POST")
"""POST is answered like GET, since a known client posts; its body is not read."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One question of the API. Every path is answered with and without a slash at its end."""

    operation: str
    """The method of the service."""
    paths: tuple[str, ...]
    answer: type[Struct]
    summary: str
    default_days: int = 0
    """How long the range is if none is asked for; 0 where the question has no dates."""
    public: bool = False
    """Whether anybody may ask, without a token."""
    for_all: bool = False
    """Whether all are answered the same, so that an answer holds for a second."""


ENDPOINTS = (
    Endpoint(
        "stats",
        ("/stats/json/{coin}",),
        StatsAnswer,
        "Performance of the pool and its last blocks",
    ),
    Endpoint(
        "profile",
        ("/accounts/profile/json/{coin}",),
        ProfileAnswer,
        "Balance, hashrate and worker counts of the account",
    ),
    Endpoint(
        "rewards",
        ("/accounts/rewards/json/{coin}",),
        RewardsAnswer,
        "Rewards of the account by day, once the last block of a day has its confirmations",
        default_days=90,
    ),
    Endpoint(
        "hash_rate_daily",
        (
            "/accounts/hash_rate_daily/json/{group}/{coin}",
            "/accounts/hash_rate_daily/json/{coin}",
        ),
        DailyHashRateAnswer,
        "Average hashrate of the account by day",
        default_days=90,
    ),
    Endpoint(
        "block_rewards",
        ("/accounts/block_rewards/json/{coin}",),
        BlockRewardsAnswer,
        "Rewards of the account by block",
        default_days=7,
    ),
    Endpoint(
        "payouts",
        ("/accounts/payouts/json/{coin}",),
        PayoutsAnswer,
        "Payments to the account, by the day they were planned",
        default_days=90,
    ),
    Endpoint(
        "workers",
        ("/accounts/workers/json/{coin}",),
        WorkersAnswer,
        "Performance of each worker of the account",
    ),
)
"""Of the Braiins Pool API."""

OWN_ENDPOINTS = (
    Endpoint(
        "credits",
        ("/api/v1/credits",),
        CreditsAnswer,
        "What the pool committed to of the credits of each day",
        default_days=31,
        public=True,
    ),
    Endpoint(
        "credit_proof",
        ("/api/v1/credits/{day}/proof",),
        CreditProof,
        "That the account's work of a day is in what was published; `pithead verify` checks it",
    ),
    Endpoint(
        "public_stats",
        ("/api/v1/public/stats",),
        PublicStats,
        "How the pool does, its round and its last blocks",
        public=True,
        for_all=True,
    ),
    Endpoint(
        "public_hash_rate",
        ("/api/v1/public/hash_rate/{hours}",),
        HashRates,
        "How the pool's hashrate went",
        public=True,
        for_all=True,
    ),
    Endpoint(
        "public_luck",
        ("/api/v1/public/luck",),
        LuckAnswer,
        "How lucky the pool was, and how lucky an honest one is",
        public=True,
        for_all=True,
    ),
)
"""What this pool answers besides."""

STREAMS = (
    Endpoint(
        "public_events",
        ("/api/v1/public/events",),
        PublicStats,
        "How the pool does, again and again: server-sent events",
        public=True,
    ),
)
"""Each event is what the endpoint of the same answer gives at that moment."""
