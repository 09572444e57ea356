"""The computer that the firmware runs on: whether it is up, since when, and what it is busy with.

Pure. Its APIs live and die with it: who serves them watches it.
"""

from collections.abc import Callable

from pithead.hardware.models import MachineModel
from pithead.miner.refusals import SystemBusy

SHUTDOWN_SECONDS = 1.0
"""Between the order to reboot and the end of the APIs: the answer still goes out; an estimate."""

BOOT_SECONDS = {"Antminer S19 XP": 40.0, "Antminer S21 Pro": 167.0}
"""From the difference of the two uptimes of live machines."""
OLDER_BOOT_SECONDS = 40.0
NEWER_BOOT_SECONDS = 167.0
"""All others, by their nearest sister; an estimate."""

PowerListener = Callable[[bool], None]


class System:
    def __init__(self, model: MachineModel, now: float) -> None:
        self._boot_seconds = boot_seconds(model)
        self._down_at: float | None = None
        self._up_at: float | None = None
        self._is_leaving = False
        self._listeners: list[PowerListener] = []
        self.started = now
        """When this computer was last switched on."""
        self.is_up = True
        self.has_power = True
        """Whether the mains are there."""
        self._dark_since = now
        self._dark_for: float | None = None
        self.task: str | None = None
        """The system task that runs now."""

    def begin(self, task: str) -> None:
        """Take the one place for system tasks. Raises SystemBusy."""
        if self.task is not None:
            raise SystemBusy(f"the {self.task} still runs; try again when it is done")
        self.task = task

    def end(self) -> None:
        """The system task is done or has failed."""
        self.task = None

    def reboot(self, now: float) -> None:
        """Go down in a moment and come back after the boot time. The task began already."""
        if self.has_power:
            self._down_at = now + SHUTDOWN_SECONDS

    def leave(self, now: float) -> None:
        """Go down in a moment and never come back: another firmware takes over."""
        self._is_leaving = True
        self.reboot(now)

    def cut_power(self, now: float) -> None:
        """The mains are gone: dark at once, whatever was under way."""
        if self.has_power:
            self.has_power = False
            self._dark_since = now
            self._down_at = self._up_at = self.task = None
            if self.is_up:
                self._turn(False)

    def give_power(self, now: float) -> None:
        """The mains are back: the computer boots, if it is still this firmware's."""
        if not self.has_power:
            self.has_power = True
            self._dark_for = now - self._dark_since
            if not self._is_leaving:
                self.started = now
                self._up_at = now + self._boot_seconds

    def take_outage(self) -> float | None:
        """Seconds without power before this boot, told once; None: it was an ordinary one."""
        dark_for, self._dark_for = self._dark_for, None
        return dark_for

    def step(self, now: float) -> bool:
        """Let time pass. True in the moment in which the computer has come back."""
        if self._down_at is not None and now >= self._down_at:
            self.started = self._down_at
            self._up_at = None if self._is_leaving else self._down_at + self._boot_seconds
            self._down_at = None
            self._turn(False)
        if self._up_at is not None and now >= self._up_at:
            self._up_at = None
            self.task = None
            self._turn(True)
            return True
        return False

    @property
    def back_at(self) -> float | None:
        """When the boot that is under way ends."""
        return self._up_at

    def watch(self, listener: PowerListener) -> Callable[[], None]:
        """Call `listener` with False when the computer goes down and True when it is back, until
        the returned function is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _turn(self, is_up: bool) -> None:
        self.is_up = is_up
        for listener in tuple(self._listeners):
            listener(is_up)


def boot_seconds(model: MachineModel) -> float:
    """From the order to boot until the mining process begins."""
    is_newer = "21" in model.name
    return BOOT_SECONDS.get(model.name, NEWER_BOOT_SECONDS if is_newer else OLDER_BOOT_SECONDS)
