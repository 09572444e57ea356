"""Rules, scheme and referrals in force: what comes of blocks, of days and of changed rules."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from pithead.pool.blocks import Credit
from pithead.pool.changes import Changes, DayCreditRow, ReferralRow, RulesRow
from pithead.pool.events import PriceSeen
from pithead.pool.fpps import FppsScheme
from pithead.pool.pplns import PplnsScheme
from pithead.pool.rewards import Gains, Rules, Weight, fee_of, gains_of, split
from pithead.pool.schemes import (
    SCORE_UNITS,
    Found,
    PayRow,
    Price,
    Scheme,
    ScoreScheme,
    SoloScheme,
    WindowRow,
)

NOTHING = Gains()
NO_WEIGHT = Weight(0)


class PayingRows(NamedTuple):
    """What a store kept of all this."""

    rules: RulesRow | None = None
    """The last."""
    referrals: Iterable[ReferralRow] = ()
    window: Iterable[WindowRow] = ()
    pay: Iterable[PayRow] = ()
    text: str = ""


class Paying:
    """Follows credited work for the scheme in force, and says who gets what."""

    def __init__(self, rows: PayingRows | None = None) -> None:
        rows = rows or PayingRows()
        self.rules = Rules()
        """Those of the first day, until the journal says otherwise."""
        self._number = 0
        if rows.rules is not None:
            self._number = rows.rules.number
            self.rules = msgspec.json.decode(rows.rules.text, type=Rules)
        self.scheme = _load(self.rules, rows)
        self._referrals = {row.user: row for row in rows.referrals}
        self._day_credits: list[DayCreditRow] = []
        self._changed_rules: list[RulesRow] = []
        self._changed_referrals: list[ReferralRow] = []
        self._scheme_ended = False

    def block(self, found: Found, value_sats: int, time_ms: int) -> dict[str, Credit]:
        """What each user gets of a block, and the score of each; the rest of its value is the
        pool's."""
        weights = self.scheme.weights(found)
        shares = split(value_sats, self.rules.fee, {user: w.work for user, w in weights.items()})
        gains = gains_of(shares.credits, weights, self.rules, self._referrers(time_ms))
        credits = {}
        for user in {*gains, *found.scores}:
            gain = gains.get(user, NOTHING)
            rate = found.scores.get(user, NO_WEIGHT).work / (SCORE_UNITS * found.time_constant)
            credits[user] = Credit(gain.total, rate, gain.refund, gain.bonus, gain.referral)
        return credits

    def day(self, day: int, part: int, time_ms: int) -> dict[str, int]:
        """What the pool pays each user besides blocks, at the end of a day or of its rules."""
        owed = self.scheme.close(self.rules)
        fee = self.rules.fee
        net = {user: each.sats - fee_of(each.sats, fee) for user, each in owed.items()}
        weights = {user: each.weight for user, each in owed.items()}
        mining = {user: sats for user, sats in net.items() if sats}
        gains = gains_of(mining, weights, self.rules, self._referrers(time_ms))
        self._day_credits += [
            DayCreditRow(user, day, part, gain.total, gain.refund, gain.bonus, gain.referral)
            for user, gain in gains.items()
        ]
        return {user: gain.total for user, gain in gains.items()}

    def change(self, rules: Rules, time_ms: int, second: int, scores: Mapping[str, Weight]) -> None:
        """Other rules from now on. Ask `day` before, for what the old ones owe."""
        if rules.scheme != self.rules.scheme:
            self._scheme_ended = True
            self.scheme = _begin(rules, second, scores)
        self.rules = rules
        self._number += 1
        text = msgspec.json.encode(rules).decode()
        self._changed_rules.append(RulesRow(self._number, time_ms, text))

    def refer(self, user: str, referrer: str, time_ms: int) -> None:
        """`referrer` brought `user`; an empty one, or the user, ends a referral."""
        until_ms = time_ms + self.rules.referral_ms if referrer not in ("", user) else time_ms
        row = ReferralRow(user, referrer, time_ms, until_ms)
        self._referrals[user] = row
        self._changed_referrals.append(row)

    def referral(self, user: str) -> ReferralRow | None:
        return self._referrals.get(user)

    def price(self, seen: PriceSeen) -> None:
        """What a block would bring from now on."""
        self.scheme.price(Price(seen.height, seen.subsidy_sats, seen.fees_sats, seen.block_work))

    def estimate(self, user: str, value_sats: int, score: float, whole: float) -> int:
        """What a block found now, or the day so far, brings the user after the fee."""
        sats = self.scheme.estimate(user, value_sats, score, whole, self.rules)
        return sats - fee_of(sats, self.rules.fee)

    def drain_into(self, changes: Changes) -> None:
        changes.day_credits, self._day_credits = self._day_credits, []
        changes.rules, self._changed_rules = self._changed_rules, []
        changes.referrals, self._changed_referrals = self._changed_referrals, []
        rows = self.scheme.drain()
        changes.window, changes.window_gone = rows.window, rows.window_gone
        changes.pay, changes.pay_gone = rows.pay, rows.pay_gone
        changes.scheme_ended, self._scheme_ended = self._scheme_ended, False
        changes.scheme_text = rows.text

    def _referrers(self, time_ms: int) -> dict[str, str]:
        return {
            row.user: row.referrer
            for row in self._referrals.values()
            if row.since_ms <= time_ms < row.until_ms
        }


def _load(rules: Rules, rows: PayingRows) -> Scheme:
    match rules.scheme:
        case "score":
            return ScoreScheme()
        case "solo":
            return SoloScheme()
        case "pplns":
            return PplnsScheme(rows.window, rows.text)
        case "fpps":
            return FppsScheme(rows.pay, rows.text)


def _begin(rules: Rules, second: int, scores: Mapping[str, Weight]) -> Scheme:
    if rules.scheme == "pplns":
        return PplnsScheme.begin(
            {
                user: Weight(score.work // SCORE_UNITS, score.refunded // SCORE_UNITS)
                for user, score in scores.items()
            },
            second,
        )
    return _load(rules, PayingRows())
