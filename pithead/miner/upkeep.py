"""The tasks of the whole machine, of which one runs at a time: reboot, factory reset, upgrade,
the way back to the manufacturer's firmware. Pure."""

import msgspec

from pithead.hardware.models import BosMode, Platform
from pithead.miner.configuration import Settings
from pithead.miner.faults import UPGRADE_FAILED
from pithead.miner.miner import Miner
from pithead.miner.refusals import NotSupported
from pithead.miner.system_settings import SystemSettings


class Upkeep:
    """`defaults` are the settings of this machine when it was new."""

    def __init__(self, miner: Miner, defaults: Settings) -> None:
        self._miner = miner
        self._defaults = defaults

    def reboot(self, now: float) -> None:
        """Raises SystemBusy."""
        self._miner.system.begin("reboot")
        self._miner.system.reboot(now)

    def factory_reset(self, wipe_network: bool, now: float) -> None:
        """All settings as they were when new, but the network's unless it is wiped, too; then
        reboot. The firmware stays the one that is installed. Raises SystemBusy."""
        self._miner.system.begin("factory reset")
        self._discard_settings(wipe_network)
        self._miner.system.reboot(now)

    def begin_upgrade(self) -> None:
        """An image arrives. Raises SystemBusy."""
        self._miner.system.begin("system upgrade")

    def fail_upgrade(self, why: str, now: float) -> None:
        """The image was none, or did not come whole."""
        self._miner.system.end()
        self._miner.faults.report(now, f"System upgrade failed: {why}", UPGRADE_FAILED)

    def install(self, version: str, discard_settings: bool, now: float) -> None:
        """The image is there: reboot into it."""
        if discard_settings:
            self._discard_settings(wipe_network=False)
        self._miner.change_system(version=version)
        self._miner.system.reboot(now)

    def restore_stock(self, now: float) -> None:
        """Give the machine back to the firmware it was made with: it is gone for good.

        Raises NotSupported, SystemBusy.
        """
        board = self._miner.model.control_board
        if board.platform in (Platform.STM32MP157C_II2_BMM1, Platform.UNSPECIFIED):
            raise NotSupported("this machine has had no other firmware that could be restored")
        if board.bos_mode is BosMode.SD:
            raise NotSupported(
                "this firmware runs from an SD card: take the card out to get the other one back"
            )
        self._miner.system.begin("way back to the stock firmware")
        self._miner.system.leave(now)

    def _discard_settings(self, wipe_network: bool) -> None:
        old = self._miner.settings
        system = SystemSettings(
            version=old.system.version, network=None if wipe_network else old.system.network
        )
        self._miner.book.replace(
            msgspec.structs.replace(
                self._defaults,
                hostname=self._defaults.hostname if wipe_network else old.hostname,
                uids_given=old.uids_given,
                system=system,
            )
        )
