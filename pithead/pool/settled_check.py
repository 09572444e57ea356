"""Whether the sums of past days are those of the blocks, of their credits and of the ledger."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import islice

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from pithead.pool import schema
from pithead.pool.ledger import confirmed
from pithead.pool.settled import DAY, DAY_MS, PARTS

MOST_TOLD = 20

Sums = Mapping[tuple[int, str], tuple[int, ...]]
"""By day and user."""


def unlike_settled(now: Connection) -> Iterator[str]:
    """What is not as it must be, in sentences."""
    days = _days(now)
    yield from _days_unlike(days, _settled_days(now))
    kept = _kept(now)
    yield from _gains_unlike("the blocks gave", _credited(now, days), kept)
    booked = _booked(now, days)
    alone = {key: sums[:1] for key, sums in kept.items()}
    yield from _gains_unlike("the ledger has", booked, alone)


def _day_of(found_ms: ColumnElement[int]) -> ColumnElement[int]:
    return found_ms // DAY_MS * DAY


def _days(connection: Connection) -> dict[int, int]:
    """When the last of its blocks got its confirmations, of each day that must be summed up."""
    blocks = schema.blocks.c
    today = (connection.scalar(sa.select(schema.state.c.day)) or 0) * DAY
    day = _day_of(blocks.found_ms)
    waits = sa.func.max(sa.case((blocks.state == "new", 1), else_=0))
    rows = sa.select(day, sa.func.max(blocks.settled_ms), waits).group_by(day)
    return {
        each: settled_ms
        for each, settled_ms, is_waiting in connection.execute(rows)
        if each < today and settled_ms > 0 and not is_waiting
    }


def _settled_days(connection: Connection) -> dict[int, int]:
    table = schema.settled_days.c
    return dict(connection.execute(sa.select(table.day, table.settled_ms)).all())


def _kept(connection: Connection) -> Sums:
    table = schema.settled_gains.c
    rows = connection.execute(
        sa.select(table.day, table.user, *(schema.settled_gains.c[part] for part in PARTS))
    )
    return {(day, user): tuple(sums) for day, user, *sums in rows}


def _credited(connection: Connection, days: Mapping[int, int]) -> Sums:
    """By the credits of blocks that have their confirmations."""
    blocks, credits = schema.blocks.c, schema.credits.c
    day = _day_of(blocks.found_ms)
    rows = (
        sa.select(day, credits.user, *(sa.func.sum(schema.credits.c[part]) for part in PARTS))
        .join_from(schema.credits, schema.blocks, blocks.hash_display == credits.hash_display)
        .where(blocks.state == "confirmed")
        .group_by(day, credits.user)
    )
    return {
        (each, user): tuple(map(int, sums))
        for each, user, *sums in connection.execute(rows)
        if each in days and sums[0] > 0
    }


def _booked(connection: Connection, days: Mapping[int, int]) -> Sums:
    """By what blocks brought to the accounts of users from which they are paid."""
    blocks, entries = schema.blocks.c, schema.entries.c
    day = _day_of(blocks.found_ms)
    rows = (
        sa.select(day, entries.account, sa.func.sum(entries.sats))
        .join_from(schema.entries, schema.blocks, blocks.hash_display == entries.hash_display)
        .where(entries.account.like(confirmed("%")))
        .group_by(day, entries.account)
    )
    found: defaultdict[tuple[int, str], int] = defaultdict(int)
    for each, account, sats in connection.execute(rows):
        if each in days:
            found[each, account.removeprefix("user:").removesuffix(":confirmed")] += int(sats)
    return {key: (sats,) for key, sats in found.items() if sats}


def _days_unlike(expected: Mapping[int, int], found: Mapping[int, int]) -> Iterator[str]:
    def sentences() -> Iterator[str]:
        for day in sorted({**expected, **found}):
            if day not in found:
                yield f"day {day} is over and settled, and was not summed up"
            elif day not in expected:
                yield f"day {day} was summed up and is not settled"
            elif found[day] != expected[day]:
                yield f"day {day} was settled at {expected[day]} ms, not at {found[day]}"

    yield from _the_first(sentences())


def _gains_unlike(what: str, expected: Sums, found: Sums) -> Iterator[str]:
    yield from _the_first(
        f"on day {key[0]} {what} {key[1]} {_said(expected.get(key))}, its sum is "
        f"{_said(found.get(key))}"
        for key in sorted({**expected, **found})
        if expected.get(key) != found.get(key)
    )


def _said(sums: tuple[int, ...] | None) -> str:
    """All of it, and what of it is refund, bonus and referral."""
    return "nothing" if sums is None else " ".join(map(str, sums)) + " satoshis"


def _the_first(sentences: Iterator[str]) -> Iterator[str]:
    yield from islice(sentences, MOST_TOLD)
    if more := sum(1 for _ in sentences):
        yield f"and {more} more"
