"""The Stratum port on asyncio's streams: the baseline that the pool's own listener is held to."""

import asyncio
import socket

from pithead.pool.listener import Connection, Listener, Taker


class StreamConnection(Connection):
    """A connection that a task of its own reads line by line."""

    def __init__(self, pool: Taker, writer: asyncio.StreamWriter) -> None:
        super().__init__(pool)
        self.connection_made(writer.transport)


class StreamListener(Listener):
    """`Listener`, with a task a connection."""

    def __init__(self, pool: Taker, host: str, port: int) -> None:
        super().__init__(pool, host, port)
        self._server: asyncio.Server | None = None

    async def start(self, listening: socket.socket | None = None) -> None:
        self._server = await asyncio.start_server(
            self._read, self._host, self._port, limit=1 << 16, backlog=4096
        )

    @property
    def address(self) -> tuple[str, int]:
        assert self._server is not None
        host, port = self._server.sockets[0].getsockname()
        return str(host), int(port)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = StreamConnection(self._pool, writer)
        try:
            while line := await reader.readline():
                connection.data_received(line)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            connection.connection_lost(None)
