"""What the fleet's own API says: every answer and every body. Pure.

Moments are unix seconds. Units are in the names: TH/s, watts, J/TH, Celsius. None is what a
machine does not say.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from pithead.bos.configuration import GetConstraintsResponse, GetMinerConfigurationResponse
from pithead.bos.cooling import GetCoolingStateResponse
from pithead.bos.miner import (
    GetErrorsResponse,
    GetHashboardsResponse,
    GetMinerDetailsResponse,
    GetMinerStatsResponse,
)
from pithead.bos.performance import GetTunerStateResponse
from pithead.bos.pool import PoolGroup

State = Literal[
    "new", "mining", "starting", "stopping", "paused", "suspended", "stopped", "restricted",
    "away", "refused",
]  # fmt: skip
"""`away`: it cannot be reached; `refused`: it answers, but not to us; `new`: not asked yet."""

HERE: frozenset[State] = frozenset(
    ("mining", "starting", "stopping", "paused", "suspended", "stopped", "restricted")
)

MachineId = Annotated[str, Meta(min_length=1, max_length=300)]
MOST_MACHINES = 10_000
"""In one selection."""
MOST_POOLS = 16


class Row(Struct, frozen=True, kw_only=True):
    """One machine, as a table shows it."""

    id: str
    """Where its API is, `host` or `host:port`."""
    name: str
    url: str
    model: str | None = None
    version: str | None = None
    """Of its firmware."""
    state: State
    reason: str | None = None
    """Why it is in this state."""
    since: float
    """When it was first seen in this state."""
    seen_at: float | None = None
    """When it last answered."""
    hashrate_ths: float | None = None
    """Of the last five minutes."""
    nominal_ths: float | None = None
    """What it is to do now."""
    sticker_ths: float | None = None
    power_w: float | None = None
    efficiency_j_th: float | None = None
    chip_c: float | None = None
    """The hottest place it knows of."""
    fans_rpm: tuple[int, ...] = ()
    fan_ratio: float | None = None
    """What the fans are told, from 0 to 1."""
    tuner: str | None = None
    target_w: float | None = None
    target_ths: float | None = None
    """What the tuner aims at now: the one or the other."""
    accepted_shares: int = 0
    rejected_shares: int = 0
    """Stale ones among them."""
    errors: int = 0
    """How many it lists, however old."""
    last_error: str | None = None
    uptime_s: int | None = None
    attention: str | None = None
    """Why somebody should look after it; None: nobody has to."""


class Sums(Struct, frozen=True, kw_only=True):
    """All machines together."""

    machines: int
    mining: int
    away: int
    """Those that refuse us among them."""
    attention: int
    """Those that somebody should look after."""
    hashrate_ths: float
    power_w: float
    efficiency_j_th: float | None
    hottest_c: float | None


class Fleet(Struct, frozen=True, kw_only=True):
    sums: Sums
    machines: tuple[Row, ...]
    look_seconds: float
    """Between two looks at a machine that answers."""
    whole: bool
    """Whether these are all machines; the stream gives those that changed."""


class MachineView(Struct, frozen=True, kw_only=True):
    """A machine in detail: its own answers, as the Braiins OS API gives them."""

    row: Row
    details: GetMinerDetailsResponse | None = None
    stats: GetMinerStatsResponse | None = None
    hashboards: GetHashboardsResponse | None = None
    cooling: GetCoolingStateResponse | None = None
    tuner: GetTunerStateResponse | None = None
    configuration: GetMinerConfigurationResponse | None = None
    constraints: GetConstraintsResponse | None = None
    pools: tuple[PoolGroup, ...] | None = None
    errors: GetErrorsResponse | None = None
    locating: bool | None = None
    """Whether it blinks to be found."""
    simulated: bool = False
    """Whether a farm simulates it whose admin API is known: its chips and faults can be asked."""
    unanswered: dict[str, str]
    """What it did not answer just now, and why."""


class TrackView(Struct, frozen=True, kw_only=True):
    """Minute by minute up to a day, else by quarter hours; null where nothing was seen."""

    step_s: int
    """Seconds of each point."""
    moments: tuple[int, ...]
    """At which each began."""
    hashrate_ths: tuple[float | None, ...]
    power_w: tuple[float | None, ...]
    temperature_c: tuple[float | None, ...]
    target_w: tuple[float | None, ...]
    target_ths: tuple[float | None, ...]


class Chip(Struct, frozen=True, kw_only=True):
    """One chip of a simulated machine now; null is what it has not."""

    number: int
    """On its board, from 0 where the coolant comes in, lane by lane."""
    is_answering: bool
    temperature_c: float | None
    hashrate_ghs: float
    error_ratio: float | None
    """The part of its hashes that come out wrong."""
    spare_v: float | None
    """Of the board's voltage, what it does not need; below 0 it makes errors."""


class BoardChips(Struct, frozen=True, kw_only=True):
    """A board and its chips; the rates of these add up to its rate, all else is their mean."""

    board: int
    lanes: Annotated[int, Meta(ge=1, le=100)]
    """So many chips stand side by side across the coolant's way."""
    frequency_mhz: float
    voltage_v: float
    chip_temperature_c: float
    hashrate_ghs: float
    error_ratio: float
    chips: Annotated[tuple[Chip, ...], Meta(max_length=1000)]


class MachineChips(Struct, frozen=True, kw_only=True):
    """What only the farm knows that simulates a machine."""

    boards: Annotated[tuple[BoardChips, ...], Meta(max_length=16)]


class Result(Struct, frozen=True, kw_only=True):
    """What one machine said to an action."""

    id: str
    ok: bool
    message: str
    """Its own sentence where it refused."""


class Results(Struct, frozen=True, kw_only=True):
    done: int
    failed: int
    results: tuple[Result, ...]


class Selection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which machines."""

    machines: Annotated[tuple[MachineId, ...], Meta(min_length=1, max_length=MOST_MACHINES)]


class Locate(Selection, frozen=True, kw_only=True):
    on: bool


class PowerTarget(Selection, frozen=True, kw_only=True):
    watts: Annotated[int, Meta(ge=1, le=1_000_000)]


class PoolEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    url: Annotated[str, Meta(min_length=1, max_length=1024)]
    user: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=256,
            description="`{name}` in it stands for the name of the machine.",
        ),
    ]
    password: Annotated[str, Meta(max_length=256)] | None = None


class Pools(Selection, frozen=True, kw_only=True):
    """One group of pools in place of all groups."""

    pools: Annotated[tuple[PoolEntry, ...], Meta(min_length=1, max_length=MOST_POOLS)]


class SignIn(Struct, frozen=True, forbid_unknown_fields=True):
    """The password of the fleet's pages, or its token."""

    password: Annotated[str, Meta(min_length=1, max_length=256)]


class Session(Struct, frozen=True, kw_only=True):
    """How the one who asks stands."""

    signed_in: bool
    may_read: bool
    csrf: str | None = None
    """To be sent as `X-CSRF-Token` with everything that changes something."""
    simulated: bool = False
    """Whether faults can be called down on machines."""
