"""Who asks: the access token of a request, and the port that knows whose it is."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Protocol

TOKEN_HEADERS = (
    "SlushPool-Auth-Token",
    "X-SlushPool-Auth-Token",
    "Pool-Auth-Token",
    "X-Pool-Auth-Token",
)
"""The first one that is there counts. `Authorization` is none of them, as on the live pool."""

MAX_TOKEN_LENGTH = 128
"""Longer than any token this pool or Braiins Pool gives out."""


class Access(Protocol):
    """What an access profile says of the holder of its token."""

    @property
    def username(self) -> str: ...

    @property
    def web_api(self) -> bool:
        """Whether the profile allows web APIs."""
        ...


class TokenCheck(Protocol):
    """Finds tokens by their digest, so how long it takes says nothing of how near a guess was."""

    def access(self, token: str) -> Access | None:
        """None for a token nobody has, or has no longer."""
        ...


def token_of(headers: Mapping[str, str]) -> str:
    """The token of a request as sent, "" where there is none. Names match in any case."""
    for name in TOKEN_HEADERS:
        token = headers.get(name, "").strip()
        if token:
            return token
    return ""


def is_possible(token: str) -> bool:
    """Printable ASCII of a sane length: only such a token is worth looking up."""
    return 0 < len(token) <= MAX_TOKEN_LENGTH and token.isascii() and token.isprintable()


def token_key(token: str) -> str:
    """What to remember a token by without keeping it."""
    return sha256(token.encode()).hexdigest()
