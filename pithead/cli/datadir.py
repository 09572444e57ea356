"""The data directory: one owner at a time, files that are whole or not there."""

import fcntl
import os
import tempfile
from pathlib import Path
from types import TracebackType


class DirectoryInUse(Exception):
    """Another process owns the data directory."""


class DirectoryUnusable(Exception):
    """It cannot be made or written to."""


class DataDirectory:
    """A directory held by this process until it is closed or the process ends."""

    def __init__(self, path: Path) -> None:
        """Made if it is not there. Raises DirectoryInUse, DirectoryUnusable."""
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise DirectoryUnusable(
                f"{path} cannot be used as data directory ({error.strerror}); choose another "
                "with --data"
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise DirectoryInUse(
                f"{path} is used by another pithead process; stop it or choose another "
                "directory with --data"
            ) from None

    def __enter__(self) -> "DataDirectory":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._lock)

    def part(self, name: str) -> Path:
        """A directory of one part (`chain`, `pool`), made if it is not there."""
        part = self.path / name
        part.mkdir(parents=True, exist_ok=True)
        return part


def write_whole(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Replace a file so that a reader, or a crash, sees the old or the new one, never a part."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
