"""Who may ask the fleet's own API: looked at before anything else of a request."""

import asyncio
from collections.abc import Callable
from math import ceil

from starlette.requests import Request
from starlette.responses import Response

from pithead.fleet.access import Access, OpenSession
from pithead.fleet.contract import Session
from pithead.fleet.tries import Tries

COOKIE = "pithead_fleet"
LOOPBACK_NAMES = frozenset(("127.0.0.1", "localhost", "[::1]"))


class Refusal(Exception):
    """A request that is turned away; the message is one sentence."""

    def __init__(self, status: int, why: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(why)
        self.status = status
        self.headers = headers or {}


class Door:
    """Reading may be open; changing something never is."""

    def __init__(
        self, access: Access, wall: Callable[[], float], names: frozenset[str] = LOOPBACK_NAMES
    ) -> None:
        """`names`: the hosts that an open fleet answers to, so that no page of another site can
        read it by giving its own name this address."""
        self._access = access
        self._wall = wall
        self._names = names
        self._tries = Tries()
        self._hashing = asyncio.Semaphore(1)

    def check_host(self, request: Request) -> None:
        """Raises Refusal."""
        if not self._access.is_open:
            return
        host = request.headers.get("host", "").lower()
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        if name not in self._names:
            raise Refusal(400, "this fleet does not answer to that name")

    def may_read(self, request: Request) -> bool:
        return self._access.is_open or self.may_write(request)

    def may_write(self, request: Request) -> bool:
        """Whether it has the token or a session; the session's own token is another question."""
        return self._has_token(request) or self._session_of(request) is not None

    def admit(self, request: Request, changes: bool) -> None:
        """Raises Refusal."""
        if self._has_token(request):
            return
        session = self._session_of(request)
        if session is None:
            if changes or not self._access.is_open:
                raise Refusal(
                    401, "sign in first, or send `Authorization: Bearer TOKEN`",
                    {"WWW-Authenticate": "Bearer"},
                )  # fmt: skip
            return
        if changes and request.headers.get("x-csrf-token") != session.csrf:
            raise Refusal(403, "the X-CSRF-Token of the session is missing or wrong")

    def standing(self, request: Request, simulated: bool) -> Session:
        session = self._session_of(request)
        return Session(
            signed_in=session is not None,
            may_read=self.may_read(request),
            csrf=None if session is None else session.csrf,
            simulated=simulated,
        )

    async def sign_in(
        self, request: Request, password: str, simulated: bool
    ) -> tuple[str, Session]:
        """The cookie's header, and how things stand then. Raises Refusal."""
        address = request.client.host if request.client else ""
        wait = self._tries.wait(address, self._wall())
        if wait:
            raise Refusal(429, "too many wrong passwords from your address",
                          {"Retry-After": str(max(1, ceil(wait)))})  # fmt: skip
        async with self._hashing:
            fits = await asyncio.to_thread(self._access.fits, password)
        if not fits:
            self._tries.wrong(address, self._wall())
            raise Refusal(401, "this is neither the password nor the token")
        secret, session = self._access.begin()
        standing = Session(signed_in=True, may_read=True, csrf=session.csrf, simulated=simulated)
        return _cookie(secret, request), standing

    def sign_out(self, request: Request, response: Response) -> None:
        """Only this browser; it needs no more than to have the cookie."""
        self._access.end(request.cookies.get(COOKIE, ""))
        response.headers["Set-Cookie"] = _cookie("", request) + "; Max-Age=0"

    def _has_token(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and self._access.knows_token(token.strip())

    def _session_of(self, request: Request) -> OpenSession | None:
        return self._access.session(request.cookies.get(COOKIE, ""))


def _cookie(secret: str, request: Request) -> str:
    secure = "; Secure" if request.url.scheme == "https" else ""
    return f"{COOKIE}={secret}; HttpOnly; SameSite=Strict; Path=/{secure}"
