"""A chart of lines and points as SVG text: axes, ticks, a legend, and nothing else."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 460, 340
LEFT, RIGHT, TOP, BOTTOM = 62, 14, 34, 46
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    colour: str
    points: Sequence[Point]
    is_line: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """One pair of axes. `floor`: whether the upright axis begins at zero."""

    title: str
    across: str
    upright: str
    series: Sequence[Series]
    has_floor: bool = False


class _Axis:
    """From values to a stretch of pixels, with round steps."""

    def __init__(self, values: Sequence[float], start: float, end: float, has_floor: bool) -> None:
        least, most = (0.0 if has_floor else min(values)), max(values)
        self.step = _round_step((most - least) / 6)
        self.least = math.floor(least / self.step) * self.step
        self.most = math.ceil(most / self.step) * self.step
        self._start, self._end = start, end

    def at(self, value: float) -> float:
        part = (value - self.least) / (self.most - self.least)
        return self._start + part * (self._end - self._start)

    def ticks(self) -> list[float]:
        count = round((self.most - self.least) / self.step)
        return [self.least + number * self.step for number in range(count + 1)]


def _round_step(rough: float) -> float:
    """The next of 1, 2, 5, 10, 20, ... that is no smaller."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * each for each in (1, 2, 5, 10) if power * each >= rough)


def draw(title: str, panels: Sequence[Panel]) -> str:
    """The panels side by side."""
    width = WIDTH * len(panels)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT + 24}" '
        'font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{HEIGHT + 24}" fill="white"/>',
        f'<text x="{width / 2:.0f}" y="18" text-anchor="middle" font-size="15">'
        f"{escape(title)}</text>",
    ]
    for number, panel in enumerate(panels):
        parts.append(f'<g transform="translate({number * WIDTH} 24)">')
        parts += _panel(panel)
        parts.append("</g>")
    return "\n".join([*parts, "</svg>", ""])


def _panel(panel: Panel) -> list[str]:
    points = [point for series in panel.series for point in series.points]
    across = _Axis([x for x, _ in points], LEFT, WIDTH - RIGHT, False)
    upright = _Axis([y for _, y in points], HEIGHT - BOTTOM, TOP, panel.has_floor)
    parts = [f'<text x="{LEFT}" y="{TOP - 12}" font-size="12">{escape(panel.title)}</text>']
    parts += _grid(across, upright)
    middle = (TOP + HEIGHT - BOTTOM) / 2
    parts += [
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 10}" text-anchor="middle">'
        f"{escape(panel.across)}</text>",
        f'<text transform="translate(14 {middle:.0f}) rotate(-90)" text-anchor="middle">'
        f"{escape(panel.upright)}</text>",
    ]
    for number, series in enumerate(panel.series):
        parts += _marks(series, across, upright)
        y = TOP + 14 + 14 * number
        parts.append(f'<circle cx="{LEFT + 12}" cy="{y - 4}" r="4" fill="{series.colour}"/>')
        parts.append(f'<text x="{LEFT + 20}" y="{y}">{escape(series.name)}</text>')
    return parts


def _grid(across: _Axis, upright: _Axis) -> list[str]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    parts = []
    for tick in across.ticks():
        x = f"{across.at(tick):.1f}"
        parts.append(f'<path d="M{x} {TOP}V{bottom}" stroke="#ddd"/>')
        parts.append(f'<text x="{x}" y="{bottom + 15}" text-anchor="middle">{tick:g}</text>')
    for tick in upright.ticks():
        y = upright.at(tick)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{right}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>')
    return parts


def _marks(series: Series, across: _Axis, upright: _Axis) -> list[str]:
    places = [(across.at(x), upright.at(y)) for x, y in series.points]
    if series.is_line:
        way = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        return [f'<path d="M{way}" fill="none" stroke="{series.colour}" stroke-width="2"/>']
    return [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{series.colour}" fill-opacity="0.8"/>'
        for x, y in places
    ]
