"""What goes in and out of the admin API, and the one table of its operations.

Times are unix seconds, hashrates Gh/s as in the pool's web API.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta, Struct

from pithead.poolapi.publiccontract import HashRates

Channel = Literal["webhook", "email"]
Kind = Literal["worker", "block", "payout"]


class Message(Struct, frozen=True, kw_only=True):
    """Everything that goes out."""


class Body(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that comes in. A name that nobody knows is a mistake, not a wish for later."""


class PoolStatus(Message, frozen=True):
    """How the pool is."""

    height: Annotated[int, Meta(description="Of the chain's tip.")]
    connections: Annotated[int, Meta(description="Stratum connections now.")]
    users: Annotated[int, Meta(description="Who has mined here.")]
    active_workers: Annotated[int, Meta(description="With a share in the last five minutes.")]
    hash_rate_5m: float
    blocks_found: int
    blocks_unresolved: Annotated[int, Meta(description="That the node has not answered for.")]
    events_uncommitted: Annotated[
        int, Meta(description="In the journal but not yet in the database.")
    ]
    now: Annotated[float, Meta(description="Farm time.")]


class Profile(Message, frozen=True):
    """An access profile; its token is never shown again."""

    name: str
    web_api: bool
    created: int
    last_used: Annotated[int, Meta(description="0 for one never used.")]


class NewToken(Message, frozen=True):
    """The only time a token can be seen."""

    token: str


class Contact(Message, frozen=True):
    """Where a user is told of things."""

    channel: Channel
    target: Annotated[str, Meta(description="A URL, or an address of e-mail.")]
    kinds: tuple[Kind, ...]


class NewContact(Message, frozen=True):
    """The only time the secret can be seen that a webhook's signature is checked with."""

    secret: Annotated[str, Meta(description="Key of the HMAC-SHA256; empty for e-mail.")]


class Notice(Message, frozen=True):
    """What was sent to a contact, or waits to be."""

    id: str
    channel: Channel
    target: str
    subject: str
    made: int
    attempts: int
    next_try: int
    state: Literal["waiting", "delivered", "failed"]
    error: Annotated[str, Meta(description="Of the last attempt.")]
    user: str


class Worker(Message, frozen=True):
    """How a worker does, and what is set for it."""

    name: str
    state: Literal["ok", "low", "off", "dis"]
    last_share: int
    hash_rate_5m: float
    hash_rate_24h: float
    label: str
    monitored: bool
    alert_limit: Annotated[
        float | None, Meta(description="Gh/s; null is 70 % of the average of 24 hours.")
    ]
    least_difficulty: Annotated[
        float | None, Meta(description="Of its shares; null is the pool's own minimum.")
    ]


class User(Message, frozen=True):
    """One account."""

    name: str
    group: str | None
    profiles: list[Profile]
    contacts: list[Contact]
    balance_sats: int
    unconfirmed_sats: int
    has_password: Annotated[bool, Meta(description="To sign in on the pool's page.")]
    has_second_factor: Annotated[
        bool, Meta(description="Signing in needs a code of an authenticator as well.")
    ]


class Ban(Message, frozen=True):
    """An address the web API does not listen to for a while."""

    address: Annotated[str, Meta(description="IPv4, or the /64 of an IPv6 address as hex.")]
    since: int
    until: int


class ProfileChange(Body, frozen=True):
    web_api: bool = True


class WorkerChange(Body, frozen=True):
    """What is left out stays as it is."""

    label: Annotated[str, Meta(max_length=100)] | None = None
    monitored: bool | None = None
    alert_limit: (
        Annotated[float, Meta(ge=0, description="Gh/s; 0 goes back to the automatic limit.")] | None
    ) = None
    least_difficulty: (
        Annotated[float, Meta(ge=0, description="Of its shares; 0 is the pool's own minimum.")]
        | None
    ) = None


class ContactChange(Body, frozen=True):
    channel: Channel
    target: Annotated[str, Meta(min_length=1, max_length=500)]
    kinds: Annotated[tuple[Kind, ...], Meta(min_length=1, max_length=3)] = ("worker",)


class ContactRemoval(Body, frozen=True):
    channel: Channel
    target: Annotated[str, Meta(min_length=1, max_length=500)]


class NewBan(Body, frozen=True):
    seconds: Annotated[float, Meta(gt=0, le=30 * 86_400)]


class MinersMessage(Body, frozen=True):
    text: Annotated[str, Meta(min_length=1, max_length=200)]
    user: Annotated[str, Meta(description="Whose miners; without it all.")] | None = None


class MinersMove(Body, frozen=True):
    """Where miners shall connect; without a host to the same place again."""

    user: Annotated[str, Meta(description="Whose miners; without it all.")] | None = None
    host: Annotated[str, Meta(max_length=253)] | None = None
    port: Annotated[int, Meta(ge=1, le=65535)] = 3333
    wait_seconds: Annotated[int, Meta(ge=0, le=3_600)] = 0


class Reached(Message, frozen=True):
    connections: Annotated[int, Meta(description="That were sent it.")]


@dataclass(frozen=True, slots=True)
class Operation:
    """A row of the API; `name` is the method of the service."""

    method: Literal["GET", "PUT", "PATCH", "POST", "DELETE"]
    path: str
    name: str
    summary: str
    body: type[Body] | None = None
    answer: object = None
    """A type; None where the answer is 204 without a body."""


USER = "/api/v1/users/{user}"


def of_an_account(path: str) -> tuple[Operation, ...]:
    """What those who run the pool and the user itself may do alike, below `path`."""
    return (
        Operation("GET", path + "/workers", "workers", "All workers", answer=list[Worker]),
        Operation(
            "PATCH", path + "/workers/{worker}", "change_worker",
            "Label, monitoring, alert limit and least difficulty of a worker", WorkerChange,
        ),
        Operation(
            "PUT", path + "/profiles/{profile}", "create_token",
            "Make a profile, or give it a new token in place of its last", ProfileChange, NewToken,
        ),
        Operation(
            "PATCH", path + "/profiles/{profile}", "change_profile",
            "Allow or forbid web APIs; the token stays", ProfileChange,
        ),
        Operation(
            "DELETE", path + "/profiles/{profile}", "revoke", "Remove a profile and its token"
        ),
        Operation(
            "POST", path + "/contacts", "put_contact",
            "Tell a place from now on; a webhook gets a new secret", ContactChange, NewContact,
        ),
        Operation(
            "POST", path + "/contacts/remove", "remove_contact", "Tell it nothing more",
            ContactRemoval,
        ),
        Operation(
            "GET", path + "/notices", "notices", "What was sent or waits, newest first",
            answer=list[Notice],
        ),
    )  # fmt: skip


OPERATIONS = (
    Operation("GET", "/api/v1/status", "status", "How the pool is", answer=PoolStatus),
    Operation("GET", "/api/v1/users", "users", "Names of all accounts", answer=list[str]),
    Operation("GET", USER, "user", "One account", answer=User),
    Operation("PUT", USER, "create_user", "Open an account; nothing happens if it is there"),
    Operation(
        "DELETE", USER + "/second-factor", "remove_second_factor",
        "Let a user sign in with the password alone, who has lost authenticator and codes",
    ),
    *of_an_account(USER),
    Operation(
        "GET", "/api/v1/groups", "groups", "Members by group", answer=dict[str, list[str]]
    ),
    Operation("PUT", "/api/v1/groups/{group}/members/{user}", "join", "Put a user into a group"),
    Operation("DELETE", "/api/v1/groups/{group}/members/{user}", "leave", "Take a user out of it"),
    Operation(
        "POST", "/api/v1/miners/message", "message", "Show a line of text at miners",
        MinersMessage, Reached,
    ),
    Operation(
        "POST", "/api/v1/miners/reconnect", "reconnect", "Ask miners to connect anew or elsewhere",
        MinersMove, Reached,
    ),
    Operation(
        "GET", "/api/v1/notices", "all_notices", "What was sent to any user or waits, newest first",
        answer=list[Notice],
    ),
    Operation(
        "GET", "/api/v1/hash_rate/{hours}", "hash_rate",
        "How the pool's hashrate went: 1 hour in steps of a minute, or 24 in steps of five",
        answer=HashRates,
    ),
    Operation("GET", "/api/v1/bans", "bans", "Addresses that are banned", answer=list[Ban]),
    Operation("PUT", "/api/v1/bans/{address}", "ban", "Ban an address for a while", NewBan),
    Operation("DELETE", "/api/v1/bans/{address}", "lift", "Lift a ban"),
)  # fmt: skip
