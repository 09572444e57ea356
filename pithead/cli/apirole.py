"""`pithead pool --role api`: the pool's web API and its page alone, of a pool on several machines.

What was is read from the database; what is, the process with the books is asked for. Limits and
bans are of each process.
"""

import asyncio
from contextlib import AsyncExitStack, ExitStack, closing

import click
import structlog
from sqlalchemy.exc import DBAPIError

from pithead.cli.cannotstart import CannotStart
from pithead.cli.ending import until_told_or_failed
from pithead.cli.farmtime import steady_wall
from pithead.cli.sections import Config
from pithead.cli.serving import HttpServer
from pithead.cli.webside import api_settings, api_socket, remember_use, save_used
from pithead.dashboard.files import dashboard_routes
from pithead.dashboard.poolpages import public_pages
from pithead.pool.accounts import Accounts
from pithead.pool.database import engine_of, version_of
from pithead.pool.distant import Distant
from pithead.pool.exchange import Exchange
from pithead.pool.migrations import HEAD
from pithead.pool.past import Past, past_of
from pithead.pool.store import Store
from pithead.poolapi.app import app_of, next_turn
from pithead.poolapi.distant import distant_operations
from pithead.poolapi.streams import Streams

log = structlog.get_logger(__name__)

AGAIN_SECONDS = 1.0


async def serve_api(config: Config, exchange: Exchange, told: asyncio.Event) -> None:
    """Until told to stop. Raises CannotStart, AddressTaken, StoreError."""
    section, wall = config.pool, steady_wall()
    if not section.database:
        raise CannotStart(
            "--role api reads the database of the process with the books: say pool.database"
        )
    async with AsyncExitStack() as last_first:
        bound = last_first.enter_context(closing(api_socket(section, {})))
        await until_told_or_failed(told, _until_up_to_date(section.database))
        if told.is_set():
            return
        until = last_first.enter_context(ExitStack())
        engine = engine_of(section.database)
        until.callback(engine.dispose)
        accounts = Accounts(Store(engine, ""), section.registration_open)
        last_first.push_async_callback(save_used, accounts)
        past = Past(*past_of(engine, section.replica_database, section.confirmations, until))
        settings, streams = api_settings(section), Streams()
        operations = distant_operations(Distant(exchange, past, wall), settings, next_turn)
        app = app_of(
            operations, accounts, settings, wall, wall, streams=streams,
            before=dashboard_routes(public_pages()),
        )  # fmt: skip
        server = HttpServer(app, [bound])
        await server.start()
        last_first.push_async_callback(server.stop)
        last_first.callback(streams.close)
        host, port = bound.getsockname()[:2]
        log.info("web API alone", api=f"http://{host}:{port}")
        click.echo(f"API http://{host}:{port}; Ctrl-C stops")
        await until_told_or_failed(told, remember_use(accounts))


async def _until_up_to_date(database: str) -> None:
    """Return once the database is as this version of the program has it: others change it."""
    complaint = ""
    while True:
        try:
            version = await asyncio.to_thread(version_of, database)
            if version == HEAD:
                return
            why = f"it is at step {version or 'none'}, and this program at {HEAD}"
        except DBAPIError as error:
            why = str(error.orig)
        if why != complaint:
            log.warning("waiting for the database of the process with the books", why=why)
        complaint = why
        await asyncio.sleep(AGAIN_SECONDS)
