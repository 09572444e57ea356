"""Draws a recorded session (asciicast v2) as one animated SVG that needs nothing else.

python website/film.py docs/images/start.cast docs/images/start.svg

All frames stand side by side, and the picture moves from one to the next. Each row that ever shows
is drawn once. Whoever wants no motion sees the frame that the recording marks `still`.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from website.screen import Run, Screen

FRAME_SECONDS = 0.12
"""The shortest that a frame is shown."""
END_SECONDS = 4.0
"""The last one, before it begins anew."""
CHARACTER, LINE, MARGIN, BAR = 8.4, 17, 14, 30
"""Pixels; the bar is that of the window."""
STYLE = """
svg{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
text{fill:#d3d7dd;white-space:pre}
.title{fill:#8b949e;font-size:12px;text-anchor:middle}
.bold{font-weight:700}.dim{opacity:.65}
.black{fill:#6e7681}.red{fill:#ff7b72}.green{fill:#56d364}.yellow{fill:#e3b341}
.blue{fill:#79c0ff}.magenta{fill:#d2a8ff}.cyan{fill:#56d4dd}.white{fill:#f0f6fc}
"""


@dataclass(frozen=True, slots=True)
class Frame:
    begins: float
    rows: tuple[tuple[Run, ...], ...]


@dataclass(frozen=True, slots=True)
class Film:
    title: str
    columns: int
    rows: int
    frames: Sequence[Frame]
    seconds: float
    still: int
    """The frame for who wants no motion."""


def read(lines: Sequence[str]) -> Film:
    """Of an asciicast v2. What follows within a frame's time belongs to the frame."""
    head = json.loads(lines[0])
    screen = Screen(head["width"], head["height"])
    frames: list[Frame] = []
    still, last = 0, 0.0
    for when, kind, data in _paced(lines[1:], head.get("idle_time_limit", 1e9)):
        last = when
        if kind == "m" and data == "still":
            still = max(0, len(frames) - 1)
        if kind != "o":
            continue
        screen.feed(data)
        rows = screen.rows()
        if frames and when - frames[-1].begins < FRAME_SECONDS:
            frames[-1] = Frame(frames[-1].begins, rows)
        elif not frames or rows != frames[-1].rows:
            frames.append(Frame(when, rows))
    title = head.get("title", "")
    return Film(title, head["width"], head["height"], frames, last + END_SECONDS, still)


def _paced(lines: Sequence[str], longest: float) -> Iterator[tuple[float, str, str]]:
    """Events with no wait longer than that between two."""
    before = now = 0.0
    for line in lines:
        when, kind, data = json.loads(line)
        now += min(when - before, longest)
        before = when
        yield now, kind, data


def draw(film: Film) -> str:
    """The SVG."""
    width = film.columns * CHARACTER + 2 * MARGIN
    height = film.rows * LINE + BAR + MARGIN
    names: dict[tuple[Run, ...], str] = {}
    for frame in film.frames:
        for row in filter(None, frame.rows):
            names.setdefault(row, f"r{len(names)}")
    drawn = "".join(f'<g id="{name}">{_row(row)}</g>' for row, name in names.items())
    frames = "".join(
        f'<g transform="translate({number * width:g})">{_frame(frame, names)}</g>'
        for number, frame in enumerate(film.frames)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'role="img" aria-label="{escape(film.title)}"><title>{escape(film.title)}</title>'
        f"<style>{STYLE}{_motion(film, width)}</style><defs>{drawn}</defs>"
        f'<rect x=".5" y=".5" width="{width - 1:g}" height="{height - 1:g}" rx="8" '
        f'fill="#0d1117" stroke="#6e7681"/>{_window(film.title, width)}'
        f'<svg x="{MARGIN}" y="{BAR}" width="{width - 2 * MARGIN:g}" height="{film.rows * LINE}">'
        f'<g class="film">{frames}</g></svg></svg>\n'
    )


def _window(title: str, width: float) -> str:
    lights = zip((18, 36, 54), ("#ff5f57", "#febc2e", "#28c840"), strict=True)
    dots = "".join(f'<circle cx="{x}" cy="16" r="5.5" fill="{colour}"/>' for x, colour in lights)
    return f'{dots}<text class="title" x="{width / 2:g}" y="20">{escape(title)}</text>'


def _row(row: tuple[Run, ...]) -> str:
    """Each run is as wide as its characters are to be, whatever letters there are to draw it."""
    return "".join(
        f'<text x="{run.column * CHARACTER:g}" textLength="{len(run.text) * CHARACTER:g}"'
        + (f' class="{run.style}"' if run.style else "")
        + f">{escape(run.text, quote=False)}</text>"
        for run in row
    )


def _frame(frame: Frame, names: dict[tuple[Run, ...], str]) -> str:
    return "".join(
        f'<use href="#{names[row]}" y="{number * LINE + 14}"/>'
        for number, row in enumerate(frame.rows)
        if row
    )


def _motion(film: Film, width: float) -> str:
    steps = "".join(
        f"{100 * frame.begins / film.seconds:.3f}%{{transform:translateX({-number * width:g}px)}}"
        for number, frame in enumerate(film.frames)
    )
    last = f"100%{{transform:translateX({-(len(film.frames) - 1) * width:g}px)}}"
    return (
        f"@keyframes film{{{steps}{last}}}"
        f".film{{animation:film {film.seconds:.2f}s step-end infinite}}"
        "@media(prefers-reduced-motion:reduce){.film{animation:none;"
        f"transform:translateX({-film.still * width:g}px)}}}}"
    )


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:3])
    target.write_text(draw(read(source.read_text().splitlines())))
