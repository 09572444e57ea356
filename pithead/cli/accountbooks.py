"""What the commands on accounts work on: the pool's database, whether the pool runs or not."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy import Engine

from pithead.bitcoin.network import Network
from pithead.cli.nodeside import network_of
from pithead.cli.options import Refused, configured, told_in_a_sentence
from pithead.pool.accounts import Accounts
from pithead.pool.database import database_of, open_database
from pithead.pool.store import Store
from pithead.pool.worker_settings import WorkerSettings


@dataclass(frozen=True, slots=True)
class Books:
    """What the commands work on."""

    engine: Engine
    accounts: Accounts
    workers: WorkerSettings
    work_scale: int
    network: Network


@contextmanager
def opened(context: click.Context, data: str | None) -> Iterator[Books]:
    """The pool's database; mistakes of whoever typed become a sentence and exit code 2."""
    config = configured(context, data__directory=data)
    with told_in_a_sentence():
        engine = open_database(
            database_of(Path(config.data.directory) / "pool", config.pool.database)
        )
        try:
            yield Books(
                engine, Accounts(Store(engine, "")),
                WorkerSettings(engine, config.pool.least_share_work), config.pool.work_scale,
                network_of(config.node),
            )  # fmt: skip
        except ValueError as error:
            raise Refused(str(error)) from error
        finally:
            engine.dispose()


def known(books: Books, user: str) -> None:
    """Refused where there is no such account."""
    if not books.accounts.has(user):
        raise Refused(f"there is no account {user!r}; `pithead account create {user}` opens one")


def moment(second: int) -> str:
    """Unix seconds as people read them; 0 is never."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M") if second else "never"
