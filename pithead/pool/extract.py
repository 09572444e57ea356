"""Which rows of the books follow from the journal, and which of those came after a moment.

Books are loaded from a small part of the store: the past of ledger, days and blocks only grows.
So little has to be written down to begin from, and as little to be compared.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, RowMapping, Select, Table

from pithead.pool import schema
from pithead.pool.store import wanted_blocks

BOOKS = (
    schema.state, schema.meters, schema.counters, schema.blocks, schema.credits,
    schema.day_credits, schema.rules, schema.referrals, schema.pplns_window, schema.fpps_claims,
    schema.fortunes, schema.payouts, schema.payout_lines, schema.scheme_state, schema.entries,
    schema.balances, schema.days, schema.chain, schema.reached,
)  # fmt: skip
"""All else in the store was said by people, or is about what has been told to them."""


class Since(msgspec.Struct, frozen=True):
    """Where the rows of an extract begin; all of them by default."""

    entries: int = 0
    """Of the ledger, those after this one."""
    part: int = 0
    """Of days, those closed after it."""
    block: int = 0
    """The first of those found."""
    rules: int = 0
    """The first of those in force."""
    payouts_ms: int = 0
    """When the first of those was planned."""
    with_counters: bool = True
    """Where these lack, windows begin with nothing; money and days do not depend on them."""


def since_now(connection: Connection) -> Since:
    """What must be there to load the same books, and no more. Counters only while there are few."""
    state = connection.execute(sa.select(schema.state.c.entries, schema.state.c.part)).first()
    entries, part = state or (0, 0)
    planned = schema.payouts.c.planned_ms
    queued = sa.select(sa.func.min(planned)).where(schema.payouts.c.state == "queued")
    return Since(
        entries,
        part,
        _number(connection, sa.select(sa.func.min(schema.blocks.c.number)).where(wanted_blocks())),
        _number(connection, sa.select(sa.func.max(schema.rules.c.number))),
        _number(connection, queued) or _number(connection, sa.select(sa.func.max(planned))),
        connection.execute(sa.select(schema.counters.c.minute).limit(1)).first() is None,
    )


def ordered(connection: Connection, table: Table, since: Since) -> Iterator[RowMapping]:
    """Rows by their key, text in the order of its code points: the same in every engine."""
    by = [
        sa.collate(column, "C" if connection.dialect.name == "postgresql" else "BINARY")
        if isinstance(column.type, sa.String)
        else column
        for column in table.primary_key
    ]
    where = where_since(table, since)
    statement = sa.select(table).order_by(*by)
    if where is not None:
        statement = statement.where(where)
    options = {"yield_per": 1_000, "stream_results": True}
    with connection.execute(statement, execution_options=options) as result:
        yield from result.mappings()


def where_since(table: Table, since: Since) -> ColumnElement[bool] | None:
    """What holds for the rows of an extract; None where it has them all."""
    blocks, payouts = schema.blocks.c, schema.payouts.c
    match table.name:
        case "entries":
            return table.c.number > since.entries
        case "days" | "day_credits":
            return table.c.part > since.part
        case "rules":
            return table.c.number >= since.rules
        case "blocks":
            return table.c.number >= since.block
        case "credits":
            found = sa.select(blocks.hash_display).where(blocks.number >= since.block)
            return table.c.hash_display.in_(found)
        case "payouts":
            return table.c.planned_ms >= since.payouts_ms
        case "payout_lines":
            planned = sa.select(payouts.txid_display).where(payouts.planned_ms >= since.payouts_ms)
            return table.c.txid_display.in_(planned)
        case "counters" if not since.with_counters:
            return sa.false()
    return None


def _number(connection: Connection, query: Select[Any]) -> int:
    return int(connection.scalar(query) or 0)
