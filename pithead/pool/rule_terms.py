"""The rules of rewards as an operator says them: in per cent, and by the names of the settings."""

from collections.abc import Mapping
from typing import Annotated, Protocol

import msgspec
from msgspec import Meta

from pithead.pool.rewards import MILLION, Rules, SchemeName

PPM_OF_PERCENT = 10_000

Percent = Annotated[float, Meta(ge=0, le=100)]
Days = Annotated[int, Meta(ge=1, le=36_500)]
Window = Annotated[float, Meta(ge=0.01, le=100)]


class Spoken(Protocol):
    """Whatever has the terms by their names, such as the configuration."""

    @property
    def reward_scheme(self) -> SchemeName: ...
    @property
    def fee_percent(self) -> float: ...
    @property
    def braiins_os_refund_percent(self) -> float: ...
    @property
    def referral_bonus_percent(self) -> float: ...
    @property
    def referral_reward_percent(self) -> float: ...
    @property
    def referral_days(self) -> int: ...
    @property
    def pplns_window(self) -> float: ...


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """All of them, within their bounds."""

    reward_scheme: SchemeName
    fee_percent: Percent
    braiins_os_refund_percent: Percent
    referral_bonus_percent: Percent
    referral_reward_percent: Percent
    referral_days: Days
    pplns_window: Window


def rules_of(spoken: Spoken) -> Rules:
    """To the millionth."""
    return Rules(
        scheme=spoken.reward_scheme,
        fee_ppm=_millionths(spoken.fee_percent),
        refund_ppm=_millionths(spoken.braiins_os_refund_percent),
        bonus_ppm=_millionths(spoken.referral_bonus_percent),
        referral_ppm=_millionths(spoken.referral_reward_percent),
        referral_days=spoken.referral_days,
        window_ppm=round(spoken.pplns_window * MILLION),
    )


def terms_of(rules: Rules) -> Terms:
    return Terms(
        reward_scheme=rules.scheme,
        fee_percent=rules.fee_ppm / PPM_OF_PERCENT,
        braiins_os_refund_percent=rules.refund_ppm / PPM_OF_PERCENT,
        referral_bonus_percent=rules.bonus_ppm / PPM_OF_PERCENT,
        referral_reward_percent=rules.referral_ppm / PPM_OF_PERCENT,
        referral_days=rules.referral_days,
        pplns_window=rules.window_ppm / MILLION,
    )


def changed(rules: Rules, change: Mapping[str, object]) -> Rules:
    """With what is named in `change` and not None. ValueError for what is out of its bounds."""
    said = {name: value for name, value in change.items() if value is not None}
    terms = msgspec.to_builtins(terms_of(rules))
    return rules_of(msgspec.convert({**terms, **said}, type=Terms))


def _millionths(percent: float) -> int:
    return round(percent * PPM_OF_PERCENT)
