"""The pool's web API as a running part, with the pages and the API of those who mine."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import DBAPIError

from pithead.cli.adminside import Services
from pithead.cli.cannotstart import CannotStart
from pithead.cli.handover import Sockets, claim
from pithead.cli.sections import Config, PoolSection
from pithead.cli.serving import HttpServer, listen
from pithead.dashboard.files import dashboard_routes
from pithead.dashboard.poolpages import pool_pages
from pithead.pool.accounts import Accounts
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.logins import Logins
from pithead.pool.pool import Pool
from pithead.poolapi.app import build_app
from pithead.poolapi.bans import Bans
from pithead.poolapi.settings import ApiSettings
from pithead.poolapi.streams import Streams
from pithead.selfservice.app import selfservice_routes
from pithead.selfservice.service import SelfService

log = structlog.get_logger(__name__)

SAVE_USED_SECONDS = 60.0

API = "api"
"""What its socket is called in a handover."""


def api_socket(section: PoolSection, inherited: Sockets) -> socket.socket:
    """Bound at once, so that a taken port is told before anything else begins."""
    if (bound := claim(inherited, API, section.api_port)) is not None:
        return bound
    try:
        return listen(section.api_host, section.api_port, "--set pool.api_port=PORT")
    except PermissionError as error:
        raise CannotStart(
            f"port {section.api_port} is not allowed here; choose another with "
            "--set pool.api_port=PORT"
        ) from error


@dataclass(slots=True)
class WebPart:
    """Runs until `stop`."""

    server: HttpServer
    streams: Streams
    """They last until they are closed."""
    services: Services
    bound: socket.socket
    remembering: asyncio.Task[None]
    """Writes down when tokens were last used."""

    @classmethod
    async def open(
        cls,
        config: Config,
        pool: Pool,
        bookkeeper: Bookkeeper,
        accounts: Accounts,
        bound: socket.socket,
        clock: Callable[[], float],
        wall: Callable[[], float],
    ) -> "WebPart":
        settings = api_settings(config.pool)
        bans, streams = Bans.of(settings), Streams()
        services = Services.of(config, pool, bookkeeper, accounts, bans, clock, wall)
        own = SelfService.of(services.pool, services.money, settings)
        routes = [
            *dashboard_routes(pool_pages()),
            *selfservice_routes(own, Logins(bookkeeper.store.engine, wall), wall, streams),
        ]
        app = build_app(bookkeeper, accounts, settings, clock, wall, bans, streams, routes)
        server = HttpServer(app, [bound])
        await server.start()
        remembering = asyncio.create_task(remember_use(accounts))
        return cls(server, streams, services, bound, remembering)

    @property
    def address(self) -> str:
        """`host:port`."""
        host, port = self.bound.getsockname()[:2]
        return f"{host}:{port}"

    async def stop(self) -> None:
        async with AsyncExitStack() as last_first:
            last_first.push_async_callback(save_used, self.services.pool.accounts)
            last_first.callback(self.remembering.cancel)
            last_first.push_async_callback(self.server.stop)
            last_first.callback(self.streams.close)


async def remember_use(accounts: Accounts) -> None:
    """Write down when tokens were last used, until it is cancelled."""
    while True:
        await asyncio.sleep(SAVE_USED_SECONDS)
        await save_used(accounts)


async def save_used(accounts: Accounts) -> None:
    try:
        await asyncio.to_thread(accounts.save_used)
    except DBAPIError as error:
        log.warning("when tokens were used cannot be written", error=str(error.orig))


def api_settings(section: PoolSection) -> ApiSettings:
    return ApiSettings(
        work_scale=section.work_scale,
        burst=section.api_burst,
        refill_per_second=section.api_refill_per_second,
        send_threshold_sats=section.send_threshold_sats,
        confirmations=section.confirmations,
    )
