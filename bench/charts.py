"""A chart for each machine model: `python -m bench.charts` writes them into docs/models.

The line is the simulated machine at rest at each clock, with the voltage its chips need there; the
points are what others published (`docs/models/points.csv`, with their sources). Quality: A metered,
B told by a live machine, C a maker's preset, D doubtful, N the nameplate.
"""

import csv
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from bench.chart import Panel, Series, draw
from pithead.hardware import thermals
from pithead.hardware.machine_model import Coolant, MachineModel
from pithead.hardware.models import MODELS

PLACE = Path(__file__).parent.parent / "docs" / "models"
BOARD_C = 55.0
FAN_DUTY = 0.6
"""Where most of the published machines were."""
STEP_MHZ = 5
COLOURS = {"A": "#1a7f37", "B": "#0969da", "C": "#bf8700", "D": "#b0b0b0", "N": "#cf222e"}
NAMES = {
    "A": "metered", "B": "live machine", "C": "preset", "D": "doubtful", "N": "nameplate",
}  # fmt: skip
Seen = tuple[float, float]
"""TH/s and watts."""


def simulated(model: MachineModel) -> list[Seen]:
    """From a third of the sticker's rate up to the highest clock."""
    clocks = range(STEP_MHZ, int(thermals.highest_clock(model)) + 1, STEP_MHZ)
    points = [_at(model, float(mhz)) for mhz in clocks]
    return [point for point in points if model.sticker_ths / 3 < point[0]]


def _at(model: MachineModel, mhz: float) -> Seen:
    volt = thermals.needed_voltage(model, mhz)
    watts = model.boards * thermals.board_watts(model, mhz, volt, BOARD_C) + thermals.STANDBY_W
    if model.coolant is Coolant.AIR:
        watts += thermals.fan_watts(model, FAN_DUTY)
    rate = model.boards * model.board_nominal(mhz * 1e6) * model.curve.yield_ratio
    return rate / 1e12, watts


def published() -> Mapping[str, Mapping[str, list[Seen]]]:
    """By model and quality."""
    found: dict[str, dict[str, list[Seen]]] = {}
    with (PLACE / "points.csv").open() as file:
        for row in csv.DictReader(file):
            of_model = found.setdefault(row["model"], {})
            point = (float(row["ths"]), float(row["watt"]))
            of_model.setdefault(row["quality"], []).append(point)
    return found


def chart(model: MachineModel, points: Mapping[str, list[Seen]]) -> str:
    line, nameplate = simulated(model), (model.sticker_ths, float(model.default_watt))
    seen = {"N": [nameplate], **points}
    return draw(
        model.name,
        [
            _panel("Power", "watts", line, seen.items(), has_floor=True),
            _panel(
                "Efficiency",
                "joules per terahash",
                _efficiencies(line),
                ((quality, _efficiencies(each)) for quality, each in seen.items()),
            ),
        ],
    )


def _efficiencies(points: Iterable[Seen]) -> list[Seen]:
    return [(ths, watts / ths) for ths, watts in points]


def _panel(
    title: str,
    upright: str,
    line: list[Seen],
    seen: Iterable[tuple[str, list[Seen]]],
    has_floor: bool = False,
) -> Panel:
    series = [Series("simulated", "#24292f", line, is_line=True)]
    series += [Series(NAMES[quality], COLOURS[quality], points) for quality, points in sorted(seen)]
    return Panel(title, "TH/s", upright, series, has_floor)


def file_name(model: MachineModel) -> str:
    plain = model.name.lower().rstrip(".").replace("+", "-plus").replace(" ", "-")
    return f"{plain}.svg"


def main() -> None:
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else PLACE
    points = published()
    for model in MODELS.values():
        text = chart(model, points.get(model.name, {}))
        (place / file_name(model)).write_text(text)


if __name__ == "__main__":
    main()
