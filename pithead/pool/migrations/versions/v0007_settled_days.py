"""What blocks brought each user on each day that is over and settled."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0007", "0006"

big = sa.BigInteger
SETTLED = """
INSERT INTO settled_days
SELECT found_ms / 86400000 * 86400, max(settled_ms) FROM blocks
WHERE found_ms / 86400000 < (SELECT coalesce(max(day), 0) FROM state)
GROUP BY found_ms / 86400000 * 86400
HAVING max(settled_ms) > 0 AND max(CASE WHEN state = 'new' THEN 1 ELSE 0 END) = 0
"""
GAINS = """
INSERT INTO settled_gains
SELECT credits."user", settled_days.day, CAST(sum(credits.sats) AS BIGINT),
    CAST(sum(credits.refund_sats) AS BIGINT), CAST(sum(credits.bonus_sats) AS BIGINT),
    CAST(sum(credits.referral_sats) AS BIGINT)
FROM credits JOIN blocks ON blocks.hash_display = credits.hash_display
JOIN settled_days ON settled_days.day = blocks.found_ms / 86400000 * 86400
WHERE blocks.state = 'confirmed'
GROUP BY credits."user", settled_days.day HAVING sum(credits.sats) > 0
"""


def upgrade() -> None:
    op.create_table(
        "settled_days",
        sa.Column("day", big, primary_key=True, autoincrement=False),
        sa.Column("settled_ms", big, nullable=False),
    )
    op.create_table(
        "settled_gains",
        sa.Column("user", sa.String, primary_key=True),
        sa.Column("day", big, primary_key=True),
        sa.Column("sats", big, nullable=False),
        sa.Column("refund_sats", big, nullable=False),
        sa.Column("bonus_sats", big, nullable=False),
        sa.Column("referral_sats", big, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("settled_gains_by_day", "settled_gains", ["day"])
    waits = sa.text("state = 'new'")
    op.create_index(
        "blocks_that_wait", "blocks", ["found_ms"], sqlite_where=waits, postgresql_where=waits
    )
    op.execute(SETTLED)
    op.execute(GAINS)
