"""A machine that is not there: the physics of a real one, and hashes that are really computed.

It appears to hash `work_scale` times as fast as it does. Shares come from computed hashes alone:
the machine says which ranges of nonces it owes (`pending_scans`), an engine scans them, and the
results (`scanned`) are what its chips found.
"""

from collections import deque
from collections.abc import Sequence

from pithead.bitcoin.block import Header
from pithead.bitcoin.hashing import sha256d
from pithead.bitcoin.target import target_for_work
from pithead.hardware import thermals
from pithead.hardware.device import (
    BoardReading,
    BoardSetting,
    FanReading,
    Found,
    Harvest,
    Readings,
    Work,
)
from pithead.hardware.models import MachineModel
from pithead.hardware.scanning import ScanRequest, ScanResult
from pithead.work.share import Solution

NONCES = 1 << 32
TICKETS_PER_SECOND = 50
"""About so many nonces a second does a machine report at its sticker rate: enough for a rate over
five seconds, few enough to count."""
LONGEST_STEP = 5.0
"""Seconds over which power and temperature may be taken as constant."""

SPREAD_OF_SPEED = 0.004
SPREAD_OF_AIR = 0.08
SPREAD_OF_FANS = 0.03
"""Half widths of what differs between boards and fans of one model; the fans' is published."""


def spread(seed: str, part: str) -> float:
    """A number from -1 to 1 that depends on nothing but its arguments."""
    return int.from_bytes(sha256d(f"{seed}/{part}".encode())[:6], "little") / (1 << 47) - 1


class _Space:
    """The nonces of one header, handed out once each."""

    __slots__ = ("extranonce2", "header", "next_nonce", "work")

    def __init__(self, work: Work, extranonce2: bytes) -> None:
        self.work = work
        self.extranonce2 = extranonce2
        self.next_nonce = 0
        job = work.job
        self.header = Header(
            version=job.version,
            prev_hash_wire=job.prev_hash_wire,
            merkle_root_wire=job.merkle_root_wire(work.extranonce1, extranonce2),
            time=job.time,
            bits=job.bits,
            nonce=0,
        ).pack()

    def solution(self, nonce: int) -> Solution:
        job = self.work.job
        return Solution(self.extranonce2, job.time, nonce, job.version)


class _Board:
    """One hashboard: its setting, its state and the hashes it owes."""

    __slots__ = ("air", "mhz", "number", "owed", "setting", "space", "speed", "temp_c", "volt")

    def __init__(self, number: int, seed: str, temp_c: float) -> None:
        self.number = number
        self.setting = BoardSetting(False, 0.0, 0.0)
        self.mhz = 0.0
        self.volt = 0.0
        self.temp_c = temp_c
        self.owed = 0.0
        self.space: _Space | None = None
        self.speed = 1 + SPREAD_OF_SPEED * spread(seed, f"board/{number}/speed")
        self.air = 1 + SPREAD_OF_AIR * spread(seed, f"board/{number}/air")

    def step(self, model: MachineModel, rpm: float, inlet_c: float, seconds: float) -> None:
        setting = self.setting
        goal = setting.frequency_hz / 1e6 if setting.enabled else 0.0
        self.mhz = thermals.ramped(self.mhz, goal, seconds)
        if setting.enabled:
            self.volt = min(max(setting.voltage_v, model.psu.min_voltage), model.psu.max_voltage)
        elif self.mhz == 0:
            self.volt = 0.0
        conductance = thermals.board_conductance(model, rpm) * self.air
        self.temp_c = thermals.heated(self.temp_c, self.watts(model), conductance, inlet_c, seconds)

    def watts(self, model: MachineModel) -> float:
        return thermals.board_watts(model, self.mhz, self.volt, self.temp_c)

    def rate(self, model: MachineModel) -> float:
        """Right hashes a second, of the machine as it appears."""
        right = 1 - thermals.error_ratio(model, self.mhz, self.volt)
        return model.board_nominal(self.mhz * 1e6) * model.curve.yield_ratio * self.speed * right


class SimulatedMachine:
    """A `Device` whose hashing is done by whoever calls `pending_scans` and `scanned`."""

    def __init__(
        self,
        model: MachineModel,
        *,
        seed: str,
        now: float,
        work_scale: int,
        ambient_c: float = 25.0,
    ) -> None:
        self.ambient_c = ambient_c
        self._model = model
        self._scale = work_scale
        self._now = now
        self._duty = 0.0
        self._rpm = 0.0
        self._work: Work | None = None
        self._next_extranonce2 = 0
        self._boards = [_Board(number, seed, ambient_c) for number in range(model.boards)]
        self._fan_speeds = tuple(
            1 + SPREAD_OF_FANS * spread(seed, f"fan/{number}") for number in range(model.fans)
        )
        sticker_rate = model.sticker_ths * 1e12 / work_scale
        self._ticket_work = max(1, round(sticker_rate / TICKETS_PER_SECOND))
        self._ticket_target = target_for_work(self._ticket_work)
        self._scanning: deque[tuple[_Board, _Space]] = deque()
        self._harvests: list[Harvest] = []

    @property
    def model(self) -> MachineModel:
        return self._model

    def apply(self, settings: Sequence[BoardSetting]) -> None:
        for board, setting in zip(self._boards, settings, strict=True):
            board.setting = setting

    def spin(self, duty: float) -> None:
        self._duty = min(max(duty, 0.0), 1.0)

    def assign(self, work: Work | None) -> None:
        self._work = work
        for board in self._boards:
            board.space = None
            if work is None:
                board.owed = 0.0

    def step(self, now: float) -> None:
        while self._now < now:
            seconds = min(now - self._now, LONGEST_STEP)
            self._step(seconds)
            self._now = now if now - self._now <= LONGEST_STEP else self._now + seconds

    def _step(self, seconds: float) -> None:
        model = self._model
        goal = thermals.fan_rpm(model, self._duty)
        self._rpm = thermals.approach(self._rpm, goal, seconds, thermals.FAN_SECONDS)
        inlet_c = self.ambient_c + thermals.INLET_RISE_K
        for board in self._boards:
            board.step(model, self._rpm, inlet_c, seconds)
            if self._work is not None:
                board.owed += board.rate(model) * seconds / self._scale

    def readings(self) -> Readings:
        model = self._model
        watts = sum(board.watts(model) for board in self._boards)
        return Readings(
            boards=tuple(self._read(board) for board in self._boards),
            fans=tuple(FanReading(self._rpm * speed, self._duty) for speed in self._fan_speeds),
            power_w=thermals.STANDBY_W + thermals.fan_watts(model, self._duty) + watts,
        )

    def _read(self, board: _Board) -> BoardReading:
        return BoardReading(
            frequency_hz=board.mhz * 1e6,
            voltage_v=board.volt,
            chips=self._model.chips_per_board,
            board_temp_c=board.temp_c,
            inlet_temp_c=self.ambient_c + thermals.INLET_RISE_K,
            error_ratio=thermals.error_ratio(self._model, board.mhz, board.volt)
            if board.mhz
            else 0.0,
        )

    def pending_scans(self) -> list[ScanRequest]:
        """The hashes that have come due. Each is handed out once; fractions stay for later."""
        requests: list[ScanRequest] = []
        for board in self._boards:
            whole = int(board.owed)
            board.owed -= whole
            while whole:
                request = self._request(board, whole)
                whole -= request.length
                requests.append(request)
        return requests

    def _request(self, board: _Board, wanted: int) -> ScanRequest:
        space = board.space
        if space is None or space.next_nonce == NONCES:
            space = board.space = self._fresh_space()
        start = space.next_nonce
        count = min(wanted, NONCES - start)
        space.next_nonce += count
        self._scanning.append((board, space))
        return ScanRequest(space.header, start, count, self._ticket_target, space.work.share_target)

    def _fresh_space(self) -> _Space:
        work = self._work
        assert work is not None, "a board without work owes no hashes"
        size = work.extranonce2_size
        value = self._next_extranonce2 % (1 << 8 * size)
        self._next_extranonce2 += 1
        return _Space(work, value.to_bytes(size, "little"))

    def scanned(self, results: Sequence[ScanResult]) -> None:
        """Take the results of scans in the order in which they were handed out."""
        for result in results:
            board, space = self._scanning.popleft()
            found = tuple(
                Found(space.work, space.solution(nonce), value) for nonce, value in result.shares
            )
            hashes = float(result.tickets * self._ticket_work * self._scale)
            self._harvests.append(Harvest(board.number, hashes, found))

    def collect(self) -> Sequence[Harvest]:
        harvests, self._harvests = self._harvests, []
        return harvests
