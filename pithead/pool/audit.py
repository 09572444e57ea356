"""Whether the store is what it must be: sums that have to hold, and the journal told again."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from pithead.pool import schema
from pithead.pool.books import Books, BooksSettings
from pithead.pool.credit_tree import CreditTree
from pithead.pool.credits import works_of
from pithead.pool.events import Event
from pithead.pool.sharelog import KEPT, Position, read_segment, start_of
from pithead.pool.store import Store

MOST_TOLD = 20
"""Differences of one kind that are named."""


class CannotCheck(Exception):
    """What is missing for the check, and what to do."""


def sums(engine: Engine) -> list[str]:
    """What does not add up, in sentences; none where all is well."""
    with engine.connect() as connection:
        return [*_ledger(connection), *_blocks(connection), *_days(connection)]


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
    store: Store, start: Store | None, journal: Path, front_end: str, settings: BooksSettings
) -> list[str]:
    """Compare the store with what the journal makes of `start`, or of nothing.

    CannotCheck where the journal does not reach from one to the other; JournalDamaged.
    """
    now, until = store.load(settings)
    if start is None:
        books, after = Books(settings), Position(0, 0)
    else:
        books, found = start.load(settings)
        after = found or Position(0, 0)
    for _, event in _between(journal, front_end, after, until or after):
        books.apply(event)
    return [
        *_differences("the balance of", dict(books.ledger.balances), dict(now.ledger.balances)),
        *_differences("the work of", _works(books), _works(now)),
    ][: 2 * MOST_TOLD]


def _between(
    journal: Path, front_end: str, after: Position, until: Position
) -> Iterator[tuple[Position, Event]]:
    """Every event later than `after` up to `until`."""
    files = [*journal.glob(f"{front_end}.*.journal"), *(journal / KEPT).glob(f"{front_end}.*")]
    last = after
    for segment in sorted(files, key=start_of):
        if start_of(segment) > until:
            break
        for payload in read_segment(segment):
            same = payload.epoch == last.epoch
            if payload.epoch >= last.epoch and payload.first > (last.sequence + 1 if same else 1):
                raise CannotCheck(
                    f"the journal goes on at event {payload.first} of epoch {payload.epoch}, but "
                    f"{last.sequence + 1} of {last.epoch} is not kept; set pool.keep_journal, take "
                    "a backup, and check from there with --from BACKUP"
                )
            for number, event in enumerate(payload.events, payload.first):
                position = Position(payload.epoch, number)
                if last < position <= until:
                    yield position, event
                    last = position
    if last < until:
        raise CannotCheck(
            f"the journal ends at event {last.sequence} of epoch {last.epoch}, the store at "
            f"{until.sequence} of {until.epoch}; it is not kept (pool.keep_journal)"
        )


def _works(books: Books) -> Mapping[str, int]:
    return {
        f"{meter.user}.{meter.worker}": meter.tally.total + meter.rejected
        for meter in books.meters.all()
    }


def _differences(what: str, expected: Mapping[str, int], found: Mapping[str, int]) -> Iterator[str]:
    names = sorted(
        name for name in {**expected, **found} if expected.get(name, 0) != found.get(name, 0)
    )
    for name in names[:MOST_TOLD]:
        yield f"{what} {name} is {found.get(name, 0)} and should be {expected.get(name, 0)}"
    if len(names) > MOST_TOLD:
        yield f"and {len(names) - MOST_TOLD} more"
