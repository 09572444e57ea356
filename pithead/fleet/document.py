"""The fleet's API as an OpenAPI 3.1 document, made from the table of its operations. Pure."""

from functools import cache
from importlib.metadata import version
from typing import Any

import msgspec

from pithead.fleet.operations import OPERATIONS, Operation

DOCUMENT_PATH = "/openapi.json"

_TEXT = {"text/plain": {"schema": {"type": "string"}}}
_ALWAYS = {
    "400": "The request is not understood: its host or its parameters; the text says why.",
    "401": "Sign in, or send the token.",
    "502": "The machine refused, or did not answer as expected.",
    "504": "The machine did not answer.",
}
_OF_BODIES = {
    "403": "The session's `X-CSRF-Token` is missing or wrong.",
    "408": "The body did not come in time.",
    "409": "The machine is busy with something else.",
    "412": "The machine's limits or its state do not allow it; the text says why.",
    "413": "The body is too long.",
    "415": "The body is not declared as JSON.",
    "422": "The body is wrong; the text says why.",
    "429": "Too many tries, here or at the machine; `Retry-After` says when to come back.",
}
_PARAMETERS = {
    "machine": "Its id: where its API is, `host` or `host:port`.",
    "log": "Which log.",
    "fault": "The id of a fault that holds.",
}


@cache
def document() -> bytes:
    """As JSON."""
    kinds = [each.answer for each in OPERATIONS if each.answer is not None]
    kinds += [each.body for each in OPERATIONS if each.body is not None]
    schemas, components = msgspec.json.schema_components(
        kinds, ref_template="#/components/schemas/{name}"
    )
    named = {repr(kind): schema for kind, schema in zip(kinds, schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.verb.lower()] = _described(operation, named)
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Pithead fleet API",
                "version": version("pithead"),
                "description": "Many machines through their own Braiins OS REST APIs. Scripts "
                "send `Authorization: Bearer TOKEN`; browsers sign in, and send the session's "
                "`X-CSRF-Token` with all that changes something. Moments are unix seconds.",
            },
            "security": [{"token": []}, {"session": []}],
            "paths": paths,
            "components": {
                "schemas": components,
                "securitySchemes": {
                    "token": {"type": "http", "scheme": "bearer"},
                    "session": {"type": "apiKey", "in": "cookie", "name": "pithead_fleet"},
                },
            },
        }
    )


def _described(operation: Operation, named: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": operation.summary}
    if operation.answer is not None:
        answer["content"] = {operation.media_type: {"schema": named[repr(operation.answer)]}}
    elif not operation.changes:
        answer["content"] = {operation.media_type: {"schema": {}}}
    refusals = dict(_ALWAYS)
    if "{" in operation.path:
        refusals["404"] = "There is no such machine, log or fault."
    if operation.changes:
        refusals |= _OF_BODIES
    said: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": _parameters(operation),
        "responses": {"200": answer}
        | {code: {"description": why, "content": _TEXT} for code, why in refusals.items()},
    }
    if operation.is_public:
        said["security"] = []
    if operation.body is not None:
        content = {"application/json": {"schema": named[repr(operation.body)]}}
        said["requestBody"] = {"required": True, "content": content}
    return said


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {
            "name": name, "in": "path", "required": True, "description": meaning,
            "schema": {"type": "string"},
        }
        for name, meaning in _PARAMETERS.items()
        if f"{{{name}}}" in operation.path
    ]  # fmt: skip
    return found + [
        {"name": name, "in": "query", "description": meaning, "schema": {"type": "integer"}}
        for name, meaning in operation.query
    ]
