"""Who may see and steer the fleet: a token, a password, and sessions of browsers.

The token is made at the first start; the password is set by the operator and only its argon2 hash
is kept. Times are wall time.
"""

import hmac
import os
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

TOKEN_FILE, PASSWORD_FILE = "token", "password"
TOKEN_BYTES = 24
SESSION_SECONDS = 12 * 3600.0
"""From its last use."""
MOST_SESSIONS = 256
LEAST_PASSWORD, MOST_PASSWORD = 8, 256

_HASHER = PasswordHasher()


@dataclass(slots=True)
class OpenSession:
    csrf: str
    until: float


class Access:
    """One directory of two small files, mode 0600; sessions are in memory alone."""

    def __init__(self, directory: Path, is_open: bool, wall: Callable[[], float]) -> None:
        """`is_open`: whether everybody may look, as where only this computer can ask."""
        directory.mkdir(parents=True, exist_ok=True)
        self.is_open = is_open
        self.token = _token(directory / TOKEN_FILE)
        self._password = directory / PASSWORD_FILE
        self._wall = wall
        self._sessions: OrderedDict[str, OpenSession] = OrderedDict()

    def knows_token(self, token: str) -> bool:
        return hmac.compare_digest(token.encode(), self.token.encode())

    def fits(self, password: str) -> bool:
        """Whether this is the password or the token. Tens of milliseconds: not for the loop."""
        if self.knows_token(password):
            return True
        try:
            return _HASHER.verify(self._password.read_bytes().strip(), password)
        except (OSError, VerificationError, InvalidHashError):
            return False

    def begin(self) -> tuple[str, OpenSession]:
        """A new session: what the cookie holds, and the session."""
        secret = secrets.token_urlsafe(TOKEN_BYTES)
        session = OpenSession(secrets.token_urlsafe(TOKEN_BYTES), self._wall() + SESSION_SECONDS)
        self._sessions[_digest(secret)] = session
        while len(self._sessions) > MOST_SESSIONS:
            self._sessions.popitem(last=False)
        return secret, session

    def session(self, secret: str) -> OpenSession | None:
        """The one of a cookie, renewed; None where it is over, or never was."""
        key = _digest(secret)
        session = self._sessions.get(key)
        now = self._wall()
        if session is None or session.until <= now:
            self._sessions.pop(key, None)
            return None
        session.until = now + SESSION_SECONDS
        self._sessions.move_to_end(key)
        return session

    def end(self, secret: str) -> None:
        self._sessions.pop(_digest(secret), None)


def set_password(directory: Path, password: str) -> None:
    """Raises ValueError with a sentence. A running fleet asks for the new one at once."""
    if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD:
        raise ValueError(f"a password has {LEAST_PASSWORD} to {MOST_PASSWORD} characters")
    directory.mkdir(parents=True, exist_ok=True)
    _write(directory / PASSWORD_FILE, _HASHER.hash(password))


def _token(path: Path) -> str:
    """The one of an earlier run, or a new one."""
    try:
        kept = path.read_text().strip()
    except FileNotFoundError:
        kept = ""
    if not kept:
        kept = secrets.token_urlsafe(TOKEN_BYTES)
        _write(path, kept)
    return kept


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
