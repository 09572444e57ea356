"""TCP connections of one miner to its pools: opened and closed as the core wants, bytes carried."""

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from functools import cache
from typing import cast

import structlog

from pithead.miner.cable import Cable
from pithead.miner.miner import Miner
from pithead.miner.upstream import Upstream

log = structlog.get_logger(__name__)

CONNECT_SECONDS = 10.0
SHORTEST_GAP_SECONDS = 0.5
"""Wall time between two attempts at one pool, however fast farm time runs."""
MOST_UNSENT = 1 << 20
"""Bytes: a pool that reads so little is not there."""
TLS_SHUTDOWN_SECONDS = 1.0
"""For the pool to say goodbye, too."""


@cache
def tls_context() -> ssl.SSLContext:
    """TLS as mining machines speak it: encrypted, with any certificate.

    Machines have no set of authorities that anybody keeps current, their clocks may be years off
    until the network is up, and pools and proxies inside a farm sign their certificates
    themselves. So this hides shares and passwords from who listens, not from who sits between.
    """
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class PoolLinks:
    """The connections of one miner."""

    def __init__(
        self,
        miner: Miner,
        now: Callable[[], float],
        source_address: str | None = None,
        cable: Cable | None = None,
    ) -> None:
        self._miner = miner
        self._now = now
        self._source = source_address
        self._cable = cable or Cable()
        self._links: dict[Upstream, _Link] = {}

    def keep(self, now: float) -> None:
        """Open what is wanted and not there, close what is there and not wanted."""
        wall = asyncio.get_running_loop().time()
        wanted = self._miner.links(now)
        for upstream, link in tuple(self._links.items()):
            if link.is_closed and wall - link.began >= SHORTEST_GAP_SECONDS:
                del self._links[upstream]
            elif upstream not in wanted:
                link.close("no longer wanted")
        for upstream in wanted:
            there = self._links.get(upstream)
            problem = self._cable.problem(upstream.address)
            if problem is not None:
                self._part(upstream, there, problem, now)
            elif there is None:
                self._links[upstream] = _Link(upstream, self._miner, self._now, self._source)
            elif not there.is_closed:
                there.tick(wall)

    @staticmethod
    def _part(upstream: Upstream, link: "_Link | None", problem: str, now: float) -> None:
        """The pool is out of reach: what there was is cut off, and no attempt gets through."""
        if link is None:
            upstream.lost(problem, now)
        else:
            link.cut(problem)

    def flush(self, upstream: Upstream) -> None:
        """Send what a pool is to be told."""
        if link := self._links.get(upstream):
            link.flush()

    async def close(self) -> None:
        links, self._links = self._links, {}
        for link in links.values():
            link.close("the miner stops")
        await asyncio.gather(*(link.closed() for link in links.values()))


class _Link(asyncio.Protocol):
    """One connection from the attempt to make it to its end."""

    def __init__(
        self, upstream: Upstream, miner: Miner, now: Callable[[], float], source: str | None
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._upstream = upstream
        self._miner = miner
        self._now = now
        self._source = source
        self._transport: asyncio.Transport | None = None
        self._closing: str | None = None
        self.is_closed = False
        self.began = self._loop.time()
        self._attempt = self._loop.create_task(self._connect())

    async def _connect(self) -> None:
        address = self._upstream.address
        assert address is not None, "a pool without an address wants no link"
        local = None if self._source is None else (self._source, 0)
        encrypted = address.is_encrypted
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._loop.create_connection(
                    lambda: self,
                    address.host,
                    address.port,
                    local_addr=local,
                    ssl=tls_context() if encrypted else None,
                    ssl_shutdown_timeout=TLS_SHUTDOWN_SECONDS if encrypted else None,
                )
        except TimeoutError:
            self._end(f"no connection within {CONNECT_SECONDS:.0f} s")
        except ssl.SSLError as error:
            self._end(f"the pool speaks no TLS: {error.reason or error}")
        except OSError as error:
            self._end(error.strerror or str(error))
        except asyncio.CancelledError:
            self._end(self._closing or "cancelled")
            raise

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass
        if self._closing is not None:
            self._transport.abort()
            return
        self._upstream.opened(self._loop.time())
        self.flush()

    def data_received(self, data: bytes) -> None:
        self._upstream.received(data, self._now(), self._loop.time())
        self._after()

    def connection_lost(self, error: Exception | None) -> None:
        self._end(str(error) if error else "the pool closed the connection")

    def tick(self, wall: float) -> None:
        self._upstream.tick(self._now(), wall)
        self._after()

    def flush(self) -> None:
        if self._transport is None or self._closing is not None:
            return
        if data := self._upstream.outgoing():
            self._transport.write(data)
        if self._transport.get_write_buffer_size() > MOST_UNSENT:
            self.close("the pool does not read")

    def close(self, reason: str) -> None:
        if self._closing is not None or self.is_closed:
            return
        self._closing = reason
        if self._transport is None:
            self._attempt.cancel()
        else:
            self._transport.close()

    def cut(self, reason: str) -> None:
        """End the connection at once, with nothing more said to the pool."""
        self.close(reason)
        if self._transport is not None:
            self._transport.abort()

    async def closed(self) -> None:
        """Return once an attempt that was cut short is over."""
        with contextlib.suppress(asyncio.CancelledError):
            await self._attempt

    def _after(self) -> None:
        self._miner.refeed()
        self.flush()
        if self._upstream.is_over:
            self.close("over")

    def _end(self, reason: str) -> None:
        if self.is_closed:
            return
        self.is_closed = True
        self._upstream.lost(self._closing or reason, self._now())
        self._miner.refeed()
        log.info(
            "pool.lost",
            url=self._upstream.target.url,
            user=self._upstream.target.user,
            reason=self._upstream.problem,
        )
