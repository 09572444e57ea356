"""The command `pithead`: what can be asked of it, and the help for it."""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
import structlog
from sqlalchemy.exc import DBAPIError

from pithead.cli import farmside, poolside, up
from pithead.cli.config import ConfigError, Value, assignments, example, load
from pithead.cli.datadir import DirectoryInUse, DirectoryUnusable
from pithead.cli.sections import Config
from pithead.cli.serving import AddressTaken
from pithead.node.blockfile import BlockFileDamaged
from pithead.node.library import ChainInUse
from pithead.pool.schema import DATABASE, StoreError
from pithead.pool.sharelog import JournalError

log = structlog.get_logger(__name__)

EXPECTED = (
    ConfigError,
    DirectoryInUse,
    DirectoryUnusable,
    AddressTaken,
    ChainInUse,
    BlockFileDamaged,
    JournalError,
    StoreError,
    poolside.CannotStart,
)
"""What an operator can put right: told in a sentence, without a traceback."""


Command = TypeVar("Command", bound=Callable[..., Any])


OUTSIDE = (OSError, DBAPIError)
"""What the machine or its disk refused: a sentence, and the traceback in the log."""


@dataclass(slots=True)
class General:
    """What the general options said, wherever on the command line they stood."""

    file: Path | None = None
    settings: tuple[str, ...] = ()


class Refused(click.ClickException):
    """Exit code 2: nothing was started or changed."""

    exit_code = 2


def _take_file(context: click.Context, _: click.Parameter, file: Path | None) -> None:
    if file is not None:
        context.ensure_object(General).file = file


def _take_settings(context: click.Context, _: click.Parameter, settings: tuple[str, ...]) -> None:
    context.ensure_object(General).settings += settings


def general_options(command: Command) -> Command:
    """Options that may stand before the command's name or behind it."""
    file = click.option(
        "--config", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
        expose_value=False, callback=_take_file,
        help="The configuration file; without it $PITHEAD_CONFIG, or ./pithead.toml if there.",
    )  # fmt: skip
    settings = click.option(
        "--set", multiple=True, metavar="SECTION.KEY=VALUE",
        expose_value=False, callback=_take_settings,
        help="Set any key of the configuration; see `pithead config`. May be given many times.",
    )  # fmt: skip
    return file(settings(command))


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@general_options
@click.version_option(package_name="pithead")
def main() -> None:
    """A mining pool, a miner daemon and a farm to try them with.

    `pithead up` starts a whole farm on this machine: an embedded chain, a pool and simulated
    miners, behind the Braiins Pool web API and the Braiins OS REST API.
    """


data_option = click.option(
    "--data", metavar="DIR", help="Where state is kept.  [default: ./pithead-data]"
)


def _load(context: click.Context, **flags: Value | None) -> Config:
    """The configuration with this command's own flags on top of the general ones."""
    general = context.ensure_object(General)
    named = {name.replace("__", "."): value for name, value in flags.items() if value is not None}
    try:
        return load({**assignments(general.settings), **named}, os.environ, general.file)
    except ConfigError as error:
        raise Refused(str(error)) from error


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run a part until it ends or is told to; expected failures become one sentence."""
    try:
        if sys.platform == "win32":
            asyncio.run(work)
        else:
            import uvloop

            uvloop.run(work)
    except EXPECTED as error:
        raise Refused(str(error)) from error
    except OUTSIDE as error:
        log.error("stopped", exc_info=error)
        raise click.ClickException(_told(error)) from error
    except KeyboardInterrupt:
        pass


def _told(error: OSError | DBAPIError) -> str:
    """One sentence about what was refused."""
    if isinstance(error, DBAPIError):
        return f"the pool's database, {DATABASE} in the data directory: {error.orig}"
    what = error.strerror or str(error)
    return what if error.filename is None else f"{error.filename}: {what}"


@main.command(name="up")
@data_option
@general_options
@click.option("--miners", type=int, metavar="N", help="How many machines.  [default: 3]")
@click.option("--speed", type=float, metavar="X", help="Farm time runs X times faster.")
@click.pass_context
def up_(context: click.Context, data: str | None, miners: int | None, speed: float | None) -> None:
    """Start a farm on loopback: chain, pool and miners. Ctrl-C stops it.

    \b
    Examples:
      pithead up
      pithead up --miners 20 --data /tmp/farm
      pithead up --speed 60            (a day in 24 minutes)
    """
    config = _load(context, data__directory=data, farm__miners=miners, farm__speed=speed)
    _run(up.run(config))


@main.command()
@data_option
@general_options
@click.pass_context
def pool(context: click.Context, data: str | None) -> None:
    """Run the pool alone: chain, Stratum port and web API."""
    _run(poolside.run(_load(context, data__directory=data)))


@main.command()
@data_option
@general_options
@click.option("--model", metavar="NAME", help='Its model, such as "Antminer S19 XP".')
@click.option("--pool", "url", metavar="URL", help="The pool it starts with.")
@click.option("--user", metavar="USER.WORKER", help="Its user there.")
@click.pass_context
def miner(
    context: click.Context, data: str | None, model: str | None, url: str | None, user: str | None
) -> None:
    """Run one simulated machine alone, with its REST API."""
    config = _load(
        context, data__directory=data, miner__model=model, miner__pool_url=url,
        miner__pool_user=user,
    )  # fmt: skip
    _run(farmside.run_miner(config))


@main.command()
@data_option
@general_options
@click.option("--miners", type=int, metavar="N", help="How many machines.  [default: 3]")
@click.option("--pool", "url", metavar="URL", help="The pool they start with.")
@click.pass_context
def farm(context: click.Context, data: str | None, miners: int | None, url: str | None) -> None:
    """Run simulated machines alone, against a pool that is there already."""
    config = _load(
        context, data__directory=data, farm__miners=miners, miner__pool_url=url
    )  # fmt: skip
    _run(farmside.run_farm(config))


@main.group()
def token() -> None:
    """Access tokens of the pool's web API."""


@token.command()
@click.argument("user")
@click.option("--profile", default="default", show_default=True, help="The access profile.")
@data_option
@general_options
@click.pass_context
def create(context: click.Context, user: str, profile: str, data: str | None) -> None:
    """Make a token for USER and print it. An older one of the same profile stops working.

    The pool may be running: it takes the token at once.
    """
    config = _load(context, data__directory=data)
    try:
        click.echo(poolside.create_token(config, user, profile))
    except EXPECTED as error:
        raise Refused(str(error)) from error
    except OUTSIDE as error:
        raise click.ClickException(_told(error)) from error


@main.command()
def config() -> None:
    """Print an example of the configuration file: every key, its default and what it means."""
    click.echo(example(), nl=False)


if __name__ == "__main__":
    main()
