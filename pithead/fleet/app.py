"""The fleet over HTTP: its API by the table of operations, its document, and its pages."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from pithead.dashboard.files import dashboard_routes
from pithead.fleet.client import MachineError
from pithead.fleet.contract import SignIn
from pithead.fleet.document import DOCUMENT_PATH, document
from pithead.fleet.door import Door, Refusal
from pithead.fleet.faults import FaultDesk, FaultError
from pithead.fleet.live import PACKING, Live, TooManyStreams, packed
from pithead.fleet.operations import OPERATIONS, SETTINGS, TEXT, Operation
from pithead.fleet.pages import fleet_pages
from pithead.fleet.service import FleetService, Missing, status_of
from pithead.metrics.web import health_routes, metrics_route
from pithead.rpc import pages

log = structlog.get_logger(__name__)

MOST_BYTES = 1024 * 1024
"""Of a body: a selection of ten thousand machines has half of that."""
BODY_SECONDS = 20.0
LEAST_PACKED = 2000
"""Bytes of an answer that is packed for who takes gzip."""
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

Answering = Callable[[Request], Awaitable[Response]]


def build_app(service: FleetService, live: Live, faults: FaultDesk, door: Door) -> Starlette:
    """Pages at `/` and `/machine/ID`, the API at `/api/v1/fleet`, its description at `/docs`,
    `/metrics` and `/health`."""
    api = FleetApi(service, live, faults, door)
    routes = []
    for path in dict.fromkeys(operation.path for operation in OPERATIONS):
        mine: Mapping[str, Operation] = {
            each.verb: each for each in OPERATIONS if each.path == path
        }
        answering = api.answering(mine)
        routes += [Route(each, answering, methods=[*mine]) for each in (path, f"{path}/")]
    routes += [Route(DOCUMENT_PATH, _describe), Route("/docs", _show)]
    routes += health_routes(service.alive, service.ready)
    routes.append(metrics_route(service.measure, api.admit_to_metrics))
    routes += dashboard_routes(fleet_pages())
    app = Starlette(routes=routes, exception_handlers={HTTPException: _no_such_route})
    app.router.redirect_slashes = False
    app.add_middleware(GZipMiddleware, minimum_size=LEAST_PACKED, compresslevel=PACKING)
    return app


class FleetApi:
    """Requests in, answers out; `operation.name` is the method, but for those made in rows."""

    def __init__(self, service: FleetService, live: Live, faults: FaultDesk, door: Door) -> None:
        self._service = service
        self._live = live
        self._faults = faults
        self._door = door

    def answering(self, operations: Mapping[str, Operation]) -> Answering:
        """What answers at one path."""

        async def answer(request: Request) -> Response:
            verb = "GET" if request.method == "HEAD" else request.method
            operation = operations[verb]
            try:
                self._door.check_host(request)
                if not operation.is_public:
                    self._door.admit(request, operation.changes)
                body = None if operation.body is None else await _body(request, operation.body)
                return await self._answer(operation, request, body)
            except (Refusal, Missing, MachineError, FaultError, TooManyStreams) as error:
                return _refused(error)
            except ClientDisconnect:
                return Response(status_code=400)  # for nobody
            except Exception:
                log.exception("an operation of the fleet's API failed", operation=operation.name)
                return _respond(500, b"internal error; the log says more\n", TEXT)

        return answer

    async def admit_to_metrics(self, request: Request) -> Response | None:
        """Who may read the fleet may read its figures."""
        try:
            self._door.check_host(request)
            self._door.admit(request, changes=False)
        except Refusal as refusal:
            return _refused(refusal)
        return None

    async def _answer(self, operation: Operation, request: Request, body: Any) -> Response:
        path, service = request.path_params, self._service
        kind, _, rest = operation.name.partition("_")
        setting = rest.replace("_", "-")
        if kind == "set" and setting in SETTINGS:
            return _json(await service.set(path, setting, body))
        if kind == "all":
            return _json(await service.act(setting, body))
        match operation.name:
            case "get_fleet":
                return _json(service.fleet())
            case "follow_fleet":
                return self._stream(request)
            case "get_machine":
                return _json(await service.machine(path, self._door.may_write(request)))
            case "get_history":
                return _json(service.history(path, _minutes(request)))
            case "get_chips":
                return _json(await service.chips(path))
            case "get_log":
                return _respond(200, await service.log(path), TEXT)
        return await self._answer_else(operation, request, body)

    async def _answer_else(self, operation: Operation, request: Request, body: Any) -> Response:
        """Faults and sessions."""
        path, service = request.path_params, self._service
        match operation.name:
            case "get_fault_kinds":
                return _json(await service.fault_kinds())
            case "get_faults":
                return _json(await service.faults(path))
            case "call_down_fault":
                return _json(await service.call_down(path, body))
            case "clear_faults" | "clear_fault":
                await service.clear(path)
                return _json(None)
            case "get_session":
                return _json(self._door.standing(request, self._faults.is_there))
            case "sign_in":
                return await self._sign_in(request, body)
        response = _json(None)
        self._door.sign_out(request, response)
        return response

    async def _sign_in(self, request: Request, body: SignIn) -> Response:
        cookie, standing = await self._door.sign_in(request, body.password, self._faults.is_there)
        response = _json(standing)
        response.headers["Set-Cookie"] = cookie
        return response

    def _stream(self, request: Request) -> Response:
        headers = {**HEADERS, "Content-Type": "text/event-stream", "Vary": "Accept-Encoding"}
        is_packed = "gzip" in request.headers.get("accept-encoding", "")
        if is_packed:
            headers["Content-Encoding"] = "gzip"
        if request.method == "HEAD":
            return Response(headers=headers)
        events = self._live.open()
        return StreamingResponse(packed(events) if is_packed else events, headers=headers)


async def _body(request: Request, kind: Any) -> Any:
    """Raises Refusal."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Refusal(415, "the body has to be application/json")
    try:
        async with asyncio.timeout(BODY_SECONDS):
            received = bytearray()
            async for chunk in request.stream():
                received += chunk
                if len(received) > MOST_BYTES:
                    raise Refusal(413, f"a body has at most {MOST_BYTES} bytes")
    except TimeoutError:
        raise Refusal(408, "the body did not come in time") from None
    try:
        return msgspec.json.decode(bytes(received), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise Refusal(422, f"the body is wrong: {error}") from error


def _minutes(request: Request) -> int:
    """Raises Refusal."""
    said = request.query_params.get("minutes", "1440")
    if not (said.isascii() and said.isdecimal() and len(said) <= 9):
        raise Refusal(400, "minutes is a whole number")
    return int(said)


async def _describe(_request: Request) -> Response:
    return _respond(200, document(), "application/json")


async def _show(_request: Request) -> Response:
    page = pages.page(msgspec.json.decode(document()), DOCUMENT_PATH)
    response = _respond(200, page, "text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = pages.POLICY
    return response


async def _no_such_route(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException) and error.status_code == 405:
        return _respond(405, f"{request.method} is not allowed here\n".encode(), TEXT)
    return _respond(404, b"nothing is here; /openapi.json lists what is\n", TEXT)


def _refused(error: Exception) -> Response:
    match error:
        case Refusal() | FaultError():
            status = error.status
        case MachineError():
            status = status_of(error)
        case TooManyStreams():
            status = 503
        case _:
            status = 404
    sentence = error.message if isinstance(error, MachineError) else str(error)
    response = _respond(status, f"{sentence}\n".encode(), TEXT)
    if isinstance(error, Refusal):
        response.headers.update(error.headers)
    return response


def _json(answer: Any) -> Response:
    return _respond(200, msgspec.json.encode(answer), "application/json")


def _respond(status: int, body: bytes, kind: str) -> Response:
    return Response(body, status, {**HEADERS, "Content-Type": kind})
