"""The live table of `pithead up`: what a person wants to see of a running farm."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.table import Table
from rich.text import Text

_PREFIXES = ("", "k", "M", "G", "T", "P", "E", "Z")


@dataclass(frozen=True, slots=True)
class MinerRow:
    """One machine, as it sees itself and as the pool sees it. Rates in hashes a second."""

    name: str
    model: str
    address: str
    worker: str
    status: str
    power_watts: int
    temperature_celsius: float | None
    miner_rate: float
    pool_rate: float
    accepted: int
    rejected: int


@dataclass(frozen=True, slots=True)
class FarmPicture:
    """Everything one drawing of the table needs."""

    now: float
    speed: float
    stratum: str
    api: str
    fleet: str
    """`http://host:port` of its pages; empty where there are none."""
    farm_file: str
    miners: Sequence[MinerRow]
    height: int
    blocks_found: int
    pool_rate: float
    round_probability: float
    last_block: str
    directory: str


def rate(hashes_a_second: float) -> str:
    """A hashrate in the prefix people would use: `104.2 TH/s`."""
    value, index = hashes_a_second, 0
    while value >= 999.95 and index < len(_PREFIXES) - 1:
        value, index = value / 1000, index + 1
    return f"{value:.1f} {_PREFIXES[index]}H/s"


def draw(picture: FarmPicture) -> RenderableType:
    """The whole picture."""
    return Group(_heading(picture), _Miners(picture.miners), _ending(picture))


def line(picture: FarmPicture) -> str:
    """The picture in one line, for an output that is no terminal."""
    accepted = sum(miner.accepted for miner in picture.miners)
    seen = rate(sum(miner.miner_rate for miner in picture.miners))
    return (
        f"{_time(picture.now)} height {picture.height}, blocks found {picture.blocks_found}, "
        f"pool {rate(picture.pool_rate)}, miners {seen}, "
        f"shares {accepted}"
    )


def _time(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _heading(picture: FarmPicture) -> Text:
    speed = "" if picture.speed == 1 else f"  at {picture.speed:g} times the speed"
    return Text.assemble(
        ("pithead", "bold"), f"  {_time(picture.now)}{speed}\n",
        "pool     ", (f"stratum+tcp://{picture.stratum}", "cyan"), "   ",
        (f"http://{picture.api}", "cyan"), "\n",
        "chain    ", f"height {picture.height}, {picture.blocks_found} blocks found here, "
        f"last {picture.last_block}, this round {picture.round_probability:.0%}\n",
        *(("fleet    ", (picture.fleet, "cyan"), "\n") if picture.fleet else ()),
        "hashrate ", f"{rate(picture.pool_rate)} as the pool sees it",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Miners:
    """The table of machines, with as many columns and rows as the terminal has room for."""

    miners: Sequence[MinerRow]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Table]:
        rows = _MOST_ROWS
        if console.is_terminal:
            rows = max(3, min(rows, console.height - _LINES_AROUND))
        shown = self.miners[:rows]
        table = Table(expand=False)
        columns = _fitting(shown, options.max_width)
        for title in columns:
            table.add_column(title, justify="left" if title in _LEFT else "right", no_wrap=True)
        for miner in shown:
            table.add_row(*(of(miner) for of in columns.values()))
        if len(self.miners) > rows:
            table.caption = f"and {len(self.miners) - rows} more"
        yield table


def _fitting(miners: Sequence[MinerRow], width: int) -> Mapping[str, Callable[[MinerRow], str]]:
    """The columns that fit into `width`; the least needed are left out first."""
    columns = dict(_COLUMNS)
    for title in _LEAST_NEEDED:
        if _width(columns, miners) <= width:
            break
        del columns[title]
    return columns


def _width(columns: Mapping[str, Callable[[MinerRow], str]], miners: Sequence[MinerRow]) -> int:
    """Of the table of all these, with a border and two blanks at each column."""
    widest = (max([len(title), *(len(of(row)) for row in miners)]) for title, of in columns.items())
    return 1 + sum(wide + 3 for wide in widest)


def _heat(miner: MinerRow) -> str:
    return "" if miner.temperature_celsius is None else f"{miner.temperature_celsius:.0f} °C"


_COLUMNS: dict[str, Callable[[MinerRow], str]] = {
    "miner": lambda miner: miner.name,
    "model": lambda miner: miner.model,
    "address": lambda miner: miner.address,
    "works for": lambda miner: miner.worker,
    "status": lambda miner: miner.status,
    "power": lambda miner: f"{miner.power_watts} W",
    "chips": _heat,
    "miner sees": lambda miner: rate(miner.miner_rate),
    "pool sees": lambda miner: rate(miner.pool_rate),
    "accepted": lambda miner: str(miner.accepted),
    "rejected": lambda miner: str(miner.rejected),
}
_LEFT = ("miner", "model", "address", "works for", "status")
_LEAST_NEEDED = ("model", "works for", "rejected", "chips", "accepted", "status")

_MOST_ROWS = 40
_LINES_AROUND = 14
"""Of a terminal: what stands above and below the table's rows, and one for the cursor."""


def _ending(picture: FarmPicture) -> Text:
    return Text.assemble(
        "addresses, users and tokens for scripts: ", (picture.farm_file, "cyan"), "\n",
        "state is kept in ", (picture.directory, "cyan"),
        "; Ctrl-C stops, the same command goes on from there",
    )  # fmt: skip
