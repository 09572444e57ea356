"""Machines kept within a budget of power: looked at, decided on, told; over and over."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Any, Literal

import structlog

from pithead.bos.configuration import GetConstraintsResponse, GetMinerConfigurationResponse
from pithead.bos.miner import GetMinerDetailsResponse, MinerStatus
from pithead.bos.tuning import PerformanceModeMode
from pithead.bos.units import Power
from pithead.fleet.calling import for_each
from pithead.fleet.client import MachineClient, MachineError
from pithead.fleet.following import Change, Decision, Follower, Sight

log = structlog.get_logger(__name__)

UpTo = Literal["former", "default", "max"]

_STATUS_PAUSED = MinerStatus.PAUSED
_STATUS_OURS = (MinerStatus.NORMAL, MinerStatus.PAUSED)


@dataclass(slots=True)
class Steered:
    """One machine that is steered."""

    name: str
    client: MachineClient
    sight: Sight | None = None
    """The last one; None: it has never answered."""
    constraints: GetConstraintsResponse | None = None
    former_mode: Any = None
    """As its API said it at first, and takes it again."""
    former_target_w: int | None = None
    was_paused: bool = False
    is_changed: bool = False


@dataclass(frozen=True, slots=True)
class Round:
    """One look at all and what came of it. Watts."""

    budget_w: float | None
    drawn_w: float
    decision: Decision
    failures: tuple[str, ...]
    """Of machines that are away, or would not do what they were told."""


class Steering:
    """Belongs to one event loop."""

    def __init__(
        self, machines: Sequence[Steered], follower: Follower, up_to: UpTo, at_once: int
    ) -> None:
        """Names are unique. `up_to`: how far a machine may go up."""
        self._machines = {machine.name: machine for machine in machines}
        self._follower = follower
        self._up_to = up_to
        self._at_once = at_once

    async def round(self, budget_w: float | None, now: float) -> Round:
        """Look at all machines, decide, and tell them; first what saves power, then the rest."""
        failures = await self._look()
        sights = [each.sight for each in self._machines.values() if each.sight is not None]
        decision = self._follower.decide(budget_w, sights, now)
        for change in decision.changes:
            log.info("fleet.change", machine=change.name, change=str(change), budget_w=budget_w)
        downs = [each for each in decision.changes if not self._goes_up(each)]
        for part in (downs, [each for each in decision.changes if self._goes_up(each)]):
            told = await for_each(part, self._tell, self._at_once)
            failures += [str(each) for each in told if isinstance(each, MachineError)]
        drawn = sum(sight.power_w for sight in sights)
        return Round(budget_w, drawn, decision, tuple(failures))

    async def restore(self) -> list[str]:
        """Put back what was changed; what could not be, in sentences."""
        changed = [each for each in self._machines.values() if each.is_changed]
        done = await for_each(changed, _restore, self._at_once)
        return [str(each) for each in done if isinstance(each, MachineError)]

    def _goes_up(self, change: Change) -> bool:
        sight = self._machines[change.name].sight
        if sight is None or change.target_w is None:
            return False
        return change.resumes or change.target_w > (sight.target_w or sight.power_w)

    async def _look(self) -> list[str]:
        failures = []
        machines = list(self._machines.values())
        seen = await for_each(machines, lambda each: _look_at(each, self._up_to), self._at_once)
        for machine, sight in zip(machines, seen, strict=True):
            if isinstance(sight, MachineError):
                failures.append(str(sight))
                if machine.sight is not None:
                    machine.sight = replace(machine.sight, is_here=False)
            else:
                machine.sight = sight
        return failures

    async def _tell(self, change: Change) -> None:
        machine = self._machines[change.name]
        machine.is_changed = True
        client = machine.client
        if change.target_w is None:
            await client.put("/actions/pause")
            return
        await client.put("/performance/power-target", Power(watt=change.target_w))
        if change.resumes:
            await client.put("/actions/resume")


async def _restore(machine: Steered) -> None:
    await machine.client.put("/performance/mode", machine.former_mode)
    await machine.client.put(f"/actions/{'pause' if machine.was_paused else 'resume'}")


async def _look_at(machine: Steered, up_to: UpTo) -> Sight:
    client = machine.client
    details = await client.details()
    stats = await client.stats()
    said = await client.get("/performance/mode")
    configured = await client.ask_as(GetMinerConfigurationResponse, "GET", "/configuration/miner")
    target_w = power_target(client.decoded(said, PerformanceModeMode))
    is_paused = details.status is _STATUS_PAUSED
    if machine.constraints is None:
        machine.constraints = await client.constraints()
        machine.former_mode, machine.former_target_w = said, target_w
        machine.was_paused = is_paused
    least, default, most = _limits(machine)
    ceiling = {"former": machine.former_target_w or default, "default": default, "max": most}[up_to]
    power = stats.power_stats.approximated_consumption if stats.power_stats else None
    boards, dps = configured.hashboard_config, configured.dps
    ramps = (boards.quick_ramping_time_up_s, boards.quick_ramping_time_down_s) if boards else ()
    return Sight(
        name=machine.name,
        power_w=float(power.watt) if power else 0.0,
        min_w=least,
        ceiling_w=max(least, ceiling),
        efficiency_j_th=_efficiency(details, default),
        target_w=target_w,
        is_paused=is_paused,
        is_ours=details.status in _STATUS_OURS,
        ramp_s=float(max((each or 0 for each in ramps), default=0)),
        scales=bool(dps and dps.enabled),
    )


def power_target(mode: PerformanceModeMode) -> int | None:
    """Watts; None where the machine tunes for something else."""
    kind, value = mode.chosen
    if kind != "tunermode" or value.target is None:
        return None
    kind, target = value.target.chosen
    if kind != "powertarget" or target.power_target is None:
        return None
    watt: int = target.power_target.watt
    return watt


def _limits(machine: Steered) -> tuple[int, int, int]:
    """The least, usual and highest power target. Raises MachineError."""
    tuner = machine.constraints.tuner_constraints if machine.constraints else None
    power = tuner.power_target if tuner else None
    if power is None or not (power.min and power.default and power.max):
        raise MachineError(machine.client.place, "says no limits of its power target")
    return power.min.watt, power.default.watt, power.max.watt


def _efficiency(details: GetMinerDetailsResponse, default_w: int) -> float:
    """Joules a terahash as it is sold; machines that do not say are the last."""
    sticker = details.sticker_hashrate
    if sticker is None or sticker.gigahash_per_second <= 0:
        return inf
    return default_w / (sticker.gigahash_per_second / 1000)
