"""Passwords of accounts and the sessions they open, in the pool's database.

Of a password only what argon2id makes of it is kept, of a session only its token's digest. A
password takes a tenth of a second and 64 MiB to check, so callers do it off the loop, few at once.
"""

import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from hashlib import sha256

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, Engine, delete, insert, select

from pithead.pool.database import upsert
from pithead.pool.schema import passwords, sessions, users
from pithead.pool.second_factors import SecondFactors, forget

SHORTEST, LONGEST = 10, 200
TOKEN_BYTES = 32
SESSION_SECONDS = 12 * 3_600
MOST_SESSIONS = 20
"""Of a user; one more ends the oldest."""

Alongside = Callable[[Connection], object]
"""What else is done in a transaction."""


@dataclass(frozen=True, slots=True)
class Session:
    """Who has signed in, and until when (unix seconds)."""

    user: str
    expires: int
    csrf: str
    """What a page of ours sends with each change: only who has the token can know it."""


class WrongCode(Exception):
    """The password is right, and a code is asked for as well; the text says what is amiss."""


class Logins:
    """Any thread, or another process, may call it."""

    def __init__(self, engine: Engine, wall: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._wall = wall
        self._hasher = PasswordHasher()
        self.factors = SecondFactors(engine, wall)

    def set_password(self, user: str, password: str) -> None:
        """In place of the last; every session of the user ends, and no code is asked for any more.

        ValueError for a password of a wrong length, or a user who has no account.
        """
        self._set_password(user, password, partial(forget, user=user))

    def change_password(self, user: str, old: str, new: str) -> None:
        """By who has proved to know the old one; codes stay as they are. ValueError as above."""
        self._set_password(user, new, self.factors.masked_anew(user, old, new))

    def _set_password(self, user: str, password: str, alongside: Alongside) -> None:
        if not SHORTEST <= len(password) <= LONGEST:
            raise ValueError(f"a password has {SHORTEST} to {LONGEST} characters")
        made = {"argon2": self._hasher.hash(_bytes(password)), "set_at": int(self._wall())}
        with self._engine.begin() as connection:
            alongside(connection)
            if connection.scalar(select(users.c.name).where(users.c.name == user)) is None:
                raise ValueError(f"there is no account {user!r}")
            connection.execute(
                upsert(connection, passwords)
                .values(user=user, **made)
                .on_conflict_do_update(index_elements=["user"], set_=made)
            )
            connection.execute(delete(sessions).where(sessions.c.user == user))

    def remove_password(self, user: str) -> bool:
        """Nobody signs in as that user any more; False where there was no password."""
        with self._engine.begin() as connection:
            forget(connection, user)
            connection.execute(delete(sessions).where(sessions.c.user == user))
            gone = connection.execute(delete(passwords).where(passwords.c.user == user))
        return gone.rowcount > 0

    def has_password(self, user: str) -> bool:
        rows = select(passwords.c.user).where(passwords.c.user == user)
        with self._engine.connect() as connection:
            return connection.scalar(rows) is not None

    def is_right(self, user: str, password: str) -> bool:
        """How long it takes does not say whether there is such a user."""
        if not user.isprintable():  # no name of an account, and some databases take no such text
            return False
        with self._engine.connect() as connection:
            found = connection.scalar(select(passwords.c.argon2).where(passwords.c.user == user))
        try:
            self._hasher.verify(found or self._nobodys, _bytes(password[: LONGEST + 1]))
        except (VerificationError, InvalidHashError):
            return False
        return found is not None

    def proves(self, user: str, password: str, code: str = "") -> bool:
        """False for a wrong name or password; WrongCode where only the code is. Uses that up."""
        if not self.is_right(user, password):
            return False
        if not self.factors.accepts(user, password, code):
            raise WrongCode("this code is wrong or was used; wait for the next one" if code
                            else "a code of the authenticator is needed as well")  # fmt: skip
        return True

    def sign_in(self, user: str, password: str, code: str = "") -> str | None:
        """The token of a new session, shown only now; None and WrongCode as in `proves`."""
        if not self.proves(user, password, code):
            return None
        token = secrets.token_urlsafe(TOKEN_BYTES)
        now = int(self._wall())
        with self._engine.begin() as connection:
            _make_room(connection, user, now)
            connection.execute(
                insert(sessions).values(
                    sha256=_digest(token), user=user, created=now, expires=now + SESSION_SECONDS
                )
            )
        return token

    def session(self, token: str) -> Session | None:
        """None for a token that is not valid, or no longer."""
        rows = select(sessions.c.user, sessions.c.expires, sessions.c.created)
        with self._engine.connect() as connection:
            found = connection.execute(rows.where(sessions.c.sha256 == _digest(token))).first()
        if found is None or not found.created <= self._wall() < found.expires:
            return None
        return Session(found.user, found.expires, _csrf(token))

    def sign_out(self, token: str) -> None:
        """Nothing happens where there was no such session."""
        with self._engine.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.sha256 == _digest(token)))

    def sign_others_out(self, user: str, token: str) -> None:
        """Every session of the user but that one ends."""
        others = (sessions.c.user == user) & (sessions.c.sha256 != _digest(token))
        with self._engine.begin() as connection:
            connection.execute(delete(sessions).where(others))

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash(secrets.token_urlsafe(TOKEN_BYTES))


def _make_room(connection: Connection, user: str, now: int) -> None:
    connection.execute(delete(sessions).where(sessions.c.expires <= now))
    rows = select(sessions.c.sha256).where(sessions.c.user == user)
    newest_first = rows.order_by(sessions.c.created.desc(), sessions.c.sha256)
    old = connection.scalars(newest_first.offset(MOST_SESSIONS - 1)).all()
    connection.execute(delete(sessions).where(sessions.c.sha256.in_(old)))


def _bytes(password: str) -> bytes:
    """Of any text, even of such as has no UTF-8."""
    return password.encode(errors="surrogatepass")


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _csrf(token: str) -> str:
    return hmac.new(token.encode(), b"csrf", sha256).hexdigest()
