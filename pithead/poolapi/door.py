"""Who is let in: a token that is known and allowed, not more often than the limits say.

Refused
|-- Forbidden   the token, not the question, is wrong
`-- TooOften    come back later; an address that does not is banned for a while
"""

from collections.abc import Mapping

from pithead.poolapi.bans import Ban, Bans
from pithead.poolapi.limits import Buckets, address_key
from pithead.poolapi.settings import ApiSettings
from pithead.poolapi.tokens import TokenCheck, is_possible, token_key, token_of


class Refused(Exception):
    """A request that is not let in; the message is for whoever sent it."""


class Forbidden(Refused):
    """No token, a wrong one, or one whose profile does not allow web APIs."""


class TooOften(Refused):
    """Past the limit of the token or of wrong tokens from the address, or a banned address."""

    def __init__(self, message: str, wait: float) -> None:
        super().__init__(message)
        self.wait = wait
        """Seconds until a request will be let in."""
        self.ban: Ban | None = None
        """The ban that this request brought on."""


class Door:
    """Knows how often each token was used, and how often each address came with a wrong one."""

    def __init__(self, tokens: TokenCheck, settings: ApiSettings, bans: Bans | None = None) -> None:
        """`bans` may be shared with others that look at them or change them."""
        self._tokens = tokens
        self._requests = Buckets(settings.burst, settings.refill_per_second, settings.bucket_limit)
        self._wrong_tokens = Buckets(
            settings.wrong_token_burst,
            settings.wrong_token_refill_per_second,
            settings.bucket_limit,
        )
        self.bans = bans or Bans.of(settings)

    def admit(self, headers: Mapping[str, str], host: str, wall: float) -> str:
        """The user who asks. A request without any token is no guess and costs no allowance."""
        address = address_key(host)
        wait = self.bans.wait(address, wall)
        if wait:
            raise TooOften("your address went on asking too often and is banned for a while", wait)
        try:
            return self._let_in(headers, address, wall)
        except TooOften as refusal:
            ban = self.bans.refused(address, wall)
            if ban is not None:
                refusal.wait, refusal.ban = ban.until - wall, ban
            raise

    def _let_in(self, headers: Mapping[str, str], address: str, wall: float) -> str:
        token = token_of(headers)
        if not token:
            raise Forbidden("no access token; send it in the header SlushPool-Auth-Token")
        wait = self._wrong_tokens.wait(address, wall)
        if wait:
            raise TooOften("too many wrong access tokens from your address", wait)
        access = self._tokens.access(token) if is_possible(token) else None
        if access is None:
            self._wrong_tokens.take(address, wall)
            raise Forbidden("this access token is not valid (or no longer)")
        wait = self._requests.take(token_key(token), wall)
        if wait:
            raise TooOften("too many requests with this access token", wait)
        if not access.web_api:
            raise Forbidden("the access profile of this token does not allow web APIs")
        return access.username
