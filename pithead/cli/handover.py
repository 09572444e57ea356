"""One pool process takes over from another: its listening sockets, then its data directory.

    new process                              old process
    ───────────                              ───────────
    connects to the socket `handover`
    says what it is                   ──>
                                      <──    names and listening sockets (SCM_RIGHTS)
                                             closes its connections, books and chain,
                                             lets go of the data directory
                                      <──    `FREE`
    opens chain and books, serves
    `SERVES`                          ──>    ends

From the moment the sockets are out, connections wait in the system's queue until one of the two
accepts them: none is refused. The old process has kept its own handles of the sockets: where the
line ends without `SERVES`, it opens again and goes on. The socket is in the data directory, for its
owner alone.
"""

import asyncio
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import structlog

log = structlog.get_logger(__name__)

SOCKET_NAME = "handover"
GREETING = b"pithead takes over and says when it serves\n"
FREE = b"f"
SERVES = b"s"
MOST_SOCKETS = 128
LONGEST_NAMES = 4096
ANSWER_SECONDS = 10.0
"""Wall time for the first answer."""
LETTING_GO_SECONDS = 120.0
"""Wall time for the old process to let go."""

Sockets = dict[str, socket.socket]
"""That listen, by name."""

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
        self._kept: Sockets = {}

    @property
    def is_asked(self) -> bool:
        """Somebody has the sockets and waits for the rest."""
        return self._taker is not None

    async def asked(self, sockets: Callable[[], Sockets]) -> None:
        """Return when somebody has asked, and has the sockets; others of the same are kept."""
        loop = asyncio.get_running_loop()
        while True:
            taker, _ = await loop.sock_accept(self._listening)
            taker.setblocking(False)
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    if await loop.sock_recv(taker, len(GREETING)) == GREETING:
                        self._kept = sockets()
                        _send(taker, self._kept)
                        self._taker = taker
                        return
            except (OSError, TimeoutError) as error:
                log.warning("nobody took over after all", error=str(error))
                self._close_kept()
            taker.close()

    async def let_go(self) -> None:
        """Say that the data directory is free, and return when the taker serves, or has failed."""
        loop = asyncio.get_running_loop()
        if self._taker is not None:
            with suppress(OSError):  # it is gone already
                await loop.sock_sendall(self._taker, FREE)
                if await loop.sock_recv(self._taker, len(SERVES)) == SERVES:
                    self._close_kept()

    def take_back(self) -> Sockets:
        """What was kept, to go on with where the taker has failed; nothing where it serves."""
        kept, self._kept = self._kept, {}
        return kept

    def _close_kept(self) -> None:
        for each in self._kept.values():
            each.close()
        self._kept = {}

    def close(self) -> None:
        """To be called last of all: a taker that waits goes on."""
        self._listening.close()
        self._close_kept()
        if self._taker is not None:
            self._taker.close()


def _send(taker: socket.socket, sockets: Mapping[str, socket.socket]) -> None:
    names = msgspec.json.encode(list(sockets))
    socket.send_fds(taker, [names], [each.fileno() for each in sockets.values()])


@dataclass(slots=True)
class Taken:
    """What a process has from the one before it: nothing, where there was none."""

    sockets: Sockets = field(default_factory=dict)
    """Those that are used are to be taken out."""
    _giver: socket.socket | None = None

    def serves(self) -> None:
        """Tell the process before that it is not needed any more."""
        if self._giver is not None:
            with suppress(OSError):  # it has ended by itself
                self._giver.send(SERVES)
        self.close()

    def close(self) -> None:
        """Before `serves`: the process before goes on. Closes what nobody has taken out."""
        for each in self.sockets.values():
            each.close()
        self.sockets = {}
        if self._giver is not None:
            self._giver.close()
            self._giver = None


async def take_over(directory: Path) -> Taken:
    """The listening sockets of the pool that runs on `directory`, once it has let go of all else.

    Raises NotHandedOver; the pool that runs goes on then, if it can.
    """
    loop = asyncio.get_running_loop()
    giver = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    giver.setblocking(False)
    taken = Taken({}, giver)
    try:
        with _short(directory) as path:
            await loop.sock_connect(giver, path)
        async with asyncio.timeout(ANSWER_SECONDS):
            await loop.sock_sendall(giver, GREETING)
            taken.sockets = await _receive(giver)
        async with asyncio.timeout(LETTING_GO_SECONDS):
            await loop.sock_recv(giver, len(FREE))  # nothing, if it has ended: free as well
    except (FileNotFoundError, ConnectionRefusedError):
        taken.close()
        return Taken()
    except (OSError, TimeoutError, ValueError) as error:
        taken.close()
        why = "it takes too long" if isinstance(error, TimeoutError) else str(error)
        raise NotHandedOver(
            f"the pool that runs on {directory} does not hand over ({why}); stop it and start "
            "again without --take-over"
        ) from error
    except BaseException:
        taken.close()
        raise
    return taken


def claim(sockets: Sockets, name: str, port: int) -> socket.socket | None:
    """Take out the socket of that name; None where there is none on the port that is wanted now.

    The port 0 is any.
    """
    claimed = sockets.pop(name, None)
    if claimed is not None and port not in (0, claimed.getsockname()[1]):
        claimed.close()
        return None
    return claimed


async def _receive(giver: socket.socket) -> Sockets:
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
