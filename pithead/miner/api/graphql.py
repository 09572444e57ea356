"""`POST /graphql`: the older API of the machine, which clients still ask for what it is.

A login gives the cookie `session_id`; its value is a token as REST has them, and one of those, in
the `Authorization` header, is taken as well.
"""

import inspect
from collections.abc import Callable
from typing import Any

import msgspec
import structlog
from graphql import (
    ExecutionResult,
    GraphQLError,
    default_field_resolver,
    execute,
    parse,
    validate,
)
from starlette.requests import Request
from starlette.responses import Response

from pithead.miner.api.graphql_changes import Changes, Services
from pithead.miner.api.graphql_reads import Reads
from pithead.miner.api.graphql_schema import OPEN, SCHEMA, Info, Visit
from pithead.miner.api.keys import Keys
from pithead.miner.logbook import LogBook
from pithead.miner.miner import Miner
from pithead.rpc import rest
from pithead.rpc.errors import BadRequest, Unauthenticated, UnsupportedMedia

log = structlog.get_logger(__name__)

LONGEST_BODY = 256 * 1024
"""Bytes: a hundred pools fit."""
MOST_TOKENS = 2_000
"""Words of a query; the longest that is known has about a hundred."""
MOST_ERRORS = 20
COOKIE = "session_id"


class Query(msgspec.Struct, frozen=True):
    query: str
    variables: dict[str, Any] | None = None
    operationName: str | None = None


class GraphQl:
    """The endpoint of one machine."""

    def __init__(
        self,
        miner: Miner,
        services: Services,
        keys: Keys,
        logs: LogBook,
        clock: Callable[[], float],
    ) -> None:
        self._keys = keys
        self._reads = Reads(miner, logs, clock)
        self._changes = Changes(miner, services, keys)
        self._settled = services.settled

    async def answer(self, request: Request) -> Response:
        query = await _query(request)
        visit = self._visit(request)
        result = await self._result(query, visit)
        response = Response(
            msgspec.json.encode(result), headers=rest.HEADERS, media_type="application/json"
        )
        if visit.new_token:
            response.set_cookie(COOKIE, visit.new_token, httponly=True, samesite="strict")
        elif visit.new_token == "":
            response.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return response

    def _visit(self, request: Request) -> Visit:
        token = request.cookies.get(COOKIE) or request.headers.get("authorization")
        try:
            self._keys.check(token)
        except Unauthenticated:
            return Visit(token, is_known=False)
        return Visit(token, is_known=True)

    async def _result(self, query: Query, visit: Visit) -> dict[str, object]:
        try:
            document = parse(query.query, max_tokens=MOST_TOKENS)
        except (GraphQLError, RecursionError) as error:
            return {"data": None, "errors": [_told(error)]}
        if errors := validate(SCHEMA, document, max_errors=MOST_ERRORS):
            return {"data": None, "errors": [_told(error) for error in errors]}
        is_change = any(
            getattr(getattr(each, "operation", None), "value", "") == "mutation"
            for each in document.definitions
        )
        done = execute(
            SCHEMA,
            document,
            root_value=self._changes if is_change else self._reads,
            context_value=visit,
            variable_values=query.variables,
            operation_name=query.operationName,
            field_resolver=_resolve,
        )
        result = await done if inspect.isawaitable(done) else done
        assert isinstance(result, ExecutionResult), "no part of an answer comes later"
        if is_change:
            await self._settled()
        if not result.errors:
            return {"data": result.data}
        return {"data": result.data, "errors": [_told(error) for error in result.errors]}


def _resolve(source: Any, info: Info, **arguments: Any) -> Any:
    """A field's value, if the visitor may have it."""
    if not info.context.is_known and (info.parent_type.name, info.field_name) not in OPEN:
        raise GraphQLError("not logged in: send the session_id that auth.login gives")
    return default_field_resolver(source, info, **arguments)


def _told(error: Exception) -> dict[str, object]:
    """An error as the client may see it: faults of this program stay in its log."""
    if not isinstance(error, GraphQLError):
        return {"message": "the query is nested too deeply"}
    cause = error.original_error
    if cause is not None and not isinstance(cause, GraphQLError):
        log.error("a field of GraphQL failed", path=error.path, exc_info=cause)
        return {"message": "internal error; the miner's log has the details", "path": error.path}
    told: dict[str, object] = {"message": error.message}
    if error.path is not None:
        told["path"] = error.path
    return told


async def _query(request: Request) -> Query:
    """Raises BadRequest, UnsupportedMedia, TooLarge."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":  # nor may a page of another site post without asking
        raise UnsupportedMedia("the body has to be application/json")
    data = await rest.read_bounded(request, LONGEST_BODY)
    try:
        return msgspec.json.decode(data, type=Query)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"the body is not a GraphQL request: {error}") from error
