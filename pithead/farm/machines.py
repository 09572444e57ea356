"""Puts one machine together with the firmware that runs it."""

from dataclasses import dataclass
from pathlib import Path

import structlog

from pithead.farm.fate import ORDINARY, Fate, Lot
from pithead.hardware.models import MachineModel
from pithead.hardware.processor import PROCESSOR, Processor
from pithead.hardware.simulated import SimulatedMachine, spread
from pithead.miner.configuration import Settings
from pithead.miner.daemon import Machine, SettingsKeeper
from pithead.miner.faults import SETTINGS_DAMAGED
from pithead.miner.identity import identity_of
from pithead.miner.miner import Miner
from pithead.miner.settings import SettingsFile

log = structlog.get_logger(__name__)

SETTINGS_FILE = "settings.json"


@dataclass(frozen=True, slots=True)
class MachinePlan:
    """What one machine of a farm is to be."""

    name: str
    model: MachineModel
    seed: str
    """Equal seeds make equal machines: serial numbers, chips, fans."""
    defaults: Settings
    """For a machine that has no settings of its own yet."""
    directory: Path | None = None
    """Where its settings are kept; None: nowhere."""
    source_address: str | None = None
    lot: Lot = ORDINARY
    """Where it stands and what is planned for it."""


def build_machine(plan: MachinePlan, now: float, work_scale: int) -> Machine:
    """A machine as its last settings left it, ready for a `Daemon`. The processor of this computer
    works at no scale but its own. Raises BadMishap."""
    return build_fated(plan, now, work_scale)[0]


def build_fated(plan: MachinePlan, now: float, work_scale: int) -> tuple[Machine, Fate | None]:
    """The same with what plays its fate; None where it is no simulated one and has its own."""
    if plan.model.name == PROCESSOR:
        return _assembled(plan, Processor(plan.model, now), now, 1), None
    device = SimulatedMachine(
        plan.model,
        seed=plan.seed,
        now=now,
        work_scale=work_scale,
        ambient_c=plan.lot.ambient_c(now),
    )
    machine = _assembled(plan, device, now, work_scale)
    return machine, Fate(device, machine.miner.system, machine.cable, plan.lot, now)


def _assembled(
    plan: MachinePlan, device: SimulatedMachine | Processor, now: float, work_scale: int
) -> Machine:
    """Hardware and firmware together."""
    settings, problem = plan.defaults, None
    keeper: SettingsKeeper | None = None
    if plan.directory is not None:
        file = SettingsFile(plan.directory / SETTINGS_FILE)
        loaded = file.load(plan.defaults)
        settings, problem = loaded.settings, loaded.problem
        keeper = SettingsKeeper(file)
    miner = Miner(
        device,
        settings,
        now,
        identity=identity_of(plan.model, plan.seed),
        work_scale=work_scale,
        save=_forget if keeper is None else keeper.keep,
        jitter=(1 + spread(plan.seed, "jitter")) / 2,
    )
    if problem is not None:
        log.error("settings.damaged", miner=plan.name, problem=problem)
        miner.faults.report(now, problem, SETTINGS_DAMAGED)
    return Machine(plan.name, miner, device, keeper, plan.source_address)


def _forget(settings: Settings) -> None:
    """A machine without a place for its settings has them until it ends."""
