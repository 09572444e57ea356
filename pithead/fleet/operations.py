"""Every operation of the fleet's own API: what it asks, what it answers, who may ask it. Pure."""

from dataclasses import dataclass
from typing import Any, Literal

from pithead.bos.cooling import SetCoolingModeRequestMode
from pithead.bos.miner import UpdateHashboardsRequest
from pithead.bos.performance import SetDPSRequest, SetQuickRampingRequest
from pithead.bos.pool import PoolGroupConfiguration
from pithead.bos.tuning import PerformanceModeMode
from pithead.bos.units import Power, TeraHashrate
from pithead.fleet.contract import (
    Fleet,
    Locate,
    MachineChips,
    MachineView,
    Pools,
    PowerTarget,
    Results,
    Selection,
    Session,
    SignIn,
    TrackView,
)
from pithead.rpc.shapes import rest_type

Verb = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
BASE = "/api/v1/fleet"
MACHINE = f"{BASE}/machines/{{machine}}"
JSON, TEXT, EVENTS = "application/json", "text/plain; charset=utf-8", "text/event-stream"


@dataclass(frozen=True, slots=True)
class Operation:
    name: str
    verb: Verb
    path: str
    summary: str
    answer: Any = None
    """The type of the answer; None: it has none, or is not described as a type."""
    body: Any = None
    media_type: str = JSON
    query: tuple[tuple[str, str], ...] = ()
    """Names, and what they mean; all are whole numbers."""
    is_public: bool = False
    """Whether it needs no session where everything else does."""

    @property
    def changes(self) -> bool:
        return self.verb != "GET"


@dataclass(frozen=True, slots=True)
class Setting:
    """Something that is set on one machine, and where its own API has it."""

    verb: Verb
    path: str
    body: Any
    summary: str


SETTINGS: dict[str, Setting] = {
    "power-target": Setting("PUT", "/performance/power-target", Power, "Aim at a power."),
    "hashrate-target": Setting(
        "PUT", "/performance/hashrate-target", TeraHashrate, "Aim at a hashrate."
    ),
    "dps": Setting(
        "PUT", "/performance/dps", rest_type(SetDPSRequest), "Change dynamic performance scaling."
    ),
    "performance-mode": Setting(
        "PUT",
        "/performance/mode",
        PerformanceModeMode,
        "Run boards at frequencies and voltages, or let the tuner aim at a target.",
    ),
    "quick-ramping": Setting(
        "PUT",
        "/performance/quick-ramping",
        rest_type(SetQuickRampingRequest),
        "Change how fast power comes and goes.",
    ),
    "cooling": Setting("PUT", "/cooling/mode", SetCoolingModeRequestMode, "Change the cooling."),
    "pools": Setting(
        "PUT", "/pools/batch", tuple[PoolGroupConfiguration, ...], "Replace all groups of pools."
    ),
    "hashboards": Setting(
        "PATCH", "/miner/hw/hashboards", UpdateHashboardsRequest, "Turn boards on or off."
    ),
}

_ACTIONS: tuple[tuple[str, type[Selection], str], ...] = (
    ("pause", Selection, "Stop hashing, ready to go on."),
    ("resume", Selection, "Hash again."),
    ("start", Selection, "Start the mining process."),
    ("stop", Selection, "Stop the mining process."),
    ("restart", Selection, "Restart the mining process."),
    ("reboot", Selection, "Restart the machines."),
    ("locate", Locate, "Let machines blink, or stop it."),
    ("power-target", PowerTarget, "Aim at a power, each."),
    ("pools", Pools, "Mine at these pools, and at no others."),
)

_MINUTES = (("minutes", "How many of the last minutes; 1440 by default, 20160 at most."),)

OPERATIONS = (
    Operation("get_fleet", "GET", BASE, "All machines, and what they come to together.", Fleet),
    Operation("follow_fleet", "GET", f"{BASE}/events",
              "All machines, then those that change, as server-sent events of the same form.",
              media_type=EVENTS),
    Operation("get_machine", "GET", MACHINE, "One machine, asked now.", MachineView),
    Operation("get_history", "GET", f"{MACHINE}/history",
              "How it went: a day by minutes, or a fortnight by quarter hours.", TrackView,
              query=_MINUTES),
    Operation("get_chips", "GET", f"{MACHINE}/chips",
              "What each chip of a simulated machine does; no API of machines tells that.",
              MachineChips),
    Operation("get_log", "GET", f"{MACHINE}/log/{{log}}",
              "The end of one of its logs: errors, bosminer, boser, monitor, syslog or dmesg.",
              media_type=TEXT),
    *(Operation(f"set_{name.replace('-', '_')}", "PUT", f"{MACHINE}/{name}", each.summary,
                body=each.body)
      for name, each in SETTINGS.items()),
    *(Operation(f"all_{name.replace('-', '_')}", "POST", f"{BASE}/actions/{name}", summary,
                Results, body)
      for name, body, summary in _ACTIONS),
    Operation("get_fault_kinds", "GET", f"{BASE}/fault-kinds",
              "What can befall simulated machines: JSON schemas by kind."),
    Operation("get_faults", "GET", f"{MACHINE}/faults", "What holds on a simulated machine."),
    Operation("call_down_fault", "POST", f"{MACHINE}/faults",
              "Let something happen to a simulated machine, as the farm's admin API does.",
              body=dict[str, Any]),
    Operation("clear_faults", "DELETE", f"{MACHINE}/faults", "End all that holds on it."),
    Operation("clear_fault", "DELETE", f"{MACHINE}/faults/{{fault}}", "End one."),
    Operation("get_session", "GET", f"{BASE}/session", "How the one who asks stands.", Session,
              is_public=True),
    Operation("sign_in", "POST", f"{BASE}/session", "Begin a session, kept in a cookie.",
              Session, SignIn, is_public=True),
    Operation("sign_out", "DELETE", f"{BASE}/session", "End it.", is_public=True),
)  # fmt: skip
