"""The pool as a running part: chain, books, Stratum port and web API together."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import structlog
from sqlalchemy.exc import DBAPIError

from pithead.cli.adminside import AdminPart, Services, admin_socket
from pithead.cli.cannotstart import CannotStart
from pithead.cli.crewside import CrewPart, take_in_leftovers
from pithead.cli.datadir import DataDirectory
from pithead.cli.ending import told_to_stop, until_told_or_failed
from pithead.cli.farmtime import steady_wall
from pithead.cli.handover import Handover, Sockets, Taken, claim, take_over
from pithead.cli.headside import HeadPart
from pithead.cli.logs import start_logging
from pithead.cli.nodeside import NodeNotUsable, open_node, payout_script
from pithead.cli.payoutside import PayoutPart
from pithead.cli.sections import Config, PoolSection
from pithead.cli.serving import HttpServer, listen
from pithead.cli.stratumside import PortNotBound, StratumPart, certificate_of
from pithead.dashboard.files import dashboard_routes
from pithead.dashboard.poolpages import pool_pages
from pithead.node.kernel import Progress
from pithead.node.node import Node
from pithead.pool.accounts import Accounts
from pithead.pool.bookkeeper_settings import BookkeeperSettings
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.database import database_of
from pithead.pool.exchange import Exchange
from pithead.pool.fence import UNFENCED
from pithead.pool.floor_news import follow, in_database
from pithead.pool.floors import AccountFloors
from pithead.pool.logins import Logins
from pithead.pool.pool import Pool
from pithead.pool.rewards import Rules
from pithead.poolapi.app import build_app
from pithead.poolapi.bans import Bans
from pithead.poolapi.settings import ApiSettings
from pithead.poolapi.streams import Streams
from pithead.selfservice.app import selfservice_routes
from pithead.selfservice.service import SelfService

log = structlog.get_logger(__name__)

SAVE_USED_SECONDS = 60.0

API, ADMIN = "api", "admin"
"""What the sockets of web API and admin API are called in a handover."""


@dataclass(frozen=True, slots=True)
class Term:
    """A time for which this process keeps the books, of several that could."""

    exchange: Exchange
    token: int
    """Of the lease: greater than that of all terms before."""


@dataclass(slots=True)
class PoolPart:
    """The pool of this process, from `open` to `stop`."""

    node: Node
    bookkeeper: Bookkeeper
    accounts: Accounts
    front: StratumPart | CrewPart | HeadPart
    server: HttpServer
    streams: Streams
    """Of the web API; they last until they are closed."""
    api_socket: socket.socket
    tasks: Sequence[asyncio.Task[None]]
    """What goes on beside it all until it stops."""
    admin: AdminPart
    payouts: PayoutPart

    @property
    def pool(self) -> Pool:
        return self.front.pool

    @property
    def stratum(self) -> str:
        """`host:port`; empty where miners are served by others."""
        if isinstance(self.front, HeadPart):
            return ""
        host, port = self.front.address
        return f"{host}:{port}"

    @property
    def over_tls(self) -> str:
        """What to say of the port for TLS, if there is one."""
        address = None if isinstance(self.front, HeadPart) else self.front.tls_address
        return "" if address is None else " (TLS {}:{})".format(*address)

    @property
    def api(self) -> str:
        """`host:port`."""
        host, port = self.api_socket.getsockname()[:2]
        return f"{host}:{port}"

    def sockets(self) -> Sockets:
        """The listening sockets once more, for who takes over."""
        of_apis = {API: self.api_socket.dup(), ADMIN: self.admin.bound.dup()}
        return {**self.front.sockets(), **of_apis}

    async def stop(self, come_again: bool = False) -> None:
        """In the order that loses nothing: no new bytes, then the books, then the chain.

        Each is closed though one before it fails. With `come_again` somebody takes over, and
        miners are asked to connect anew.
        """
        async with AsyncExitStack() as last_first:
            last_first.push_async_callback(self.node.close)
            last_first.push_async_callback(self.bookkeeper.close)
            last_first.push_async_callback(_save_used, self.accounts)
            last_first.push_async_callback(self.payouts.stop)
            for task in self.tasks:
                last_first.callback(task.cancel)
            last_first.push_async_callback(self.front.stop, come_again)
            last_first.push_async_callback(self.server.stop)
            last_first.callback(self.streams.close)
            last_first.push_async_callback(self.admin.stop)


async def open_pool(
    config: Config,
    directory: Path,
    clock: Callable[[], float],
    wall: Callable[[], float],
    first_block_work: int,
    progress: Progress = lambda done, total: None,
    inherited: Sockets | None = None,
    with_crew: bool = False,
    term: Term | None = None,
) -> PoolPart:
    """Open chain and books, listen, and hand out work; `with_crew` by several processes where
    that is configured, and in a `term` by those of other machines.

    `inherited` are sockets of a process before this one, by name; those used are taken out.
    Raises CannotStart, AddressTaken, ChainInUse.
    """
    section = config.pool
    inherited = {} if inherited is None else inherited
    async with AsyncExitStack() as undo:
        api_socket = undo.enter_context(closing(_api_socket(section, inherited)))
        for_admins = undo.enter_context(closing(_admin_socket(config, inherited)))
        pays_to, node = await _open_node(
            config, directory / "chain", clock, wall, first_block_work, progress
        )
        undo.push_async_callback(node.close)
        bookkeeper = await Bookkeeper.open(directory / "pool", books_settings(section, term))
        undo.push_async_callback(bookkeeper.close)
        bookkeeper.govern(_rules(section), clock())
        accounts = Accounts(bookkeeper.store, section.registration_open)
        floors = AccountFloors()
        front = await _open_front(
            config, directory, pays_to, node, bookkeeper, accounts, floors, clock, wall, inherited,
            with_crew, term,
        )  # fmt: skip
        undo.push_async_callback(front.stop)
        api = _api_settings(section)
        bans = Bans.of(api)
        streams = Streams()
        services = Services.of(config, front.pool, bookkeeper, accounts, bans, clock, wall)
        own = SelfService.of(services.pool, services.money, api)
        routes = [
            *dashboard_routes(pool_pages()),
            *selfservice_routes(own, Logins(bookkeeper.store.engine, wall), wall, streams),
        ]
        app = build_app(bookkeeper, accounts, api, clock, wall, bans, streams, routes)
        server = HttpServer(app, [api_socket])
        await server.start()
        undo.push_async_callback(server.stop)
        payouts = PayoutPart.open(config, node, bookkeeper, clock)
        undo.push_async_callback(payouts.stop)
        admin = await AdminPart.open(
            config, directory, for_admins, node, front.pool, services, payouts.payer, clock, wall,
        )  # fmt: skip
        undo.pop_all()
    wishes = services.pool.settings.least_difficulties
    tasks = [
        asyncio.create_task(each)
        for each in (_remember_use(accounts), follow(floors, in_database(wishes)))
    ]
    return PoolPart(
        node, bookkeeper, accounts, front, server, streams, api_socket, tasks, admin, payouts
    )


async def _open_node(config: Config, *rest: Any) -> tuple[bytes, Node]:
    try:
        return payout_script(config), await open_node(config, *rest)
    except NodeNotUsable as error:
        raise CannotStart(str(error)) from error


async def _open_front(
    config: Config,
    directory: Path,
    pays_to: bytes,
    node: Node,
    bookkeeper: Bookkeeper,
    accounts: Accounts,
    floors: AccountFloors,
    clock: Callable[[], float],
    wall: Callable[[], float],
    inherited: Sockets,
    with_crew: bool,
    term: Term | None,
) -> StratumPart | CrewPart | HeadPart:
    count = config.pool.front_ends if with_crew else 0
    take_in_leftovers(directory, count, bookkeeper, clock)
    if term is not None:
        return await HeadPart.open(
            config.pool, pays_to, node, bookkeeper, accounts, clock, wall, term.exchange,
            floors, bookkeeper.secure,
        )  # fmt: skip
    try:
        if count > 1:
            return await CrewPart.open(
                config, directory, pays_to, node, bookkeeper, accounts, clock, wall, inherited,
                floors,
            )  # fmt: skip
        return await StratumPart.open(
            config.pool, pays_to, directory / "pool", node, bookkeeper, accounts.admit,
            clock, wall, inherited, floors=floors,
        )  # fmt: skip
    except PortNotBound as error:
        raise CannotStart(str(error)) from error


def _api_socket(section: PoolSection, inherited: Sockets) -> socket.socket:
    if (bound := claim(inherited, API, section.api_port)) is not None:
        return bound
    try:
        return listen(section.api_host, section.api_port, "--set pool.api_port=PORT")
    except PermissionError as error:
        raise CannotStart(
            f"port {section.api_port} is not allowed here; choose another with "
            "--set pool.api_port=PORT"
        ) from error


def _admin_socket(config: Config, inherited: Sockets) -> socket.socket:
    return claim(inherited, ADMIN, config.admin.port) or admin_socket(config.admin)


async def _remember_use(accounts: Accounts) -> None:
    while True:
        await asyncio.sleep(SAVE_USED_SECONDS)
        await _save_used(accounts)


async def _save_used(accounts: Accounts) -> None:
    try:
        await asyncio.to_thread(accounts.save_used)
    except DBAPIError as error:
        log.warning("when tokens were used cannot be written", error=str(error.orig))


def books_settings(section: PoolSection, term: Term | None) -> BookkeeperSettings:
    return BookkeeperSettings(
        scoring_seconds=section.scoring_seconds,
        confirmations=section.confirmations,
        token=UNFENCED if term is None else term.token,
        durability=section.durability,
        database=section.database,
        replica=section.replica_database,
        journal_days=section.journal_days,
    )


def _rules(section: PoolSection) -> Rules:
    return Rules(
        scheme=section.reward_scheme,
        fee_ppm=_millionths(section.fee_percent),
        refund_ppm=_millionths(section.braiins_os_refund_percent),
        bonus_ppm=_millionths(section.referral_bonus_percent),
        referral_ppm=_millionths(section.referral_reward_percent),
        referral_days=section.referral_days,
        window_ppm=round(section.pplns_window * 1_000_000),
    )


def _millionths(percent: float) -> int:
    return round(percent * 10_000)


def _api_settings(section: PoolSection) -> ApiSettings:
    return ApiSettings(
        work_scale=section.work_scale,
        burst=section.api_burst,
        refill_per_second=section.api_refill_per_second,
        send_threshold_sats=section.send_threshold_sats,
        confirmations=section.confirmations,
    )


def first_block_work(config: Config, miners_rate: float) -> int:
    """Expected hashes of the first block: what the miners do in an interval.

    `miners_rate` is in hashes a second on the wire; where nobody knows it, shares are the measure.
    """
    if miners_rate > 0:
        return max(4, round(miners_rate * config.pool.block_interval_seconds))
    shares = config.pool.shares_per_minute / 60 * config.pool.block_interval_seconds
    return max(4, round(config.pool.first_share_work * max(1.0, shares)))


def check(config: Config) -> None:
    """Find what is wrong before a pool that runs makes way. Raises CannotStart."""
    try:
        payout_script(config)
        certificate_of(config.pool)
    except (NodeNotUsable, PortNotBound) as error:
        raise CannotStart(str(error)) from error


async def run(config: Config, takes_over: bool = False) -> None:
    """`pithead pool`, and with `--take-over` in the place of one that runs.

    Raises NotHandedOver, and what `open_pool` raises.
    """
    start_logging(config.log)
    if config.exchange.kind != "local":
        raise CannotStart("exchange.kind is for --role: say which of the pool's parts this is")
    path = Path(config.data.directory)
    check(config)
    with told_to_stop() as told:
        taken = await take_over(path) if takes_over else Taken()
        while kept := await _live(config, path, taken, told):
            log.error("the process that took over has failed; this one goes on")
            taken = Taken(kept)


async def _live(config: Config, path: Path, taken: Taken, told: asyncio.Event) -> Sockets:
    """Be the pool until told to stop, or until another has taken over.

    If that one fails before it serves, these are the sockets to go on with; none otherwise.
    """
    wall = steady_wall()
    with ExitStack() as last_first:
        last_first.enter_context(closing(taken))  # until here the process before can go on
        data = DataDirectory(path)
        handover = last_first.enter_context(closing(Handover(data.path)))
        with data:
            is_taken_over = bool(taken.sockets)
            part = await open_pool(
                config, data.path, wall, wall, first_block_work(config, 0.0),
                inherited=taken.sockets, with_crew=True,
            )  # fmt: skip
            taken.serves()
            log.info("pool running", stratum=part.stratum, api=f"http://{part.api}",
                     data=str(data.path), taken_over=is_taken_over)  # fmt: skip
            click.echo(
                f"Stratum {part.stratum}{part.over_tls}, web API http://{part.api}; Ctrl-C stops"
            )
            try:
                await until_told_or_failed(told, part.pool.failed(), handover.asked(part.sockets))
            finally:
                await part.stop(come_again=handover.is_asked)
        if handover.is_asked:
            await until_told_or_failed(told, handover.let_go())
        return {} if told.is_set() else handover.take_back()


def create_token(config: Config, user: str, profile: str) -> str:
    """`pithead token create`: also while the pool runs. Raises CannotStart."""
    directory = Path(config.data.directory) / "pool"
    try:
        where = database_of(directory, config.pool.database)
        return Accounts.create_token_in(where, user, profile)
    except ValueError as error:
        raise CannotStart(str(error)) from error
