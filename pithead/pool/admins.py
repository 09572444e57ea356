"""Who may run the pool: tokens of the admin API, in the pool's database."""

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import Engine, delete, insert, select, update

from pithead.pool.schema import admins

TOKEN_BYTES = 32
LONGEST_NAME = 64
WRITTEN_SECONDS = 60
"""How exactly it is known when a token was last used."""


class Admin(NamedTuple):
    """Times are unix seconds; `last_used` is 0 for a token never used."""

    name: str
    created: int
    last_used: int


@dataclass(frozen=True, slots=True)
class Admins:
    """Any process may write them; one made or revoked elsewhere counts at once."""

    engine: Engine
    wall: Callable[[], float] = time.time

    def create(self, name: str) -> str:
        """A new token in place of the last of that name; it is shown only now."""
        if not (0 < len(name) <= LONGEST_NAME and name.isprintable()):
            raise ValueError(f"an admin's name has 1 to {LONGEST_NAME} printable characters")
        token = secrets.token_urlsafe(TOKEN_BYTES)
        with self.engine.begin() as connection:
            connection.execute(delete(admins).where(admins.c.name == name))
            connection.execute(
                insert(admins).values(
                    sha256=_digest(token), name=name, created=int(self.wall()), last_used=0
                )
            )
        return token

    def revoke(self, name: str) -> bool:
        """False where there was none."""
        with self.engine.begin() as connection:
            return connection.execute(delete(admins).where(admins.c.name == name)).rowcount > 0

    def all(self) -> Sequence[Admin]:
        columns = select(admins.c.name, admins.c.created, admins.c.last_used)
        with self.engine.connect() as connection:
            return [Admin(*row) for row in connection.execute(columns.order_by(admins.c.name))]

    def check(self, token: str) -> str | None:
        """The name a token was made for; None for one that is not valid."""
        digest, now = _digest(token), int(self.wall())
        here = admins.c.sha256 == digest
        with self.engine.connect() as connection:
            found = connection.execute(
                select(admins.c.name, admins.c.last_used).where(here)
            ).first()
        if found is None:
            return None
        if now - found.last_used >= WRITTEN_SECONDS:
            with self.engine.begin() as connection:
                connection.execute(update(admins).where(here).values(last_used=now))
        return str(found.name)


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
