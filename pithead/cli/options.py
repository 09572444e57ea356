"""What all commands have in common: general options, configuration, and how refusals are told."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from pithead.cli.cannotstart import CannotStart
from pithead.cli.config import ConfigError, Value, assignments, load
from pithead.cli.datadir import DirectoryInUse, DirectoryUnusable
from pithead.cli.sections import Config
from pithead.cli.serving import AddressTaken
from pithead.metrics.tracing import TelemetryMissing

Command = TypeVar("Command", bound=Callable[..., Any])


def expected() -> tuple[type[Exception], ...]:
    """What an operator can put right: told in a sentence, without a traceback.

    Found when it is needed: a command that asks a machine need not know what a chain can say.
    """
    from pithead.cli.handover import NotHandedOver
    from pithead.node.blockfile import BlockFileDamaged
    from pithead.node.library import ChainInUse
    from pithead.pool.database import StoreError
    from pithead.pool.sharelog import JournalError

    return (
        ConfigError, DirectoryInUse, DirectoryUnusable, AddressTaken, CannotStart, TelemetryMissing,
        ChainInUse, BlockFileDamaged, JournalError, StoreError, NotHandedOver,
    )  # fmt: skip


def outside() -> tuple[type[Exception], ...]:
    """What the machine or its disk refused: a sentence, and the traceback in the log."""
    from sqlalchemy.exc import DBAPIError

    return OSError, DBAPIError


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


data_option = click.option(
    "--data", metavar="DIR", help="Where state is kept.  [default: ./pithead-data]"
)


def configured(context: click.Context, **flags: Value | None) -> Config:
    """The configuration with this command's own flags on top of the general ones."""
    general = context.ensure_object(General)
    named = {name.replace("__", "."): value for name, value in flags.items() if value is not None}
    try:
        return load({**assignments(general.settings), **named}, os.environ, general.file)
    except ConfigError as error:
        raise Refused(str(error)) from error


def told(error: Exception) -> str:
    """One sentence about what was refused."""
    if not isinstance(error, OSError):
        from pithead.pool.database import DATABASE

        why = getattr(error, "orig", error)
        return f"the pool's database, {DATABASE} in the data directory: {why}"
    what = error.strerror or str(error)
    return what if error.filename is None else f"{error.filename}: {what}"


@contextmanager
def told_in_a_sentence() -> Iterator[None]:
    """What an operator can put right, or what the machine refused, without a traceback."""
    try:
        yield
    except Exception as error:
        if isinstance(error, expected()):
            raise Refused(str(error)) from error
        if isinstance(error, outside()):
            raise click.ClickException(told(error)) from error
        raise
