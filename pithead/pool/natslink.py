"""The connection of one process to NATS: made again for ever, and its errors as `ExchangeAway`."""

import asyncio
import random
import ssl
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import nats.errors
import structlog
from nats.aio.client import Client
from nats.js import JetStreamContext

from pithead.pool.exchange import ExchangeAway
from pithead.pool.natsusers import check_credentials, check_nkey

log = structlog.get_logger(__name__)

CONNECT_SECONDS = 5
PING_SECONDS = 3
"""How often a server is asked whether it is there; the second time without answer it is not."""
FIRST_WAIT_SECONDS = 0.1
LONGEST_WAIT_SECONDS = 5.0
"""Between two rounds of all servers. Drawn at random up to that, so that not all come at once."""
API_SECONDS = 5.0
"""For a request to JetStream."""

T = TypeVar("T")
Prepare = Callable[[Client], Awaitable[None]]


@dataclass(frozen=True)
class NatsSettings:
    """Where the servers are and how they know this process."""

    urls: tuple[str, ...]
    prefix: str = "pithead"
    """Begins every subject: pools of different prefixes can share a cluster."""
    replicas: int = 1
    """On how many servers each thing is kept: 1, 3 or 5."""
    most_bytes: int = 0
    """What may wait to be taken into the books; beyond that nothing more is kept. 0: no limit."""
    user: str = ""
    password: str = ""
    token: str = ""
    credentials_file: str = ""
    """A user's JWT and the seed of its nkey, as `nsc` writes them."""
    nkey_file: str = ""
    """The seed of a user's nkey alone."""
    tls_ca: str = ""
    """PEM; empty: the system's."""
    tls_certificate: str = ""
    tls_key: str = ""

    def options(self) -> dict[str, Any]:
        """Of the client. Raises OSError for files that cannot be used."""
        options: dict[str, Any] = {"inbox_prefix": f"{self.prefix}.inbox"}
        if self.user:
            options.update(user=self.user, password=self.password)
        if self.token:
            options["token"] = self.token
        if self.credentials_file:
            check_credentials(self.credentials_file)
            options["user_credentials"] = self.credentials_file
        if self.nkey_file:
            check_nkey(self.nkey_file)
            options["nkeys_seed"] = self.nkey_file
        if self.tls_ca or self.tls_certificate or any(u.startswith("tls:") for u in self.urls):
            context = ssl.create_default_context(cafile=self.tls_ca or None)
            if self.tls_certificate:
                context.load_cert_chain(self.tls_certificate, self.tls_key)
            options["tls"] = context
        return options


class NatsLink:
    """Connected to one of the servers, or trying; all users of it share the connection."""

    def __init__(self, settings: NatsSettings) -> None:
        """Raises OSError for files of the settings that cannot be used."""
        self.settings = settings
        self._options = settings.options()
        self._prepare: list[Prepare] = []
        self._client: Client | None = None
        self._lost: asyncio.Future[None] | None = None
        self._linked = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._complaint = ""

    def start(self, *prepare: Prepare) -> None:
        """Begin to connect; `prepare` makes the subscriptions, on every new connection."""
        self._prepare += prepare
        self._running = asyncio.get_running_loop().create_task(self._run())

    async def linked(self) -> None:
        """Return when a server can be reached."""
        await self._linked.wait()

    @property
    def client(self) -> Client:
        """Raises ExchangeAway while there is no connection."""
        if self._client is None:
            raise ExchangeAway("no NATS server can be reached")
        return self._client

    @property
    def jetstream(self) -> JetStreamContext:
        return self.client.jetstream(timeout=API_SECONDS)

    async def within(self, doing: Coroutine[Any, Any, T]) -> T:
        """What that gives; ExchangeAway where it fails or the connection ends before."""
        lost = self._lost
        if lost is None:
            doing.close()
            raise ExchangeAway("no NATS server can be reached")
        task = asyncio.ensure_future(doing)
        either: set[asyncio.Future[Any]] = {task, lost}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not task.done() or task.cancelled():  # the client cancels what waits when it closes
                raise ExchangeAway("the connection to NATS was lost")
            return task.result()
        except (nats.errors.Error, OSError, TimeoutError) as error:
            raise ExchangeAway(f"NATS: {_words(error)}") from error
        finally:
            task.cancel()

    async def close(self) -> None:
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def _run(self) -> None:
        longest = FIRST_WAIT_SECONDS
        while True:
            for url in random.sample(self.settings.urls, len(self.settings.urls)):
                if await self._follow(url):
                    longest = FIRST_WAIT_SECONDS
            await asyncio.sleep(random.uniform(0, longest))
            longest = min(LONGEST_WAIT_SECONDS, 2 * longest)

    async def _follow(self, url: str) -> bool:
        """Stay connected to that server; False where it cannot be reached at all."""
        client, lost = Client(), asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._connect(client, url, lost)
                for prepare in self._prepare:
                    await prepare(client)
                await client.flush()
            self._client, self._lost = client, lost
            self._linked.set()
            self._complaint = ""
            log.info("connected to NATS", server=_without_password(url))
            await lost
            return True
        except (nats.errors.Error, OSError, TimeoutError, ValueError) as error:
            self._complain(url, error)
            return False
        finally:
            self._client = self._lost = None
            self._linked.clear()
            if not lost.done():
                lost.set_result(None)
            with suppress(nats.errors.Error, OSError, TimeoutError):
                await client.close()

    async def _connect(self, client: Client, url: str, lost: asyncio.Future[None]) -> None:
        async def closed() -> None:
            if not lost.done():
                lost.set_result(None)

        async def failed(error: Exception) -> None:
            self._complain(url, error)

        await client.connect(
            url,
            name="pithead",
            allow_reconnect=False,  # a new client comes from `_run`, whatever ended this one
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
            connect_timeout=CONNECT_SECONDS,
            ping_interval=PING_SECONDS,
            max_outstanding_pings=2,
            closed_cb=closed,
            disconnected_cb=closed,
            error_cb=failed,
            **self._options,
        )

    def _complain(self, url: str, error: Exception) -> None:
        """Once, until something else is the matter."""
        words = f"{_without_password(url)}: {_words(error)}"
        if words != self._complaint:
            self._complaint = words
            log.warning("trouble with NATS", server=_without_password(url), error=_words(error))


def _words(error: BaseException) -> str:
    return str(error) or type(error).__name__


def _without_password(url: str) -> str:
    return url.rpartition("@")[2]
