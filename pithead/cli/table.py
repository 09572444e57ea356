"""The live table of `pithead up`: what a person wants to see of a running farm."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.console import Group, RenderableType
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
    return Group(_heading(picture), _miners(picture.miners), _ending(picture))


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


def _miners(miners: Sequence[MinerRow]) -> Table:
    table = Table(expand=False)
    for title in ("miner", "address", "works for", "status"):
        table.add_column(title)
    for title in ("power", "chips", "miner sees", "pool sees", "accepted", "rejected"):
        table.add_column(title, justify="right")
    for miner in miners[:40]:
        heat = miner.temperature_celsius
        table.add_row(
            f"{miner.name} {miner.model}", miner.address, miner.worker, miner.status,
            f"{miner.power_watts} W", "" if heat is None else f"{heat:.0f} °C",
            rate(miner.miner_rate), rate(miner.pool_rate),
            str(miner.accepted), str(miner.rejected),
        )  # fmt: skip
    if len(miners) > 40:
        table.caption = f"and {len(miners) - 40} more"
    return table


def _ending(picture: FarmPicture) -> Text:
    return Text.assemble(
        "addresses, users and tokens for scripts: ", (picture.farm_file, "cyan"), "\n",
        "state is kept in ", (picture.directory, "cyan"),
        "; Ctrl-C stops, the same command goes on from there",
    )  # fmt: skip
