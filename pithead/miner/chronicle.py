"""Writes the logs of a machine from what happens to it. Pure: lines go to whoever takes them.

`errors` has the faults, `bosminer` the mining process, `boser` the API, `monitor` temperatures,
fans and power at an interval, `syslog` the computer, `dmesg` its boards and its boots.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal, get_args

from pithead.miner import advanced
from pithead.miner.condition import Cause, Condition
from pithead.miner.faults import Fault
from pithead.miner.miner import Miner

LogKind = Literal["errors", "bosminer", "boser", "monitor", "syslog", "dmesg"]
KINDS: tuple[LogKind, ...] = get_args(LogKind)

Write = Callable[[LogKind, str], None]


class Chronicle:
    """Watches one miner for as long as it lives; `step` is called often."""

    def __init__(self, miner: Miner, write: Write, clock: Callable[[], float]) -> None:
        self._miner = miner
        self._write = write
        self._clock = clock
        self._next_reading = clock()
        self._pools: dict[str, str | None] = {}
        miner.standing.watch_condition(self._tell_condition)
        miner.faults.watch(self._tell_fault)
        miner.system.watch(self._tell_power)
        self._tell_boot()
        for fault in miner.faults.all():
            self._tell_fault(fault)

    def step(self, now: float) -> None:
        """Note what nobody tells: pools that live or die, readings that are due."""
        self._note_pools(now)
        if now >= self._next_reading and self._miner.system.is_up:
            options = self._miner.settings.system.advanced
            self._next_reading = now + advanced.number(options, advanced.MONITOR_INTERVAL)
            self._write("monitor", f"{stamp(now)} {self._reading(now)}")

    def request(self, line: str) -> None:
        """Somebody used the API."""
        self._write("boser", f"{stamp(self._clock())} INFO {line}")

    def _reading(self, now: float) -> str:
        seen = self._miner.snapshot(now)
        boards = " ".join(
            f"hb{board.id}={'-' if board.board_temp_c is None else f'{board.board_temp_c:.1f}C'}"
            for board in seen.boards
        )
        fans = " ".join(f"fan{fan.position}={fan.rpm}rpm" for fan in seen.fans)
        rate = seen.real.last_1m / 1e12
        return f"INFO {boards} {fans} power={seen.consumption_w}W rate={rate:.2f}TH/s"

    def _note_pools(self, now: float) -> None:
        states = dict(self._miner.pool_states())
        for name, state in states.items():
            if self._pools.get(name, "unknown") != state:
                level, words = (
                    ("INFO", "is alive") if state is None else ("WARN", f"fails: {state}")
                )
                self._write("bosminer", f"{stamp(now)} {level} pool {name} {words}")
        self._pools = states

    def _tell_condition(self, condition: Condition) -> None:
        verdict = condition.verdict
        cause = "" if verdict.cause is Cause.NONE else verdict.cause.name
        words = " ".join(f"{condition.phase.name} {cause} {verdict.message}".lower().split())
        self._write("bosminer", f"{stamp(self._clock())} INFO {words}")

    def _tell_fault(self, fault: Fault) -> None:
        line = f"{stamp(fault.at)} ERROR {fault.message}"
        self._write("errors", line)
        self._write("bosminer", line)

    def _tell_power(self, is_up: bool) -> None:
        if is_up:
            self._tell_boot()
        elif self._miner.system.has_power:
            self._syslog(f"system goes down: {self._miner.system.task}")

    def _tell_boot(self) -> None:
        miner, now = self._miner, self._clock()
        model, board = miner.model, miner.model.control_board
        self._syslog(f"system is up: {model.name}, Linux {board.kernel_version}")
        self._dmesg(now, f"Linux version {board.kernel_version} on {board.platform.name}")
        self._dmesg(now, f"psu: {model.psu.model_name}")
        for number in range(1, model.boards + 1):
            chips = f"{model.chips_per_board} chips {model.chip_type}"
            self._dmesg(now, f"hb{number}: {model.board_name or 'board'}, {chips}")

    def _syslog(self, words: str) -> None:
        hostname = self._miner.identity.hostname
        moment = datetime.fromtimestamp(self._clock(), UTC)
        self._write("syslog", f"{moment:%b %e %H:%M:%S} {hostname} bos: {words}")

    def _dmesg(self, now: float, words: str) -> None:
        self._write("dmesg", f"[{now - self._miner.system.started:12.6f}] {words}")


def stamp(now: float) -> str:
    """RFC 3339 in microseconds, as live machines write it."""
    moment = datetime.fromtimestamp(now, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
