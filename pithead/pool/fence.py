"""The store refuses who kept the books before and does not know that another keeps them now.

Each holder of the lease (`lease`) has a token greater than those before. The greatest that has ever
written is in the store; a commit with a smaller one is refused, in the transaction that would have
written it, so no pause of a process and no clock can make two of them write.

Held to it is what follows from the books: these, notices of what happened, the credits of a day,
and whether a payout is sent. What a user or an operator has asked for (accounts, tokens, contacts,
where to pay) any process may write.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, text

from pithead.pool import schema
from pithead.pool.database import StoreError, upsert

UNFENCED = 0
"""Of a pool without a lease: nothing is looked at."""
BOOKS = "books"
FROZEN = text("SET LOCAL idle_in_transaction_session_timeout = '10s'")
"""PostgreSQL ends the transaction of a process that says nothing for so long: where it was frozen
as it held the fence, all others would wait for it."""


class NotLeader(StoreError):
    """Another process keeps the books now; this one is to write no more."""


@dataclass(frozen=True, slots=True)
class Fence:
    """Of one holder of the lease; any thread may use it."""

    engine: Engine
    token: int = UNFENCED

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction that only who keeps the books may have. Raises NotLeader."""
        with self.engine.begin() as connection:
            pass_fence(connection, self.token)
            yield connection

    def check(self) -> None:
        """Raises NotLeader; what is done outside the store is done after this."""
        if self.token != UNFENCED:
            with self.begin():
                pass


def pass_fence(connection: Connection, token: int) -> None:
    """Raises NotLeader. Another transaction that passes waits for the end of this one."""
    if token == UNFENCED:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(FROZEN)
    table = schema.fence
    offered = upsert(connection, table).values(name=BOOKS, token=token)
    passed = offered.on_conflict_do_update(
        index_elements=["name"],
        set_={"token": offered.excluded.token},
        where=table.c.token <= offered.excluded.token,
    ).returning(table.c.token)
    if connection.scalar(passed) is None:
        raise NotLeader(
            f"another process keeps the books now: its token is greater than {token}; this one "
            "writes no more"
        )
