"""A terminal's screen as it is told to be: the part of ECMA-48 that this program and a shell use.

What moves the cursor otherwise is passed over, as is everything that does not show.
"""

import re
from dataclasses import dataclass, replace
from itertools import groupby

SEQUENCE = re.compile(
    r"\x1b\[(?P<sgr>[0-9;]*)m|\x1b\[(?P<count>[0-9;?]*)(?P<what>[@-~])"
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][0-9A-B]|\x1b[=>78]"
)
COLOURS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")


@dataclass(frozen=True, slots=True)
class Look:
    """How a character is shown: words that stand for styles, in order."""

    colour: str = ""
    bold: bool = False
    dim: bool = False

    @property
    def words(self) -> str:
        given = (self.colour, "bold" * self.bold, "dim" * self.dim)
        return " ".join(word for word in given if word)


PLAIN = Look()
Cell = tuple[str, Look]
BLANK: Cell = (" ", PLAIN)


@dataclass(frozen=True, slots=True)
class Run:
    """Characters of one look that stand side by side."""

    column: int
    text: str
    style: str


class Screen:
    """`rows` by `columns`; the first row goes when there is one too many."""

    def __init__(self, columns: int, rows: int) -> None:
        self._columns, self._rows = columns, rows
        self._lines = [[BLANK] * columns for _ in range(rows)]
        self._row = self._column = 0
        self._look = PLAIN

    def feed(self, text: str) -> None:
        """Whole sequences: one that is cut in two shows as text."""
        place = 0
        while place < len(text):
            found = SEQUENCE.match(text, place)
            if found is None:
                self._put(text[place])
                place += 1
                continue
            place = found.end()
            if found["sgr"] is not None:
                self._style(found["sgr"])
            elif found["what"] is not None:
                self._move(found["what"], found["count"])

    def rows(self) -> tuple[tuple[Run, ...], ...]:
        """What is to be seen, without the blanks at the ends."""
        return tuple(_runs(line) for line in self._lines)

    def _put(self, character: str) -> None:
        match character:
            case "\r":
                self._column = 0
            case "\n":
                self._down()
            case "\b":
                self._column = max(0, self._column - 1)
            case _ if character.isprintable():
                if self._column == self._columns:
                    self._column = 0
                    self._down()
                self._lines[self._row][self._column] = (character, self._look)
                self._column += 1

    def _down(self) -> None:
        self._row += 1
        if self._row == self._rows:
            self._row -= 1
            self._lines = [*self._lines[1:], [BLANK] * self._columns]

    def _move(self, what: str, count: str) -> None:
        number = int(count) if count.isdigit() else 0
        match what:
            case "A":
                self._row = max(0, self._row - max(1, number))
            case "H":
                self._row = self._column = 0
            case "J" if number == 2:
                self._lines = [[BLANK] * self._columns for _ in range(self._rows)]
            case "K":
                line = self._lines[self._row]
                first = 0 if number == 2 else self._column
                last = self._column if number == 1 else self._columns
                line[first:last] = [BLANK] * (last - first)
            case _:
                pass

    def _style(self, codes: str) -> None:
        for code in map(int, codes.split(";") if codes else ("0",)):
            match code:
                case 0:
                    self._look = PLAIN
                case 1:
                    self._look = replace(self._look, bold=True)
                case 2:
                    self._look = replace(self._look, dim=True)
                case 22:
                    self._look = replace(self._look, bold=False, dim=False)
                case 39:
                    self._look = replace(self._look, colour="")
                case _ if 30 <= code <= 37 or 90 <= code <= 97:
                    self._look = replace(self._look, colour=COLOURS[code % 10])
                case _:
                    pass


def _runs(line: list[Cell]) -> tuple[Run, ...]:
    """Of neighbours with one look; blanks at the ends of each are left out."""
    found, column = [], 0
    for look, cells in groupby(line, key=lambda cell: cell[1]):
        text = "".join(character for character, _ in cells)
        shown = text.strip()
        if shown:
            found.append(Run(column + len(text) - len(text.lstrip()), shown, look.words))
        column += len(text)
    return tuple(found)
