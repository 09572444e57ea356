"""Questions about past days, answered from the store."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    and_,
    func,
    select,
    union_all,
)

from pithead.pool import schema
from pithead.pool.blocks import confirmations_left, reading_of
from pithead.pool.changes import BlockRow
from pithead.pool.readings import (
    BlockRewardReading,
    DayHashrate,
    DayRewards,
    PayoutReading,
)
from pithead.pool.replica import Reads
from pithead.pool.settled import settled_moments, waiting_days

DAY = 86_400
DAY_MS = DAY * 1000


class History:
    """Reads what is committed. Days are unix seconds of 00:00 UTC, both included."""

    def __init__(self, reads: Reads, confirmations: int) -> None:
        self._reads = reads
        self._confirmations = confirmations

    def daily_hashrate(
        self, user: str, first_day: int, last_day: int, of_group: bool = False
    ) -> Sequence[DayHashrate]:
        """Newest first; days that are over and on which the user, or the group, had work."""
        with self._reads.connect() as connection:
            users = _group(connection, user) if of_group else [user]
            days = _days(connection, users, first_day, last_day)
        return [DayHashrate(day, *days[day]) for day in sorted(days, reverse=True)]

    def daily_rewards(self, user: str, first_day: int, last_day: int) -> Sequence[DayRewards]:
        """Newest first; a day appears once it is over and no block of it waits any longer."""
        with self._reads.connect() as connection:
            works = _days(connection, [user], first_day, last_day)
            gains = _rewards(connection, user, first_day, last_day)
            today = (connection.scalar(select(schema.state.c.day)) or 0) * DAY
            waiting = waiting_days(connection)
            settled = settled_moments(connection, first_day, last_day)
        return [
            DayRewards(
                day,
                max(day + DAY, settled.get(day, 0)),
                *_parts(*gains.get(day, NOTHING)),
                works.get(day, (0, 0.0))[0],
            )
            for day in sorted({*works, *gains}, reverse=True)
            if day < today and day not in waiting
        ]

    def payouts(self, user: str, first_day: int, last_day: int) -> Sequence[PayoutReading]:
        """Newest first."""
        payouts, lines = schema.payouts, schema.payout_lines
        rows = (
            select(
                payouts.c.planned_ms, payouts.c.resolved_ms, payouts.c.state, lines.c.sats,
                lines.c.address, payouts.c.txid_display, payouts.c.manual,
            )
            .join(lines, payouts.c.txid_display == lines.c.txid_display)
            .where(lines.c.user == user)
            .where(payouts.c.planned_ms >= first_day * 1000)
            .where(payouts.c.planned_ms < last_day * 1000 + DAY_MS)
            .order_by(payouts.c.planned_ms.desc(), payouts.c.txid_display)
        )  # fmt: skip
        with self._reads.connect() as connection:
            return [
                PayoutReading(planned_ms // 1000, resolved_ms // 1000, *rest)
                for planned_ms, resolved_ms, *rest in connection.execute(rows)
            ]

    def block_rewards(
        self, user: str, first_day: int, last_day: int
    ) -> Sequence[BlockRewardReading]:
        """Ascending by time; blocks in the chain, at which the user had work or gained."""
        blocks, credits = schema.blocks, schema.credits
        owed = and_(blocks.c.hash_display == credits.c.hash_display, credits.c.user == user)
        rows = (
            select(blocks, credits.c.scoring_rate, *_gains_of(credits))
            .join(credits, owed)
            .where(blocks.c.found_ms >= first_day * 1000)
            .where(blocks.c.found_ms < last_day * 1000 + DAY_MS)
            .where(blocks.c.state != "orphaned")
            .order_by(blocks.c.found_ms, blocks.c.number)
        )
        with self._reads.connect() as connection:
            tip = connection.scalar(select(schema.state.c.tip_height)) or 0
            found = connection.execute(rows).all()
        readings = []
        for *columns, rate, sats, refund, bonus, referral in found:
            row = BlockRow(*columns)
            left = confirmations_left(row.height, tip, self._confirmations)
            left = 0 if row.state == "confirmed" else left
            mining, refunded, brought, referred = _parts(sats, refund, bonus, referral)
            readings.append(
                BlockRewardReading(
                    reading_of(row, left, sats), rate, mining, refunded, referred, brought
                )
            )
        return readings


NOTHING = (0, 0, 0, 0)


def _group(connection: Connection, user: str) -> Sequence[str]:
    """Who is in the user's group: the user alone where there is none."""
    members = schema.members
    own = select(members.c.group_name).where(members.c.user == user).scalar_subquery()
    found = connection.scalars(select(members.c.user).where(members.c.group_name == own))
    return found.all() or [user]


def _days(
    connection: Connection, users: Sequence[str], first_day: int, last_day: int
) -> dict[int, tuple[int, float]]:
    """(work, mean scoring rate) of all of `users` by day, days that are over."""
    table = schema.days
    rows = (
        select(table.c.day, table.c.work, table.c.scoring_rate)
        .where(table.c.user.in_(users), table.c.day.between(first_day, last_day))
        .order_by(table.c.part, table.c.user)
    )
    today = (connection.scalar(select(schema.state.c.day)) or 0) * DAY
    works: dict[int, tuple[int, float]] = defaultdict(lambda: (0, 0.0))
    for day, work, rate in connection.execute(rows):
        if day < today:
            works[day] = (works[day][0] + work, works[day][1] + rate)
    return works


def _gains_of(table: FromClause) -> list[ColumnElement[int]]:
    return [table.c.sats, table.c.refund_sats, table.c.bonus_sats, table.c.referral_sats]


def _parts(sats: int, refund: int, bonus: int, referral: int) -> tuple[int, int, int, int]:
    """(mining, refund, bonus, referral) of a whole and three parts of it."""
    return sats - refund - bonus - referral, refund, bonus, referral


def _rewards(
    connection: Connection, user: str, first_day: int, last_day: int
) -> dict[int, tuple[int, int, int, int]]:
    """What a user got by day, whole and parts: for blocks of settled days, and for work."""
    settled, paid = schema.settled_gains, schema.day_credits
    for_blocks = select(settled.c.day, *_gains_of(settled)).where(
        settled.c.user == user, settled.c.day.between(first_day, last_day)
    )
    for_work = select(paid.c.day, *_gains_of(paid)).where(
        paid.c.user == user, paid.c.day.between(first_day, last_day)
    )
    every = union_all(for_blocks, for_work).subquery()
    rows = select(every.c.day, *(func.sum(each) for each in _gains_of(every))).group_by(every.c.day)
    return {
        int(day): (int(sats), int(refund), int(bonus), int(referral))
        for day, sats, refund, bonus, referral in connection.execute(rows)
        if sats
    }
