"""How much work a block takes where any hash would do: so much that one comes an interval.

After each block the work changes by a power of two that grows with how early the block came:
`work * 2 ** ((interval - solve time) / half-life)`. A steady hashrate finds its level, since
there the mean solve time is the interval. The power is computed in integers, with the cubic of
the ASERT specification (aserti3-2d, error below 0.013 %), so that every machine agrees.
"""

from dataclasses import dataclass

_ONE = 1 << 16

MOST_WORK = 1 << 128
"""Far above any chain's."""


@dataclass(frozen=True, slots=True)
class RetargetSettings:
    interval_ms: int = 60_000
    """How often a block should come."""
    half_life_intervals: int = 5
    """So many intervals of delay halve the work."""
    longest_solve_intervals: int = 6
    """Longer waits count as this: a farm that was off must not come back to a worthless chain."""
    least_work: int = 4
    """Never below; the regtest chain itself asks for two hashes."""


def next_block_work(work: int, solve_ms: int, settings: RetargetSettings) -> int:
    """The work of the block after one that took `solve_ms`. Bounded whatever the arguments."""
    interval = settings.interval_ms
    solve = min(max(solve_ms, 0), settings.longest_solve_intervals * interval)
    exponent = (interval - solve) * _ONE // (settings.half_life_intervals * interval)
    return min(max(_times_power_of_two(work, exponent), settings.least_work), MOST_WORK)


def _times_power_of_two(value: int, exponent: int) -> int:
    """`value * 2 ** (exponent / 65536)`, to the nearest whole."""
    shifts, part = exponent >> 16, exponent & 0xFFFF
    factor = _ONE + (
        (195_766_423_245_049 * part + 971_821_376 * part**2 + 5_127 * part**3 + (1 << 47)) >> 48
    )
    scaled = value * factor
    by = 16 - shifts
    if by <= 0:
        return scaled << -by
    return (scaled + (1 << (by - 1))) >> by
