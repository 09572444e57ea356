"""How likely what happened was: of blocks found against work done.

Blocks come to work as a Poisson process, so the number found in work worth `mean` blocks is
Poisson(mean), and the work until the n-th, in blocks, is Gamma(n). Both are reckoned exactly, as
sums of the Poisson distribution's own terms; nothing is taken for normal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, fsum, lgamma, log

NEGLIGIBLE = 1e-18
"""A term this much smaller than the sum so far ends it."""
HALVINGS = 200


def poisson_at_most(count: int, mean: float) -> float:
    """The probability of at most `count` events where `mean` are expected."""
    if count < 0:
        return 0.0
    if mean <= 0:
        return 1.0
    if count < mean:
        return min(1.0, fsum(_terms(count, mean, -1)))
    return max(0.0, 1.0 - fsum(_terms(count + 1, mean, 1)))


def _terms(start: int, mean: float, step: int) -> Sequence[float]:
    """Probabilities from `start` away from the mean, as far as they matter."""
    terms, total, count = list[float](), 0.0, start
    term = exp(start * log(mean) - mean - lgamma(start + 1))
    while count >= 0 and (not terms or term > total * NEGLIGIBLE):
        terms.append(term)
        total += term
        term *= mean / (count + 1) if step > 0 else count / mean
        count += step
    return terms


def work_of_blocks(blocks: int, probability: float) -> float:
    """The work, in blocks, by which `blocks` are found with that probability: Gamma's quantile.

    ValueError where blocks are fewer than one or the probability is not within 0 and 1.
    """
    if blocks < 1 or not 0 < probability < 1:
        raise ValueError(f"no work for {blocks} blocks at a probability of {probability}")
    low, high = 0.0, float(blocks)
    while poisson_at_most(blocks - 1, high) > 1 - probability:
        low, high = high, 2 * high
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if poisson_at_most(blocks - 1, middle) > 1 - probability:
            low = middle
        else:
            high = middle
    return high


@dataclass(frozen=True, slots=True)
class LuckBand:
    """The luck of the last `blocks`, and where that of an honest pool would lie."""

    blocks: int
    luck: float
    """Expected over actual work."""
    low: float
    high: float
    """Luck is between these two with the confidence asked for."""
    probability: float
    """Of luck as bad as this, or worse, by chance alone: near 0, blocks are missing."""


def luck_band(rounds: Sequence[tuple[int, int]], confidence: float = 0.95) -> LuckBand | None:
    """Of (block work, round work) pairs; None where there is no block, or none took any work.

    The band is exact where the work of a block stays the same; where it changes, each round counts
    by its own, as it should.
    """
    blocks = len(rounds)
    took = fsum(round_work / block_work for block_work, round_work in rounds if block_work)
    if not blocks or took <= 0:
        return None
    tail = (1 - confidence) / 2
    return LuckBand(
        blocks,
        sum(block_work for block_work, _ in rounds) / sum(actual for _, actual in rounds),
        blocks / work_of_blocks(blocks, 1 - tail),
        blocks / work_of_blocks(blocks, tail),
        poisson_at_most(blocks - 1, took),
    )


@dataclass(frozen=True, slots=True)
class Withholding:
    """A user's blocks against those its work should have brought."""

    user: str
    expected_blocks: float
    found_blocks: int

    @property
    def probability(self) -> float:
        """Of finding so few, or fewer, by chance alone: near 0, blocks may be withheld.

        Among n honest users the least of these is near 1/n: judge it by that.
        """
        return poisson_at_most(self.found_blocks, self.expected_blocks)


def fpps_reserve_sats(block_sats: int, margin: float, ruin: float) -> float:
    """What an operator should hold to pay each share and be ruined with probability `ruin` only.

    B ln(1/ruin) / 2m, `margin` being the fee that is really kept (Rosenfeld 2011, on PPS).
    ValueError for a margin or a probability that is not within 0 and 1.
    """
    if not (0 < margin < 1 and 0 < ruin < 1):
        raise ValueError("margin and probability of ruin are parts of one")
    return block_sats * log(1 / ruin) / (2 * margin)
