"""HTTP on the loop that everything else runs on: one uvicorn server, any number of sockets."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator, Sequence

import uvicorn
from starlette.types import ASGIApp


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
    bound.listen(1024)
    bound.setblocking(False)
    return bound


class _Server(uvicorn.Server):
    """Uvicorn leaves the signals to whoever owns the loop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class HttpServer:
    """Serves one ASGI application on sockets that are already bound."""

    def __init__(self, app: ASGIApp, sockets: Sequence[socket.socket]) -> None:
        config = uvicorn.Config(
            app,
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

    async def start(self) -> None:
        """Return once connections are answered."""
        self._task = asyncio.create_task(self._server.serve(sockets=self._sockets))
        while not self._server.started:
            if self._task.done():
                await self._task
                raise RuntimeError("the HTTP server ended before it started")
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        """Finish the requests under way, at most two seconds, and close the sockets."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task
