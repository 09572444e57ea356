"""Rows of an earlier run as the rings of machines: a fortnight of a thousand in seconds. Pure."""

from array import array
from collections.abc import Iterable
from math import nan

from pithead.fleet.history import LENGTHS, SERIES, Ring
from pithead.fleet.points import Row


class Recalled:
    """Of one step; rows come in the order of their moments, from one length of it."""

    def __init__(self, step: int, numbers: Iterable[int]) -> None:
        """`numbers`: of the machines that rings are wanted of."""
        self._step = step
        self._length = LENGTHS[step]
        self._begins = {number: at * self._length for at, number in enumerate(numbers)}
        room = self._length * len(self._begins)
        self._columns = [array("f", [nan]) * room for _ in SERIES]
        self._first: dict[int, int] = {}
        self._last = 0

    def add(self, moment: int, row: Row) -> None:
        self._last = moment // self._step
        slot = self._last % self._length
        found = [
            (at, self._begins[number] + slot)
            for at, number in enumerate(row.numbers)
            if number in self._begins
        ]
        for column, values in zip(self._columns, row.columns, strict=True):
            for at, place in found:
                column[place] = values[at]
        for number in row.numbers:
            self._first.setdefault(number, self._last)

    def ring(self, number: int) -> Ring:
        begin = self._begins[number]
        ring = Ring(self._step, self._length)
        if number in self._first:
            filled = [column[begin : begin + self._length] for column in self._columns]
            ring.fill(filled, self._first[number], self._last)
        return ring
