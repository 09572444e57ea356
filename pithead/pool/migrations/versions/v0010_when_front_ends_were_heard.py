"""When the last event of each front end was: how long it is waited for at the next start."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0010", "0009"


def upgrade() -> None:
    op.add_column(
        "reached", sa.Column("time_ms", sa.BigInteger, nullable=False, server_default="0")
    )
