"""HTTP on the loop that everything else runs on: one uvicorn server, any number of sockets."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator, Sequence

import structlog
import uvicorn
from starlette.types import ASGIApp

from pithead.cli.patience import PatientHttp
from pithead.metrics.tracing import TracedApp

log = structlog.get_logger(__name__)

LAST_WORDS_SECONDS = 0.5
"""For answers under way on a connection that is about to be cut."""
STUCK_SECONDS = 60
"""A peer that takes none of the bytes waiting for it for so long is cut off by the system."""
_USER_TIMEOUT: int | None = getattr(socket, "TCP_USER_TIMEOUT", None)
"""Linux alone has it."""


class AddressTaken(Exception):
    """An address could not be bound; the message says which and what to do."""


def listen(host: str, port: int, setting: str) -> socket.socket:
    """A listening TCP socket on `host:port`; `setting` names the option to change if it fails.

    Raises PermissionError where the process may not bind the port, AddressTaken otherwise.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except PermissionError:
        bound.close()
        raise
    except OSError as error:
        bound.close()
        raise AddressTaken(
            f"{host}:{port} cannot be bound ({error.strerror}); is it running already? "
            f"Choose another with {setting}"
        ) from error
    if _USER_TIMEOUT is not None:  # connections have it from the socket that accepts them
        bound.setsockopt(socket.IPPROTO_TCP, _USER_TIMEOUT, STUCK_SECONDS * 1000)
    bound.listen(1024)
    bound.setblocking(False)
    return bound


def _abort(connection: object) -> None:
    """Streams never end by themselves."""
    transport = getattr(connection, "transport", None)
    if transport is not None:
        transport.abort()


class _Server(uvicorn.Server):
    """Uvicorn leaves the signals to whoever owns the loop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class HttpServer:
    """Serves one ASGI application on sockets that are already bound."""

    def __init__(self, app: ASGIApp, sockets: Sequence[socket.socket]) -> None:
        config = uvicorn.Config(
            TracedApp(app),
            http=PatientHttp,
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            date_header=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=2,
        )
        self._server = _Server(config)
        self._sockets = list(sockets)
        self._task: asyncio.Task[None] | None = None
        self._doors: dict[tuple[str, int], asyncio.Server | None] = {}
        self._opening: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Return once connections are answered."""
        self._task = asyncio.create_task(self._server.serve(sockets=self._sockets))
        while not self._server.started:
            if self._task.done():
                await self._task
                raise RuntimeError("the HTTP server ended before it started")
            await asyncio.sleep(0.005)
        for server in self._server.servers:
            self._doors[server.sockets[0].getsockname()[:2]] = server

    def close(self, host: str) -> None:
        """Listen no more on the sockets of `host`; answers under way still go out."""
        for (address, port), door in self._doors.items():
            if address == host and door is not None:
                self._doors[address, port] = None
                self._server.servers.remove(door)
                door.close()
        for connection in tuple(self._server.server_state.connections):
            local = getattr(connection, "server", None)
            if local is not None and local[0] == host:
                connection.shutdown()
                loop = asyncio.get_running_loop()
                loop.call_later(LAST_WORDS_SECONDS, _abort, connection)

    def open(self, host: str) -> None:
        """Listen again where `close` ended it."""
        for (address, port), door in self._doors.items():
            if address == host and door is None:
                task = asyncio.get_running_loop().create_task(self._open(address, port))
                self._opening.add(task)
                task.add_done_callback(self._opening.discard)

    async def _open(self, host: str, port: int) -> None:
        config, state = self._server.config, self._server.server_state
        app_state = self._server.lifespan.state

        def connected() -> asyncio.Protocol:
            made: asyncio.Protocol = config.http_protocol_class(  # type: ignore[call-arg]
                config=config, server_state=state, app_state=app_state
            )
            return made

        try:
            bound = listen(host, port, "another port")
        except (AddressTaken, PermissionError) as error:
            log.error("api.not_open", host=host, port=port, error=str(error))
            return
        server = await asyncio.get_running_loop().create_server(connected, sock=bound)
        self._doors[host, port] = server
        self._server.servers.append(server)

    async def stop(self) -> None:
        """Finish the requests under way, at most two seconds, and close the sockets."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task
