"""Whether the store is what it must be: sums that have to hold, and the journal told again."""

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection, RowMapping, Table

from pithead.pool import schema
from pithead.pool.backup import read_header, restore_backup
from pithead.pool.books import BooksSettings
from pithead.pool.credit_tree import CreditTree
from pithead.pool.credits import works_of
from pithead.pool.database import open_database
from pithead.pool.events import Event
from pithead.pool.extract import BOOKS, Since, ordered
from pithead.pool.position import START, Position
from pithead.pool.settled_check import unlike_settled
from pithead.pool.sharelog import segments_in, tell
from pithead.pool.store import Store

TOLD_AT_ONCE = 100_000
"""Events between two commits, so that a long journal does not fill the memory."""
MOST_TOLD = 20
"""Differences of one kind that are named."""


class CannotCheck(Exception):
    """What is missing for the check, and what to do."""


def sums(now: Connection) -> list[str]:
    """What does not add up, in sentences; none where all is well."""
    return [
        *_file(now), *_ledger(now), *_blocks(now), *_credits(now), *_days(now),
        *unlike_settled(now),
    ]  # fmt: skip


def _file(connection: Connection) -> Iterator[str]:
    """What SQLite finds wrong with its own file."""
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql(f"PRAGMA quick_check({MOST_TOLD})").scalars()
        yield from (f"the database's file: {each}" for each in found if each != "ok")


def _ledger(connection: Connection) -> Iterator[str]:
    entries, balances = schema.entries.c, schema.balances.c
    by_account = sa.select(entries.account, sa.func.sum(entries.sats)).group_by(entries.account)
    booked = {account: int(sats) for account, sats in connection.execute(by_account)}
    kept = dict(connection.execute(sa.select(balances.account, balances.sats)).all())
    yield from _differences("the balance of", booked, kept)
    uneven = (
        sa.select(entries.number, sa.func.sum(entries.sats))
        .group_by(entries.number)
        .having(sa.func.sum(entries.sats) != 0)
        .limit(MOST_TOLD)
    )
    for number, sats in connection.execute(uneven):
        yield f"ledger entry {number} is out by {sats} satoshis"


def _blocks(connection: Connection) -> Iterator[str]:
    """Of each block that shares its value among users, what it is worth was given away."""
    blocks, entries = schema.blocks.c, schema.entries.c
    booked = (
        sa.select(entries.hash_display, sa.func.sum(entries.sats).label("sats"))
        .where(entries.account == "income:block")
        .group_by(entries.hash_display)
        .subquery()
    )
    rows = (
        sa.select(blocks.height, blocks.state, blocks.value_sats, booked.c.sats)
        .join(booked, booked.c.hash_display == blocks.hash_display, isouter=True)
        .order_by(blocks.number)
    )
    for height, state, value, sats in connection.execute(rows):
        expected = 0 if state == "orphaned" else -value
        if (int(sats or 0)) != expected:
            yield f"block {height} ({state}) is worth {value} satoshis and booked as {sats or 0}"


def _credits(connection: Connection) -> Iterator[str]:
    """The value of each block is what users and the pool got of it."""
    blocks, credits = schema.blocks.c, schema.credits.c
    given = sa.func.coalesce(sa.func.sum(credits.sats), 0)
    uneven = (
        sa.select(blocks.height, blocks.value_sats, blocks.fee_sats, given)
        .join_from(
            schema.blocks, schema.credits, credits.hash_display == blocks.hash_display, isouter=True
        )
        .group_by(blocks.hash_display, blocks.height, blocks.value_sats, blocks.fee_sats)
        .having(given + blocks.fee_sats != blocks.value_sats)
        .limit(MOST_TOLD)
    )
    for height, value, fee, sats in connection.execute(uneven):
        yield f"block {height} is worth {value} satoshis; users got {sats} and the pool {fee}"


def _days(connection: Connection) -> Iterator[str]:
    """The credits of each published day are those that were published."""
    for day, root, salt in connection.execute(
        sa.select(schema.credit_days.c.day, schema.credit_days.c.root, schema.credit_days.c.salt)
    ).all():
        works = works_of(connection, day)
        found = CreditTree(day, works, bytes.fromhex(salt)).root.hash.hex() if works else ""
        if found != root:
            yield f"the credits of day {day} are not those whose root was published"


def told_again(
    now: Connection, start: Path | None, journal: Path, front_end: str, settings: BooksSettings,
    scratch: Path,
) -> list[str]:  # fmt: skip
    """What the store holds unlike what the journal makes of the books of `start`, or of nothing.

    `now` sees one moment of the store; `scratch` is where a database of no use to anybody else
    may be made. CannotCheck where the journal does not reach from one to the other;
    JournalDamaged.
    """
    since = Since()
    if start is not None:
        if (extract := read_header(start).extract) is not None:
            since, settings = extract.since, extract.settings
        restore_backup(start, scratch, or_extract=True)
    engine = open_database(scratch)
    try:
        until = _place(now, front_end)
        _tell_into(Store(engine, front_end), settings, journal, front_end, until)
        with engine.connect() as told:
            found = [each for table in BOOKS for each in _unlike(told, now, table, since)]
    finally:
        engine.dispose()
    return found


def _tell_into(
    store: Store, settings: BooksSettings, journal: Path, front_end: str, until: Position
) -> None:
    books, after = store.load(settings)
    last = after or START
    if last > until:
        raise CannotCheck("the backup is of a later moment than the database")
    segments = segments_in(journal, front_end, with_kept=True)
    run: list[Event] = []
    for place, event in tell(segments, last):
        if place > until:
            break
        run.append(event)
        last = place
        if len(run) == TOLD_AT_ONCE:
            books.apply_all(run)
            store.commit(books.changes(), last)
            run = []
    if until.sequence and last != until:
        raise CannotCheck(
            f"the journal ends at event {last.sequence} of epoch {last.epoch}, the database is at "
            f"{until.sequence} of {until.epoch}"
        )
    books.apply_all(run)
    store.commit(books.changes(), last)


def _place(connection: Connection, front_end: str) -> Position:
    places = schema.positions.c
    here = sa.select(places.epoch, places.sequence).where(places.front_end == front_end)
    place = connection.execute(here).first()
    return Position(*place) if place else START


def _unlike(told: Connection, now: Connection, table: Table, since: Since) -> Iterator[str]:
    """Sentences about one table, the first ones and how many more there are."""
    every = _pairs(table, ordered(told, table, since), ordered(now, table, since))
    unlike = (sentence for row, found in every for sentence in _difference(table, row, found))
    yield from islice(unlike, MOST_TOLD)
    if more := sum(1 for _ in unlike):
        yield f"{table.name}: and {more} more"


def _pairs(
    table: Table, expected: Iterator[RowMapping], found: Iterator[RowMapping]
) -> Iterator[tuple[RowMapping | None, RowMapping | None]]:
    """Rows of one key side by side; both come in the order of their keys."""
    left, right = next(expected, None), next(found, None)
    while left is not None or right is not None:
        if right is None or (left is not None and _key(table, left) < _key(table, right)):
            yield left, None
            left = next(expected, None)
        elif left is None or _key(table, right) < _key(table, left):
            yield None, right
            right = next(found, None)
        else:
            yield left, right
            left, right = next(expected, None), next(found, None)


def _difference(table: Table, row: RowMapping | None, found: RowMapping | None) -> Iterator[str]:
    if row is None and found is not None:
        yield f"{table.name} {_named(table, found)} should not be there"
    elif row is not None and found is None:
        yield f"{table.name} {_named(table, row)} is not there"
    elif row is not None and found is not None:
        for column in row:
            if row[column] != found[column]:
                yield (
                    f"{table.name} {_named(table, row)}: {column} is {_shown(found[column])} and "
                    f"should be {_shown(row[column])}"
                )


def _key(table: Table, row: RowMapping) -> tuple[object, ...]:
    return tuple(row[column.name] for column in table.primary_key)


def _named(table: Table, row: RowMapping) -> str:
    return " ".join(str(each) for each in _key(table, row) if each != "") or "of the pool"


def _shown(value: object) -> str:
    return f"{len(value)} bytes" if isinstance(value, bytes) else str(value)


def _differences(what: str, expected: Mapping[str, int], found: Mapping[str, int]) -> Iterator[str]:
    names = sorted(
        name for name in {**expected, **found} if expected.get(name, 0) != found.get(name, 0)
    )
    for name in names[:MOST_TOLD]:
        yield f"{what} {name} is {found.get(name, 0)} and should be {expected.get(name, 0)}"
    if len(names) > MOST_TOLD:
        yield f"and {len(names) - MOST_TOLD} more"
