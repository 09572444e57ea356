"""REST from a contract: a route per operation, bodies checked, errors as one plain sentence."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, Protocol

import msgspec
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from pithead.rpc.contract import WHOLE, Http, Message, Operation, Service, field_type
from pithead.rpc.errors import (
    BadRequest,
    InvalidArgument,
    RpcError,
    TooLarge,
    UnsupportedMedia,
    codes_of,
)

log = structlog.get_logger(__name__)

BODY_LIMIT_BYTES = 256 * 1024
"""The largest JSON body of the contract, a hundred pool groups, has a tenth of that."""

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

Answering = Callable[[Request], Awaitable[Response]]


class Guard(Protocol):
    """Who may ask."""

    def check(self, authorization: str | None) -> None:
        """Renews the token in an `Authorization` header. Raises Unauthenticated."""


def routes(services: Iterable[Service], guard: Guard, base_path: str) -> list[Route]:
    """A route per implemented operation, with and without its last slash."""
    made: list[Route] = []
    for service in services:
        for operation in service.implemented():
            if operation.http is None:
                continue
            answering = _Endpoint(service, operation, operation.http, guard).answer
            path = (base_path + operation.http.path).rstrip("/")
            made += [
                Route(each, told(answering), methods=[operation.http.verb])
                for each in (path, path + "/")
            ]
    return made


def told(answering: Answering) -> Answering:
    """Let errors out as statuses and sentences, and nothing else."""

    async def answer(request: Request) -> Response:
        try:
            return await answering(request)
        except RpcError as error:
            return refusal(codes_of(error).http, str(error))
        except ClientDisconnect:
            raise
        except Exception:
            log.exception("an operation failed", path=request.url.path)
            return refusal(500, "internal error; the miner's log has the details")

    return answer


def refusal(status: int, sentence: str) -> Response:
    """An error as clients show it to their users."""
    return Response(
        f"{sentence}\n", status, headers=HEADERS, media_type="text/plain; charset=utf-8"
    )


async def no_such_route(_request: Request, error: Exception) -> Response:
    """404 and 405, in the same form as every error."""
    status = error.status_code if isinstance(error, HTTPException) else 404
    if status == 405:
        allowed = (error.headers or {}).get("Allow", "") if isinstance(error, HTTPException) else ""
        response = refusal(405, f"this path answers {allowed} only")
        response.headers["Allow"] = allowed
        return response
    return refusal(404, "no such path; /api/v1/docs/openapi.json lists those there are")


class _Endpoint:
    """One operation behind one path."""

    def __init__(self, service: Service, operation: Operation, http: Http, guard: Guard) -> None:
        self._operation = operation
        self._http = http
        self._guard = guard
        self._call = getattr(service, operation.method)
        self._decoder: msgspec.json.Decoder[Any] | None = None
        if http.body is not None:
            body = (
                operation.request
                if http.body == WHOLE
                else field_type(operation.request, http.body)
            )
            self._decoder = msgspec.json.Decoder(body)
        self._encode = msgspec.json.Encoder().encode

    async def answer(self, request: Request) -> Response:
        if self._operation.needs_token:
            self._guard.check(request.headers.get("authorization"))
        message = await self._message(request)
        if self._operation.streaming:
            return StreamingResponse(
                self._stream(self._call(message)),
                self._http.status,
                headers=HEADERS,
                media_type=self._http.media_type,
            )
        return self._respond(await self._call(message))

    def _respond(self, response: Message) -> Response:
        if self._http.answer is None:
            return Response(status_code=self._http.status, headers=HEADERS)
        return Response(
            self._encode(self._part(response)),
            self._http.status,
            headers=HEADERS,
            media_type=self._http.media_type,
        )

    def _part(self, response: Message) -> Any:
        answer = self._http.answer
        return response if answer in (None, WHOLE) else getattr(response, str(answer))

    async def _stream(self, responses: AsyncIterator[Message]) -> AsyncIterator[bytes]:
        async for response in responses:
            part = self._part(response)
            yield part if isinstance(part, bytes) else self._encode(part) + b"\n"

    async def _message(self, request: Request) -> Message:
        """The request as a message. Raises BadRequest, InvalidArgument and their like."""
        fields: dict[str, Any] = {**request.path_params}
        fields.update(
            (name, request.query_params[name])
            for name in self._http.query
            if name in request.query_params
        )
        body = await self._body(request) if self._decoder is not None else None
        if self._decoder is not None and self._http.body != WHOLE:
            name, _, inner = str(self._http.body).partition(".")
            fields[name] = {inner: body} if inner else body
        elif body is not None and not fields:
            return body  # type: ignore[no-any-return]
        elif body is not None:
            fields = {**msgspec.structs.asdict(body), **fields}
        try:
            return msgspec.convert(fields, self._operation.request, strict=False)
        except msgspec.ValidationError as error:
            raise InvalidArgument(str(error)) from error

    async def _body(self, request: Request) -> Any:
        kind = request.headers.get("content-type", "application/json").partition(";")[0].strip()
        if kind.lower() != "application/json":
            raise UnsupportedMedia(f"the body is {kind}, application/json is expected")
        assert self._decoder is not None
        data = await read_bounded(request, BODY_LIMIT_BYTES)
        try:
            if not data.isascii():
                data.decode()
            return self._decoder.decode(data)
        except msgspec.ValidationError as error:
            raise InvalidArgument(f"the body does not fit: {error}") from error
        except (ValueError, RecursionError) as error:
            raise BadRequest(f"the body is not JSON: {error}") from error


async def read_bounded(request: Request, limit: int) -> bytes:
    """The whole body. Raises TooLarge as soon as it is clear that it is."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise TooLarge(f"the body has more than {limit} bytes")
        chunks.append(chunk)
    return b"".join(chunks)
