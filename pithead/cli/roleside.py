"""`pithead pool --role`: one of the processes of a pool on several machines, joined by NATS.

stratum      a front end: miners, and a journal of what the books have not taken yet
accounting   the books with both APIs, and the node where no other role has it; all but the one with
             the lease wait for it
node         the node (`noderole`), where `node.role` says so; all but the one with its lease wait
api          the web API alone (`apirole`); any number of them
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import click
import structlog

from pithead.cli.apirole import serve_api
from pithead.cli.cannotstart import CannotStart, LeadsNoMore
from pithead.cli.datadir import DataDirectory, write_whole
from pithead.cli.ending import told_to_stop, until_told_or_failed
from pithead.cli.exchangeside import settings_of
from pithead.cli.farmtime import steady_wall
from pithead.cli.frontside import Orders, serve
from pithead.cli.leading import Led, leadership
from pithead.cli.logs import start_logging
from pithead.cli.noderole import serve_node
from pithead.cli.nodeside import network_of, payout_script
from pithead.cli.placefile import placed
from pithead.cli.poolside import Term, check, first_block_work, open_pool
from pithead.cli.sections import Config
from pithead.cli.stratumside import PortNotBound, StratumPart
from pithead.node.node import NodeUnavailable
from pithead.pool.claim import Claim, Claimed
from pithead.pool.distant import answer_readings
from pithead.pool.exchange import Exchange
from pithead.pool.natsexchange import NatsExchange
from pithead.pool.relay import RelayedNode
from pithead.pool.terms import mark, set_aside

log = structlog.get_logger(__name__)

LEASE = "books"
LIFE_FILE = "front-end-life"
AGAIN_SECONDS = 1.0


async def run(config: Config, role: str) -> None:
    """Until told to stop. Raises CannotStart, LeadsNoMore, and what `open_pool` raises."""
    start_logging(config.log)
    if config.exchange.kind != "nats":
        raise CannotStart('--role is for processes joined by NATS; say --set exchange.kind="nats"')
    check(config)
    with told_to_stop() as told:
        exchange = NatsExchange(settings_of(config.exchange))
        try:
            await ROLES[role](config, exchange, told)
        finally:
            await exchange.close()


# The front end


async def _front_end(config: Config, exchange: NatsExchange, told: asyncio.Event) -> None:
    if config.pool.front_ends > 1:
        raise CannotStart(
            "pool.front_ends is for a pool on one machine; with --role stratum each process has a "
            "pool.server_number and ports of its own"
        )
    path = Path(config.data.directory)
    ended: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    ending = asyncio.ensure_future(_end(told, ended))
    orders = Orders(config, str(path), payout_script(config), 0, {})
    try:
        with DataDirectory(path) as data:
            async with _claimed(config, exchange, data, told):
                while not told.is_set():
                    await until_told_or_failed(told, _work(config, exchange))
                    try:
                        if not told.is_set():
                            await serve(orders, exchange, ended, _announce)
                    except NodeUnavailable as error:
                        log.warning("there is no work any more", why=str(error))
    except PortNotBound as error:
        raise CannotStart(str(error)) from error
    finally:
        ending.cancel()


@asynccontextmanager
async def _claimed(
    config: Config, exchange: NatsExchange, data: DataDirectory, told: asyncio.Event
) -> AsyncIterator[None]:
    """With the number of this front end, which no other may have. Raises CannotStart for one that
    another has; where another takes it meanwhile it is told to stop, and then LeadsNoMore."""
    number = config.pool.server_number
    name, life = f"server-{number}", _life(data.path)
    claim = Claim(exchange.link, name, life, config.exchange.lease_seconds)
    whose = f"pool.server_number {number} is that of another front end, which runs as"
    try:
        await until_told_or_failed(told, claim.make())
    except Claimed as error:
        raise CannotStart(f"{whose} {error}; each has its own") from error
    keeping = asyncio.ensure_future(claim.keep())
    keeping.add_done_callback(lambda _: told.set())
    try:
        yield
    finally:
        keeping.cancel()
        (end,) = await asyncio.gather(keeping, return_exceptions=True)
        await claim.release()
    if isinstance(end, Claimed):
        raise LeadsNoMore(f"{whose} {end}, since this one began; each has its own") from end
    if isinstance(end, Exception):
        raise end


def _life(directory: Path) -> str:
    """The same in every life of the front end with this directory; made in the first."""
    file = directory / LIFE_FILE
    try:
        return file.read_text("ascii")
    except FileNotFoundError:
        life = secrets.token_hex(8)
        write_whole(file, life.encode())
        return life


async def _end(told: asyncio.Event, ended: asyncio.Future[bool]) -> None:
    await told.wait()
    ended.set_result(False)


async def _work(config: Config, exchange: Exchange) -> None:
    """Return once the process with the node has work."""
    node, is_told = RelayedNode.open(network_of(config.node), exchange), False
    try:
        while True:
            try:
                await node.tip()
                await node.template()
                return
            except NodeUnavailable as error:
                if not is_told:
                    log.warning("waiting for the process with the node", why=str(error))
                is_told = True
            await asyncio.sleep(AGAIN_SECONDS)
    finally:
        await node.close()


def _announce(part: StratumPart) -> None:
    over_tls = "" if part.tls_address is None else " (TLS {}:{})".format(*part.tls_address)
    click.echo("Stratum {}:{}{}; Ctrl-C stops".format(*part.address, over_tls))


# The books


async def _accounting(config: Config, exchange: NatsExchange, told: asyncio.Event) -> None:
    seconds = config.exchange.lease_seconds
    async with leadership(exchange, LEASE, "keeps the books", seconds, told) as led:
        while led is not None and not told.is_set():
            if config.node.role == "node":
                await until_told_or_failed(told, _work(config, exchange), led.lost())
            try:
                if not told.is_set():
                    await _lead(config, led, Term(exchange, led.token), told)
                return
            except NodeUnavailable as error:
                log.warning("there is no work any more; the books begin again", why=str(error))
                await until_told_or_failed(told, asyncio.sleep(AGAIN_SECONDS), led.lost())


async def _lead(config: Config, led: Led, term: Term, told: asyncio.Event) -> None:
    """Be the pool that has no port for miners, for a term."""
    wall = steady_wall()
    with DataDirectory(Path(config.data.directory)) as data:
        set_aside(data.part("pool"), config.pool.journal_days)
        part = await open_pool(
            config, data.path, wall, wall, first_block_work(config, 0.0), term=term
        )
        try:
            mark(data.part("pool"), term.token)
            await answer_readings(term.exchange, part.bookkeeper, wall)
            places = part.places
            log.info("accounting", api=places.api, admin=places.admin, data=str(data.path),
                     token=term.token)  # fmt: skip
            with placed(data.path, places):
                click.echo(
                    f"Accounting, web API {places.api}, admin API {places.admin}; Ctrl-C stops"
                )
                await until_told_or_failed(
                    told, part.pool.failed(), part.bookkeeper.failed(), part.deposed(), led.lost()
                )
        finally:
            await part.stop()


ROLES = {
    "stratum": _front_end,
    "accounting": _accounting,
    "node": serve_node,
    "api": serve_api,
}
