"""Budget against power drawn over time: as SVG, or as text for a terminal. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from math import ceil, log10

WIDTH, HEIGHT = 900, 340
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 40, 40
_LEVELS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at the fleet. Unix seconds and watts."""

    now: float
    drawn_w: float
    budget_w: float | None
    """None: there is no budget."""


def as_svg(samples: Sequence[Sample]) -> str:
    """The budget as steps, what was drawn as a line. At least one sample."""
    across = _scale(samples[0].now, samples[-1].now, LEFT, WIDTH - RIGHT)
    most = _round_up(max(max(each.drawn_w, each.budget_w or 0) for each in samples))
    upright = _scale(0, most, HEIGHT - BOTTOM, TOP)
    drawn = " ".join(f"{across(each.now):.1f},{upright(each.drawn_w):.1f}" for each in samples)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12" role="img" '
        'aria-label="Power drawn against the budget over time">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="20" fill="#b03a2e">budget</text>',
        f'<text x="{LEFT + 70}" y="20" fill="#1f618d">drawn</text>',
        *_grid(samples, most, upright),
        *(
            f'<polyline points="{points}" fill="none" stroke="#b03a2e" stroke-width="2"/>'
            for points in _budget_steps(samples, across, upright)
        ),
        f'<polyline points="{drawn}" fill="none" stroke="#1f618d" stroke-width="2"/>',
        "</svg>",
        "",
    ]
    return "\n".join(parts)


def as_text(samples: Sequence[Sample], width: int = 60) -> str:
    """Two rows of bars on one scale, the newest to the right: the budget and what was drawn."""
    shown = [*samples][-width:]
    most = max(1.0, *(max(each.drawn_w, each.budget_w or 0) for each in shown))
    budget = "".join("·" if each.budget_w is None else _bar(each.budget_w, most) for each in shown)
    drawn = "".join(_bar(each.drawn_w, most) for each in shown)
    return f"budget {budget}\ndrawn  {drawn}  of {most:.0f} W"


def _bar(value: float, most: float) -> str:
    return _LEVELS[ceil(max(0.0, value) / most * (len(_LEVELS) - 1))]


def _scale(least: float, most: float, start: float, end: float) -> Callable[[float], float]:
    span = (most - least) or 1.0
    return lambda value: start + (value - least) / span * (end - start)


def _round_up(value: float) -> float:
    """To the next of 1, 2, 5, 10, 20, ..."""
    power = 10.0 ** int(log10(max(value, 1.0)))
    return next(power * each for each in (1, 2, 5, 10) if power * each >= value)


def _grid(samples: Sequence[Sample], most: float, upright: Callable[[float], float]) -> list[str]:
    parts = []
    for quarter in range(5):
        value = most * quarter / 4
        y = f"{upright(value):.1f}"
        parts.append(f'<path d="M{LEFT} {y}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        label = f"{value / 1000:g} kW"
        parts.append(f'<text x="{LEFT - 8}" y="{y}" dy="4" text-anchor="end">{label}</text>')
    for sample, x, anchor in ((samples[0], LEFT, "start"), (samples[-1], WIDTH - RIGHT, "end")):
        moment = datetime.fromtimestamp(sample.now, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        parts.append(f'<text x="{x}" y="{HEIGHT - 16}" text-anchor="{anchor}">{moment}</text>')
    return parts


def _budget_steps(
    samples: Sequence[Sample], across: Callable[[float], float], upright: Callable[[float], float]
) -> list[str]:
    """One line for each stretch with a budget."""
    lines: list[list[str]] = [[]]
    for sample, after in zip(samples, [*islice(samples, 1, None), samples[-1]], strict=True):
        if sample.budget_w is None:
            lines.append([])
            continue
        y = f"{upright(sample.budget_w):.1f}"
        lines[-1] += [f"{across(sample.now):.1f},{y}", f"{across(after.now):.1f},{y}"]
    return [" ".join(line) for line in lines if line]
