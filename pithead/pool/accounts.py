"""Who may mine, and whose token it is. Kept in the pool's database, where other processes write."""

import re
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Generic, TypeVar

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from pithead.pool.database import upsert
from pithead.pool.names import read_worker
from pithead.pool.readings import StoreAway
from pithead.pool.schema import tokens, users
from pithead.pool.store import Store

FRESH_SECONDS = 1.0
"""How long an answer may be out of date: how soon a token made or revoked elsewhere is noticed."""
AWAY_SECONDS = 5.0
"""How long a database that could not be asked is left in peace: asking may hold up the pool."""
REMEMBERED = 20_000
"""Answers kept; a stranger who tries tokens pushes out old ones, not the memory."""
TOKEN_BYTES = 24
LONGEST_PROFILE = 64
PROFILE = re.compile(r"[A-Za-z0-9_. -]+")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Access:
    """What the access profile of a token allows."""

    username: str
    web_api: bool


@dataclass(frozen=True, slots=True)
class Profile:
    """An access profile. Times are unix seconds; `last_used` is 0 for one never used."""

    name: str
    web_api: bool
    created: int
    last_used: int


class Accounts:
    """Users and access profiles. Several processes may have the same database open."""

    def __init__(
        self,
        store: Store,
        registration_open: bool = True,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """`wall` gives unix seconds; tokens live in the world's time, not in that of a farm."""
        self._engine = store.engine
        self._wall = wall
        self._open = registration_open
        self._known: _Memory[bool] = _Memory(wall)
        self._access: _Memory[Access | None] = _Memory(wall)
        self._used: dict[str, int] = {}

    # Users

    def admit(self, user: str) -> bool:
        """Whether a miner may authorise as `user`: anybody, or those who have an account.

        While nobody can say, everybody: work that is turned away is lost for good.
        """
        if self._open:
            return True
        try:
            return self._known.recall(user, lambda: self._is_known(user))
        except StoreAway:
            return True

    def create_user(self, user: str) -> None:
        """Does nothing where there is one. ValueError for a name that could not mine."""
        worker = read_worker(user)
        if worker is None or worker.user != user:
            raise ValueError(f"{user!r} cannot be a user's name")
        with self._engine.begin() as connection:
            values = {"name": user, "created": int(self._wall())}
            connection.execute(upsert(connection, users).values(values).on_conflict_do_nothing())
        self._known.forget()

    def users(self) -> Sequence[str]:
        """All that have an account, in order."""
        with self._engine.connect() as connection:
            return connection.scalars(select(users.c.name).order_by(users.c.name)).all()

    def has(self, user: str) -> bool:
        return self._is_known(user)

    def _is_known(self, user: str) -> bool:
        with self._engine.connect() as connection:
            found = connection.scalar(select(users.c.name).where(users.c.name == user))
        return found is not None

    # Tokens

    def create_token(self, user: str, profile: str = "default", web_api: bool = True) -> str:
        """A new token, which takes the place of the profile's last; opens the account if need be.

        This is the only time it can be seen: only its digest is kept. ValueError for a name that
        cannot be one.
        """
        if not (0 < len(profile) <= LONGEST_PROFILE and PROFILE.fullmatch(profile)):
            raise ValueError(f"{profile[:80]!r} cannot be the name of an access profile")
        self.create_user(user)
        token = secrets.token_urlsafe(TOKEN_BYTES)
        with self._engine.begin() as connection:
            connection.execute(
                delete(tokens).where(tokens.c.user == user, tokens.c.profile == profile)
            )
            connection.execute(
                insert(tokens).values(
                    sha256=_digest(token),
                    user=user,
                    profile=profile,
                    web_api=web_api,
                    created=int(self._wall()),
                    last_used=0,
                )
            )
        self._access.forget()
        return token

    def revoke(self, user: str, profile: str = "default") -> bool:
        """False where there was no such profile."""
        with self._engine.begin() as connection:
            gone = connection.execute(
                delete(tokens).where(tokens.c.user == user, tokens.c.profile == profile)
            )
        self._access.forget()
        return gone.rowcount > 0

    def profiles(self, user: str) -> Sequence[Profile]:
        """A user's access profiles, in order of their names."""
        columns = select(tokens.c.profile, tokens.c.web_api, tokens.c.created, tokens.c.last_used)
        rows = columns.where(tokens.c.user == user).order_by(tokens.c.profile)
        with self._engine.connect() as connection:
            return [Profile(*row) for row in connection.execute(rows)]

    def allow(self, user: str, profile: str, web_api: bool) -> bool:
        """Whether a profile may use web APIs, its token staying; False where there is none."""
        here = (tokens.c.user == user) & (tokens.c.profile == profile)
        with self._engine.begin() as connection:
            changed = connection.execute(update(tokens).where(here).values(web_api=web_api))
        self._access.forget()
        return changed.rowcount > 0

    def access(self, token: str) -> Access | None:
        """None for a token nobody has, or has no longer.

        While the database is away the last answer holds; StoreAway where there is none.
        """
        digest = _digest(token)
        found = self._access.recall(digest, lambda: self._look_up(digest))
        if found is not None:
            self._used[digest] = int(self._wall())
        return found

    def opens(self, token: str, user: str) -> bool:
        """Whether a token is that user's and allows the web API. StoreAway like `access`."""
        access = self.access(token)
        return access is not None and access.web_api and access.username == user

    def save_used(self) -> None:
        """Write down when tokens were last used. May run in any thread."""
        used, self._used = self._used, {}
        try:
            with self._engine.begin() as connection:
                for digest, second in used.items():
                    statement = update(tokens).where(tokens.c.sha256 == digest)
                    connection.execute(statement.values(last_used=second))
        except DBAPIError:
            self._used = {**used, **self._used}
            raise

    def _look_up(self, digest: str) -> Access | None:
        columns = select(tokens.c.user, tokens.c.web_api).where(tokens.c.sha256 == digest)
        with self._engine.connect() as connection:
            row = connection.execute(columns).first()
        return None if row is None else Access(row.user, row.web_api)


class _Memory(Generic[T]):
    """Answers that hold for a second, or for as long as there are no others to be had."""

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        self._answers: dict[str, tuple[float, T]] = {}
        self._away_until = 0.0

    def recall(self, question: str, ask: Callable[[], T]) -> T:
        now = self._wall()
        known = self._answers.get(question)
        if known is not None and 0 <= now - known[0] < FRESH_SECONDS:
            return known[1]
        try:
            if 0 < self._away_until - now <= AWAY_SECONDS:
                raise StoreAway
            answer = ask()
        except (DBAPIError, StoreAway) as error:
            if isinstance(error, DBAPIError):
                self._away_until = self._wall() + AWAY_SECONDS
            if known is None:
                raise StoreAway from error
            return known[1]
        self._answers.pop(question, None)
        if len(self._answers) >= REMEMBERED:
            del self._answers[next(iter(self._answers))]
        self._answers[question] = (now, answer)
        return answer

    def forget(self) -> None:
        self._answers.clear()


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
