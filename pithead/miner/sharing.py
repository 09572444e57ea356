"""Which group of pools the machine works for next, so that each gets its part. Pure.

The machine works for one group at a time. Whatever it hashes, every group that can take work
earns its part of it as credit, and the group worked for pays all of it; at the end of a slice the
group with the most credit is next. So no group is ever further from its part than a slice.
"""

from collections.abc import Sequence, Set

from pithead.miner.configuration import FixedShareRatio, Quota, Strategy

SLICE_SECONDS = 1.0
"""Shorter than the seconds a pool's vardiff puts between two shares, so that each group sees an
even rate; long against what another job costs the chips, which is one fresh space a board."""


def parts(strategies: Sequence[Strategy], able: Set[int]) -> dict[int, float]:
    """The part of all work, 0 to 1, of each group that can take work; they sum to 1.

    Fixed ratios come first, the rest is shared by quota. What groups leave that cannot take any
    goes to those that can.
    """
    fixed: dict[int, float] = {}
    quotas: dict[int, int] = {}
    for group in sorted(able):
        match strategies[group]:
            case FixedShareRatio(value=ratio):
                fixed[group] = ratio
            case Quota(value=quota):
                quotas[group] = quota
    rest = max(0.0, 1.0 - sum(fixed.values()))
    all_quotas = max(1, sum(quotas.values()))
    wanted = fixed | {group: rest * quota / all_quotas for group, quota in quotas.items()}
    total = sum(wanted.values())
    if total <= 0:
        return {group: 1 / len(wanted) for group in wanted}
    return {group: part / total for group, part in wanted.items()}


class Sharing:
    """Turns between groups, which are known by their place in `strategies`."""

    def __init__(self, strategies: Sequence[Strategy]) -> None:
        self._strategies = tuple(strategies)
        self._parts: dict[int, float] = {}
        self._credit: dict[int, float] = {}
        self._current: int | None = None
        self._worked_seconds = 0.0

    def worked(self, amount: float, seconds: float) -> None:
        """The machine has worked so much for the group last chosen.

        `amount` is proportional to the hashes expected of it, in a unit that stays the same.
        """
        if self._current is None:
            return
        self._worked_seconds += seconds
        for group, part in self._parts.items():
            self._credit[group] += part * amount
        self._credit[self._current] -= amount

    def choose(self, able: Set[int]) -> int | None:
        """The group to work for now, of those that can take work."""
        if able != self._parts.keys():
            # Nobody is owed what was done while others could take work.
            self._parts = parts(self._strategies, able)
            self._credit = dict.fromkeys(self._parts, 0.0)
            if self._current not in able:
                self._current = None
        if self._current is None or self._worked_seconds >= SLICE_SECONDS:
            self._worked_seconds = 0.0
            self._current = max(
                (group for group, part in self._parts.items() if part > 0),
                key=lambda group: (self._credit[group], self._parts[group], -group),
                default=None,
            )
        return self._current
