"""Whose request it is: opens sessions, and what keeps others' pages and those who guess out.

A session is a cookie that no script reads and no other site's request carries. Every change also
needs the session's CSRF token in a header, which only a page of this server can learn and send.
What decides of the account itself needs the password once more, and a code where codes are on.
"""

import asyncio
from collections.abc import Callable, Sequence
from hmac import compare_digest
from math import ceil
from typing import ParamSpec, TypeVar

from starlette.requests import Request

from pithead.pool.logins import Logins, Session, WrongCode
from pithead.pool.second_factors import SecondFactor
from pithead.pooladmin.app import Refusal
from pithead.poolapi.limits import Buckets, address_key
from pithead.selfservice import contract as api
from pithead.selfservice.document import COOKIE, CSRF_HEADER

ATTEMPTS, ATTEMPTS_PER_SECOND, REMEMBERED = 10, 0.1, 10_000
"""With passwords and codes together: at once and for ever, of an address and for a user each."""
WRONG_CODES, WRONG_CODES_PER_SECOND = 5, 1 / 1_800
"""Of who knows the password: of a million codes some fifty are tried in a day."""
HASHED_AT_ONCE = 2
"""Passwords; each takes 64 MiB for a moment."""

Arguments = ParamSpec("Arguments")
T = TypeVar("T")


class Gate:
    """Opens sessions and knows whose a request is."""

    def __init__(self, logins: Logins, wall: Callable[[], float]) -> None:
        self._logins = logins
        self._wall = wall
        self._of_address = Buckets(ATTEMPTS, ATTEMPTS_PER_SECOND, REMEMBERED)
        self._for_user = Buckets(ATTEMPTS, ATTEMPTS_PER_SECOND, REMEMBERED)
        self._wrong_codes = Buckets(WRONG_CODES, WRONG_CODES_PER_SECOND, REMEMBERED)
        self._hashing = asyncio.Semaphore(HASHED_AT_ONCE)

    async def session(self, request: Request) -> Session:
        """Of the request's cookie; a change needs the CSRF token as well. Raises Refusal."""
        found = await self.opened(request.cookies.get(COOKIE, ""))
        if request.method not in ("GET", "HEAD"):
            _check_origin(request)
            sent = request.headers.get(CSRF_HEADER, "")
            if not compare_digest(sent.encode(), found.csrf.encode()):
                raise Refusal(403, f"a change needs the session's token in {CSRF_HEADER}")
        return found

    async def opened(self, token: str) -> Session:
        """The session of a token. Raises Refusal."""
        found = await asyncio.to_thread(self._logins.session, token) if token else None
        if found is None:
            raise Refusal(401, "sign in first")
        return found

    async def sign_in(self, request: Request, given: api.SignIn) -> str:
        """The new session's token. Raises Refusal."""
        _check_origin(request)
        self._count(request, given.user)
        token = await self._coded(self._logins.sign_in, given.user, given.password, given.code)
        if token is None:
            raise Refusal(401, "this name and password do not belong together")
        return token

    async def sign_out(self, request: Request) -> None:
        await self.session(request)
        await asyncio.to_thread(self._logins.sign_out, request.cookies[COOKIE])

    async def proved(self, request: Request, password: str, code: str) -> str:
        """The user of the session, who knows the password and a code. Raises Refusal."""
        user = (await self.session(request)).user
        self._count(request, user)
        if not await self._coded(self._logins.proves, user, password, code):
            raise Refusal(403, "the password is another")
        return user

    async def change_password(self, request: Request, given: api.NewPassword) -> None:
        """Raises Refusal."""
        user = await self.proved(request, given.old, given.code)
        await self._hashed(self._logins.change_password, user, given.old, given.new)

    # Codes

    async def second_factor(self, request: Request) -> SecondFactor | None:
        user = (await self.session(request)).user
        return await asyncio.to_thread(self._logins.factors.of, user)

    async def begin_second_factor(self, request: Request, given: api.Proof) -> tuple[str, str]:
        """The user, and a secret in base32. Raises Refusal."""
        user = await self._knows(request, given.password)
        return user, await self._hashed(self._logins.factors.begin, user, given.password)

    async def confirm_second_factor(self, request: Request, given: api.Proof) -> Sequence[str]:
        """Recovery codes; every other session of the user ends. Raises Refusal."""
        user = await self._knows(request, given.password)
        confirm = self._logins.factors.confirm
        codes = await self._hashed(confirm, user, given.password, given.code)
        if codes is None:
            raise Refusal(403, "this code is wrong; are secret and clock of the device right?")
        await asyncio.to_thread(self._logins.sign_others_out, user, request.cookies[COOKIE])
        return codes

    async def remove_second_factor(self, request: Request, given: api.Proof) -> None:
        """Raises Refusal."""
        user = await self.proved(request, given.password, given.code)
        if not await asyncio.to_thread(self._logins.factors.turn_off, user):
            raise Refusal(404, "no codes are asked for")

    async def _knows(self, request: Request, password: str) -> str:
        """The user of the session, who knows the password. Raises Refusal."""
        user = (await self.session(request)).user
        self._count(request, user)
        if not await self._hashed(self._logins.is_right, user, password):
            raise Refusal(403, "the password is another")
        return user

    async def _coded(
        self, work: Callable[[str, str, str], T], user: str, password: str, code: str
    ) -> T:
        """The same where a code is asked for: wrong ones are few in a day. Raises Refusal."""
        if code:
            _check_wait(self._wrong_codes.wait(user, self._wall()))
        try:
            return await self._hashed(work, user, password, code)
        except Refusal as refused:
            if code and isinstance(refused.__cause__, WrongCode):
                self._wrong_codes.take(user, self._wall())
            raise

    async def _hashed(
        self, work: Callable[Arguments, T], *given: Arguments.args, **named: Arguments.kwargs
    ) -> T:
        """Off the loop, few at once. Raises Refusal."""
        async with self._hashing:
            try:
                return await asyncio.to_thread(work, *given, **named)
            except WrongCode as wrong:
                raise Refusal(403, str(wrong)) from wrong
            except ValueError as wrong:
                raise Refusal(422, str(wrong)) from wrong

    def _count(self, request: Request, user: str) -> None:
        """Whoever guesses soon waits, whether from one address or for one user."""
        wall, address = self._wall(), address_of(request)
        _check_wait(max(self._of_address.take(address, wall), self._for_user.take(user, wall)))


def _check_wait(seconds: float) -> None:
    """Raises Refusal where some are still to be waited for."""
    if seconds:
        raise Refusal(429, "too many attempts; wait a little",
                      {"Retry-After": str(max(1, ceil(seconds)))})  # fmt: skip


def _check_origin(request: Request) -> None:
    """Browsers say which site's page sends a request. Raises Refusal."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise Refusal(403, "another site's page may not do this")
    kind = request.headers.get("Content-Type", "application/json").partition(";")[0].strip()
    if kind.lower() != "application/json":
        raise Refusal(415, "send application/json")


def address_of(request: Request) -> str:
    return address_key(request.client.host if request.client else "")
