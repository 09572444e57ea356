"""Work, blocks, ledger, users and tokens."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None


big, text, real = sa.BigInteger, sa.String, sa.Float


def upgrade() -> None:
    op.create_table("schema", sa.Column("version", big, primary_key=True))
    op.create_table(
        "positions",
        sa.Column("front_end", text, primary_key=True),
        sa.Column("epoch", big, nullable=False),
        sa.Column("sequence", big, nullable=False),
    )
    op.create_table(
        "state",
        *(sa.Column(name, big) for name in ("last_ms", "shift_ms", "part", "day")),
        sa.Column("round_started_ms", big),
        sa.Column("round_work", text),
        sa.Column("tip_height", big),
        sa.Column("entries", big),
    )
    op.create_table(
        "meters",
        sa.Column("user", text, primary_key=True),
        sa.Column("worker", text, primary_key=True),
        sa.Column("score", real, nullable=False),
        *(sa.Column(name, big, nullable=False) for name in ("score_second", "first_ms", "last_ms")),
        sa.Column("monitored", sa.Boolean, nullable=False),
        sa.Column("rejected", text, nullable=False),
        sa.Column("day_work", text, nullable=False),
        sa.Column("day_score", real, nullable=False),
        sa.Column("day_sats", big, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "counters",
        sa.Column("user", text, primary_key=True),
        sa.Column("minute", big, primary_key=True),
        sa.Column("worker", text, primary_key=True),
        sa.Column("work", text, nullable=False),
        sqlite_with_rowid=False,
    )
    _money()
    op.create_table(
        "users",
        sa.Column("name", text, primary_key=True),
        sa.Column("created", big, nullable=False),
    )
    op.create_table(
        "tokens",
        sa.Column("sha256", text, primary_key=True),
        sa.Column("user", text, nullable=False),
        sa.Column("profile", text, nullable=False),
        sa.Column("web_api", sa.Boolean, nullable=False),
        sa.Column("created", big, nullable=False),
        sa.Column("last_used", big, nullable=False),
    )
    op.create_index("tokens_by_user", "tokens", ["user", "profile"])


def _money() -> None:
    op.create_table(
        "blocks",
        sa.Column("number", big, nullable=False, unique=True),
        sa.Column("hash_display", text, primary_key=True),
        sa.Column("height", big, nullable=False),
        sa.Column("found_ms", big, nullable=False),
        sa.Column("user", text, nullable=False),
        sa.Column("worker", text, nullable=False),
        sa.Column("value_sats", big, nullable=False),
        sa.Column("fee_sats", big, nullable=False),
        sa.Column("block_work", text, nullable=False),
        sa.Column("round_started_ms", big, nullable=False),
        sa.Column("round_work", text, nullable=False),
        sa.Column("pool_rate", real, nullable=False),
        sa.Column("state", text, nullable=False),
        sa.Column("resolved", sa.Boolean, nullable=False),
        sa.Column("settled_ms", big, nullable=False),
        sa.Column("raw", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_blocks_found_ms", "blocks", ["found_ms"])
    op.create_table(
        "credits",
        sa.Column("hash_display", text, primary_key=True),
        sa.Column("user", text, primary_key=True),
        sa.Column("sats", big, nullable=False),
        sa.Column("scoring_rate", real, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "entries",
        sa.Column("number", big, primary_key=True),
        sa.Column("account", text, primary_key=True),
        sa.Column("sats", big, nullable=False),
        sa.Column("time_ms", big, nullable=False),
        sa.Column("kind", text, nullable=False),
        sa.Column("hash_display", text, nullable=False),
    )
    op.create_index("entries_by_account", "entries", ["account", "number"])
    op.create_table(
        "balances",
        sa.Column("account", text, primary_key=True),
        sa.Column("sats", big, nullable=False),
    )
    op.create_table(
        "days",
        sa.Column("user", text, primary_key=True),
        sa.Column("day", big, primary_key=True),
        sa.Column("part", big, primary_key=True),
        sa.Column("work", text, nullable=False),
        sa.Column("scoring_rate", real, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "chain",
        sa.Column("height", big, primary_key=True),
        sa.Column("hash_display", text, nullable=False),
    )
