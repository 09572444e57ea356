"""What work earns: a value shared out to the satoshi, in the same way on every machine.

The pool's fee comes off first. Of what the fee would have taken from work of Braiins OS a part is
refunded, and who was referred, and who referred them, get a part of the mining reward on top: all
out of the fee, which may end below zero if the operator promises more than it brings.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple

import msgspec

SchemeName = Literal["score", "pplns", "fpps", "solo"]
MILLION = 1_000_000
DAY_MS = 86_400_000


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator may set of rewards. Parts are in millionths, and so are kept exactly."""

    scheme: SchemeName = "score"
    fee_ppm: int = 20_000
    """The pool's part of every reward."""
    refund_ppm: int = MILLION
    """Of the fee on work done by Braiins OS: what its users get back."""
    bonus_ppm: int = 0
    """Of the mining reward: what a referred user gets on top."""
    referral_ppm: int = 0
    """Of a referred user's mining reward: what the one who referred them gets."""
    referral_days: int = 365
    """How long a referral counts, from the moment it is set."""
    window_ppm: int = 2 * MILLION
    """PPLNS: how much of the latest work is paid, in the work of a block."""
    trim_ppm: int = 100_000
    """FPPS: the part of a day's lowest fees, and of its highest, that the average leaves out."""

    @property
    def fee(self) -> Fraction:
        return Fraction(self.fee_ppm, MILLION)

    @property
    def referral_ms(self) -> int:
        return self.referral_days * DAY_MS


class Weight(NamedTuple):
    """A user's claim, in any unit that is the same for all."""

    work: int
    refunded: int = 0
    """The part of it that was done by Braiins OS."""


class Gains(NamedTuple):
    """A user's reward in satoshis, by what it is for."""

    mining: int = 0
    refund: int = 0
    bonus: int = 0
    """For having been referred."""
    referral: int = 0
    """For having referred others."""

    @property
    def total(self) -> int:
        return self.mining + self.refund + self.bonus + self.referral


@dataclass(frozen=True, slots=True)
class Split:
    """`fee_sats` and all credits add up to the value that was split."""

    fee_sats: int
    credits: dict[str, int]
    """By user; only those who get something."""


def split(value_sats: int, fee: Fraction, weights: Mapping[str, int]) -> Split:
    """`fee` is the pool's part, rounded down; users share the rest by their weights.

    What rounding leaves over goes to the largest remainders; of equal ones the name first in the
    alphabet wins. Without any weight the pool keeps all.
    """
    claims = {user: weight for user, weight in weights.items() if weight > 0}
    total = sum(claims.values())
    if not total:
        return Split(value_sats, {})
    fee_sats = fee_of(value_sats, fee)
    shared = value_sats - fee_sats
    credits: dict[str, int] = {}
    remainders: list[tuple[int, str]] = []
    for user, part in claims.items():
        credits[user], remainder = divmod(shared * part, total)
        remainders.append((-remainder, user))
    remainders.sort()
    for _, user in remainders[: shared - sum(credits.values())]:
        credits[user] += 1
    return Split(fee_sats, {user: sats for user, sats in credits.items() if sats})


def fee_of(value_sats: int, fee: Fraction) -> int:
    """The pool's part, rounded down."""
    return value_sats * fee.numerator // fee.denominator


def gains_of(
    mining: Mapping[str, int],
    weights: Mapping[str, Weight],
    rules: Rules,
    referrers: Mapping[str, str],
) -> dict[str, Gains]:
    """Mining rewards with what comes on top, each part rounded down.

    `referrers` by the user they brought; those alone whose referral counts at this moment.
    """
    gains: dict[str, Gains] = {}
    brought: dict[str, int] = {}
    for user, sats in mining.items():
        weight = weights[user]
        refund = sats * rules.fee_ppm * rules.refund_ppm * weight.refunded
        referrer = referrers.get(user)
        bonus = 0 if referrer is None else sats * rules.bonus_ppm // MILLION
        gains[user] = Gains(sats, refund // (weight.work * MILLION * MILLION), bonus)
        if referrer is not None:
            reward = sats * rules.referral_ppm // MILLION
            brought[referrer] = brought.get(referrer, 0) + reward
    for referrer, sats in brought.items():
        if sats:
            gains[referrer] = gains.get(referrer, Gains())._replace(referral=sats)
    return gains
