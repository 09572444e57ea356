"""The tables of the store. How a change of them is written down: `pithead.pool.migrations`."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    Index,
    LargeBinary,
    MetaData,
    String,
    Table,
    text,
)
from sqlalchemy.types import TypeDecorator


class Natural(TypeDecorator[int]):
    """An integer of any size: cumulative work on a real network outgrows 64 bits."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value)


metadata = MetaData()

positions = Table(
    "positions", metadata,
    Column("front_end", String, primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
)  # fmt: skip
reached = Table(
    "reached", metadata,
    Column("front_end", String, primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
)  # fmt: skip
state = Table(
    "state", metadata,
    Column("last_ms", BigInteger),
    Column("shift_ms", BigInteger),
    Column("part", BigInteger),
    Column("day", BigInteger),
    Column("round_started_ms", BigInteger),
    Column("round_work", Natural),
    Column("tip_height", BigInteger),
    Column("entries", BigInteger),
)  # fmt: skip
meters = Table(
    "meters", metadata,
    Column("user", String, primary_key=True),
    Column("worker", String, primary_key=True),
    Column("score", Float, nullable=False),
    Column("score_second", BigInteger, nullable=False),
    Column("first_ms", BigInteger, nullable=False),
    Column("last_ms", BigInteger, nullable=False),
    Column("monitored", Boolean, nullable=False),
    Column("rejected", Natural, nullable=False),
    Column("day_work", Natural, nullable=False),
    Column("day_score", Float, nullable=False),
    Column("day_sats", BigInteger, nullable=False),
    Column("score_part", Float, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
)  # fmt: skip
counters = Table(
    "counters", metadata,
    Column("user", String, primary_key=True),
    Column("minute", BigInteger, primary_key=True),
    Column("worker", String, primary_key=True),
    Column("work", Natural, nullable=False),
    sqlite_with_rowid=False,
)  # fmt: skip
blocks = Table(
    "blocks", metadata,
    Column("number", BigInteger, nullable=False, unique=True),
    Column("hash_display", String, primary_key=True),
    Column("height", BigInteger, nullable=False),
    Column("found_ms", BigInteger, nullable=False, index=True),
    Column("user", String, nullable=False),
    Column("worker", String, nullable=False),
    Column("value_sats", BigInteger, nullable=False),
    Column("fee_sats", BigInteger, nullable=False),
    Column("block_work", Natural, nullable=False),
    Column("round_started_ms", BigInteger, nullable=False),
    Column("round_work", Natural, nullable=False),
    Column("pool_rate", Float, nullable=False),
    Column("state", String, nullable=False),
    Column("resolved", Boolean, nullable=False),
    Column("settled_ms", BigInteger, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Index(
        "blocks_that_wait", "found_ms",
        sqlite_where=text("state = 'new'"), postgresql_where=text("state = 'new'"),
    ),
)  # fmt: skip
credits = Table(
    "credits", metadata,
    Column("hash_display", String, primary_key=True),
    Column("user", String, primary_key=True),
    Column("sats", BigInteger, nullable=False),
    Column("scoring_rate", Float, nullable=False),
    Column("refund_sats", BigInteger, nullable=False, server_default="0"),
    Column("bonus_sats", BigInteger, nullable=False, server_default="0"),
    Column("referral_sats", BigInteger, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
)  # fmt: skip
"""`sats` is all that a block gave; the three last say what of it is no mining reward."""
settled_days = Table(
    "settled_days", metadata,
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    Column("settled_ms", BigInteger, nullable=False),
)  # fmt: skip
"""Days that are over none of whose blocks waits; when the last of these got its confirmations."""
settled_gains = Table(
    "settled_gains", metadata,
    Column("user", String, primary_key=True),
    Column("day", BigInteger, primary_key=True),
    Column("sats", BigInteger, nullable=False),
    Column("refund_sats", BigInteger, nullable=False),
    Column("bonus_sats", BigInteger, nullable=False),
    Column("referral_sats", BigInteger, nullable=False),
    Index("settled_gains_by_day", "day"),
    sqlite_with_rowid=False,
)  # fmt: skip
"""What the blocks of such a day brought each user."""
day_credits = Table(
    "day_credits", metadata,
    Column("user", String, primary_key=True),
    Column("day", BigInteger, primary_key=True),
    Column("part", BigInteger, primary_key=True),
    Column("sats", BigInteger, nullable=False),
    Column("refund_sats", BigInteger, nullable=False),
    Column("bonus_sats", BigInteger, nullable=False),
    Column("referral_sats", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)  # fmt: skip
"""What was paid for a day's work whatever blocks it brought."""
rules = Table(
    "rules", metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("time_ms", BigInteger, nullable=False),
    Column("text", String, nullable=False),
)  # fmt: skip
"""The rules of rewards, as JSON, by the moment they came into force."""
rules_wanted = Table(
    "rules_wanted", metadata,
    Column("source", String, primary_key=True),
    Column("text", String, nullable=False),
)  # fmt: skip
"""Rules as JSON: those of the `configuration` of last time, and what an `admin` chose instead."""
referrals = Table(
    "referrals", metadata,
    Column("user", String, primary_key=True),
    Column("referrer", String, nullable=False),
    Column("since_ms", BigInteger, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
)  # fmt: skip
pplns_window = Table(
    "pplns_window", metadata,
    Column("number", BigInteger, primary_key=True),
    Column("user", String, primary_key=True),
    Column("second", BigInteger, nullable=False),
    Column("work", Natural, nullable=False),
    Column("refunded", Natural, nullable=False),
    sqlite_with_rowid=False,
)  # fmt: skip
fpps_claims = Table(
    "fpps_claims", metadata,
    Column("user", String, primary_key=True),
    Column("work", Natural, nullable=False),
    Column("refunded", Natural, nullable=False),
    Column("parts", Natural, nullable=False),
    Column("refunded_parts", Natural, nullable=False),
    Column("subsidy", Natural, nullable=False),
    Column("refunded_subsidy", Natural, nullable=False),
)  # fmt: skip
fortunes = Table(
    "fortunes", metadata,
    Column("user", String, primary_key=True),
    Column("work", Natural, nullable=False),
    Column("parts", Natural, nullable=False),
    Column("found", BigInteger, nullable=False),
)  # fmt: skip
payouts = Table(
    "payouts", metadata,
    Column("txid_display", String, primary_key=True),
    Column("planned_ms", BigInteger, nullable=False, index=True),
    Column("fee_sats", BigInteger, nullable=False),
    Column("manual", Boolean, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("state", String, nullable=False),
    Column("resolved_ms", BigInteger, nullable=False),
    Column("reason", String, nullable=False),
)  # fmt: skip
payout_lines = Table(
    "payout_lines", metadata,
    Column("txid_display", String, primary_key=True),
    Column("user", String, primary_key=True),
    Column("address", String, primary_key=True),
    Column("sats", BigInteger, nullable=False),
    Index("payout_lines_by_user", "user"),
)  # fmt: skip
destinations = Table(
    "destinations", metadata,
    Column("user", String, primary_key=True),
    Column("address", String, nullable=False),
    Column("threshold_sats", BigInteger, nullable=False),
)  # fmt: skip
"""Where users want to be paid, and from which balance on; 0 is the pool's own threshold."""
passwords = Table(
    "passwords", metadata,
    Column("user", String, primary_key=True),
    Column("argon2", String, nullable=False),
    Column("set_at", BigInteger, nullable=False),
)  # fmt: skip
sessions = Table(
    "sessions", metadata,
    Column("sha256", String, primary_key=True),
    Column("user", String, nullable=False, index=True),
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
)  # fmt: skip
second_factors = Table(
    "second_factors", metadata,
    Column("user", String, primary_key=True),
    Column("salt", String, nullable=False),
    Column("masked", String, nullable=False),
    Column("since", BigInteger, nullable=False),  # 0 while it waits for its first code
    Column("last_counter", BigInteger, nullable=False),
)  # fmt: skip
recovery_codes = Table(
    "recovery_codes", metadata,
    Column("sha256", String, primary_key=True),
    Column("user", String, nullable=False, index=True),
)  # fmt: skip
scheme_state = Table(
    "scheme_state", metadata,
    Column("name", String, primary_key=True),
    Column("text", String, nullable=False),
)  # fmt: skip
entries = Table(
    "entries", metadata,
    Column("number", BigInteger, primary_key=True),
    Column("account", String, primary_key=True),
    Column("sats", BigInteger, nullable=False),
    Column("time_ms", BigInteger, nullable=False),
    Column("kind", String, nullable=False),
    Column("hash_display", String, nullable=False),
    Index("entries_by_account", "account", "number"),
)  # fmt: skip
balances = Table(
    "balances", metadata,
    Column("account", String, primary_key=True),
    Column("sats", BigInteger, nullable=False),
)  # fmt: skip
days = Table(
    "days", metadata,
    Column("user", String, primary_key=True),
    Column("day", BigInteger, primary_key=True),
    Column("part", BigInteger, primary_key=True),
    Column("work", Natural, nullable=False),
    Column("scoring_rate", Float, nullable=False),
    sqlite_with_rowid=False,
)  # fmt: skip
chain = Table(
    "chain", metadata,
    Column("height", BigInteger, primary_key=True),
    Column("hash_display", String, nullable=False),
)  # fmt: skip
users = Table(
    "users", metadata,
    Column("name", String, primary_key=True),
    Column("created", BigInteger, nullable=False),
)  # fmt: skip
tokens = Table(
    "tokens", metadata,
    Column("sha256", String, primary_key=True),
    Column("user", String, nullable=False),
    Column("profile", String, nullable=False),
    Column("web_api", Boolean, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("last_used", BigInteger, nullable=False),
    Index("tokens_by_user", "user", "profile"),
)  # fmt: skip

members = Table(
    "members", metadata,
    Column("user", String, primary_key=True),
    Column("group_name", String, nullable=False, index=True),
)  # fmt: skip
"""A user is in one group at most."""
worker_settings = Table(
    "worker_settings", metadata,
    Column("user", String, primary_key=True),
    Column("worker", String, primary_key=True),
    Column("label", String, nullable=False),
    Column("alert_rate", Float),
    Column("least_difficulty", Float),
)  # fmt: skip
"""`alert_rate` in hashes a second on the wire, null where the limit is automatic;
`least_difficulty` of its shares, null where only the pool's minimum holds."""
watched = Table(
    "watched", metadata,
    Column("user", String, primary_key=True),
    Column("worker", String, primary_key=True),
    Column("state", String, nullable=False),
    sqlite_with_rowid=False,
)  # fmt: skip
"""The state of each worker at the last snapshot that knew it."""
marks = Table(
    "marks", metadata,
    Column("name", String, primary_key=True),
    Column("value", BigInteger, nullable=False),
)  # fmt: skip
"""How far something has come that must not be done twice."""
contacts = Table(
    "contacts", metadata,
    Column("user", String, primary_key=True),
    Column("channel", String, primary_key=True),
    Column("target", String, primary_key=True),
    Column("secret", String, nullable=False),
    Column("kinds", String, nullable=False),
)  # fmt: skip
"""Where a user wants to be told: channel `webhook` or `email`; kinds with spaces between."""
notices = Table(
    "notices", metadata,
    Column("id", String, primary_key=True),
    Column("user", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("target", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("body", String, nullable=False),
    Column("made", BigInteger, nullable=False),
    Column("attempts", BigInteger, nullable=False),
    Column("next_try", BigInteger, nullable=False, index=True),
    Column("state", String, nullable=False),
    Column("error", String, nullable=False),
)  # fmt: skip
"""What is to be sent and has been; `made` and `next_try` in unix seconds of the world's time."""
credit_days = Table(
    "credit_days", metadata,
    Column("day", BigInteger, primary_key=True),
    Column("root", String, nullable=False),
    Column("work", Natural, nullable=False),
    Column("users", BigInteger, nullable=False),
    Column("salt", String, nullable=False),
    Column("link", String, nullable=False),
    Column("made", BigInteger, nullable=False),
)  # fmt: skip
"""What was published of the credits of each UTC day; `day` in days since 1970."""
admins = Table(
    "admins", metadata,
    Column("sha256", String, primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("created", BigInteger, nullable=False),
    Column("last_used", BigInteger, nullable=False),
)  # fmt: skip
"""Tokens of the admin API."""
fence = Table(
    "fence", metadata,
    Column("name", String, primary_key=True),
    Column("token", BigInteger, nullable=False),
)  # fmt: skip
"""The greatest token with which the books were ever written; no smaller one writes again."""
