"""The farm's admin API over HTTP: for tests of other people's tools, on a port of its own.

Whoever reaches the port may do everything; it is bound to loopback. A web page may not: requests
that a browser sends for one are refused. Errors are one sentence of plain text.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pithead.farm.admin_document import OPERATIONS, Operation, document
from pithead.farm.desk import Desk, NewAmbient, NewFault, NoSuch
from pithead.farm.mishaps import BadMishap, kinds_for
from pithead.farm.watch import FarmWatch
from pithead.metrics.web import health_routes, metrics_route
from pithead.rpc import pages

DOCUMENT_PATH = "/openapi.json"
MOST_BYTES = 64 * 1024
"""Of a request's body."""
SLOWEST_SECONDS = 10.0
"""For a whole body to come."""
LONGEST_ID = 18
"""Digits; ids begin with 1."""

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
STATUS: dict[type[Exception], int] = {NoSuch: 404, BadMishap: 422}

Answer = Callable[[Request], Awaitable[Response]]
T = TypeVar("T", NewFault, NewAmbient)


def build_admin(desk: Desk, watch: FarmWatch | None = None) -> Starlette:
    """The whole API as one ASGI application; with a watch its figures and its health, too."""
    service = _Admin(desk)
    routes = [
        Route(DOCUMENT_PATH, _description, methods=["GET"]),
        Route("/docs", _docs, methods=["GET"]),
    ]
    if watch is not None:
        routes += health_routes(watch.alive, watch.ready)
        routes.append(metrics_route(watch.measure, _everybody))
    for path in dict.fromkeys(operation.path for operation in OPERATIONS):
        mine: dict[str, Operation] = {each.verb: each for each in OPERATIONS if each.path == path}
        routes.append(Route(path, service.answering(mine), methods=[*mine]))
    app = Starlette(
        routes=routes,
        exception_handlers=dict.fromkeys((HTTPException, *STATUS), _refused),
    )
    app.router.redirect_slashes = False
    return app


class _Admin:
    """Bodies in, views out: one method per operation, called as it is there."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def answering(self, operations: dict[str, Operation]) -> Answer:
        """What answers at one path."""

        async def answer(request: Request) -> Response:
            if request.method not in ("GET", "HEAD") and "origin" in request.headers:
                raise HTTPException(403, "web pages may not change anything here")
            verb = "GET" if request.method == "HEAD" else request.method
            operation = operations[verb]
            method: Callable[[Request], Awaitable[object]] = getattr(self, operation.name)
            seen = await method(request)
            content = b"" if operation.status == 204 else msgspec.json.encode(seen)
            return Response(content, operation.status, HEADERS, "application/json")

        return answer

    async def list_machines(self, request: Request) -> object:
        return self._desk.machines()

    async def get_machine(self, request: Request) -> object:
        return self._desk.machine(request.path_params["name"])

    async def list_chips(self, request: Request) -> object:
        return self._desk.chips(request.path_params["name"])

    async def list_faults(self, request: Request) -> object:
        return self._desk.faults(request.path_params["name"])

    async def call_down_fault(self, request: Request) -> object:
        return self._desk.call_down(request.path_params["name"], await _body(request, NewFault))

    async def clear_fault(self, request: Request) -> object:
        fault = request.path_params["fault"]
        is_id = fault.isascii() and fault.isdecimal() and len(fault) <= LONGEST_ID
        self._desk.clear(request.path_params["name"], int(fault) if is_id else 0)
        return None

    async def clear_faults(self, request: Request) -> object:
        self._desk.clear_all(request.path_params["name"])
        return None

    async def set_ambient(self, request: Request) -> object:
        return self._desk.set_ambient(request.path_params["name"], await _body(request, NewAmbient))

    async def set_all_ambients(self, request: Request) -> object:
        return self._desk.set_all_ambients(await _body(request, NewAmbient))


async def _body(request: Request, kind: type[T]) -> T:
    """Raises HTTPException with a sentence."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise HTTPException(415, "the body has to be application/json")
    try:
        async with asyncio.timeout(SLOWEST_SECONDS):
            content = await _received(request)
    except TimeoutError:
        raise HTTPException(408, "the body did not come in time") from None
    except ClientDisconnect:
        raise HTTPException(400, "the body did not come whole") from None
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.ValidationError as error:
        raise HTTPException(422, f"{error}{kinds_for(error)}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise HTTPException(400, f"the body is not JSON: {error}") from None


async def _received(request: Request) -> bytearray:
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MOST_BYTES:
            raise HTTPException(413, f"a body has at most {MOST_BYTES} bytes")
    return content


async def _everybody(request: Request) -> None:
    """May see the figures: who reaches this port may do everything."""


async def _description(request: Request) -> Response:
    return Response(document(), 200, HEADERS, "application/json")


async def _docs(request: Request) -> Response:
    page = pages.page(msgspec.json.decode(document()), DOCUMENT_PATH)
    headers = {**HEADERS, "Content-Security-Policy": pages.POLICY}
    return Response(page, 200, headers, "text/html; charset=utf-8")


async def _refused(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException):
        return PlainTextResponse(
            error.detail, error.status_code, {**HEADERS, **(error.headers or {})}
        )
    return PlainTextResponse(str(error), STATUS[type(error)], HEADERS)
