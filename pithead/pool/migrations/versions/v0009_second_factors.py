"""One-time codes of accounts, and the codes for who has lost the means to make them."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0009", "0008"


def upgrade() -> None:
    op.create_table(
        "second_factors",
        sa.Column("user", sa.String, primary_key=True),
        sa.Column("salt", sa.String, nullable=False),
        sa.Column("masked", sa.String, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("last_counter", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("sha256", sa.String, primary_key=True),
        sa.Column("user", sa.String, nullable=False, index=True),
    )
