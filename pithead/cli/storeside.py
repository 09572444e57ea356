"""`pithead pool backup`, `restore` and `check`: the pool's database as a whole."""

import tempfile
from pathlib import Path

import click
from sqlalchemy import Engine

from pithead.cli.datadir import DataDirectory
from pithead.cli.options import (
    Refused,
    configured,
    data_option,
    general_options,
    told_in_a_sentence,
)
from pithead.cli.sections import Config
from pithead.pool.archive import extracts, leads_on
from pithead.pool.audit import CannotCheck, sums, told_again
from pithead.pool.backup import BadBackup, position_in, restore_backup, write_backup
from pithead.pool.bookkeeper_settings import BookkeeperSettings
from pithead.pool.books import BooksSettings
from pithead.pool.database import DATABASE, Where, database_of, one_moment, open_database
from pithead.pool.sharelog import ShareLog

FRONT_END = BookkeeperSettings().front_end


def _where(config: Config) -> tuple[Path, Where]:
    directory = Path(config.data.directory) / "pool"
    return directory, database_of(directory, config.pool.database)


def _opened(where: Where) -> Engine:
    if isinstance(where, Path) and not where.exists():
        raise Refused(f"{where} is not there: no pool has run in this data directory")
    return open_database(where)


def _write(config: Config, file: Path) -> int:
    """A backup of the pool that is configured; how many rows it has."""
    _, where = _where(config)
    engine = _opened(where)
    try:
        return write_backup(engine, file)
    except FileExistsError:
        raise Refused(f"{file} is there already; choose another name") from None
    finally:
        engine.dispose()


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@data_option
@general_options
@click.pass_context
def backup(context: click.Context, file: Path, data: str | None) -> None:
    """Copy the pool's database, all of one moment, to FILE. The pool may be running.

    The journal is not in it: what was credited since is lost if only the backup is left.
    """
    config = configured(context, data__directory=data)
    with told_in_a_sentence():
        rows = _write(config, file)
    click.echo(f"{file}: {rows} rows, {file.stat().st_size} bytes")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--with-journal", is_flag=True,
    help="The journal in the data directory is of the same pool and goes on from the backup.",
)  # fmt: skip
@data_option
@general_options
@click.pass_context
def restore(context: click.Context, file: Path, with_journal: bool, data: str | None) -> None:
    """Fill an empty database from the backup FILE.

    That may be of another engine. What came later is in the journal, if that is left: the next
    start counts it again, so that nothing is lost. Without it the pool does not know what was
    credited or paid since.

    \b
    Example, from SQLite to PostgreSQL:
      pithead pool backup pool.backup --data pithead-data
      pithead pool restore pool.backup --data new-data \\
        --set pool.database=postgresql://pool:secret@127.0.0.1/pool
    """
    config = configured(context, data__directory=data)
    directory, where = _where(config)
    journal = directory / "journal"
    with told_in_a_sentence(), DataDirectory(Path(config.data.directory)):
        if with_journal:
            later = _later(file, journal)
        elif any(journal.glob("*.journal")):
            raise Refused(
                f"{journal} is the journal of another life of the pool; restore into an empty data "
                "directory, or --with-journal if it goes on from the backup"
            )
        rows = restore_backup(file, where)
    click.echo(f"{rows} rows restored")
    if with_journal:
        click.echo(f"{later} events of the journal came later; the next start counts them")
    else:
        click.echo(
            "payouts made since the backup are not known now and may be made a second time: see "
            "`pithead pool missing-payouts` and docs/operating.md before payouts.wallet is set",
            err=True,
        )


def _later(file: Path, journal: Path) -> int:
    """How many events of the journal came after the backup."""
    position = position_in(file, FRONT_END)
    if position is None or not journal.is_dir():
        raise Refused("the backup knows of no journal" if position is None else
                      f"{journal} is not there")  # fmt: skip
    log = ShareLog(journal, FRONT_END)
    try:
        return leads_on(log, position)
    finally:
        log.close()


@click.command()
@click.option(
    "--from", "start", metavar="BACKUP", type=click.Path(path_type=Path, exists=True),
    help="Tell the journal again from this backup on, instead of from where it is kept.",
)  # fmt: skip
@click.option("--sums-only", is_flag=True, help="Do not tell the journal again.")
@data_option
@general_options
@click.pass_context
def check(context: click.Context, start: Path | None, sums_only: bool, data: str | None) -> None:
    """Check the books: their sums, and what leads to them.

    That is the journal. The pool may be running. It is told again from where it is kept
    (`pool.journal_days`), in a database made for it alone. From a backup, the settings of
    scoring and confirmations must be those of then and since.

    Exit code 1 says that something is not as it must be, 2 that it could not be checked.
    """
    config = configured(context, data__directory=data)
    with told_in_a_sentence(), tempfile.TemporaryDirectory(prefix="pithead-check-") as scratch:
        try:
            problems = _problems(config, Path(scratch), start, sums_only)
        except (BadBackup, CannotCheck) as error:
            raise Refused(str(error)) from error
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        raise click.ClickException(f"{len(problems)} things are not as they must be")
    click.echo("all sums hold" if sums_only else "all sums hold, and the journal leads to them")


def _problems(config: Config, scratch: Path, start: Path | None, sums_only: bool) -> list[str]:
    directory, where = _where(config)
    engine = _opened(where)
    try:
        with one_moment(engine) as now:
            problems = sums(now)
            if sums_only:
                return problems
            settings = BooksSettings(config.pool.scoring_seconds, config.pool.confirmations)
            journal = directory / "journal"
            if start is None:
                start = next(iter(extracts(journal, FRONT_END)), None)
            return problems + told_again(
                now, start, journal, FRONT_END, settings, scratch / DATABASE
            )
    finally:
        engine.dispose()
