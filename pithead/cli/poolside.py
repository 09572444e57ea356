"""The pool as a running part: chain, books, Stratum port and web API together."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import click
import structlog

from pithead.cli.adminside import AdminPart, admin_socket
from pithead.cli.cannotstart import CannotStart
from pithead.cli.crewside import CrewPart, take_in_leftovers
from pithead.cli.datadir import DataDirectory
from pithead.cli.ending import told_to_stop, until_told_or_failed
from pithead.cli.farmtime import steady_wall
from pithead.cli.governing import begin_governed, keep_governed
from pithead.cli.handover import Handover, Sockets, Taken, claim, take_over
from pithead.cli.headside import HeadPart
from pithead.cli.logs import start_logging
from pithead.cli.nodeside import NodeNotUsable, network_of, open_node, payout_script
from pithead.cli.payoutside import PayoutPart
from pithead.cli.placefile import Places, here, placed
from pithead.cli.sections import Config, PoolSection
from pithead.cli.stratumside import PortNotBound, StratumPart, certificate_of
from pithead.cli.webside import API, WebPart, api_socket
from pithead.node.kernel import Progress
from pithead.node.node import Node
from pithead.pool.accounts import Accounts
from pithead.pool.bookkeeper_settings import BookkeeperSettings
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.exchange import Exchange
from pithead.pool.farchain import FarChain
from pithead.pool.fence import UNFENCED, NotLeader
from pithead.pool.floor_news import follow, in_database
from pithead.pool.floors import AccountFloors
from pithead.pool.forgetting import keep_forgetting
from pithead.pool.pool import Pool
from pithead.pool.rule_terms import rules_of
from pithead.pool.rulebook import Rulebook

log = structlog.get_logger(__name__)

ADMIN = "admin"
"""What the socket of the admin API is called in a handover."""


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
    web: WebPart
    admin: AdminPart
    payouts: PayoutPart
    tasks: Sequence[asyncio.Task[None]]
    """What goes on beside it all until it stops."""

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
    def stratum_tls(self) -> str:
        """The same of the port for TLS."""
        address = None if isinstance(self.front, HeadPart) else self.front.tls_address
        return "" if address is None else "{}:{}".format(*address)

    @property
    def api(self) -> str:
        """`host:port`."""
        return self.web.address

    @property
    def places(self) -> Places:
        return here(
            stratum=self.stratum, stratum_tls=self.stratum_tls, api=f"http://{self.api}",
            admin=f"http://{self.admin.address}",
        )  # fmt: skip

    def sockets(self) -> Sockets:
        """The listening sockets once more, for who takes over."""
        of_apis = {API: self.web.bound.dup(), ADMIN: self.admin.bound.dup()}
        return {**self.front.sockets(), **of_apis}

    async def deposed(self) -> None:
        """Raise NotLeader when something beside the pool learns that another keeps the books."""
        told: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def tell(task: asyncio.Task[None]) -> None:
            error = None if task.cancelled() else task.exception()
            if isinstance(error, NotLeader) and not told.done():
                told.set_exception(error)

        for task in (*self.admin.tasks, *self.payouts.tasks):
            task.add_done_callback(tell)
        await told

    async def stop(self, come_again: bool = False) -> None:
        """In the order that loses nothing: no new bytes, then the books, then the chain.

        Each is closed though one before it fails. With `come_again` somebody takes over, and
        miners are asked to connect anew.
        """
        async with AsyncExitStack() as last_first:
            last_first.push_async_callback(self.node.close)
            last_first.push_async_callback(self.bookkeeper.close)
            last_first.push_async_callback(self.payouts.stop)
            for task in self.tasks:
                last_first.callback(task.cancel)
            last_first.push_async_callback(self.front.stop, come_again)
            last_first.push_async_callback(self.web.stop)
            last_first.push_async_callback(self.admin.stop)


@dataclass(frozen=True, slots=True)
class _Start:
    """What a pool is opened with; see `open_pool`."""

    config: Config
    directory: Path
    clock: Callable[[], float]
    wall: Callable[[], float]
    inherited: Sockets
    with_crew: bool
    term: Term | None


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
    sockets = {} if inherited is None else inherited
    start = _Start(config, directory, clock, wall, sockets, with_crew, term)
    async with AsyncExitStack() as undo:
        for_all = undo.enter_context(closing(api_socket(config.pool, sockets)))
        for_admins = undo.enter_context(closing(_admin_socket(config, sockets)))
        pays_to, node = await _open_node(start, first_block_work, progress)
        undo.push_async_callback(node.close)
        part = await _open_on(start, undo, pays_to, node, for_all, for_admins)
        undo.pop_all()
    return part


async def _open_on(
    start: _Start,
    undo: AsyncExitStack,
    pays_to: bytes,
    node: Node,
    for_all: socket.socket,
    for_admins: socket.socket,
) -> PoolPart:
    """All that stands on the node; each part is put on `undo` once it is there."""
    config, clock, wall = start.config, start.clock, start.wall
    bookkeeper, rulebook = await _open_books(start)
    undo.push_async_callback(bookkeeper.close)
    accounts = Accounts(bookkeeper.store, config.pool.registration_open)
    floors = AccountFloors()
    front = await _open_front(start, pays_to, node, bookkeeper, accounts, floors)
    undo.push_async_callback(front.stop)
    web = await WebPart.open(config, front.pool, bookkeeper, accounts, for_all, clock, wall)
    undo.push_async_callback(web.stop)
    exchange = None if start.term is None else start.term.exchange
    payouts = PayoutPart.open(config, node, bookkeeper, clock, exchange)
    undo.push_async_callback(payouts.stop)
    admin = await AdminPart.open(
        config, start.directory, for_admins, node, front.pool, web.services, payouts.payer,
        clock, wall,
    )  # fmt: skip
    beside = [
        follow(floors, in_database(web.services.pool.settings.least_difficulties)),
        keep_governed(rulebook, bookkeeper, clock),
        keep_forgetting(bookkeeper, lambda: front.pool.workers, config.pool.worker_days, clock),
    ]
    tasks = [asyncio.create_task(each) for each in beside]
    for task in (*tasks, *admin.tasks, *payouts.tasks):
        task.add_done_callback(_told_if_it_failed)
    return PoolPart(node, bookkeeper, accounts, front, web, admin, payouts, tasks)


def _told_if_it_failed(task: asyncio.Task[None]) -> None:
    """Mining goes on without it."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("something beside the pool has ended", exc_info=error)


async def _open_books(start: _Start) -> tuple[Bookkeeper, Rulebook]:
    """With the rules of rewards that are wanted in force."""
    section = start.config.pool
    bookkeeper = await Bookkeeper.open(
        start.directory / "pool", books_settings(section, start.term)
    )
    rulebook = Rulebook(bookkeeper.store.engine)
    try:
        begin_governed(rulebook, rules_of(section), bookkeeper, start.clock())
    except BaseException:
        await bookkeeper.close()
        raise
    return bookkeeper, rulebook


async def _open_node(
    start: _Start, first_block_work: int, progress: Progress
) -> tuple[bytes, Node]:
    """Where blocks pay to, and the node: in a term it may be another process's."""
    config, term = start.config, start.term
    try:
        pays_to = payout_script(config)
        if term is not None and config.node.role == "node":
            return pays_to, FarChain.open(network_of(config.node), term.exchange)
        return pays_to, await open_node(
            config, start.directory / "chain", start.clock, start.wall, first_block_work, progress
        )
    except NodeNotUsable as error:
        raise CannotStart(str(error)) from error


async def _open_front(
    start: _Start,
    pays_to: bytes,
    node: Node,
    bookkeeper: Bookkeeper,
    accounts: Accounts,
    floors: AccountFloors,
) -> StratumPart | CrewPart | HeadPart:
    config, directory, clock, wall = start.config, start.directory, start.clock, start.wall
    count = config.pool.front_ends if start.with_crew else 0
    take_in_leftovers(directory, count, bookkeeper, clock)
    if start.term is not None:
        return await HeadPart.open(
            config.pool, pays_to, node, bookkeeper, accounts, clock, wall, start.term.exchange,
            floors, bookkeeper.secure, config.exchange.patience_seconds,
        )  # fmt: skip
    try:
        if count > 1:
            return await CrewPart.open(
                config, directory, pays_to, node, bookkeeper, accounts, clock, wall,
                start.inherited, floors,
            )  # fmt: skip
        return await StratumPart.open(
            config.pool, pays_to, directory / "pool", node, bookkeeper, accounts.admit,
            clock, wall, start.inherited, floors=floors,
        )  # fmt: skip
    except PortNotBound as error:
        raise CannotStart(str(error)) from error


def _admin_socket(config: Config, inherited: Sockets) -> socket.socket:
    return claim(inherited, ADMIN, config.admin.port) or admin_socket(config.admin)


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
            places = part.places
            log.info("pool running", stratum=places.stratum, api=places.api, admin=places.admin,
                     data=str(data.path), taken_over=is_taken_over)  # fmt: skip
            over_tls = f" (TLS {places.stratum_tls})" if places.stratum_tls else ""
            try:
                with placed(data.path, places):
                    click.echo(
                        f"Stratum {places.stratum}{over_tls}, web API {places.api}, admin API "
                        f"{places.admin}; Ctrl-C stops"
                    )
                    asked = handover.asked(part.sockets)
                    await until_told_or_failed(told, part.pool.failed(), asked)
            finally:
                await part.stop(come_again=handover.is_asked)
        if handover.is_asked:
            await until_told_or_failed(told, handover.let_go())
        return {} if told.is_set() else handover.take_back()
