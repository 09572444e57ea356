"""A block's value shared out by score, to the satoshi and in the same way on every machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

SCORE_UNITS = 1 << 20
"""Parts of one expected hash that a score is rounded down to: from there on all is in integers."""


@dataclass(frozen=True, slots=True)
class Split:
    """`fee_sats` and all credits add up to the value that was split."""

    fee_sats: int
    credits: dict[str, int]
    """By user; only those who get something."""


def split(value_sats: int, fee: Fraction, scores: Mapping[str, float]) -> Split:
    """`fee` is the pool's part, rounded down; users share the rest by their scores.

    What rounding leaves over goes to the largest remainders; of equal ones the name first in the
    alphabet wins. Without any score the pool keeps all.
    """
    units = {user: int(score * SCORE_UNITS) for user, score in scores.items() if score > 0}
    total = sum(units.values())
    if not total:
        return Split(value_sats, {})
    fee_sats = fee_of(value_sats, fee)
    shared = value_sats - fee_sats
    credits: dict[str, int] = {}
    remainders: list[tuple[int, str]] = []
    for user, part in units.items():
        credits[user], remainder = divmod(shared * part, total)
        remainders.append((-remainder, user))
    remainders.sort()
    for _, user in remainders[: shared - sum(credits.values())]:
        credits[user] += 1
    return Split(fee_sats, {user: sats for user, sats in credits.items() if sats})


def fee_of(value_sats: int, fee: Fraction) -> int:
    """The pool's part, rounded down."""
    return value_sats * fee.numerator // fee.denominator
