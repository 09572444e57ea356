"""The tables of the store. How a change of them is written down: `pithead.pool.migrations`."""

from typing import Any

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
from sqlalchemy.types import TypeDecorator, TypeEngine


class Natural(TypeDecorator[int]):
    """An integer of any size: cumulative work on a real network outgrows 64 bits."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value)


metadata = MetaData()

Kind = type[TypeEngine[Any]]


def _keys(**columns: Kind) -> list[Column[Any]]:
    """Columns that together are the primary key."""
    return [Column(name, kind, primary_key=True) for name, kind in columns.items()]


def _filled(**columns: Kind) -> list[Column[Any]]:
    """Columns that always have a value."""
    return [Column(name, kind, nullable=False) for name, kind in columns.items()]


positions = Table(
    "positions", metadata,
    *_keys(front_end=String),
    *_filled(epoch=BigInteger, sequence=BigInteger),
)  # fmt: skip
reached = Table(
    "reached", metadata,
    *_keys(front_end=String),
    *_filled(epoch=BigInteger, sequence=BigInteger),
    Column("time_ms", BigInteger, nullable=False, server_default="0"),
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
    *_keys(user=String, worker=String),
    *_filled(
        score=Float, score_second=BigInteger, first_ms=BigInteger, last_ms=BigInteger,
        monitored=Boolean, rejected=Natural, day_work=Natural, day_score=Float, day_sats=BigInteger,
    ),
    Column("score_part", Float, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
)  # fmt: skip
counters = Table(
    "counters", metadata,
    *_keys(user=String, minute=BigInteger, worker=String),
    *_filled(work=Natural),
    sqlite_with_rowid=False,
)  # fmt: skip
blocks = Table(
    "blocks", metadata,
    Column("number", BigInteger, nullable=False, unique=True),
    *_keys(hash_display=String),
    *_filled(height=BigInteger),
    Column("found_ms", BigInteger, nullable=False, index=True),
    *_filled(
        user=String, worker=String, value_sats=BigInteger, fee_sats=BigInteger, block_work=Natural,
        round_started_ms=BigInteger, round_work=Natural, pool_rate=Float, state=String,
        resolved=Boolean, settled_ms=BigInteger, raw=LargeBinary,
    ),
    Index(
        "blocks_that_wait", "found_ms",
        sqlite_where=text("state = 'new'"), postgresql_where=text("state = 'new'"),
    ),
)  # fmt: skip
credits = Table(
    "credits", metadata,
    *_keys(hash_display=String, user=String),
    *_filled(sats=BigInteger, scoring_rate=Float),
    Column("refund_sats", BigInteger, nullable=False, server_default="0"),
    Column("bonus_sats", BigInteger, nullable=False, server_default="0"),
    Column("referral_sats", BigInteger, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
)  # fmt: skip
"""`sats` is all that a block gave; the three last say what of it is no mining reward."""
settled_days = Table(
    "settled_days", metadata,
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    *_filled(settled_ms=BigInteger),
)  # fmt: skip
"""Days that are over none of whose blocks waits; when the last of these got its confirmations."""
settled_gains = Table(
    "settled_gains", metadata,
    *_keys(user=String, day=BigInteger),
    *_filled(
        sats=BigInteger, refund_sats=BigInteger, bonus_sats=BigInteger, referral_sats=BigInteger,
    ),
    Index("settled_gains_by_day", "day"),
    sqlite_with_rowid=False,
)  # fmt: skip
"""What the blocks of such a day brought each user."""
day_credits = Table(
    "day_credits", metadata,
    *_keys(user=String, day=BigInteger, part=BigInteger),
    *_filled(
        sats=BigInteger, refund_sats=BigInteger, bonus_sats=BigInteger, referral_sats=BigInteger,
    ),
    sqlite_with_rowid=False,
)  # fmt: skip
"""What was paid for a day's work whatever blocks it brought."""
rules = Table(
    "rules", metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    *_filled(time_ms=BigInteger, text=String),
)  # fmt: skip
"""The rules of rewards, as JSON, by the moment they came into force."""
rules_wanted = Table(
    "rules_wanted", metadata,
    *_keys(source=String),
    *_filled(text=String),
)  # fmt: skip
"""Rules as JSON: those of the `configuration` of last time, and what an `admin` chose instead."""
referrals = Table(
    "referrals", metadata,
    *_keys(user=String),
    *_filled(referrer=String, since_ms=BigInteger, until_ms=BigInteger),
)  # fmt: skip
pplns_window = Table(
    "pplns_window", metadata,
    *_keys(number=BigInteger, user=String),
    *_filled(second=BigInteger, work=Natural, refunded=Natural),
    sqlite_with_rowid=False,
)  # fmt: skip
fpps_claims = Table(
    "fpps_claims", metadata,
    *_keys(user=String),
    *_filled(
        work=Natural, refunded=Natural, parts=Natural, refunded_parts=Natural, subsidy=Natural,
        refunded_subsidy=Natural,
    ),
)  # fmt: skip
fortunes = Table(
    "fortunes", metadata,
    *_keys(user=String),
    *_filled(work=Natural, parts=Natural, found=BigInteger),
)  # fmt: skip
payouts = Table(
    "payouts", metadata,
    *_keys(txid_display=String),
    Column("planned_ms", BigInteger, nullable=False, index=True),
    *_filled(
        fee_sats=BigInteger, manual=Boolean, raw=LargeBinary, state=String, resolved_ms=BigInteger,
        reason=String,
    ),
)  # fmt: skip
payout_lines = Table(
    "payout_lines", metadata,
    *_keys(txid_display=String, user=String, address=String),
    *_filled(sats=BigInteger),
    Index("payout_lines_by_user", "user"),
)  # fmt: skip
destinations = Table(
    "destinations", metadata,
    *_keys(user=String),
    *_filled(address=String, threshold_sats=BigInteger),
)  # fmt: skip
"""Where users want to be paid, and from which balance on; 0 is the pool's own threshold."""
passwords = Table(
    "passwords", metadata,
    *_keys(user=String),
    *_filled(argon2=String, set_at=BigInteger),
)  # fmt: skip
sessions = Table(
    "sessions", metadata,
    *_keys(sha256=String),
    Column("user", String, nullable=False, index=True),
    *_filled(created=BigInteger, expires=BigInteger),
)  # fmt: skip
second_factors = Table(
    "second_factors", metadata,
    *_keys(user=String),
    *_filled(salt=String, masked=String),
    Column("since", BigInteger, nullable=False),  # 0 while it waits for its first code
    *_filled(last_counter=BigInteger),
)  # fmt: skip
recovery_codes = Table(
    "recovery_codes", metadata,
    *_keys(sha256=String),
    Column("user", String, nullable=False, index=True),
)  # fmt: skip
scheme_state = Table(
    "scheme_state", metadata,
    *_keys(name=String),
    *_filled(text=String),
)  # fmt: skip
entries = Table(
    "entries", metadata,
    *_keys(number=BigInteger, account=String),
    *_filled(sats=BigInteger, time_ms=BigInteger, kind=String, hash_display=String),
    Index("entries_by_account", "account", "number"),
)  # fmt: skip
balances = Table(
    "balances", metadata,
    *_keys(account=String),
    *_filled(sats=BigInteger),
)  # fmt: skip
days = Table(
    "days", metadata,
    *_keys(user=String, day=BigInteger, part=BigInteger),
    *_filled(work=Natural, scoring_rate=Float),
    sqlite_with_rowid=False,
)  # fmt: skip
chain = Table(
    "chain", metadata,
    *_keys(height=BigInteger),
    *_filled(hash_display=String),
)  # fmt: skip
users = Table(
    "users", metadata,
    *_keys(name=String),
    *_filled(created=BigInteger),
)  # fmt: skip
tokens = Table(
    "tokens", metadata,
    *_keys(sha256=String),
    *_filled(
        user=String, profile=String, web_api=Boolean, created=BigInteger, last_used=BigInteger,
    ),
    Index("tokens_by_user", "user", "profile"),
)  # fmt: skip

members = Table(
    "members", metadata,
    *_keys(user=String),
    Column("group_name", String, nullable=False, index=True),
)  # fmt: skip
"""A user is in one group at most."""
worker_settings = Table(
    "worker_settings", metadata,
    *_keys(user=String, worker=String),
    *_filled(label=String),
    Column("alert_rate", Float),
    Column("least_difficulty", Float),
)  # fmt: skip
"""`alert_rate` in hashes a second on the wire, null where the limit is automatic;
`least_difficulty` of its shares, null where only the pool's minimum holds."""
watched = Table(
    "watched", metadata,
    *_keys(user=String, worker=String),
    *_filled(state=String),
    sqlite_with_rowid=False,
)  # fmt: skip
"""The state of each worker at the last snapshot that knew it."""
marks = Table(
    "marks", metadata,
    *_keys(name=String),
    *_filled(value=BigInteger),
)  # fmt: skip
"""How far something has come that must not be done twice."""
contacts = Table(
    "contacts", metadata,
    *_keys(user=String, channel=String, target=String),
    *_filled(secret=String, kinds=String),
)  # fmt: skip
"""Where a user wants to be told: channel `webhook` or `email`; kinds with spaces between."""
notices = Table(
    "notices", metadata,
    *_keys(id=String),
    *_filled(
        user=String, channel=String, target=String, subject=String, body=String, made=BigInteger,
        attempts=BigInteger,
    ),
    Column("next_try", BigInteger, nullable=False, index=True),
    *_filled(state=String, error=String),
)  # fmt: skip
"""What is to be sent and has been; `made` and `next_try` in unix seconds of the world's time."""
credit_days = Table(
    "credit_days", metadata,
    *_keys(day=BigInteger),
    *_filled(
        root=String, work=Natural, users=BigInteger, salt=String, link=String, made=BigInteger,
    ),
)  # fmt: skip
"""What was published of the credits of each UTC day; `day` in days since 1970."""
admins = Table(
    "admins", metadata,
    *_keys(sha256=String),
    Column("name", String, nullable=False, unique=True),
    *_filled(created=BigInteger, last_used=BigInteger),
)  # fmt: skip
"""Tokens of the admin API."""
fence = Table(
    "fence", metadata,
    *_keys(name=String),
    *_filled(token=BigInteger),
)  # fmt: skip
"""The greatest token with which the books were ever written; no smaller one writes again."""
