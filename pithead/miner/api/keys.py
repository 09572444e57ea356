"""What opens a machine: its password, the tokens of those logged in, and tokens that last.

The command line works on the same files while the machine runs.
"""

import contextlib
import hashlib
import hmac
import os
import secrets
import string
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from pithead.miner.api.passwords import PasswordFile
from pithead.miner.api.sessions import TOKEN_LENGTH, Sessions, bare_token
from pithead.rpc.errors import Unauthenticated

PASSWORD_FILE = "password"
TOKENS_FILE = "tokens"
ALPHABET = string.ascii_letters + string.digits
MOST_LASTING_TOKENS = 100
MARK_LENGTH = 12
_HASH_LENGTH = 64


def new_token() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(TOKEN_LENGTH))


class LastingTokens:
    """Tokens for tools that cannot log in; the file has a SHA-256 of each, one a line.

    A token is random enough (95 bits) that a fast hash keeps it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._hashes: frozenset[str] = frozenset()

    def make(self) -> str:
        """A new token, shown this once. The oldest gives way where there are too many."""
        token = new_token()
        self._write([*self._lines(), _hash(token)][-MOST_LASTING_TOKENS:])
        return token

    def _write(self, lines: Sequence[str]) -> None:
        """All or nothing, for its owner alone."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=self._path.parent, prefix=".tokens.")
        with os.fdopen(descriptor, "w") as file:
            file.write("".join(f"{line}\n" for line in lines))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self._path)

    def fits(self, token: str) -> bool:
        """Whether this is one of them. Reads the file again only when it has changed."""
        wanted = _hash(token)
        return any(hmac.compare_digest(wanted, each) for each in self._current())

    def marks(self) -> list[str]:
        """How the SHA-256 of each begins, the oldest first: the tokens themselves nobody knows."""
        return [line[:MARK_LENGTH] for line in self._lines()]

    def revoke(self, mark: str) -> bool:
        """End the one of this mark; False if there is none."""
        lines = self._lines()
        kept = [line for line in lines if line[:MARK_LENGTH] != mark]
        if len(kept) == len(lines):
            return False
        self._write(kept)
        return True

    def revoke_all(self) -> None:
        self._path.unlink(missing_ok=True)

    def _current(self) -> frozenset[str]:
        try:
            status = self._path.stat()
        except OSError:
            self._seen = None
            return frozenset()
        seen = (status.st_mtime_ns, status.st_ino)
        if seen != self._seen:
            self._hashes = frozenset(self._lines())
            self._seen = seen
        return self._hashes

    def _lines(self) -> list[str]:
        with contextlib.suppress(OSError, UnicodeDecodeError):
            with self._path.open(encoding="ascii") as file:
                text = file.read((_HASH_LENGTH + 2) * MOST_LASTING_TOKENS)
            return [line for line in text.split() if len(line) == _HASH_LENGTH]
        return []


class Keys:
    """All that opens one machine."""

    def __init__(self, passwords: PasswordFile, sessions: Sessions, lasting: LastingTokens) -> None:
        self.passwords = passwords
        self.sessions = sessions
        self.lasting = lasting
        self._version = passwords.version()

    def check(self, authorization: str | None) -> None:
        """Renew the token of an `Authorization` header. Raises Unauthenticated."""
        self.notice_change()
        try:
            self.sessions.check(authorization)
        except Unauthenticated:
            token = bare_token(authorization or "")
            if not token or not self.lasting.fits(token):
                raise

    def notice_change(self) -> None:
        """End the logins of before, where the password was changed on the command line."""
        version = self.passwords.version()
        if version != self._version:
            self._version = version
            self.sessions.revoke_all()

    def change_password(self, password: str | None) -> None:
        """Every token ends with the old password. Not for the event loop."""
        self.passwords.change(password)
        self._version = self.passwords.version()
        self.revoke_all()

    def revoke_all(self) -> None:
        """Those who use the machine log in again."""
        self.sessions.revoke_all()
        self.lasting.revoke_all()

    def remove_all(self) -> None:
        """As when new: no password, no token."""
        self.change_password(None)


def keys_in(directory: Path, wall: Callable[[], float]) -> Keys:
    """Those of the machine whose files are in `directory`."""
    return Keys(
        PasswordFile(directory / PASSWORD_FILE),
        Sessions(new_token, wall),
        LastingTokens(directory / TOKENS_FILE),
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
