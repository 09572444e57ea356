"""What a farm shows of itself to Prometheus and to who asks for its health."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from pithead.farm.desk import Desk
from pithead.farm.measures import machine_samples
from pithead.metrics import families as all_of
from pithead.metrics.families import Sample
from pithead.metrics.lag import LoopLag
from pithead.miner.daemon import Machine
from pithead.native import HAS_NATIVE


@dataclass(frozen=True, slots=True)
class FarmWatch:
    """One for the machines of a process; belongs to its event loop."""

    machines: Sequence[Machine]
    desk: Desk
    worker_ids: Callable[[], Sequence[int]]
    """Of the processes that hash."""
    data: Path
    clock: Callable[[], float]
    lag: LoopLag = field(default_factory=LoopLag)

    async def measure(self) -> Sequence[Sample]:
        now = self.clock()
        faults = {view.name: len(view.faults) for view in self.desk.machines()}
        samples = [
            Sample(all_of.INFO, 1, (version("pithead"), "yes" if HAS_NATIVE else "no")),
            Sample(all_of.LOOP_LAG, self.lag.worst),
            Sample(all_of.DATA_FREE, _room(self.data)),
            Sample(all_of.MACHINES, len(self.machines)),
            Sample(all_of.HASHING_WORKERS, len(self.worker_ids())),
        ]
        for machine in self.machines:
            miner, name = machine.miner, machine.name
            is_up = miner.system.is_up
            samples += machine_samples(name, miner.snapshot(now), is_up, faults.get(name, 0))
        return samples

    async def alive(self) -> Sequence[str]:
        """That this is answered says that the loop turns."""
        return ()

    async def ready(self) -> Sequence[str]:
        if self.machines and not any(each.miner.system.is_up for each in self.machines):
            return ("no machine is up",)
        return ()


def _room(path: Path) -> int:
    """Bytes free where the directory is, or will be."""
    return shutil.disk_usage(next(each for each in (path, *path.parents) if each.exists())).free
