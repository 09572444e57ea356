"""What one board has found since the mining process began. Pure."""

from pithead.hardware.device import BoardReading, Found
from pithead.hardware.models import MachineModel
from pithead.miner.meter import WorkMeter
from pithead.miner.readouts import chip_temp, is_block, sensed
from pithead.miner.snapshot import BoardSnapshot
from pithead.miner.tally import shown_difficulty


class BoardTally:
    def __init__(self, number: int, serial_number: str, now: float) -> None:
        self._number = number
        self._serial_number = serial_number
        self._best: int | None = None
        self.meter = WorkMeter(now)
        self.blocks = 0

    def note(self, found: Found) -> None:
        """A share."""
        if self._best is None or found.hash_value < self._best:
            self._best = found.hash_value
        if is_block(found):
            self.blocks += 1

    def snapshot(
        self, model: MachineModel, reading: BoardReading, is_enabled: bool, scale: int, now: float
    ) -> BoardSnapshot:
        temp_c = sensed(reading.board_temp_c)
        nominal = reading.own_rate
        if nominal is None:
            nominal = model.board_nominal(reading.frequency_hz, reading.chips)
        return BoardSnapshot(
            id=str(self._number + 1),
            enabled=is_enabled,
            chips=reading.chips,
            serial_number=self._serial_number,
            frequency_hz=reading.frequency_hz,
            voltage_v=reading.voltage_v,
            board_temp_c=temp_c,
            chip_temp_c=chip_temp(temp_c),
            inlet_temp_c=sensed(reading.inlet_temp_c),
            outlet_temp_c=temp_c,
            water_inlet_c=sensed(reading.water_inlet_c),
            water_outlet_c=sensed(reading.water_outlet_c),
            real=self.meter.hashrates(now),
            nominal=nominal,
            error=nominal * reading.error_ratio,
            best_share=0 if self._best is None else shown_difficulty(self._best, scale),
            found_blocks=self.blocks,
        )
