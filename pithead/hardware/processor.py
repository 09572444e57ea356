"""The processor of this computer as a machine: it hashes at its own true speed and measures it.

There is nothing to tune and no sensor to read: what cannot be measured is not told. Its nonces are
counted one by one, so its rate is what it has hashed, not what an easy target stands for.
"""

import math
from collections import deque
from collections.abc import Sequence

from pithead.bitcoin.target import expected_hashes
from pithead.hardware.board import Space
from pithead.hardware.device import BoardReading, BoardSetting, Found, Harvest, Readings, Work
from pithead.hardware.machine_model import (
    BosMode,
    ControlBoard,
    Curve,
    MachineModel,
    Platform,
    PowerSupply,
    SocFamily,
)
from pithead.hardware.scanning import NO_TICKETS, ScanRequest, ScanResult
from pithead.native import MAX_SCAN

PROCESSOR = "cpu"
"""The name of the model."""

NONCES = 1 << 32
FIRST_BATCH = 1 << 16
"""Hashes a core is given at first, and the least; a slow one needs some tenths of a second."""
BATCH_SECONDS = 0.75
"""What the next batch is to take: longer than the pause between two, so that no core waits for
work; short, for a share is submitted, and new work begun, when it is over."""
MOST_SHARES = 1000
"""Expected in a batch at most, however easy the shares of a pool may be."""
SMOOTHING_SECONDS = 10.0
"""Time constant of the rate that is told as this machine's own."""


def processor_model(cores: int, kernel_version: str) -> MachineModel:
    """One board whose chips are the cores that hash."""
    return MachineModel(
        name=PROCESSOR, boards=1, chips_per_board=cores, chip_type=PROCESSOR, cores_per_chip=1,
        sticker_ths=0.0, default_watt=0, min_watt=0, max_watt=0, board_name=None,
        psu=PowerSupply("", None, None, 0.0, 0.0),
        control_board=ControlBoard(
            Platform.UNSPECIFIED, SocFamily.UNSPECIFIED, kernel_version, BosMode.UNSPECIFIED
        ),
        fans=0, fan_max_rpm=0, curve=Curve(0.0, 0.0, 0.0, 0.0, 1.0), estimated=frozenset(),
        is_tunable=False, has_sensors=False,
    )  # fmt: skip


class Processor:
    """A `Device` whose hashing is done by whoever calls `pending_scans` and `scanned`.

    It owes no number of hashes: each batch is as large as what was done lately says that the cores
    will do in its time.
    """

    def __init__(self, model: MachineModel, now: float) -> None:
        self._model = model
        self._now = now
        self._setting = BoardSetting(False, 0.0, 0.0)
        self._work: Work | None = None
        self._space: Space | None = None
        self._next_extranonce2 = 0
        self._batch = FIRST_BATCH * model.chips
        self._rate = 0.0
        self._hashed = 0
        self._scanning: deque[tuple[Space, int]] = deque()
        self._harvests: list[Harvest] = []

    @property
    def model(self) -> MachineModel:
        return self._model

    def apply(self, settings: Sequence[BoardSetting]) -> None:
        (self._setting,) = settings

    def spin(self, duty: float) -> None:
        """Its fans are not ours."""

    def assign(self, work: Work | None) -> None:
        self._work = work
        self._space = None

    def step(self, now: float) -> None:
        seconds = now - self._now
        if seconds <= 0:
            return
        self._now = now
        measured = self._hashed / seconds
        if self._hashed:
            least = FIRST_BATCH * self._model.chips
            self._batch = max(least, int(measured * BATCH_SECONDS))
        self._hashed = 0
        self._rate += (measured - self._rate) * -math.expm1(-seconds / SMOOTHING_SECONDS)

    def readings(self) -> Readings:
        board = BoardReading(
            frequency_hz=0.0, voltage_v=0.0, chips=self._model.chips, board_temp_c=None,
            inlet_temp_c=None, error_ratio=0.0, own_rate=self._rate,
        )  # fmt: skip
        return Readings(boards=(board,), fans=(), power_w=0.0)

    def pending_scans(self) -> list[ScanRequest]:
        """A batch, in equal parts for the cores; none while the last is under way."""
        work = self._work
        if work is None or not self._setting.enabled or self._scanning:
            return []
        batch = min(self._batch, MOST_SHARES * expected_hashes(work.share_target))
        part = min(-(-batch // self._model.chips), MAX_SCAN)
        requests: list[ScanRequest] = []
        while batch > 0:
            requests.append(self._request(work, min(part, batch)))
            batch -= requests[-1].length
        return requests

    def _request(self, work: Work, wanted: int) -> ScanRequest:
        space = self._space
        if space is None or space.next_nonce == NONCES:
            space = self._space = self._fresh_space(work)
        start = space.next_nonce
        count = min(wanted, NONCES - start)
        space.next_nonce += count
        self._scanning.append((space, count))
        return ScanRequest(space.header, start, count, NO_TICKETS, work.share_target)

    def _fresh_space(self, work: Work) -> Space:
        size = work.extranonce2_size
        value = self._next_extranonce2 % (1 << 8 * size)
        self._next_extranonce2 += 1
        return Space(work, value.to_bytes(size, "little"))

    def scanned(self, results: Sequence[ScanResult]) -> None:
        """Take the results of scans in the order in which they were handed out."""
        for result in results:
            space, count = self._scanning.popleft()
            self._hashed += count
            found = tuple(
                Found(space.work, space.solution(nonce), value) for nonce, value in result.shares
            )
            self._harvests.append(Harvest(0, float(count), found))

    def collect(self) -> Sequence[Harvest]:
        harvests, self._harvests = self._harvests, []
        return harvests
