"""The picture of `pithead top`: a pool and machines, sorted and in pages. No input, no output."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from typing import Literal, get_args

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pithead.cli.output import printable
from pithead.cli.table import rate
from pithead.fleet.amounts import Cell, Row

Order = Literal[
    "name", "status", "hashrate", "power", "efficiency", "temperature", "accepted", "rejected"
]
ORDERS: tuple[Order, ...] = get_args(Order)
_COLUMN: dict[Order, str] = {
    "name": "machine",
    "status": "status",
    "hashrate": "hashrate_ths",
    "power": "power_w",
    "efficiency": "efficiency_j_th",
    "temperature": "chip_c",
    "accepted": "accepted",
    "rejected": "rejected",
}
_RISING = ("name", "status", "efficiency")
"""The others show the most first."""
AROUND_LINES = 8
"""Of a picture that are no machines."""


@dataclass(frozen=True, slots=True)
class PoolView:
    """What a pool says. Rates in hashes a second; None is what was not asked or not told."""

    url: str
    hashes_per_second: float | None = None
    workers: int | None = None
    luck: float | None = None
    """Of the last ten blocks; 1 is as expected."""
    round_probability: float | None = None
    height: int | None = None
    connections: int | None = None
    blocks_found: int | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """What is looked at, and how."""

    order: Order = "name"
    is_reversed: bool = False
    page: int = 0
    """From 0."""
    page_rows: int = 30


def pages(count: int, view: View) -> int:
    return max(1, ceil(count / view.page_rows))


def arranged(rows: Sequence[Row], view: View) -> list[Row]:
    """In the order of the view; machines that do not say come last either way."""
    column = _COLUMN[view.order]
    known = [row for row in rows if row.get(column) is not None]
    falls = (view.order not in _RISING) != view.is_reversed
    known.sort(key=lambda row: _key(row[column]), reverse=falls)
    return known + [row for row in rows if row.get(column) is None]


def _key(cell: Cell) -> tuple[float, str]:
    return (0.0, cell) if isinstance(cell, str) else (float(cell or 0), "")


def frame(now: float, pools: Sequence[PoolView], rows: Sequence[Row], view: View) -> RenderableType:
    """The whole picture. `now` is unix seconds; a page past the end is the last."""
    count = pages(len(rows), view)
    page = min(view.page, count - 1)
    shown = arranged(rows, view)[page * view.page_rows : (page + 1) * view.page_rows]
    ending = (
        f"page {page + 1} of {count}, by {view.order}{' reversed' if view.is_reversed else ''}"
        "    q quit  s sort  r reverse  n next  p previous"
    )
    parts: list[RenderableType] = [_heading(now, rows), *map(_pool, pools), _table(shown)]
    return Group(*parts, Text(ending, style="dim"))


def _heading(now: float, rows: Sequence[Row]) -> Text:
    time = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    here = [row for row in rows if not row.get("error")]
    hashes = sum(_number(row.get("hashrate_ths")) for row in here) * 1e12
    watts = sum(_number(row.get("power_w")) for row in here)
    efficiency = _efficiency(here)
    return Text.assemble(
        ("pithead top", "bold"), f"  {time}\n",
        f"{len(here)} of {len(rows)} machines answer   {rate(hashes)}",
        f"   {watts / 1000:.1f} kW", f"   {efficiency:.1f} J/TH" if efficiency else "",
    )  # fmt: skip


def _efficiency(rows: Sequence[Row]) -> float | None:
    """J/TH of all that say power and efficiency; a hashrate is that of minutes, power of now."""
    both = [(_number(row.get("power_w")), _number(row.get("efficiency_j_th"))) for row in rows]
    said = [(power, each) for power, each in both if power and each]
    hashes = sum(power / each for power, each in said)
    return sum(power for power, _ in said) / hashes if hashes else None


def _number(cell: Cell) -> float:
    return float(cell) if isinstance(cell, int | float) else 0.0


def _pool(pool: PoolView) -> Text:
    if pool.error:
        return Text(f"pool {pool.url}: {printable(pool.error)}", style="red")
    parts = [f"pool {pool.url}"]
    if pool.hashes_per_second is not None:
        parts.append(rate(pool.hashes_per_second))
    named = (
        (pool.workers, "{} workers"), (pool.connections, "{} connections"),
        (pool.height, "height {}"), (pool.blocks_found, "{} blocks found"),
    )  # fmt: skip
    parts += [words.format(value) for value, words in named if value is not None]
    if pool.luck is not None:
        parts.append(f"luck {pool.luck:.0%}")
    if pool.round_probability is not None:
        parts.append(f"round {pool.round_probability:.0%}")
    return Text("   ".join(parts))


def _table(rows: Sequence[Row]) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("machine", "model", "status"):
        table.add_column(title, no_wrap=True)
    for title in ("hashrate", "power", "J/TH", "chips", "target", "accepted", "rejected"):
        table.add_column(title, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*_cells(row), style="red" if row.get("error") else "")
    return table


def _cells(row: Row) -> list[Text]:
    name = Text(printable(str(row["machine"])))
    if row.get("error"):
        return [name, Text(""), Text(printable(str(row["error"])))]
    values = (
        _with("hashrate_ths", row, "TH/s"), _with("power_w", row, "W"),
        _with("efficiency_j_th", row, ""), _with("chip_c", row, "°C"),
        _with("target_w", row, "W") or _with("target_ths", row, "TH/s"),
        _with("accepted", row, ""), _with("rejected", row, ""),
    )  # fmt: skip
    words = (str(row.get("model") or ""), str(row.get("status") or ""))
    return [name, *(Text(printable(word)) for word in (*words, *values))]


def _with(column: str, row: Row, unit: str) -> str:
    cell = row.get(column)
    if cell is None:
        return ""
    text = f"{cell:.1f}" if isinstance(cell, float) else str(cell)
    return f"{text} {unit}".rstrip()
