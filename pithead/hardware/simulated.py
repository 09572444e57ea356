"""A machine that is not there: the physics of a real one, and hashes that are really computed.

It appears to hash `work_scale` times as fast as it does. Shares come from computed hashes alone:
the machine says which ranges of nonces it owes (`pending_scans`), an engine scans them, and the
results (`scanned`) are what its chips found.
"""

from collections import deque
from collections.abc import Sequence

from pithead.bitcoin.target import target_for_work
from pithead.hardware import thermals
from pithead.hardware.board import SimulatedBoard, Space, spread
from pithead.hardware.chips import ChipReading, chips_of
from pithead.hardware.device import BoardSetting, FanReading, Found, Harvest, Readings, Work
from pithead.hardware.models import Coolant, MachineModel
from pithead.hardware.scanning import ScanRequest, ScanResult

__all__ = ["SimulatedMachine", "spread"]

NONCES = 1 << 32
TICKETS_PER_SECOND = 50
"""About so many nonces a second does a machine report at its sticker rate: enough for a rate over
five seconds, few enough to count."""
LONGEST_STEP = 5.0
"""Seconds over which power and temperature may be taken as constant."""

SPREAD_OF_FANS = 0.03
"""Half width of what differs between fans of one model, as published."""


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
        coolant: Coolant | None = None,
    ) -> None:
        """`coolant` is what the machine stands in, if not in what its model was built for;
        `ambient_c` the temperature at which that comes in."""
        self.ambient_c = ambient_c
        self.coolant = coolant or model.coolant
        self.stopped_fans: set[int] = set()
        """Broken: they do not turn whatever they are told."""
        self._has_power = True
        self._model = model
        self._scale = work_scale
        self._now = now
        self._duty = 0.0
        self._rpm = 0.0
        self._work: Work | None = None
        self._next_extranonce2 = 0
        self._boards = [
            SimulatedBoard(model, number, seed, ambient_c) for number in range(model.boards)
        ]
        self._fan_speeds = tuple(
            1 + SPREAD_OF_FANS * spread(seed, f"fan/{number}") for number in range(model.fans)
        )
        sticker_rate = model.sticker_ths * 1e12 / work_scale
        self._ticket_work = max(1, round(sticker_rate / TICKETS_PER_SECOND))
        self._ticket_target = target_for_work(self._ticket_work)
        self._scanning: deque[tuple[SimulatedBoard, Space]] = deque()
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
        goal = thermals.fan_rpm(model, self._duty) if self._has_power else 0.0
        self._rpm = thermals.approach(self._rpm, goal, seconds, thermals.FAN_SECONDS)
        turning = model.fans - len(self.stopped_fans)
        rpm = self._rpm * turning / model.fans if model.fans else 0.0
        for board in self._boards:
            board.step(rpm, self.coolant, self._inlet_c, seconds)
            if self._work is not None:
                board.owed += board.rate * seconds / self._scale

    @property
    def _inlet_c(self) -> float:
        is_air = self.coolant is Coolant.AIR
        return self.ambient_c + (thermals.INLET_RISE_K if is_air else 0.0)

    @property
    def has_power(self) -> bool:
        """Whether the mains are there; without them everything stands still at once."""
        return self._has_power

    @has_power.setter
    def has_power(self, has_power: bool) -> None:
        self._has_power = has_power
        for board in self._boards:
            board.has_power = has_power

    def board(self, number: int) -> SimulatedBoard:
        """For whoever plays fate."""
        return self._boards[number]

    def readings(self) -> Readings:
        return Readings(
            boards=tuple(board.read(self._inlet_c, self.coolant) for board in self._boards),
            fans=tuple(
                FanReading(0.0 if fan in self.stopped_fans else self._rpm * speed, self._duty)
                for fan, speed in enumerate(self._fan_speeds)
            ),
            power_w=self._watts if self._has_power else 0.0,
        )

    def chips(self, number: int) -> tuple[ChipReading, ...]:
        """Of one board, as only who made the machine can know them."""
        return chips_of(self._boards[number], self._inlet_c, self.coolant)

    @property
    def _watts(self) -> float:
        watts = sum(board.watts for board in self._boards)
        return thermals.STANDBY_W + thermals.fan_watts(self._model, self._duty) + watts

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

    def _request(self, board: SimulatedBoard, wanted: int) -> ScanRequest:
        space = board.space
        if space is None or space.next_nonce == NONCES:
            space = board.space = self._fresh_space()
        start = space.next_nonce
        count = min(wanted, NONCES - start)
        space.next_nonce += count
        self._scanning.append((board, space))
        return ScanRequest(space.header, start, count, self._ticket_target, space.work.share_target)

    def _fresh_space(self) -> Space:
        work = self._work
        assert work is not None, "a board without work owes no hashes"
        size = work.extranonce2_size
        value = self._next_extranonce2 % (1 << 8 * size)
        self._next_extranonce2 += 1
        return Space(work, value.to_bytes(size, "little"))

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
