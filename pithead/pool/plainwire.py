"""What the C extension's `Wire` means, in plain Python: it takes no share on the way."""

import errno
import os
import selectors
from collections.abc import Mapping
from typing import Any

READ_SIZE = 65_536
FULL = (errno.EAGAIN, errno.EWOULDBLOCK, errno.EINTR, errno.ENOBUFS)


class Wire:
    """Sockets by number, each with an owner. `_wire.pyi` says what each method does."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._owners: dict[int, object] = {}

    def fileno(self) -> int:
        return int(self._selector.fileno())

    def open(self, number: int, owner: object, /) -> None:
        if number in self._owners:
            raise ValueError(f"socket {number} is open already")
        self._selector.register(number, selectors.EVENT_READ, owner)
        self._owners[number] = owner

    def want(self, number: int, reading: bool, writing: bool, /) -> None:
        owner = self._owner(number)
        events = selectors.EVENT_READ * reading | selectors.EVENT_WRITE * writing
        if number in self._selector.get_map():
            self._selector.unregister(number)
        if events:  # a selector takes none that is of no interest
            self._selector.register(number, events, owner)

    def close(self, number: int, /) -> None:
        self.want(number, False, False)
        del self._owners[number]

    def arm(
        self,
        number: int,
        measures: tuple[Any, ...],
        extranonce1: bytes,
        workers: Mapping[str, object],
        mask: int,
        grant: int,
        /,
    ) -> None:
        self._owner(number)

    def rearm(self, number: int, measures: tuple[Any, ...], /) -> None:
        self._owner(number)

    def disarm(self, number: int, /) -> int:
        self._owner(number)
        return 0

    def read(self) -> tuple[list[Any], list[tuple[Any, bytes]], list[Any]]:
        said: list[tuple[Any, bytes]] = []
        writable: list[Any] = []
        for key, events in self._selector.select(0):
            if events & selectors.EVENT_WRITE:
                writable.append(key.data)
            if events & selectors.EVENT_READ:
                try:
                    said.append((key.data, os.read(key.fd, READ_SIZE)))
                except OSError as error:
                    if error.errno not in FULL:
                        said.append((key.data, b""))
        return [], said, writable

    def send(self, number: int, data: bytes, /) -> int:
        self._owner(number)
        try:
            return os.write(number, data)
        except OSError as error:
            return 0 if error.errno in FULL else -1

    def answer(self, is_kept: bool, /) -> list[tuple[Any, bytes | None]]:
        return []

    def _owner(self, number: int) -> Any:
        try:
            return self._owners[number]
        except KeyError as error:
            raise ValueError(f"socket {number} is not open here") from error
