"""Full pay per share: every share is paid, whatever blocks the pool finds; those are the pool's.

A day's reward of a user is S*C/D + S*AF/D: the user's work, the subsidy and the work of a block,
and the trimmed average of the fees of the day's blocks. Where C or D change within the day, each
part is reckoned with its own. The fees are those of the pool's own last template at each height.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from pithead.pool.rewards import MILLION, Rules, Weight
from pithead.pool.schemes import Found, Owed, PayRow, Price, SchemeRows

UNITS = 1 << 80
"""Parts of a block that are still counted: a share's rounding is far below a satoshi."""
MOST_HEIGHTS = 4_000
"""Fees remembered: more than the blocks of a day, also on a chain of a block in half a minute."""


@dataclass(slots=True)
class Claim:
    """What a user has earned today. Pairs are (all, of it by Braiins OS)."""

    work: tuple[int, int] = (0, 0)
    """At the present price, which may have changed by the time it is reckoned."""
    parts: tuple[int, int] = (0, 0)
    """Of a block, in `UNITS`, at the prices before: what its fees are owed for."""
    subsidy: tuple[int, int] = (0, 0)
    """The same parts times their subsidy."""


def trimmed_mean(fees: Iterable[int], trim_ppm: int) -> Fraction:
    """The mean without the lowest and the highest so many millionths; 0 of nothing."""
    ordered = sorted(fees)
    cut = len(ordered) * trim_ppm // MILLION
    kept = ordered[cut : len(ordered) - cut] or ordered
    return Fraction(sum(kept), len(kept)) if kept else Fraction(0)


class FppsScheme:
    """Claims of the day that the books are in."""

    def __init__(self, rows: Iterable[PayRow] = (), text: str = "") -> None:
        self._claims = {
            row.user: Claim(
                (row.work, row.refunded),
                (row.parts, row.refunded_parts),
                (row.subsidy, row.refunded_subsidy),
            )
            for row in rows
        }
        kept = json.loads(text) if text else {}
        self._subsidy: int = kept.get("subsidy", 0)
        self._block_work: int = kept.get("block_work", 0)
        self._fees: dict[int, int] = {int(height): sats for height, sats in kept.get("fees", ())}
        self._dirty: set[str] = set()
        self._forgotten = False

    def credit(self, user: str, work: int, refunded: int, second: int) -> None:
        claim = self._claims.get(user)
        if claim is None:
            claim = self._claims[user] = Claim()
        claim.work = claim.work[0] + work, claim.work[1] + refunded
        self._dirty.add(user)

    def weights(self, found: Found) -> Mapping[str, Weight]:
        return {}

    def price(self, price: Price) -> None:
        if (price.subsidy_sats, price.block_work) != (self._subsidy, self._block_work):
            self._reckon()
            self._subsidy, self._block_work = price.subsidy_sats, price.block_work
        self._fees[price.height] = price.fees_sats
        while len(self._fees) > MOST_HEIGHTS:
            del self._fees[next(iter(self._fees))]

    def close(self, rules: Rules) -> Mapping[str, Owed]:
        """Work before the first price waits for it."""
        self._reckon()
        if not self._block_work:
            return {}
        fees = trimmed_mean(self._fees.values(), rules.trim_ppm)
        owed = {}
        for user, claim in self._claims.items():
            all_units, refunded = (
                claim.subsidy[n] * fees.denominator + claim.parts[n] * fees.numerator
                for n in (0, 1)
            )
            if sats := all_units // (UNITS * fees.denominator):
                owed[user] = Owed(sats, Weight(all_units, refunded))
        self._claims, self._forgotten = {}, True
        self._dirty.clear()
        last = max(self._fees, default=None)
        self._fees = {} if last is None else {last: self._fees[last]}
        return owed

    def estimate(self, user: str, value_sats: int, score: float, whole: float, rules: Rules) -> int:
        """The day so far."""
        claim = self._claims.get(user)
        if claim is None or not self._block_work:
            return 0
        fees = trimmed_mean(self._fees.values(), rules.trim_ppm)
        now = claim.work[0] * UNITS // self._block_work
        parts, subsidy = claim.parts[0] + now, claim.subsidy[0] + now * self._subsidy
        return int((subsidy + parts * fees) // UNITS)

    def drain(self) -> SchemeRows:
        rows = [
            PayRow(user, *claim.work, *claim.parts, *claim.subsidy)
            for user in sorted(self._dirty)
            if (claim := self._claims.get(user)) is not None
        ]
        self._dirty.clear()
        forgotten, self._forgotten = self._forgotten, False
        kept = {"subsidy": self._subsidy, "block_work": self._block_work,
                "fees": list(self._fees.items())}  # fmt: skip
        return SchemeRows([], [], rows, forgotten, json.dumps(kept))

    def _reckon(self) -> None:
        """Turn the work so far into parts of a block; without a price it stays work."""
        if not self._block_work:
            return
        for user, claim in self._claims.items():
            if claim.work[0]:
                parts = claim.work[0] * UNITS // self._block_work
                refunded = claim.work[1] * UNITS // self._block_work
                claim.parts = claim.parts[0] + parts, claim.parts[1] + refunded
                claim.subsidy = (
                    claim.subsidy[0] + parts * self._subsidy,
                    claim.subsidy[1] + refunded * self._subsidy,
                )
                claim.work = 0, 0
                self._dirty.add(user)
