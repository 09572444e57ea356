"""Many rows at once, in the way that is quick in each engine.

SQLite takes rows one after the other as fast as anything. PostgreSQL would answer for each, so it
gets one array for each column and unnests them, in a single statement.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Table, TableClause
from sqlalchemy.dialects import postgresql, sqlite

Rows = Sequence[Mapping[str, Any]]
"""Each with the same columns."""


def insert_rows(connection: Connection, table: TableClause, rows: Rows) -> None:
    """Rows whose keys are not there."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        columns = list(rows[0])
        statement = postgresql.insert(table).from_select(columns, _unnested(table, columns))
        connection.execute(statement, _columns(rows))
    else:
        connection.execute(sqlite.insert(table), rows)


def put_rows(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert, or replace those of the same key; the last where `rows` have several of one."""
    if not rows:
        return
    keys = sorted(column.name for column in table.primary_key)
    if connection.dialect.name != "postgresql":
        plain = sqlite.insert(table)
        new = {name: plain.excluded[name] for name in rows[0] if name not in keys}
        connection.execute(plain.on_conflict_do_update(index_elements=keys, set_=new), rows)
        return
    columns = list(rows[0])
    last = {tuple(row[name] for name in keys): row for row in rows}
    statement = postgresql.insert(table).from_select(columns, _unnested(table, columns))
    new = {name: statement.excluded[name] for name in columns if name not in keys}
    statement = statement.on_conflict_do_update(index_elements=keys, set_=new)
    connection.execute(statement, _columns(list(last.values())))


def delete_rows(connection: Connection, table: Table, keys: Rows) -> None:
    """Those of these keys, as far as they are there."""
    if not keys:
        return
    names = list(keys[0])
    if connection.dialect.name == "postgresql":
        gone = _unnested(table, names).subquery()
        here = (table.c[name] == gone.c[name] for name in names)
        connection.execute(sa.delete(table).where(*here), _columns(keys))
        return
    here = (table.c[name] == sa.bindparam(f"of_{name}") for name in names)
    named = [{f"of_{name}": value for name, value in key.items()} for key in keys]
    connection.execute(sa.delete(table).where(*here), named)


def _unnested(table: TableClause, names: Sequence[str]) -> sa.Select[Any]:
    """The rows again, of parameters with a list for each column."""
    return sa.select(
        *(
            sa.func.unnest(
                sa.bindparam(f"every_{name}", type_=postgresql.ARRAY(table.c[name].type))
            ).label(name)
            for name in names
        )
    )


def _columns(rows: Rows) -> dict[str, list[Any]]:
    return {f"every_{name}": [row[name] for row in rows] for name in rows[0]}
