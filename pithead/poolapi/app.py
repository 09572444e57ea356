"""The API over HTTP: routes, status codes and headers, and nothing of mining."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from math import ceil

import msgspec
import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pithead.pool.course import Hours
from pithead.pool.credit_proof import CreditsChanged
from pithead.pool.readings import BooksAway, PoolReadings, StoreAway
from pithead.poolapi import openapi
from pithead.poolapi.bans import Bans
from pithead.poolapi.dates import FIRST_DATE, BadDates, Days, day_start, days_asked_for, parse_date
from pithead.poolapi.door import Door, Forbidden, TooOften
from pithead.poolapi.endpoints import (
    COINS,
    ENDPOINTS,
    GROUPS,
    HOURS,
    METHODS,
    OWN_ENDPOINTS,
    STREAMS,
    Endpoint,
)
from pithead.poolapi.kept import Kept
from pithead.poolapi.limits import address_key
from pithead.poolapi.public import PublicService
from pithead.poolapi.service import Asked, NothingThere, Operation, PoolService, TooMuch
from pithead.poolapi.settings import ApiSettings
from pithead.poolapi.streams import Full, Streams
from pithead.poolapi.tokens import TokenCheck
from pithead.rpc import pages

DOCUMENT_PATH = "/openapi.json"
HTML = "text/html; charset=utf-8"
AWAY_SECONDS = "5"
"""After which a client may ask again what the database alone knows."""
KEPT_SECONDS = 1.0
"""How long an answer holds that is the same for everybody."""
ALLOWED = ", ".join((*METHODS, "OPTIONS"))

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

Answering = Callable[[Request], Awaitable[Response]]

_log = structlog.get_logger(__name__)


class NotFound(Exception):
    """A coin or a group the pool does not have."""


STATUS: dict[type[Exception], int] = {
    Forbidden: 403,
    TooOften: 429,
    NotFound: 404,
    BadDates: 400,
    TooMuch: 400,
    NothingThere: 404,
    CreditsChanged: 409,
    StoreAway: 503,
    BooksAway: 503,
    Full: 503,
}


def build_app(
    readings: PoolReadings,
    tokens: TokenCheck,
    settings: ApiSettings,
    clock: Callable[[], float],
    wall: Callable[[], float],
    bans: Bans | None = None,
    streams: Streams | None = None,
    before: Sequence[Route] = (),
) -> Starlette:
    """The whole API as one ASGI application. `clock` tells the farm's time, `wall` the world's.

    `streams` is for who closes them; routes `before` come before what the API answers itself.
    """
    operations = {
        **PoolService(readings, settings, next_turn).operations,
        **PublicService(readings, settings).operations,
    }
    return app_of(operations, tokens, settings, clock, wall, bans, streams, before)


async def next_turn() -> None:
    """Others may go on."""
    await asyncio.sleep(0)


def app_of(
    operations: Mapping[str, Operation],
    tokens: TokenCheck,
    settings: ApiSettings,
    clock: Callable[[], float],
    wall: Callable[[], float],
    bans: Bans | None = None,
    streams: Streams | None = None,
    before: Sequence[Route] = (),
) -> Starlette:
    """The same of what answers each row of the tables, by name."""
    door = Door(tokens, settings, bans)
    api = PoolApi(operations, door, settings, clock, wall)
    document = openapi.document()
    docs = _always(pages.page(msgspec.json.decode(document), DOCUMENT_PATH), HTML, pages.POLICY)
    answers: dict[str, Answering] = {
        DOCUMENT_PATH: _always(document, "application/json"),
        "/docs": docs,
        "/docs/": docs,
    }
    for endpoint in (*ENDPOINTS, *OWN_ENDPOINTS):
        for path in endpoint.paths:
            answers[path] = answers[f"{path}/"] = api.answering(endpoint)
    streams = streams or Streams()
    for endpoint in STREAMS:
        for path in endpoint.paths:
            answers[path] = api.streaming(endpoint, streams)
    app = Starlette(
        routes=[
            *before,
            *(
                Route(path, _shell(answering), methods=[*METHODS, "OPTIONS"])
                for path, answering in answers.items()
            ),
        ],
        exception_handlers={HTTPException: _no_such_route},
    )
    app.router.redirect_slashes = False
    return app


class PoolApi:
    """Lets a request in, finds out what it asks, and encodes the answer."""

    def __init__(
        self,
        operations: Mapping[str, Operation],
        door: Door,
        settings: ApiSettings,
        clock: Callable[[], float],
        wall: Callable[[], float],
    ) -> None:
        self._operations = operations
        self._door = door
        self._settings = settings
        self._clock = clock
        self._wall = wall
        self._kept: dict[tuple[str, Hours], tuple[float, bytes]] = {}
        """Answers that are the same for all, and until when they hold."""
        self._big = Kept()

    def answering(self, endpoint: Endpoint) -> Answering:
        """What answers one row of the table."""
        operation = self._operations[endpoint.operation]

        async def answer(request: Request) -> Response:
            asked = self._asked(endpoint, request)
            if endpoint.for_all:
                body = await self._same_for_all(endpoint.operation, asked)
            elif endpoint.operation == "workers":
                body = await self._workers(asked)
            else:
                body = msgspec.json.encode(await operation(asked))
            return _respond(200, body, "application/json")

        return answer

    def streaming(self, endpoint: Endpoint, streams: Streams) -> Answering:
        """What tells all that listen how the row of the same answer would be answered now."""
        row = next(each for each in OWN_ENDPOINTS if each.answer is endpoint.answer)

        async def tell() -> bytes:
            asked = Asked("", self._clock(), Days(0, 0))
            return await self._same_for_all(row.operation, asked)

        async def answer(request: Request) -> Response:
            if request.method == "HEAD":
                return _respond(200, b"", "text/event-stream")
            host = request.client.host if request.client else ""
            return streams.answer(address_key(host), tell, HEADERS)

        return answer

    async def _workers(self, asked: Asked) -> bytes:
        body = self._big.find(asked.user, self._wall())
        if body is None:
            since = self._wall()
            body = msgspec.json.encode(await self._operations["workers"](asked))
            self._big.keep(asked.user, since, body)
        return body

    async def _same_for_all(self, operation: str, asked: Asked) -> bytes:
        until, body = self._kept.get((operation, asked.hours), (0.0, b""))
        wall = self._wall()
        if not wall < until <= wall + KEPT_SECONDS:
            body = msgspec.json.encode(await self._operations[operation](asked))
            self._kept[operation, asked.hours] = (wall + KEPT_SECONDS, body)
        return body

    def _asked(self, endpoint: Endpoint, request: Request) -> Asked:
        host = request.client.host if request.client else ""
        user = "" if endpoint.public else self._door.admit(request.headers, host, self._wall())
        _check_path(request)
        now = self._clock()
        if "day" in request.path_params:
            day = day_start(parse_date("day", request.path_params["day"], FIRST_DATE))
            return Asked(user, now, Days(day, day))
        if not endpoint.default_days:
            return Asked(user, now, Days(0, 0), hours=_hours(request))
        days = days_asked_for(
            request.query_params, now, endpoint.default_days, self._settings.range_limit_days
        )
        return Asked(user, now, days, _of_group(request))


def _of_group(request: Request) -> bool:
    """Said by the path, or by `?group=true` where the path says nothing."""
    group: str | None = request.path_params.get("group")
    return (group or request.query_params.get("group", "")).lower() in ("group", "true")


def _hours(request: Request) -> Hours:
    hours = request.path_params.get("hours", HOURS[-1])
    if hours not in HOURS:
        raise NotFound(f"a hashrate is told of {' or '.join(HOURS)} hours")
    return 1 if hours == "1" else 24


def _check_path(request: Request) -> None:
    coin = request.path_params.get("coin", COINS[0])
    if coin.lower() not in COINS:
        raise NotFound(f"no such coin; this pool mines {', '.join(COINS)}")
    group = request.path_params.get("group", GROUPS[0])
    if group.lower() not in GROUPS:
        raise NotFound(f"no such group; ask for {' or '.join(GROUPS)}")


def _shell(answering: Answering) -> Answering:
    """What all paths have in common: OPTIONS and HEAD, refusals as text, no error gets out."""

    async def answer(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={**HEADERS, "Allow": ALLOWED})
        try:
            response = await answering(request)
        except tuple(STATUS) as refusal:
            response = _refuse(STATUS[type(refusal)], str(refusal))
            if isinstance(refusal, TooOften):
                response.headers["Retry-After"] = str(max(1, ceil(refusal.wait)))
                if refusal.ban is not None:
                    _log.warning("an address is banned for a while", address=refusal.ban.address)
            elif isinstance(refusal, StoreAway | Full):
                response.headers["Retry-After"] = AWAY_SECONDS
        except Exception:
            _log.exception("a request of the pool API failed", path=request.url.path)
            response = _refuse(500, "internal error")
        if request.method == "HEAD":
            response.body = b""
        return response

    return answer


def _always(body: bytes, media_type: str, policy: str | None = None) -> Answering:
    """`policy` is its Content-Security-Policy, if it needs another than all answers have."""

    async def answer(_request: Request) -> Response:
        response = _respond(200, body, media_type)
        if policy is not None:
            response.headers["Content-Security-Policy"] = policy
        return response

    return answer


async def _no_such_route(request: Request, error: Exception) -> Response:
    """404 and 405 of the router, as text like every refusal."""
    if isinstance(error, HTTPException) and error.status_code == 405:
        response = _refuse(405, f"{request.method} is not allowed here; use {ALLOWED}")
        response.headers["Allow"] = ALLOWED
        return response
    return _refuse(404, "nothing is here; the endpoints are listed at /docs")


def _refuse(status: int, text: str) -> Response:
    return _respond(status, f"{text}\n".encode(), "text/plain; charset=utf-8")


def _respond(status: int, body: bytes, content_type: str) -> Response:
    return Response(body, status, {**HEADERS, "Content-Type": content_type})
