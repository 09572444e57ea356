"""What the API of a machine needs of the world round it, and what goes on beside its mining."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pithead.miner.api.durable import Settled
from pithead.miner.chronicle import Chronicle
from pithead.miner.configuration import Settings
from pithead.miner.logbook import LogBook
from pithead.miner.miner import Miner
from pithead.miner.network import Interface
from pithead.miner.upgrades import AutoUpgrades

LOG_DIRECTORY = "log"


@dataclass(frozen=True, slots=True)
class Surroundings:
    directory: Path
    """Its files: password, tokens, logs, images of firmware."""
    defaults: Settings
    """What a factory reset goes back to."""
    interface: Callable[[], Interface]
    logs: LogBook
    chronicle: Chronicle
    upgrades: AutoUpgrades
    settled: Settled

    def step(self, now: float) -> None:
        """Call it after each step of the miner."""
        self.chronicle.step(now)
        self.upgrades.step(now)


def surround(
    miner: Miner,
    directory: Path,
    clock: Callable[[], float],
    defaults: Settings,
    interface: Callable[[], Interface],
    settled: Settled | None = None,
) -> Surroundings:
    """For a machine whose files are in `directory`; `settled` is of the keeper of its settings."""
    logs = LogBook(directory / LOG_DIRECTORY)
    return Surroundings(
        directory=directory,
        defaults=defaults,
        interface=interface,
        logs=logs,
        chronicle=Chronicle(miner, logs.write, clock),
        upgrades=AutoUpgrades(miner, clock()),
        settled=settled or _nothing_to_wait_for,
    )


async def _nothing_to_wait_for() -> None:
    """Of settings that are kept in memory."""
