"""What goes in and out of the API of a signed-in user, and the one table of its operations."""

from typing import Annotated

from msgspec import Meta

from pithead.pooladmin.contract import Body, Contact, Message, Operation, Profile, of_an_account
from pithead.pooladmin.moneycontract import Account, Destination
from pithead.poolapi.contract import (
    DailyHashRateAnswer,
    PayoutsAnswer,
    ProfileAnswer,
    RewardsAnswer,
)
from pithead.poolapi.publiccontract import HashRates, PublicBlock

ME = "/api/v1/me"

Password = Annotated[str, Meta(min_length=1, max_length=200)]
Code = Annotated[
    str,
    Meta(
        max_length=64,
        description="Of the authenticator, or a recovery code; empty where none is asked for. "
        "Each is used once.",
    ),
]


class Proof(Body, frozen=True):
    """That it is the user who asks, and not only whoever sits at its page."""

    password: Password
    code: Code = ""


class SignIn(Proof, frozen=True, kw_only=True):
    user: Annotated[str, Meta(min_length=1, max_length=128)]


class NewPassword(Body, frozen=True):
    old: Password
    new: Annotated[str, Meta(min_length=10, max_length=200)]
    code: Code = ""


class OwnDestination(Destination, frozen=True, kw_only=True):
    password: Password
    code: Code = ""


class Session(Message, frozen=True):
    """Who has signed in."""

    user: str
    expires: Annotated[int, Meta(description="Unix seconds.")]
    csrf: Annotated[str, Meta(description="To be sent as `X-CSRF-Token` with every change.")]


class SecondFactor(Message, frozen=True):
    """Whether codes of an authenticator are asked for."""

    since: Annotated[int, Meta(description="Unix seconds; 0: none are asked for.")]
    recovery_codes: Annotated[int, Meta(description="That are left.")]


class Enrolment(Message, frozen=True):
    """What an authenticator makes codes of (TOTP: SHA-1, 6 digits, 30 seconds); shown once."""

    secret: Annotated[str, Meta(description="Base32.")]
    uri: Annotated[str, Meta(description="`otpauth:` with the secret.")]
    picture: Annotated[str, Meta(description="The URI as a QR code: SVG in a `data:` URI.")]


class RecoveryCodes(Message, frozen=True):
    """Each signs in once without the authenticator. The only time they can be seen."""

    codes: list[str]


class OwnBlock(Message, frozen=True):
    """A block of the pool, and what it brought the user."""

    block: PublicBlock
    reward_sats: int


OPERATIONS = (
    Operation("GET", ME + "/profile", "profile", "Balance, hashrates and worker counts",
              answer=ProfileAnswer),
    Operation("GET", ME + "/account", "account", "Balances, and where they are paid",
              answer=Account),
    Operation(
        "GET", ME + "/hash_rate/{hours}", "hash_rate",
        "How the hashrate went: 1 hour in steps of a minute, or 24 in steps of five",
        answer=HashRates,
    ),
    Operation("GET", ME + "/hash_rate_daily", "hash_rate_daily",
              "Average hashrate of each of the last 90 days", answer=DailyHashRateAnswer),
    Operation("GET", ME + "/rewards", "rewards", "Rewards of the last 90 days",
              answer=RewardsAnswer),
    Operation("GET", ME + "/blocks", "blocks", "Blocks of the last days that brought a reward, "
              "newest first", answer=list[OwnBlock]),
    Operation("GET", ME + "/payouts", "payouts", "Payments of the last 90 days",
              answer=PayoutsAnswer),
    Operation("GET", ME + "/profiles", "profiles", "Access profiles", answer=list[Profile]),
    Operation("GET", ME + "/contacts", "contacts", "Who is told of alerts", answer=list[Contact]),
    *of_an_account(ME),
)  # fmt: skip
"""All of them need a session."""

SESSION_OPERATIONS = (
    Operation("POST", ME + "/session", "sign_in", "Sign in; the answer sets the session's cookie",
              SignIn, Session),
    Operation("GET", ME + "/session", "session", "Who has signed in", answer=Session),
    Operation("DELETE", ME + "/session", "sign_out", "End the session"),
    Operation("PUT", ME + "/password", "change_password",
              "Set another password; every session ends", NewPassword),
    Operation("GET", ME + "/second-factor", "second_factor",
              "Whether signing in needs a code as well", answer=SecondFactor),
    Operation("POST", ME + "/second-factor", "begin_second_factor",
              "Make a secret for an authenticator; it counts once confirmed", Proof, Enrolment),
    Operation("PUT", ME + "/second-factor", "confirm_second_factor",
              "Ask for codes from now on, with the first one; other sessions end",
              Proof, RecoveryCodes),
    Operation("POST", ME + "/second-factor/remove", "remove_second_factor",
              "Ask for codes no more", Proof),
    Operation("PUT", ME + "/destination", "pay_to", "Where to be paid from the next payout on",
              OwnDestination),
    Operation("POST", ME + "/destination/remove", "pay_no_more",
              "Be paid no more; the balance stays", Proof),
)  # fmt: skip
"""What opens and ends a session, and what its user alone may do, who proves it anew."""
