"""Payouts, where users want them, and blocks expected of each user's work."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0003", "0002"

big, text = sa.BigInteger, sa.String


def upgrade() -> None:
    op.create_table(
        "fortunes",
        sa.Column("user", text, primary_key=True),
        sa.Column("work", text, nullable=False),
        sa.Column("parts", text, nullable=False),
        sa.Column("found", big, nullable=False),
    )
    op.create_table(
        "payouts",
        sa.Column("txid_display", text, primary_key=True),
        sa.Column("planned_ms", big, nullable=False),
        sa.Column("fee_sats", big, nullable=False),
        sa.Column("manual", sa.Boolean, nullable=False),
        sa.Column("raw", sa.LargeBinary, nullable=False),
        sa.Column("state", text, nullable=False),
        sa.Column("resolved_ms", big, nullable=False),
        sa.Column("reason", text, nullable=False),
    )
    op.create_index("ix_payouts_planned_ms", "payouts", ["planned_ms"])
    op.create_table(
        "payout_lines",
        sa.Column("txid_display", text, primary_key=True),
        sa.Column("user", text, primary_key=True),
        sa.Column("address", text, primary_key=True),
        sa.Column("sats", big, nullable=False),
    )
    op.create_index("payout_lines_by_user", "payout_lines", ["user"])
    op.create_table(
        "destinations",
        sa.Column("user", text, primary_key=True),
        sa.Column("address", text, nullable=False),
        sa.Column("threshold_sats", big, nullable=False),
    )
