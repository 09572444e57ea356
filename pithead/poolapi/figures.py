"""From work, rates and satoshis to the figures of the API, each by one formula.

Work is a count of expected hashes, so the formulas hold for any difficulty. `scale` is the pool's
`work_scale`: hashes shown for every real one. Ratios of work (luck, round probability) need none.
"""

from collections.abc import Sequence
from math import expm1, isfinite

SATS_PER_BITCOIN = 10**8
SECONDS_PER_DAY = 86_400

# A share of difficulty 1 takes 2**256 / (0xFFFF * 2**208) hashes, that is 2**48 / 0xFFFF.
SHARE_HASHES_NUMERATOR_BITS = 48
SHARE_HASHES_DENOMINATOR = 0xFFFF


def shares(work: int, scale: int) -> int:
    """Difficulty-1 shares, to the nearest: a share of difficulty d counts d."""
    factor, half, bits = share_rule(scale)
    return (work * factor + half) >> bits


def share_rule(scale: int) -> tuple[int, int, int]:
    """(factor, half, bits), reckoned once for many: (work * factor + half) >> bits are `shares`."""
    half = 1 << (SHARE_HASHES_NUMERATOR_BITS - 1)
    return scale * SHARE_HASHES_DENOMINATOR, half, SHARE_HASHES_NUMERATOR_BITS


def mean_hash_rate(work: int, seconds: int, scale: int) -> float:
    """Gh/s, the plain average over a window of so many seconds."""
    return work * scale / (seconds * 10**9)


def hash_rate(hashes_per_second: float, scale: int) -> float:
    """Gh/s. Not a number is an error here, since JSON would make a null of it."""
    if not isfinite(hashes_per_second):
        raise ValueError(f"a hash rate of {hashes_per_second}")
    return hashes_per_second * scale / 10**9


def bitcoins(sats: int) -> str:
    """Eight decimals, exact."""
    return _decimal(sats, 8)


def luck(blocks: Sequence[tuple[int, int]]) -> str:
    """Expected over actual work of (block work, round work) pairs; above one is good.

    The sum of expected over the sum of actual, not the mean of the ratios: so the live pool
    reckons (tests/poolapi/capture.py). "0.00" before the first block.
    """
    expected = sum(block_work for block_work, _ in blocks)
    actual = sum(round_work for _, round_work in blocks)
    return f"{expected / actual if actual else 0.0:.2f}"


def round_probability(round_work: int, block_work: int) -> str:
    """How likely a block was by now: 1 - exp(-round / D)."""
    return f"{abs(expm1(-round_work / block_work)) if block_work else 0.0:.2f}"


def fpps_rate(value_sats: int, block_work: int, scale: int) -> float:
    """Bitcoins that 1 TH/s is worth in a day at the present difficulty, before any fee."""
    if not block_work:
        return 0.0
    hashes = 10**12 * SECONDS_PER_DAY
    return value_sats * hashes / (block_work * scale * SATS_PER_BITCOIN)


def share_price(sats: int, share_count: int) -> str:
    """Bitcoins a difficulty-1 share earned; 18 decimals, as a share is far less than a satoshi."""
    return _decimal((2 * sats * 10**10 + share_count) // (2 * share_count), 18)


def _decimal(units: int, places: int) -> str:
    whole, rest = divmod(abs(units), 10**places)
    return f"{'-' if units < 0 else ''}{whole}.{rest:0{places}}"
