"""Publishes the credits of each day that is over, and proves to users what they were credited."""

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection, Engine, Row, insert, select

from pithead.pool import schema
from pithead.pool.credit_proof import CreditDay, CreditProof, CreditsChanged, day_name, prove
from pithead.pool.credit_tree import CreditTree, link
from pithead.pool.fence import UNFENCED, Fence

log = structlog.get_logger(__name__)

DAY = 86_400
SALT_BYTES = 32


@dataclass(frozen=True, slots=True)
class PublishedCredits:
    """Any thread may call it; one at a time publishes."""

    engine: Engine
    wall: Callable[[], float] = time.time
    token: int = UNFENCED
    """Of the lease of who publishes."""

    def publish(self) -> Sequence[CreditDay]:
        """Commit to every day that is over and was not published yet, oldest first.

        NotLeader where another process keeps the books now."""
        table = schema.credit_days
        made = []
        with Fence(self.engine, self.token).begin() as connection:
            last = connection.execute(select(table).order_by(table.c.day.desc()).limit(1)).first()
            before = bytes.fromhex(last.link) if last else b""
            for day in _days_after(connection, -1 if last is None else last.day):
                works = works_of(connection, day)
                salt = secrets.token_bytes(SALT_BYTES)
                root = CreditTree(day, works, salt).root
                before = link(before, day, root)
                named, linked = root.hash.hex(), before.hex()
                connection.execute(
                    insert(table).values(
                        day=day, root=named, work=root.work, users=len(works), salt=salt.hex(),
                        link=linked, made=int(self.wall()),
                    )
                )  # fmt: skip
                made.append(CreditDay(day_name(day), named, str(root.work), len(works), linked, 1))
        for each in made:
            log.info("the credits of a day are published", day=each.day, root=each.root)
        return made

    def days(self, first: int, last: int) -> Sequence[CreditDay]:
        """Newest first; days since 1970, both included."""
        table = schema.credit_days
        rows = select(table).where(table.c.day.between(first, last)).order_by(table.c.day.desc())
        with self.engine.connect() as connection:
            return [_published(row) for row in connection.execute(rows)]

    def proof(self, user: str, day: int) -> CreditProof | None:
        """None for a day that is not published, or on which the user had no work."""
        table = schema.credit_days
        with self.engine.connect() as connection:
            row = connection.execute(select(table).where(table.c.day == day)).first()
            works = works_of(connection, day) if row else {}
        if row is None or user not in works:
            return None
        proof = prove(day, works, bytes.fromhex(row.salt), user)
        if proof.root != row.root:
            raise CreditsChanged(
                f"the credits of {proof.day} were changed after they were published"
            )
        return proof


def _published(row: Row[tuple[object, ...]]) -> CreditDay:
    return CreditDay(day_name(row.day), row.root, str(row.work), row.users, row.link, 1)


def _days_after(connection: Connection, day: int) -> Sequence[int]:
    """Days that are over and on which there was work."""
    today = connection.scalar(select(schema.state.c.day)) or 0
    days = schema.days.c.day
    rows = select(days).where(days > day * DAY, days < today * DAY, schema.days.c.work != 0)
    return [second // DAY for second in connection.scalars(rows.distinct().order_by(days))]


def works_of(connection: Connection, day: int) -> dict[str, int]:
    """Credited work by user; the pool's own row has no user."""
    table = schema.days.c
    works: dict[str, int] = {}
    rows = select(table.user, table.work).where(table.day == day * DAY, table.user != "")
    for user, work in connection.execute(rows):
        works[user] = works.get(user, 0) + work
    return {user: work for user, work in works.items() if work}
