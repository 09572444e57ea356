"""One-time codes as the second factor of signing in (TOTP, RFC 6238), in the pool's database.

A secret is kept under a mask that argon2id makes of the user's password and of a salt used once:
it is needed only where the password was just given. So who reads the database alone, as in a
backup or a replica, learns no secret and no code. What that does not protect: who also knows the
password, or finds it out from its hash, has both factors; who writes to the database can turn one
off; and who reads the memory of this process sees secrets as they are used. The page shows a
secret to its user once, so the way there should be TLS. Nobody can lift the mask with another
password: where the operator sets one without the old, the factor is off.

Of recovery codes their SHA-256 is kept: nobody tries 2^80 of them.
"""

import secrets
import time
from base64 import b32encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from hmac import compare_digest

import pyotp
from argon2.low_level import Type, hash_secret_raw
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    and_,
    delete,
    func,
    insert,
    select,
    update,
)

from pithead.pool.database import upsert
from pithead.pool.schema import recovery_codes, second_factors

STEP_SECONDS, DIGITS = 30, 6
DRIFT_STEPS = 1
"""So many steps the clock of a telephone may be off, either way."""
SECRET_BYTES = 20
RECOVERY_CODES, RECOVERY_BYTES = 10, 10
SALT_BYTES = 16
TIME_COST, MEMORY_KIB, LANES = 3, 65_536, 4
"""Of argon2id. What is kept can be read only with the numbers it was written with."""
WAITS = second_factors.c.since == 0
"""For its first code."""

Kept = Row[tuple[str, str, str, int, int]]


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """That one is on: since when (unix seconds), and how many recovery codes are left."""

    since: int
    recovery_codes: int


class SecondFactors:
    """Any thread, or another process, may call it. Whether a password is right others ask first."""

    def __init__(
        self,
        engine: Engine,
        wall: Callable[[], float] = time.time,
        memory_kib: int = MEMORY_KIB,
    ) -> None:
        self._engine = engine
        self._wall = wall
        self._memory_kib = memory_kib

    def of(self, user: str) -> SecondFactor | None:
        """None where none is on."""
        codes = select(func.count()).where(recovery_codes.c.user == user)
        row = self._row(user)
        if row is None or not row.since:
            return None
        with self._engine.connect() as connection:
            return SecondFactor(row.since, connection.scalar(codes) or 0)

    def begin(self, user: str, password: str) -> str:
        """A secret in base32, which counts once a code of it was given. ValueError where one is on.

        One that was begun before is forgotten.
        """
        secret, salt = secrets.token_bytes(SECRET_BYTES), secrets.token_bytes(SALT_BYTES)
        made = {
            "salt": salt.hex(), "masked": self._mask(secret, password, salt).hex(),
            "since": 0, "last_counter": 0,
        }  # fmt: skip
        with self._engine.begin() as connection:
            written = connection.scalar(
                upsert(connection, second_factors)
                .values(user=user, **made)
                .on_conflict_do_update(index_elements=["user"], set_=made, where=WAITS)
                .returning(second_factors.c.user)
            )
        if written is None:
            raise ValueError("codes are asked for already; turn that off first")
        return b32encode(secret).decode()

    def confirm(self, user: str, password: str, code: str) -> Sequence[str] | None:
        """Recovery codes, shown only now, as codes are asked for from now on; None for a wrong one.

        ValueError where none was begun.
        """
        row = self._row(user)
        if row is None or row.since:
            raise ValueError("begin anew: there is no secret that waits for its first code")
        counter = counter_of(self._secret(row, password), code, self._wall())
        if counter is None:
            return None
        turn_on = update(second_factors).values(since=int(self._wall()), last_counter=counter)
        with self._engine.begin() as connection:
            if not connection.execute(turn_on.where(_same(row), WAITS)).rowcount:
                raise ValueError("begin anew: another secret was made meanwhile")
            return _new_recovery_codes(connection, user)

    def accepts(self, user: str, password: str, code: str) -> bool:
        """Whether the code proves the user, or none is needed. It is used up by that, for good."""
        row = self._row(user)
        if row is None or not row.since:
            return True
        read = "".join(code.lower().replace("-", " ").split())
        if len(read) != DIGITS:
            return self._recovers(user, read)
        counter = counter_of(self._secret(row, password), read, self._wall(), row.last_counter)
        if counter is None:
            return False
        use = update(second_factors).values(last_counter=counter)
        with self._engine.begin() as connection:
            is_later = second_factors.c.last_counter < counter
            return connection.execute(use.where(_same(row), is_later)).rowcount > 0

    def turn_off(self, user: str) -> bool:
        """False where none was on."""
        with self._engine.begin() as connection:
            return forget(connection, user)

    def masked_anew(self, user: str, old: str, new: str) -> Callable[[Connection], object]:
        """What to do in the transaction that changes the password. ValueError out of that.

        A secret that waits for its first code is forgotten.
        """
        row = self._row(user)
        if row is None or not row.since:
            return partial(forget, user=user)
        salt = secrets.token_bytes(SALT_BYTES)
        masked = self._mask(self._secret(row, old), new, salt)
        change = update(second_factors).values(salt=salt.hex(), masked=masked.hex())

        def write(connection: Connection) -> None:
            if not connection.execute(change.where(_same(row))).rowcount:
                raise ValueError("password or codes were changed by another meanwhile")

        return write

    def _recovers(self, user: str, code: str) -> bool:
        """Whether it is a recovery code of the user, which is gone with that."""
        here = (recovery_codes.c.sha256 == _digest(user, code)) & (recovery_codes.c.user == user)
        with self._engine.begin() as connection:
            return connection.execute(delete(recovery_codes).where(here)).rowcount > 0

    def _row(self, user: str) -> Kept | None:
        with self._engine.connect() as connection:
            return connection.execute(
                select(second_factors).where(second_factors.c.user == user)
            ).one_or_none()  # fmt: skip

    def _secret(self, row: Kept, password: str) -> bytes:
        return self._mask(bytes.fromhex(row.masked), password, bytes.fromhex(row.salt))

    def _mask(self, secret: bytes, password: str, salt: bytes) -> bytes:
        """Puts the mask on, and takes it off."""
        mask = hash_secret_raw(
            password.encode(errors="surrogatepass"), salt, TIME_COST, self._memory_kib, LANES,
            len(secret), Type.ID,
        )  # fmt: skip
        return bytes(one ^ other for one, other in zip(secret, mask, strict=True))


def code_at(secret: bytes, counter: int) -> str:
    """The code of a step, counted from 1970."""
    return pyotp.HOTP(b32encode(secret).decode(), digits=DIGITS).at(counter)


def counter_of(secret: bytes, code: str, wall: float, last_counter: int = 0) -> int | None:
    """The step after `last_counter`, now or beside it, that the code is of."""
    given = "".join(code.split()).encode(errors="surrogatepass")
    now = int(wall) // STEP_SECONDS
    for counter in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
        if counter > last_counter and compare_digest(code_at(secret, counter).encode(), given):
            return counter
    return None


def forget(connection: Connection, user: str) -> bool:
    """Factor and recovery codes; False where no factor was on."""
    connection.execute(delete(recovery_codes).where(recovery_codes.c.user == user))
    connection.execute(delete(second_factors).where(second_factors.c.user == user, WAITS))
    gone = connection.execute(delete(second_factors).where(second_factors.c.user == user))
    return gone.rowcount > 0


def _same(row: Kept) -> ColumnElement[bool]:
    """That nobody changed it since it was read: the salt is new each time."""
    return and_(second_factors.c.user == row.user, second_factors.c.salt == row.salt)


def _new_recovery_codes(connection: Connection, user: str) -> Sequence[str]:
    made = [
        b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode().lower()
        for _ in range(RECOVERY_CODES)
    ]
    rows = [{"sha256": _digest(user, code), "user": user} for code in made]
    connection.execute(insert(recovery_codes), rows)
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in made]


def _digest(user: str, code: str) -> str:
    return sha256(f"{user} {code}".encode(errors="surrogatepass")).hexdigest()
