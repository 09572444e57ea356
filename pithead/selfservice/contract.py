"""What goes in and out of the API of a signed-in user, and the one table of its operations."""

from typing import Annotated

from msgspec import Meta

from pithead.pooladmin.contract import Body, Contact, Message, Operation, Profile, of_an_account
from pithead.pooladmin.moneycontract import Account
from pithead.poolapi.contract import PayoutsAnswer, ProfileAnswer, RewardsAnswer
from pithead.poolapi.publiccontract import HashRates, PublicBlock

ME = "/api/v1/me"


class SignIn(Body, frozen=True):
    user: Annotated[str, Meta(min_length=1, max_length=128)]
    password: Annotated[str, Meta(min_length=1, max_length=200)]


class NewPassword(Body, frozen=True):
    old: Annotated[str, Meta(min_length=1, max_length=200)]
    new: Annotated[str, Meta(min_length=10, max_length=200)]


class Session(Message, frozen=True):
    """Who has signed in."""

    user: str
    expires: Annotated[int, Meta(description="Unix seconds.")]
    csrf: Annotated[str, Meta(description="To be sent as `X-CSRF-Token` with every change.")]


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
)  # fmt: skip
"""What opens and ends a session."""
