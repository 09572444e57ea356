"""What runs beside the pool for those who run it: the admin API, the watchman and the post."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import structlog
from sqlalchemy.exc import DBAPIError

from pithead.cli.nodeside import network_of
from pithead.cli.sections import AdminSection, Config, MailSection
from pithead.cli.serving import HttpServer, listen
from pithead.dashboard.files import dashboard_routes
from pithead.dashboard.poolpages import operator_pages
from pithead.node.bitcoind import BitcoindNode
from pithead.node.node import Node
from pithead.pool.accounts import Accounts
from pithead.pool.admins import Admins
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.credits import PublishedCredits
from pithead.pool.delivery import Delivery, MailSettings
from pithead.pool.destinations import Destinations
from pithead.pool.groups import Groups
from pithead.pool.logins import Logins
from pithead.pool.notices import Notices
from pithead.pool.payer import Payer
from pithead.pool.pool import Pool
from pithead.pool.stocktaking import Stocktaking
from pithead.pool.watchman import Watchman
from pithead.pool.worker_settings import WorkerSettings
from pithead.pooladmin.app import build_app
from pithead.pooladmin.measures import NodeLook
from pithead.pooladmin.money import MoneyAdmin
from pithead.pooladmin.service import PoolAdmin
from pithead.pooladmin.watch import PoolWatch
from pithead.poolapi.bans import Bans
from pithead.poolapi.streams import Streams

log = structlog.get_logger(__name__)

PUBLISH_SECONDS = 5.0


def admin_socket(section: AdminSection) -> socket.socket:
    """Bound at once, so that a taken port is told before anything else begins."""
    return listen(section.host, section.port, "--set admin.port=PORT")


@dataclass(frozen=True, slots=True)
class Services:
    """What admins ask and do; of it users may do what is about themselves."""

    pool: PoolAdmin
    money: MoneyAdmin

    @classmethod
    def of(
        cls,
        config: Config,
        pool: Pool,
        keeper: Bookkeeper,
        accounts: Accounts,
        bans: Bans,
        clock: Callable[[], float],
        wall: Callable[[], float],
    ) -> "Services":
        """Nobody is paid by them; the admin API's have a payer."""
        engine = keeper.store.engine
        administration = PoolAdmin(
            pool, keeper, accounts, Groups(engine),
            WorkerSettings(engine, config.pool.least_share_work),
            Notices(engine, keeper.store.fence.token), bans, config.pool.work_scale, clock, wall,
            Logins(engine, wall),
        )  # fmt: skip
        destinations = Destinations(engine, network_of(config.node))
        return cls(administration, MoneyAdmin(keeper, accounts, destinations, None, clock))


@dataclass(slots=True)
class AdminPart:
    """Runs until `stop`."""

    server: HttpServer
    streams: Streams
    tasks: tuple[asyncio.Task[None], ...]
    stocktaking: Stocktaking
    bound: socket.socket
    """On which the admin API listens."""

    @classmethod
    async def open(
        cls,
        config: Config,
        directory: Path,
        bound: socket.socket,
        node: Node,
        pool: Pool,
        services: Services,
        payer: Payer | None,
        clock: Callable[[], float],
        wall: Callable[[], float],
    ) -> "AdminPart":
        service = services.pool
        keeper, bans = service.keeper, service.bans_
        engine = keeper.store.engine
        watch = PoolWatch(
            pool, keeper, bans, Stocktaking(engine), partial(_nodes, node),
            config.pool.work_scale, config.pool.stale_seconds, directory,
            clock, wall, is_open=config.admin.metrics_open,
        )  # fmt: skip
        money = replace(services.money, payer=payer)
        streams = Streams()
        app = build_app(
            service, money, Admins(engine), watch, streams, dashboard_routes(operator_pages())
        )
        server = HttpServer(app, [bound])
        await server.start()
        credits = PublishedCredits(engine, token=keeper.store.fence.token)
        watchman = Watchman(keeper, service.notices_, service.settings, clock, wall)
        delivery = Delivery(service.notices_, _mail(config.mail))
        tasks = tuple(
            asyncio.create_task(work)
            for work in (watchman.run(), delivery.run(), _publish(credits), watch.lag.run())
        )
        return cls(server, streams, tasks, watch.stocktaking, bound)

    @property
    def address(self) -> str:
        """`host:port` of the admin API."""
        host, port = self.bound.getsockname()[:2]
        return f"{host}:{port}"

    async def stop(self) -> None:
        """What was not sent yet waits in the database."""
        async with AsyncExitStack() as last_first:
            last_first.callback(self.stocktaking.close)
            last_first.push_async_callback(self.server.stop)
            last_first.callback(self.streams.close)
            for task in self.tasks:
                task.cancel()
                last_first.push_async_callback(_ended, task)


async def _publish(credits: PublishedCredits) -> None:
    """Each day's credits, soon after the day is over and in the database."""
    while True:
        try:
            await asyncio.to_thread(credits.publish)
        except DBAPIError as error:
            log.warning("credits are not published: the database is away", error=str(error.orig))
        await asyncio.sleep(PUBLISH_SECONDS)


def _nodes(node: Node) -> list[NodeLook]:
    if not isinstance(node, BitcoindNode):
        return []
    return [NodeLook(each.url, each.seen, each.status is not None) for each in node.watched]


async def _ended(task: asyncio.Task[None]) -> None:
    await asyncio.gather(task, return_exceptions=True)


def _mail(section: MailSection) -> MailSettings:
    return MailSettings(
        section.host, section.port, section.username, section.password, section.sender,
        section.start_tls,
    )  # fmt: skip
