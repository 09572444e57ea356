"""Firmware images: received to disk piece by piece, checked, and asked for their version."""

import hashlib
import os
import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from pithead.miner.refusals import BadSetting

LARGEST_IMAGE = 512 * 1024 * 1024
LOOKED_AT = 64 * 1024
"""Bytes at the beginning of an image that may name its version."""
_VERSION = re.compile(rb"20\d\d-\d\d-\d\d-\d{1,2}-[0-9a-f]{8}-\d\d\.\d\d(?:\.\d{1,2})?(?:-plus)?")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")

IMAGE_NAME = "firmware.img"
_PREFIX = ".firmware."


class Incoming:
    """One image on its way to `directory`. Methods write to disk: not for the event loop."""

    def __init__(self, directory: Path, size: int, sha256: str) -> None:
        """Raises BadSetting where the image cannot be one, whatever comes."""
        if not 0 < size <= LARGEST_IMAGE:
            raise BadSetting(f"size {size} is not one of an image: 1 to {LARGEST_IMAGE} bytes")
        if _SHA256.fullmatch(sha256) is None:
            raise BadSetting("hash is not a SHA-256: 64 hexadecimal digits")
        self._size = size
        self._wanted = sha256.lower()
        self._digest = hashlib.sha256()
        self._head = b""
        self._received = 0
        directory.mkdir(parents=True, exist_ok=True)
        self._place = directory / IMAGE_NAME
        for left_behind in directory.glob(f"{_PREFIX}*"):  # by an upload that a crash ended
            left_behind.unlink(missing_ok=True)
        descriptor, name = tempfile.mkstemp(dir=directory, prefix=_PREFIX)
        self._temporary = Path(name)
        self._file = os.fdopen(descriptor, "wb")

    def add(self, data: bytes) -> None:
        """Raises BadSetting as soon as there is more than was announced."""
        self._received += len(data)
        if self._received > self._size:
            raise BadSetting(f"the image has more than the {self._size} bytes announced")
        self._head += data[: LOOKED_AT - len(self._head)]
        self._digest.update(data)
        self._file.write(data)

    def complete(self, now: float) -> str:
        """The version of the image, which is whole and in its place. Raises BadSetting."""
        if self._received != self._size:
            raise BadSetting(f"the image has {self._received} bytes, {self._size} were announced")
        if self._digest.hexdigest() != self._wanted:
            raise BadSetting(f"the image has SHA-256 {self._digest.hexdigest()}, another announced")
        self._file.close()
        self._temporary.replace(self._place)
        return version_of(self._head, self._digest.hexdigest(), now)

    def discard(self) -> None:
        """Nothing of it stays."""
        self._file.close()
        self._temporary.unlink(missing_ok=True)
        self._place.unlink(missing_ok=True)


def version_of(head: bytes, sha256: str, now: float) -> str:
    """What the image says it is. One that says nothing is named as builds are: by the day it was
    installed and its hash."""
    found = _VERSION.search(head)
    if found is not None:
        return found[0].decode()
    return f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d}-0-{sha256[:8]}-26.08-plus"
