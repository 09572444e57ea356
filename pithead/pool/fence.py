"""The store refuses who kept the books before and does not know that another keeps them now.

Each holder of the lease (`lease`) has a token greater than those before. The greatest that has ever
written is in the store; a commit with a smaller one is refused, in the transaction that would have
written it, so no pause of a process and no clock can make two of them write.
"""

from sqlalchemy import Connection, text

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
