"""The password of a machine: only its argon2 hash is kept, in a file of its own."""

import contextlib
import os
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""The least that OWASP's password storage cheat sheet recommends for argon2id: a control board
is no server, and a farm has a thousand of them in one process."""


class PasswordFile:
    """No file means no password, as on a machine fresh from its installer."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def version(self) -> tuple[int, int] | None:
        """Differs after every change, whoever made it; None where there is no password."""
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino

    def fits(self, password: str) -> bool:
        """Whether this is the password. Takes tens of milliseconds: not for the event loop."""
        try:
            kept = self._path.read_bytes().strip()
        except FileNotFoundError:
            return password == ""
        try:
            return _HASHER.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False

    def change(self, password: str | None) -> None:
        """Keep a new one; None removes it. Not for the event loop either."""
        if password is None:
            self._path.unlink(missing_ok=True)
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_name(self._path.name + ".new")
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(_HASHER.hash(password) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self._path)
