"""REST from a contract: a route per operation, bodies checked, errors as one plain sentence."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import aclosing
from enum import IntEnum
from functools import cache
from typing import Any, Protocol

import msgspec
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from pithead.rpc import multipart, shapes, uploads
from pithead.rpc.contract import WHOLE, Http, Message, Operation, Service
from pithead.rpc.errors import (
    BadRequest,
    InvalidArgument,
    NotFound,
    RpcError,
    TooLarge,
    TooMany,
    UnsupportedMedia,
    codes_of,
)
from pithead.rpc.paths import Answering, Paths

log = structlog.get_logger(__name__)

BODY_LIMIT_BYTES = 256 * 1024
"""The largest JSON body of the contract, a hundred pool groups, has a tenth of that."""

BODY_SECONDS = 60.0
"""For a JSON body to arrive."""

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Guard(Protocol):
    """Who may ask."""

    def check(self, authorization: str | None) -> None:
        """Renews the token in an `Authorization` header. Raises Unauthenticated."""


def routes(services: Iterable[Service], guard: Guard, base_path: str) -> list[BaseRoute]:
    """All operations that are implemented, with and without their last slash."""
    verbs: dict[str, dict[str, Answering]] = {}
    for service in services:
        for operation in service.implemented():
            if operation.http is not None:
                endpoint = _Endpoint(service, operation, operation.http, guard)
                path = (base_path + operation.http.path).rstrip("/")
                verbs.setdefault(path, {})[operation.http.verb] = told(endpoint.answer)
    plain = {path: answering for path, answering in verbs.items() if "{" not in path}
    patterns = [
        Route(each, _by_verb(answering), methods=sorted(answering))
        for path, answering in sorted(verbs.items())
        for each in (path, path + "/")
        if path not in plain
    ]
    return [Paths(plain), *patterns]


def _by_verb(answering: dict[str, Answering]) -> Answering:
    async def answer(request: Request) -> Response:
        verb = "GET" if request.method == "HEAD" else request.method
        return await answering[verb](request)

    return answer


def told(answering: Answering) -> Answering:
    """Let errors out as statuses and sentences, and nothing else."""

    async def answer(request: Request) -> Response:
        try:
            return await answering(request)
        except RpcError as error:
            response = refusal(codes_of(error).http, str(error))
            if isinstance(error, TooMany) and error.retry_after_s is not None:
                response.headers["Retry-After"] = str(error.retry_after_s)
            return response
        except ClientDisconnect:
            return Response(status_code=400)  # for nobody: it went away amid its own request
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


class _Form:
    """What the parts of an operation are made of: the same for all machines of a process."""

    def __init__(self, operation: Operation, http: Http) -> None:
        self.body = shapes.body_type(operation, http)
        self.decoder = None if self.body is None else msgspec.json.Decoder[Any](self.body)
        self.path_types = {
            part[1:-1]: shapes.parameter_type(operation, http, part[1:-1])
            for part in http.path.split("/")
            if part.startswith("{")
        }
        self.query_types = {
            name: shapes.parameter_type(operation, http, name) for name in http.query
        }


_form_of = cache(_Form)
_encode = msgspec.json.Encoder().encode


class _Endpoint:
    """One operation behind one path."""

    __slots__ = ("_call", "_form", "_guard", "_http", "_operation")

    def __init__(self, service: Service, operation: Operation, http: Http, guard: Guard) -> None:
        self._operation = operation
        self._http = http
        self._guard = guard
        self._call = getattr(service, operation.method)
        self._form = _form_of(operation, http)

    async def answer(self, request: Request) -> Response:
        if self._operation.needs_token:
            self._guard.check(request.headers.get("authorization"))
        if self._operation.uploading:
            return self._respond(await self._call(self._upload(request)))
        message = await self._message(request)
        if not self._operation.streaming:
            return self._respond(await self._call(message))
        if request.method == "HEAD":
            return Response(headers=HEADERS, media_type=self._http.media_type)
        responses = self._call(message)
        first = await anext(responses, None)  # whatever is wrong shows before the status is out
        return StreamingResponse(
            self._stream(first, responses),
            self._http.status,
            headers=HEADERS,
            media_type=self._http.media_type,
        )

    def _upload(self, request: Request) -> AsyncIterator[Message]:
        try:
            boundary = multipart.boundary_of(request.headers.get("content-type", ""))
        except multipart.BadForm as error:
            raise UnsupportedMedia(str(error)) from error
        return uploads.uploaded(request.stream(), boundary, self._operation.request)

    def _respond(self, response: Message) -> Response:
        if self._http.answer is None:
            return Response(status_code=self._http.status, headers=HEADERS)
        return Response(
            _encode(self._part(response)),
            self._http.status,
            headers=HEADERS,
            media_type=self._http.media_type,
        )

    def _part(self, response: Message) -> Any:
        answer = self._http.answer
        return response if answer in (None, WHOLE) else getattr(response, str(answer))

    async def _stream(
        self, first: Message | None, responses: AsyncGenerator[Message, None]
    ) -> AsyncIterator[bytes]:
        async with aclosing(responses):
            if first is not None:
                yield self._chunk(first)
            async for response in responses:
                yield self._chunk(response)

    def _chunk(self, response: Message) -> bytes:
        part = self._part(response)
        return part if isinstance(part, bytes) else _encode(part) + b"\n"

    async def _message(self, request: Request) -> Message:
        """The request as a message. Raises BadRequest, InvalidArgument and their like."""
        parameters = {
            name: _from_path(request.path_params[name], kind)
            for name, kind in self._form.path_types.items()
        } | {
            name: _from_query(name, request.query_params[name], kind)
            for name, kind in self._form.query_types.items()
            if name in request.query_params
        }
        body = await self._body(request) if self._form.decoder is not None else None
        return shapes.request_of(self._operation, self._http, body, parameters)

    async def _body(self, request: Request) -> Any:
        kind = request.headers.get("content-type", "application/json").partition(";")[0].strip()
        if kind.lower() != "application/json":
            raise UnsupportedMedia(f"the body is {kind}, application/json is expected")
        assert self._form.decoder is not None
        data = await read_bounded(request, BODY_LIMIT_BYTES)
        try:
            if not data.isascii():
                data.decode()
            return self._form.decoder.decode(data)
        except msgspec.ValidationError as error:
            return self._second_look(data, error)
        except (ValueError, RecursionError) as error:
            raise BadRequest(f"the body is not JSON: {error}") from error

    def _second_look(self, data: bytes, refused: msgspec.ValidationError) -> Any:
        """A wrong type is seen before the text behind it, and 3000.0 is an integer to JSON Schema,
        if not to the decoder."""
        try:
            there = msgspec.json.decode(data)
            return msgspec.convert(_with_whole_numbers(there), self._form.body)
        except msgspec.ValidationError:
            raise InvalidArgument(f"the body does not fit: {refused}") from refused
        except (ValueError, RecursionError) as error:
            raise BadRequest(f"the body is not JSON: {error}") from error


def _with_whole_numbers(there: Any) -> Any:
    match there:
        case float() if there.is_integer():
            return int(there)
        case dict():
            return {key: _with_whole_numbers(value) for key, value in there.items()}
        case list():
            return [_with_whole_numbers(value) for value in there]
    return there


def _from_path(text: str, kind: Any) -> Any:
    """A value of the path, where an enum is written by name. Raises NotFound."""
    bare = shapes.bare(kind)
    if isinstance(bare, type) and issubclass(bare, IntEnum):
        names = {member.name.lower(): member for member in bare if member.value}
        if text not in names:
            raise NotFound(f"{text} is none of {', '.join(names)}")
        return names[text]
    return text


def _from_query(name: str, text: str, kind: Any) -> Any:
    try:
        return msgspec.convert(text, kind, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidArgument(f"the query's {name} does not fit: {error}") from error


async def read_bounded(request: Request, limit: int) -> bytes:
    """The whole body. Raises TooLarge as soon as it is clear that it is, BadRequest where it does
    not come."""
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                size += len(chunk)
                if size > limit:
                    raise TooLarge(f"the body has more than {limit} bytes")
                chunks.append(chunk)
    except TimeoutError as error:
        raise BadRequest(f"the body was not whole after {BODY_SECONDS:g} seconds") from error
    return b"".join(chunks)
