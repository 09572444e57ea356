"""The part of the admin API that is about rewards, payouts and odds; amounts in satoshis."""

from typing import Annotated

from msgspec import Meta

from pithead.pool.rewards import SchemeName
from pithead.pool.rule_terms import Days, Percent, Terms, Window
from pithead.pooladmin.contract import USER, Body, Message, Operation


class LuckBand(Message, frozen=True):
    """The luck of the last blocks, and where an honest pool's lies with 95 % confidence."""

    blocks: int
    luck: Annotated[float, Meta(description="Expected over actual work; above one is good.")]
    low: float
    high: float
    probability: Annotated[
        float, Meta(ge=0, le=1, description="Of luck as bad or worse by chance alone.")
    ]


class PastRules(Message, frozen=True):
    """Rules, and from when on they were in force."""

    since: Annotated[float, Meta(description="Farm time.")]
    rules: Terms


class RulesNow(Message, frozen=True):
    """The rules of rewards, and where they come from."""

    rules: Annotated[Terms, Meta(description="In force.")]
    configured: Annotated[Terms, Meta(description="What the configuration says.")]
    is_chosen: Annotated[
        bool, Meta(description="An admin chose them; they hold until the configuration changes.")
    ]
    past: Annotated[list[PastRules], Meta(description="The newest first, at most 100.")]


class RulesChange(Body, frozen=True):
    """What is left out stays as it is."""

    reward_scheme: SchemeName | None = None
    fee_percent: Percent | None = None
    braiins_os_refund_percent: Percent | None = None
    referral_bonus_percent: Percent | None = None
    referral_reward_percent: Percent | None = None
    referral_days: Days | None = None
    pplns_window: Window | None = None


class Statistics(Message, frozen=True):
    """How likely the pool's luck is, and what it pays by."""

    luck: list[LuckBand]
    rules: Terms


class Withholding(Message, frozen=True):
    """A user's blocks against those its work should have found."""

    user: str
    expected_blocks: float
    found_blocks: int
    probability: Annotated[
        float,
        Meta(ge=0, le=1, description="Of so few or fewer by chance; among n users, see 1/n."),
    ]


class Ledger(Message, frozen=True):
    """All satoshis that were ever booked, by account; together they are nothing."""

    balances: dict[str, int]


class Account(Message, frozen=True):
    """What a user is owed, where it is paid, and who referred it."""

    unconfirmed_sats: int
    confirmed_sats: int
    paying_sats: Annotated[int, Meta(description="In a payout that is on its way.")]
    paid_sats: int
    address: Annotated[str, Meta(description="Empty: the user is not paid out.")]
    threshold_sats: Annotated[int, Meta(description="0 is the pool's own.")]
    referrer: Annotated[str, Meta(description="Empty where nobody's referral counts now.")]


class Referrer(Body, frozen=True):
    referrer: Annotated[str, Meta(max_length=128, description="Empty ends a referral.")]


class Destination(Body, frozen=True):
    address: Annotated[str, Meta(min_length=1, max_length=100)]
    threshold_sats: Annotated[int, Meta(ge=0, le=21 * 10**14)] = 0


class Paid(Message, frozen=True):
    txid: Annotated[str, Meta(description="Empty: nobody is due, or a payout is under way.")]


class Underway(Message, frozen=True):
    """A payout that has neither arrived nor failed."""

    txid: str
    planned: int
    users: int
    sats: int
    fee_sats: int


class Reason(Body, frozen=True):
    reason: Annotated[str, Meta(min_length=1, max_length=200)]


MONEY_OPERATIONS = (
    Operation(
        "GET", "/api/v1/statistics", "statistics", "How likely the pool's luck is",
        answer=Statistics,
    ),
    Operation(
        "GET", "/api/v1/withholding", "withholding",
        "Blocks of each user against those expected, the least likely first",
        answer=list[Withholding],
    ),
    Operation("GET", "/api/v1/rules", "rules", "The rules of rewards", answer=RulesNow),
    Operation(
        "PUT", "/api/v1/rules", "change_rules",
        "Other rules from now on, in place of the configuration's", RulesChange,
    ),
    Operation("DELETE", "/api/v1/rules", "configured_rules", "The configuration's rules again"),
    Operation("GET", "/api/v1/ledger", "ledger", "Balances of all accounts", answer=Ledger),
    Operation("GET", USER + "/account", "account", "Balances of a user", answer=Account),
    Operation("PUT", USER + "/referrer", "refer", "Say who referred a user, from now", Referrer),
    Operation(
        "PUT", USER + "/destination", "pay_to", "Where a user is paid from now on", Destination
    ),
    Operation("DELETE", USER + "/destination", "pay_no_more", "Pay a user out no more"),
    Operation(
        "GET", "/api/v1/payouts", "underway", "Payouts on their way", answer=list[Underway]
    ),
    Operation("POST", "/api/v1/payouts", "pay_now", "Pay what is due at once", answer=Paid),
    Operation(
        "POST", "/api/v1/payouts/{txid}/give-up", "give_up",
        "What a payout would have paid is due again, as its coins are spent otherwise", Reason,
    ),
)  # fmt: skip
