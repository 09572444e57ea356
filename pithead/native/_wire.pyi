"""Reads many sockets at once (Linux, SHA instructions); empty elsewhere."""

from collections.abc import Mapping
from typing import Any

MEASURE_FIELDS: int
"""Of what shares are held to: a program with another number has other sources."""

class Wire:
    """Sockets by number, each with an owner; nothing here closes one."""

    def fileno(self) -> int:
        """Readable when `read` has something to say."""

    def open(self, number: int, owner: object, /) -> None:
        """Watch a socket from now on."""

    def want(self, number: int, reading: bool, writing: bool, /) -> None:
        """What of a socket is of interest."""

    def close(self, number: int, /) -> None:
        """Watch it no more."""

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
        """Take shares of these measures on the way, up to `grant` bytes as `allowance` counts."""

    def rearm(self, number: int, measures: tuple[Any, ...], /) -> None:
        """Other measures for one that is armed."""

    def disarm(self, number: int, /) -> int:
        """Hand everything up; what was left of the grant."""

    def read(self) -> tuple[list[Any], list[tuple[Any, bytes]], list[Any]]:
        """Read each socket that has something, once.

        Owner, worker and measure of each share taken, in a row, those of stale jobs among them;
        owners with what is left for them to read, empty at the end of the stream; owners that can
        write again. The answers to the shares wait for `answer`.
        """

    def send(self, number: int, data: bytes, /) -> int:
        """How many bytes left, 0 where the socket is full, -1 where it is broken."""

    def answer(self, is_kept: bool, /) -> list[tuple[Any, bytes | None]]:
        """Let the answers go; owners with what is left of theirs, None where it will never leave.

        Where the shares are not kept no answer leaves.
        """
