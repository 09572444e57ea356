"""The port of the reward schemes: who has a claim on a block, and on what else the pool owes.

A scheme follows the work that is credited and says whose a block is; what a fee, a refund and a
referral come to is the same for all (`rewards`). All are pure and keep integers alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import msgspec

from pithead.pool.rewards import Rules, Weight

SCORE_UNITS = 1 << 20
"""Parts of one expected hash that a score is rounded down to: from there on all is in integers."""


@dataclass(frozen=True, slots=True)
class Found:
    """A block at the moment it is found."""

    rules: Rules
    finder: str
    braiins_os: bool
    """Whether the finder's machine runs it."""
    block_work: int
    scores: Mapping[str, Weight]
    """The score of every user who has one, in `SCORE_UNITS`."""
    time_constant: float
    """Seconds; of the scores."""


class Price(NamedTuple):
    """What a block at `height` would bring, and the work it takes."""

    height: int
    subsidy_sats: int
    fees_sats: int
    block_work: int


class Owed(NamedTuple):
    """What a user's work is worth by itself, before any fee."""

    sats: int
    weight: Weight


class WindowRow(msgspec.Struct, frozen=True, order=True, gc=False):
    """Work of a user in one shift of a PPLNS window."""

    number: int
    user: str
    second: int
    work: int
    refunded: int


class PayRow(msgspec.Struct, frozen=True, order=True, gc=False):
    """What FPPS owes a user for the day so far; see `fpps.Claim`."""

    user: str
    work: int
    refunded: int
    parts: int
    refunded_parts: int
    subsidy: int
    refunded_subsidy: int


@dataclass(slots=True)
class SchemeRows:
    """What a store keeps of a scheme. Gone shifts go before new rows."""

    window: list[WindowRow]
    window_gone: list[int]
    pay: list[PayRow]
    pay_gone: bool = False
    """Whether all that was owed is to be forgotten first."""
    text: str = ""
    """The scheme's own words, for itself to read again."""


class Scheme(Protocol):
    """One way to share out rewards."""

    def credit(self, user: str, work: int, refunded: int, second: int) -> None:
        """Follow work; what is of one second may come share by share or as a sum.

        Seconds are those of the scores' clock: they never go back.
        """

    def weights(self, found: Found) -> Mapping[str, Weight]:
        """The claims on a block; where there are none it is the pool's."""

    def price(self, price: Price) -> None:
        """What a block would bring from now on."""

    def close(self, rules: Rules) -> Mapping[str, Owed]:
        """At the end of a day, or of the rules: what is owed besides blocks, and now paid."""

    def estimate(self, user: str, value_sats: int, score: float, whole: float, rules: Rules) -> int:
        """What the user would get before the fee, for a block found now or for the day so far."""

    def drain(self) -> SchemeRows:
        """What changed since the last call."""


class ScoreScheme:
    """By the scoring hashrate at the moment a block is found (Slush's method)."""

    def credit(self, user: str, work: int, refunded: int, second: int) -> None:
        """The meters keep the scores for every scheme."""

    def weights(self, found: Found) -> Mapping[str, Weight]:
        return found.scores

    def price(self, price: Price) -> None:
        """Nothing is paid but blocks."""

    def close(self, rules: Rules) -> Mapping[str, Owed]:
        return {}

    def estimate(self, user: str, value_sats: int, score: float, whole: float, rules: Rules) -> int:
        return int(value_sats * min(1.0, score / whole)) if whole > 0 else 0

    def drain(self) -> SchemeRows:
        return SchemeRows([], [], [])


class SoloScheme(ScoreScheme):
    """A block is its finder's."""

    def weights(self, found: Found) -> Mapping[str, Weight]:
        return {found.finder: Weight(1, int(found.braiins_os))}

    def estimate(self, user: str, value_sats: int, score: float, whole: float, rules: Rules) -> int:
        return value_sats
