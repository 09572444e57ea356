"""Rows for people and for programs: a table, CSV or JSON; and how far a long job is."""

import csv
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal, TypeVar

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from pithead.fleet.amounts import Cell, Row

Form = Literal["table", "csv", "json"]
Command = TypeVar("Command", bound=Callable[..., Any])

_UNBROKEN = 100_000
"""Characters of a line that goes into a file."""


def form_options(command: Command) -> Command:
    """`--csv` and `--json`; the command gets both as flags, see `form_of`."""
    as_csv = click.option("--csv", "as_csv", is_flag=True, help="Comma separated, with a heading.")
    as_json = click.option("--json", "as_json", is_flag=True, help="A list of objects.")
    return as_csv(as_json(command))


def form_of(as_csv: bool, as_json: bool) -> Form:
    """Raises click's UsageError where both were asked for."""
    if as_csv and as_json:
        raise click.UsageError("choose one of --csv and --json")
    return "csv" if as_csv else "json" if as_json else "table"


def show(rows: Sequence[Row], form: Form) -> None:
    """To standard output. The columns are those of all rows, in the order they come up."""
    match form:
        case "json":
            click.echo(msgspec.json.format(msgspec.json.encode(rows), indent=2))
        case "csv":
            writer = csv.DictWriter(sys.stdout, _columns(rows), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        case "table" if rows:
            _print_table(rows)


def printable(text: str) -> str:
    """What a stranger says, without what would steer a terminal."""
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )


@contextmanager
def progress(title: str, total: int) -> Iterator[Callable[[object], None]]:
    """Call the result once for each thing that is done. Drawn where standard error is a terminal,
    and gone at the end."""
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(title, total=total)
        yield lambda _done: bar.advance(task)


def _columns(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _print_table(rows: Sequence[Row]) -> None:
    table = Table(box=None, pad_edge=False)
    columns = _columns(rows)
    for name in columns:
        numbers = any(_is_number(row.get(name)) for row in rows)
        table.add_column(name, justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_shown(row.get(name))) for name in columns))
    console = Console()
    if not console.is_terminal:
        console.width = _UNBROKEN
    console.print(table)


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def _shown(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case float():
            return f"{cell:.2f}".rstrip("0").rstrip(".")
        case str():
            return printable(cell)
    return str(cell)
