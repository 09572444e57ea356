"""One pool process takes over from another: its listening sockets, then its data directory.

    new process                              old process
    ───────────                              ───────────
    connects to the socket `handover`
    says what it is                   ──>
                                      <──    names and listening sockets (SCM_RIGHTS)
                                             closes its connections, books and chain,
                                             lets go of the data directory
    waits for the end of the line     <──    ends

From the moment the sockets are out, connections wait in the system's queue until the new process
accepts them: none is refused. The socket is in the data directory, for its owner alone.
"""

import asyncio
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import structlog

log = structlog.get_logger(__name__)

SOCKET_NAME = "handover"
GREETING = b"pithead takes over\n"
MOST_SOCKETS = 16
LONGEST_NAMES = 4096
ANSWER_SECONDS = 10.0
"""Wall time for the first answer."""
LETTING_GO_SECONDS = 120.0
"""Wall time for the old process to end."""

_names = msgspec.json.Decoder(list[str])


class NotHandedOver(Exception):
    """The running pool did not hand over; the message says what to do."""


@contextmanager
def _short(directory: Path) -> Iterator[str]:
    """A path of the socket that is short enough for the system, however long the directory's."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        link = f"/proc/self/fd/{handle}"
        yield f"{link if os.path.exists(link) else directory}/{SOCKET_NAME}"
    finally:
        os.close(handle)


class Handover:
    """The old process's end: waits until somebody takes over."""

    def __init__(self, directory: Path) -> None:
        """Only for the owner of `directory`: what an earlier process left there is removed."""
        with suppress(FileNotFoundError):
            (directory / SOCKET_NAME).unlink()
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with _short(directory) as path:
            self._listening.bind(path)
        os.chmod(directory / SOCKET_NAME, 0o600)
        self._listening.listen(1)
        self._listening.setblocking(False)
        self._taker: socket.socket | None = None

    @property
    def is_asked(self) -> bool:
        """Somebody has the sockets and waits for the rest."""
        return self._taker is not None

    async def asked(self, sockets: Callable[[], Mapping[str, socket.socket]]) -> None:
        """Return when somebody has asked, and has the sockets."""
        loop = asyncio.get_running_loop()
        while True:
            taker, _ = await loop.sock_accept(self._listening)
            taker.setblocking(False)
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    if await loop.sock_recv(taker, len(GREETING)) == GREETING:
                        _send(taker, sockets())
                        self._taker = taker
                        return
            except (OSError, TimeoutError) as error:
                log.warning("nobody took over after all", error=str(error))
            taker.close()

    def close(self) -> None:
        """Tell the taker that everything is free; to be called last of all."""
        self._listening.close()
        if self._taker is not None:
            self._taker.close()


def _send(taker: socket.socket, sockets: Mapping[str, socket.socket]) -> None:
    names = msgspec.json.encode(list(sockets))
    try:
        socket.send_fds(taker, [names], [each.fileno() for each in sockets.values()])
    finally:
        for each in sockets.values():
            each.close()


async def take_over(directory: Path) -> dict[str, socket.socket]:
    """The listening sockets of the pool that runs on `directory`, once it has let go of all else.

    Empty where none runs. Raises NotHandedOver.
    """
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as giver:
        giver.setblocking(False)
        try:
            with _short(directory) as path:
                await loop.sock_connect(giver, path)
        except (FileNotFoundError, ConnectionRefusedError):
            return {}
        sockets: dict[str, socket.socket] = {}
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await loop.sock_sendall(giver, GREETING)
                sockets = await _receive(giver)
            async with asyncio.timeout(LETTING_GO_SECONDS):
                await loop.sock_recv(giver, 1)
        except (OSError, TimeoutError, ValueError) as error:
            for each in sockets.values():
                each.close()
            why = "it takes too long" if isinstance(error, TimeoutError) else str(error)
            raise NotHandedOver(
                f"the pool that runs on {directory} does not hand over ({why}); stop it and start "
                "again without --take-over"
            ) from error
    return sockets


def claim(sockets: dict[str, socket.socket], name: str, port: int) -> socket.socket | None:
    """Take out the socket of that name; None where there is none on the port that is wanted now.

    The port 0 is any.
    """
    claimed = sockets.pop(name, None)
    if claimed is not None and port not in (0, claimed.getsockname()[1]):
        claimed.close()
        return None
    return claimed


async def _receive(giver: socket.socket) -> dict[str, socket.socket]:
    readable = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(giver, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(giver)
    names, handles, _, _ = socket.recv_fds(giver, LONGEST_NAMES, MOST_SOCKETS)
    sockets = [socket.socket(fileno=handle) for handle in handles]
    try:
        return dict(zip(_names.decode(names), sockets, strict=True))
    except ValueError:
        for each in sockets:
            each.close()
        raise
