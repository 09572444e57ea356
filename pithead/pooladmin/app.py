"""The admin API over HTTP: who may ask, what came in, and how it is answered."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from math import ceil
from typing import TypeVar

import msgspec
import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pithead.metrics.web import health_routes, is_loopback, metrics_route
from pithead.pool.admins import Admins
from pithead.pooladmin.contract import OPERATIONS, Operation
from pithead.pooladmin.document import document
from pithead.pooladmin.errors import Missing, Wrong
from pithead.pooladmin.money import MoneyAdmin
from pithead.pooladmin.moneycontract import MONEY_OPERATIONS
from pithead.pooladmin.service import PoolAdmin
from pithead.pooladmin.vitals import VITALS_OPERATIONS
from pithead.pooladmin.watch import PoolWatch
from pithead.poolapi.limits import Buckets, address_key
from pithead.poolapi.streams import Full, Streams
from pithead.rpc import pages

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
DOCUMENT_PATH = "/openapi.json"
MOST_BYTES = 65_536
"""Of a body; the longest that means something has some hundreds."""
WRONG_TOKENS, WRONG_TOKENS_PER_SECOND, ADDRESSES = 20, 0.2, 1_000

log = structlog.get_logger(__name__)

Answering = Callable[[Request], Awaitable[Response]]
T = TypeVar("T", bound=msgspec.Struct)
Service = PoolAdmin | MoneyAdmin | PoolWatch


class Refusal(Exception):
    """A request that is turned away."""

    def __init__(self, status: int, why: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(why)
        self.status = status
        self.headers = headers or {}


def build_app(
    pool: PoolAdmin,
    money: MoneyAdmin,
    admins: Admins,
    watch: PoolWatch | None = None,
    streams: Streams | None = None,
    before: Sequence[Route] = (),
) -> Starlette:
    """Every row of the tables, the document at /openapi.json, its page at /docs, and the watch.

    `streams` is for who closes them; routes `before` come first.
    """
    door = Door(admins, pool.wall)
    tables: list[tuple[Sequence[Operation], Service]] = [
        (OPERATIONS, pool), (MONEY_OPERATIONS, money),
    ]  # fmt: skip
    if watch is not None:
        tables.append((VITALS_OPERATIONS, watch))
    routes = [*before] + [
        Route(row.path.replace("{address}", "{address:path}"), _answering(row, service, door),
              methods=[row.method])
        for rows, service in tables
        for row in rows
    ]  # fmt: skip
    described = document()
    page = pages.page(msgspec.json.decode(described), DOCUMENT_PATH)

    async def describe(_request: Request) -> Response:
        return respond(200, described, "application/json")

    async def show(_request: Request) -> Response:
        response = respond(200, page, "text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = pages.POLICY
        return response

    routes += [Route(DOCUMENT_PATH, describe), Route("/docs", show)]
    if watch is not None:
        routes += _watching(watch, door)
        routes.append(Route("/api/v1/events", _telling(watch, streams or Streams(), door)))
    app = Starlette(routes=routes, exception_handlers={HTTPException: _no_such_route})
    app.router.redirect_slashes = False
    return app


def _watching(watch: PoolWatch, door: "Door") -> list[Route]:
    async def admit(request: Request) -> Response | None:
        if watch.is_open and is_loopback(request):
            return None
        try:
            await door.admit(request)
        except Refusal as refusal:
            return refused(refusal)
        return None

    return [*health_routes(watch.alive, watch.ready), metrics_route(watch.measure, admit)]


def _telling(watch: PoolWatch, streams: Streams, door: "Door") -> Answering:
    """The vitals again and again, as server-sent events."""

    async def tell() -> bytes:
        return msgspec.json.encode(await watch.vitals({}))

    async def answer(request: Request) -> Response:
        try:
            await door.admit(request)
            address = address_key(request.client.host if request.client else "")
            return streams.answer(address, tell, HEADERS)
        except Refusal as refusal:
            return refused(refusal)
        except Full as full:
            return respond(503, f"{full}\n".encode())

    return answer


class Door:
    """Lets in who has a token of an admin."""

    def __init__(self, admins: Admins, wall: Callable[[], float]) -> None:
        self._admins = admins
        self._wall = wall
        self._wrong = Buckets(WRONG_TOKENS, WRONG_TOKENS_PER_SECOND, ADDRESSES)

    async def admit(self, request: Request) -> str:
        """The admin's name. Raises Refusal."""
        address = address_key(request.client.host if request.client else "")
        wait = self._wrong.wait(address, self._wall())
        if wait:
            raise Refusal(429, "too many wrong tokens from your address",
                          {"Retry-After": str(max(1, ceil(wait)))})  # fmt: skip
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Refusal(401, "send `Authorization: Bearer TOKEN`; `pithead admin create` makes "
                          "one", {"WWW-Authenticate": "Bearer"})  # fmt: skip
        name = await asyncio.to_thread(self._admins.check, token.strip())
        if name is None:
            self._wrong.take(address, self._wall())
            raise Refusal(401, "this token is not valid (or no longer)",
                          {"WWW-Authenticate": "Bearer"})  # fmt: skip
        return name


def _answering(row: Operation, service: Service, door: Door) -> Answering:
    operation = getattr(service, row.name)

    async def answer(request: Request) -> Response:
        try:
            name = await door.admit(request)
            path = request.path_params
            given = () if row.body is None else (await body_of(request, row.body),)
            result = await operation(path, *given)
        except Refusal as refusal:
            return refused(refusal)
        except Missing as missing:
            return respond(404, f"{missing}\n".encode())
        except Wrong as wrong:
            return respond(422, f"{wrong}\n".encode())
        except Exception:
            log.exception("an operation of the admin API failed", operation=row.name)
            return respond(500, b"internal error; the log says more\n")
        if row.method != "GET":
            log.info("an admin changed something", admin=name, operation=row.name, **path)
        if row.answer is None:
            return respond(204, b"")
        return respond(200, msgspec.json.encode(result), "application/json")

    return answer


async def body_of(request: Request, kind: type[T]) -> T:
    """What came in, checked. Raises Refusal."""
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > MOST_BYTES:
            raise Refusal(413, f"a body has at most {MOST_BYTES} bytes")
    try:
        return msgspec.json.decode(bytes(received) or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(422, f"the body is wrong: {error}") from error


async def _no_such_route(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException) and error.status_code == 405:
        return respond(405, f"{request.method} is not allowed here\n".encode())
    return respond(404, b"nothing is here; /openapi.json lists what is\n")


def refused(refusal: Refusal) -> Response:
    response = respond(refusal.status, f"{refusal}\n".encode())
    response.headers.update(refusal.headers)
    return response


def respond(status: int, body: bytes, kind: str = "text/plain; charset=utf-8") -> Response:
    headers = HEADERS if status == 204 else {**HEADERS, "Content-Type": kind}
    return Response(body, status, headers)
