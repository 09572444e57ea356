"""Which rules of rewards are wanted: those of the configuration, or what an admin chose instead.

A choice is in the database, where any process may write it; the pool that runs puts it in force.
It holds, over restarts too, until it is taken back or the configuration's own rules change: who
changes the configuration means it.
"""

from dataclasses import dataclass

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from pithead.pool import schema
from pithead.pool.database import upsert
from pithead.pool.rewards import Rules

CONFIGURATION, ADMIN = "configuration", "admin"
MOST_PAST = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """None where nobody has said anything yet."""

    configured: Rules | None
    chosen: Rules | None

    @property
    def rules(self) -> Rules | None:
        """Which of the two holds."""
        return self.chosen or self.configured


@dataclass(frozen=True, slots=True)
class PastRules:
    time_ms: int
    """Farm time from which on they were in force."""
    rules: Rules


class Rulebook:
    """Any thread may call it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def wanted(self) -> Wanted:
        with self._engine.connect() as connection:
            return _wanted(connection)

    def configure(self, rules: Rules) -> Rules | None:
        """What the configuration says at a start; the choice that this ends, if it ends one."""
        with self._engine.begin() as connection:
            before = _wanted(connection)
            is_other = before.configured is not None and rules != before.configured
            if is_other:
                _clear(connection)
            _put(connection, CONFIGURATION, rules)
        return before.chosen if is_other else None

    def choose(self, rules: Rules) -> None:
        """These instead of the configuration's."""
        with self._engine.begin() as connection:
            _put(connection, ADMIN, rules)

    def take_back(self) -> bool:
        """The configuration's again; False where nothing was chosen."""
        with self._engine.begin() as connection:
            return _clear(connection)

    def past(self) -> list[PastRules]:
        """As far as they are in the database, the newest first."""
        table = schema.rules
        rows = sa.select(table.c.time_ms, table.c.text).order_by(table.c.number.desc())
        with self._engine.connect() as connection:
            return [
                PastRules(time_ms, _decode(text))
                for time_ms, text in connection.execute(rows.limit(MOST_PAST))
            ]


def _wanted(connection: Connection) -> Wanted:
    table = schema.rules_wanted
    rows = connection.execute(sa.select(table.c.source, table.c.text))
    found = {source: _decode(text) for source, text in rows}
    return Wanted(found.get(CONFIGURATION), found.get(ADMIN))


def _put(connection: Connection, source: str, rules: Rules) -> None:
    values = {"source": source, "text": msgspec.json.encode(rules).decode()}
    statement = upsert(connection, schema.rules_wanted).values(values)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["source"], set_={"text": values["text"]})
    )


def _clear(connection: Connection) -> bool:
    table = schema.rules_wanted
    return connection.execute(sa.delete(table).where(table.c.source == ADMIN)).rowcount > 0


def _decode(text: str) -> Rules:
    return msgspec.json.decode(text, type=Rules)
