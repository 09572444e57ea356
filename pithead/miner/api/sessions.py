"""Logins and their tokens, without a clock or a socket: who may ask, for how long."""

from collections import deque
from collections.abc import Callable
from math import ceil

from pithead.rpc.errors import TooMany, Unauthenticated

TOKEN_LENGTH = 16
LIFETIME_SECONDS = 3600
"""Without use; every request renews it."""
MOST_TOKENS = 1_000
"""Then the one unused for longest gives way. A client's first poll makes eleven."""
FAILURES = 10
FAILURE_SECONDS = 60.0
"""So many wrong passwords in so long, then all logins wait."""


class Sessions:
    """Tokens of one machine. `make_token` gives 16 unguessable letters and digits."""

    def __init__(self, make_token: Callable[[], str], wall: Callable[[], float]) -> None:
        self._make_token = make_token
        self._wall = wall
        self._used: dict[str, float] = {}  # the one used last at the end
        self._failures: deque[float] = deque(maxlen=FAILURES)
        self.revocations = 0
        """How often all tokens ended: what was checked before one counts no more."""

    def open(self) -> str:
        """A token for somebody who has proved who they are."""
        self._forget_expired()
        if len(self._used) >= MOST_TOKENS:
            del self._used[next(iter(self._used))]
        token = self._make_token()
        self._used[token] = self._wall()
        return token

    def check(self, authorization: str | None) -> None:
        """Renew the token of an `Authorization` header, bare or after `Bearer`.

        Raises Unauthenticated.
        """
        if not authorization:
            raise Unauthenticated("no token: log in and send it in the Authorization header")
        token = bare_token(authorization)
        self._forget_expired()
        if self._used.pop(token, None) is None:
            raise Unauthenticated("the token is not known or has expired: log in again")
        self._used[token] = self._wall()

    def close(self, authorization: str) -> None:
        """End one login; it may have ended before."""
        self._used.pop(bare_token(authorization), None)

    def revoke_all(self) -> None:
        self._used.clear()
        self.revocations += 1

    def may_try(self) -> None:
        """Raises TooMany where too many logins failed lately."""
        now = self._wall()
        if len(self._failures) == FAILURES and now - self._failures[0] < FAILURE_SECONDS:
            wait = ceil(FAILURE_SECONDS - (now - self._failures[0]))
            raise TooMany(f"too many wrong passwords; try again in {wait} seconds", wait)

    def failed(self) -> None:
        """Somebody gave a wrong password."""
        self._failures.append(self._wall())

    def _forget_expired(self) -> None:
        deadline = self._wall() - LIFETIME_SECONDS
        while self._used:
            token, used = next(iter(self._used.items()))
            if used >= deadline:
                return
            del self._used[token]


def bare_token(authorization: str) -> str:
    """Without the word that some clients put before it."""
    token = authorization.strip()
    return token[7:].strip() if token[:7].lower() == "bearer " else token
