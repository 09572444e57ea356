"""The least difficulty of a worker, and rules of rewards that were chosen while the pool ran."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0008", "0007"


def upgrade() -> None:
    op.add_column("worker_settings", sa.Column("least_difficulty", sa.Float))
    op.create_table(
        "rules_wanted",
        sa.Column("source", sa.String, primary_key=True),
        sa.Column("text", sa.String, nullable=False),
    )
