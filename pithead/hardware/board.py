"""One board of a simulated machine: its clock, its heat, its chips and the hashes it owes."""

from pithead.bitcoin.block import Header
from pithead.bitcoin.hashing import sha256d
from pithead.hardware import thermals
from pithead.hardware.device import BoardReading, BoardSetting, Work
from pithead.hardware.models import Coolant, MachineModel
from pithead.hardware.tuning import Silicon
from pithead.work.share import Solution

SPREAD_OF_SPEED = 0.004
SPREAD_OF_AIR = 0.08
"""Half widths of what differs between boards of one model."""


def spread(seed: str, part: str) -> float:
    """A number from -1 to 1 that depends on nothing but its arguments."""
    return int.from_bytes(sha256d(f"{seed}/{part}".encode())[:6], "little") / (1 << 47) - 1


class Space:
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


class SimulatedBoard:
    """A hashboard. Faults are attributes that whoever plays fate sets."""

    __slots__ = (
        "air", "has_power", "has_sensor", "is_dead", "mhz", "model", "number", "owed", "sag_v",
        "seed", "setting", "silicon", "space", "speed", "temp_c", "volt",
    )  # fmt: skip

    def __init__(self, model: MachineModel, number: int, seed: str, temp_c: float) -> None:
        self.model = model
        self.number = number
        self.seed = seed
        self.setting = BoardSetting(False, 0.0, 0.0)
        self.mhz = 0.0
        self.volt = 0.0
        self.temp_c = temp_c
        self.owed = 0.0
        self.space: Space | None = None
        self.speed = 1 + SPREAD_OF_SPEED * spread(seed, f"board/{number}/speed")
        self.air = 1 + SPREAD_OF_AIR * spread(seed, f"board/{number}/air")
        self.silicon = Silicon(model, number, lambda part: spread(seed, f"silicon/{part}"))
        self.has_power = True
        self.is_dead = False
        self.has_sensor = True
        self.sag_v = 0.0
        """Volts that are lost on the way from the power supply."""

    def step(self, rpm: float, coolant: Coolant, inlet_c: float, seconds: float) -> None:
        model, setting = self.model, self.setting
        answers = self.answers
        is_on = setting.enabled and answers
        goal = setting.frequency_hz / 1e6 if is_on else 0.0
        self.mhz = thermals.ramped(self.mhz, goal, seconds, setting.mhz_per_s) if answers else 0.0
        if is_on:
            given = min(max(setting.voltage_v, model.psu.min_voltage), model.psu.max_voltage)
            self.volt = max(0.0, given - self.sag_v)
        elif self.mhz == 0:
            self.volt = 0.0
        conductance = thermals.board_conductance(model, rpm, coolant) * self.air
        self.temp_c = thermals.heated(self.temp_c, self.watts, conductance, inlet_c, seconds)

    @property
    def answers(self) -> bool:
        return self.has_power and not self.is_dead

    @property
    def watts(self) -> float:
        """Chips that do not answer have no clock and draw nothing; an estimate."""
        working = self.silicon.chips / self.model.chips_per_board
        return working * thermals.board_watts(self.model, self.mhz, self.volt, self.temp_c)

    @property
    def error_ratio(self) -> float:
        return self.silicon.error_ratio(self.mhz, self.volt) if self.mhz else 0.0

    @property
    def rate(self) -> float:
        """Right hashes a second, of the machine as it appears."""
        model = self.model
        nominal = model.board_nominal(self.mhz * 1e6, self.silicon.chips)
        return nominal * model.curve.yield_ratio * self.speed * (1 - self.error_ratio)

    def read(self, inlet_c: float, coolant: Coolant) -> BoardReading:
        has_water = coolant is Coolant.WATER
        flow = thermals.WATER_W_PER_KELVIN * self.model.default_watt / 1000 / self.model.boards
        return BoardReading(
            frequency_hz=self.mhz * 1e6,
            voltage_v=self.volt,
            chips=0 if self.is_dead else self.silicon.chips,
            board_temp_c=self.temp_c if self.has_sensor else None,
            inlet_temp_c=inlet_c if self.has_sensor else None,
            error_ratio=self.error_ratio,
            water_inlet_c=inlet_c if has_water else None,
            water_outlet_c=inlet_c + self.watts / flow if has_water else None,
        )
