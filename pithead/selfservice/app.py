"""The API of signed-in users over HTTP: sessions, what keeps others' pages out, and the routes.

A session is a cookie that no script reads and no other site's request carries. Every change also
needs the session's CSRF token in a header, which only a page of this server can learn and send.
"""

import asyncio
from collections.abc import Awaitable, Callable
from hmac import compare_digest
from math import ceil

import msgspec
import structlog
from sqlalchemy.exc import DBAPIError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pithead.pool.logins import SESSION_SECONDS, Logins, Session
from pithead.pool.readings import StoreAway
from pithead.pooladmin.app import HEADERS, Refusal, body_of, refused, respond
from pithead.pooladmin.contract import Operation
from pithead.pooladmin.document import document
from pithead.pooladmin.errors import Missing, Wrong
from pithead.poolapi.limits import Buckets, address_key
from pithead.poolapi.streams import Full, Streams
from pithead.selfservice import contract as api
from pithead.selfservice.contract import ME, OPERATIONS, SESSION_OPERATIONS
from pithead.selfservice.service import SelfService

COOKIE = "pithead_session"
CSRF_HEADER = "X-CSRF-Token"
ATTEMPTS, ATTEMPTS_PER_SECOND, REMEMBERED = 10, 0.1, 10_000
"""Of signing in: at once and for ever, of an address and for a user each."""
HASHED_AT_ONCE = 2
"""Passwords; each takes 64 MiB for a moment."""
EVENT_SECONDS = 5.0

log = structlog.get_logger(__name__)

Answering = Callable[[Request], Awaitable[Response]]


class Gate:
    """Opens sessions and knows whose a request is."""

    def __init__(self, logins: Logins, wall: Callable[[], float]) -> None:
        self._logins = logins
        self._wall = wall
        self._of_address = Buckets(ATTEMPTS, ATTEMPTS_PER_SECOND, REMEMBERED)
        self._for_user = Buckets(ATTEMPTS, ATTEMPTS_PER_SECOND, REMEMBERED)
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
        async with self._hashing:
            token = await asyncio.to_thread(self._logins.sign_in, given.user, given.password)
        if token is None:
            raise Refusal(401, "this name and password do not belong together")
        return token

    async def change_password(self, request: Request, given: api.NewPassword) -> None:
        """Raises Refusal."""
        user = (await self.session(request)).user
        self._count(request, user)
        async with self._hashing:
            if not await asyncio.to_thread(self._logins.is_right, user, given.old):
                raise Refusal(403, "the old password is another")
            await asyncio.to_thread(self._logins.set_password, user, given.new)

    async def sign_out(self, request: Request) -> None:
        await self.session(request)
        await asyncio.to_thread(self._logins.sign_out, request.cookies[COOKIE])

    def _count(self, request: Request, user: str) -> None:
        """Whoever guesses soon waits, whether from one address or for one user."""
        wall, address = self._wall(), _address(request)
        wait = max(self._of_address.take(address, wall), self._for_user.take(user, wall))
        if wait:
            raise Refusal(429, "too many attempts; wait a little",
                          {"Retry-After": str(max(1, ceil(wait)))})  # fmt: skip


def selfservice_routes(
    service: SelfService, logins: Logins, wall: Callable[[], float], streams: Streams
) -> list[Route]:
    """Every row of the tables, the stream of the profile, and the document of all."""
    gate = Gate(logins, wall)
    described = document(
        (*SESSION_OPERATIONS, *OPERATIONS), "Pithead pool API of signed-in users",
        {"session": {"type": "apiKey", "in": "cookie", "name": COOKIE}},
    )  # fmt: skip

    async def describe(_request: Request) -> Response:
        return respond(200, described, "application/json")

    sessions = _sessions(gate)
    rows = [(row, sessions[row.name]) for row in SESSION_OPERATIONS]
    rows += [(row, _operation(row, service, gate)) for row in OPERATIONS]
    return [
        *(Route(row.path, _shell(answer), methods=[row.method]) for row, answer in rows),
        Route(f"{ME}/events", _shell(_telling(service, gate, streams)), methods=["GET"]),
        Route(f"{ME}/openapi.json", describe, methods=["GET"]),
    ]


def _sessions(gate: Gate) -> dict[str, Answering]:
    async def sign_in(request: Request) -> Response:
        given = await body_of(request, api.SignIn)
        token = await gate.sign_in(request, given)
        response = _told(await gate.opened(token))
        response.set_cookie(
            COOKIE, token, max_age=SESSION_SECONDS, path=ME, httponly=True, samesite="strict",
            secure=request.url.scheme == "https",
        )  # fmt: skip
        log.info("a user signed in", user=given.user, address=_address(request))
        return response

    async def session(request: Request) -> Response:
        return _told(await gate.session(request))

    async def sign_out(request: Request) -> Response:
        await gate.sign_out(request)
        return _without_cookie()

    async def change_password(request: Request) -> Response:
        await gate.change_password(request, await body_of(request, api.NewPassword))
        return _without_cookie()

    return {
        "sign_in": sign_in, "session": session, "sign_out": sign_out,
        "change_password": change_password,
    }  # fmt: skip


def _operation(row: Operation, service: SelfService, gate: Gate) -> Answering:
    operation = service.operations[row.name]

    async def answer(request: Request) -> Response:
        found = await gate.session(request)
        path = {**request.path_params, "user": found.user}
        given = () if row.body is None else (await body_of(request, row.body),)
        result = await operation(path, *given)
        if row.method != "GET":
            log.info("a user changed something", operation=row.name, **path)
        if row.answer is None:
            return respond(204, b"")
        return respond(200, msgspec.json.encode(result), "application/json")

    return answer


def _telling(service: SelfService, gate: Gate, streams: Streams) -> Answering:
    async def answer(request: Request) -> Response:
        path = {"user": (await gate.session(request)).user}

        async def tell() -> bytes | None:
            try:
                await gate.session(request)
            except Refusal:
                return None
            return msgspec.json.encode(await service.profile(path))

        return streams.answer(_address(request), tell, HEADERS, EVENT_SECONDS)

    return answer


def _shell(answering: Answering) -> Answering:
    """What all have in common: a refusal in words, and no error gets out."""

    async def answer(request: Request) -> Response:
        try:
            return await answering(request)
        except Refusal as refusal:
            return refused(refusal)
        except Missing as missing:
            return respond(404, f"{missing}\n".encode())
        except Wrong as wrong:
            return respond(422, f"{wrong}\n".encode())
        except (StoreAway, Full) as away:
            return respond(503, f"{away}\n".encode())
        except DBAPIError as error:
            log.warning("sessions cannot be read: the database is away", error=str(error.orig))
            return respond(503, f"{StoreAway()}\n".encode())
        except Exception:
            log.exception("a request of a user failed", path=request.url.path)
            return respond(500, b"internal error; the log says more\n")

    return answer


def _check_origin(request: Request) -> None:
    """Browsers say which site's page sends a request. Raises Refusal."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise Refusal(403, "another site's page may not do this")
    kind = request.headers.get("Content-Type", "application/json").partition(";")[0].strip()
    if kind.lower() != "application/json":
        raise Refusal(415, "send application/json")


def _told(session: Session) -> Response:
    answer = api.Session(user=session.user, expires=session.expires, csrf=session.csrf)
    return respond(200, msgspec.json.encode(answer), "application/json")


def _without_cookie() -> Response:
    response = respond(204, b"")
    response.delete_cookie(COOKIE, path=ME, httponly=True, samesite="strict")
    return response


def _address(request: Request) -> str:
    return address_key(request.client.host if request.client else "")
