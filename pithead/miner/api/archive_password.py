"""What opens the encrypted support archives of a machine: a password made once, kept in a file.

It is no login: an archive may be sent by roads that others can read, and its password by another.
"""

import contextlib
import os
import secrets
import string
from pathlib import Path

ARCHIVE_PASSWORD_FILE = "archive-password"
LENGTH = 20
"""Letters and digits: 119 bits."""
_ALPHABET = string.ascii_letters + string.digits


def archive_password(directory: Path) -> str:
    """Of the machine whose files are in `directory`; made where there is none yet.

    Reads and writes a file: not for the event loop. Raises OSError; ValueError where the file has
    something else in it.
    """
    path = directory / ARCHIVE_PASSWORD_FILE
    with contextlib.suppress(FileNotFoundError):
        return _read(path)
    directory.mkdir(parents=True, exist_ok=True)
    made = "".join(secrets.choice(_ALPHABET) for _ in range(LENGTH))
    with contextlib.suppress(FileExistsError):  # somebody else was first
        _write_new(path, made)
    return _read(path)


def _read(path: Path) -> str:
    with path.open("rb") as file:
        kept = file.read(LENGTH + 2).decode(errors="replace").strip()
    if len(kept) != LENGTH or not set(kept) <= set(_ALPHABET):
        raise ValueError(f"{path} is damaged; remove it, and the next archive has a new password")
    return kept


def _write_new(path: Path, password: str) -> None:
    """Whole under its name or not there, for its owner alone. Raises FileExistsError."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{password}\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)
    finally:
        os.unlink(temporary)
