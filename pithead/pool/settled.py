"""What blocks brought each user on each day that is over, summed up when nothing of it changes.

The sums follow from blocks and credits alone. A day is summed up once the last of its blocks has
its confirmations; one of whose blocks waits (again) has no sums. So the past is read by the day,
however many blocks it had.
"""

from collections.abc import Set

import sqlalchemy as sa
from sqlalchemy import Connection

from pithead.pool import schema
from pithead.pool.changes import Changes

DAY = 86_400
DAY_MS = DAY * 1000
PARTS = ("sats", "refund_sats", "bonus_sats", "referral_sats")
WAITS: sa.ColumnElement[str] = sa.literal_column("'new'")
"""A word of the statement, not a parameter, for the index of those that wait to be of use."""


def settle_days(connection: Connection, changes: Changes, waited: Set[int]) -> None:
    """Sum up the days over which these changes decide. Call it when they are written.

    `waited` are the days of which blocks waited that were refused now, and perhaps others.
    """
    over = changes.state.day * DAY
    closed = {row.day for row in changes.days}
    changed = {row.found_ms // DAY_MS * DAY for row in changes.blocks}
    for day in sorted(closed | changed | waited):
        if day < over:
            settle_day(connection, day)


def settle_day(connection: Connection, day: int) -> None:
    """`day` is over; doing it twice is doing it once."""
    blocks, credits = schema.blocks, schema.credits
    gains, settled = schema.settled_gains, schema.settled_days
    connection.execute(sa.delete(gains).where(gains.c.day == day))
    connection.execute(sa.delete(settled).where(settled.c.day == day))
    of_day = blocks.c.found_ms.between(day * 1000, day * 1000 + DAY_MS - 1)
    if connection.scalar(sa.select(blocks.c.number).where(of_day, blocks.c.state == WAITS)):
        return
    last_ms = connection.scalar(sa.select(sa.func.max(blocks.c.settled_ms)).where(of_day))
    if not last_ms:
        return
    connection.execute(sa.insert(settled).values(day=day, settled_ms=last_ms))
    sums = (
        sa.select(
            credits.c.user,
            sa.literal_column(str(day)),
            *(sa.cast(sa.func.sum(credits.c[part]), sa.BigInteger) for part in PARTS),
        )
        .join(blocks, blocks.c.hash_display == credits.c.hash_display)
        .where(of_day, blocks.c.state == "confirmed")
        .group_by(credits.c.user)
        .having(sa.func.sum(credits.c.sats) > 0)
    )
    connection.execute(sa.insert(gains).from_select(["user", "day", *PARTS], sums))


def waiting_days(connection: Connection) -> set[int]:
    """Those on which a block was found that waits for confirmations."""
    blocks = schema.blocks
    rows = connection.scalars(sa.select(blocks.c.found_ms).where(blocks.c.state == WAITS))
    return {found_ms // DAY_MS * DAY for found_ms in rows}


def settled_moments(connection: Connection, first_day: int, last_day: int) -> dict[int, int]:
    """When the last block of each day got its confirmations, in unix seconds."""
    table = schema.settled_days
    rows = sa.select(table).where(table.c.day.between(first_day, last_day))
    return {day: settled_ms // 1000 for day, settled_ms in connection.execute(rows)}
