"""The contract as an OpenAPI 3.1 document, made from the structs and the table of endpoints."""

from importlib.metadata import version

import msgspec

from pithead.poolapi.endpoints import (
    COINS,
    ENDPOINTS,
    GROUPS,
    HOURS,
    OWN_ENDPOINTS,
    STREAMS,
    Endpoint,
)
from pithead.poolapi.tokens import TOKEN_HEADERS

REFUSALS = {
    "400": "The dates are wrong, or ask for too much; the text says what is right.",
    "403": "The token is missing, wrong or revoked, or its profile does not allow web APIs.",
    "404": "The pool has no such coin, or no such group.",
    "429": "Too many requests; `Retry-After` says after how many seconds to come back.",
}

PATH_PARAMETERS = {
    "{coin}": ("coin", COINS, "The coin, in any case."),
    "{group}": ("group", GROUPS, "Whose hashrate; an account is a group of its own."),
    "{hours}": ("hours", HOURS, "How far back: 1 in steps of a minute, 24 in steps of five."),
}

_TEXT = {"text/plain": {"schema": {"type": "string"}}}


def document() -> bytes:
    """The whole document as JSON."""
    endpoints = (*ENDPOINTS, *OWN_ENDPOINTS, *STREAMS)
    schemas, components = msgspec.json.schema_components(
        [endpoint.answer for endpoint in endpoints], ref_template="#/components/schemas/{name}"
    )
    paths = {
        path: {"get": _operation(endpoint, path, schema)}
        for endpoint, schema in zip(endpoints, schemas, strict=True)
        for path in endpoint.paths
    }
    tokens = {name: {"type": "apiKey", "in": "header", "name": name} for name in TOKEN_HEADERS}
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Pithead pool web API",
                "version": version("pithead"),
                "description": "The Braiins Pool web API. Every path is answered with and without "
                "a slash at its end, and POST like GET.",
            },
            "security": [{name: []} for name in TOKEN_HEADERS],
            "paths": paths,
            "components": {"schemas": components, "securitySchemes": tokens},
        }
    )


def _operation(endpoint: Endpoint, path: str, schema: dict[str, object]) -> dict[str, object]:
    refusals = {status: {"description": why, "content": _TEXT} for status, why in REFUSALS.items()}
    if not endpoint.default_days and "{day}" not in path:
        del refusals["400"]
    if endpoint.public:
        del refusals["403"]
    if endpoint.for_all:
        del refusals["429"]
    if "{" not in path:
        del refusals["404"]
    kind = "text/event-stream" if endpoint in STREAMS else "application/json"
    answer = {"description": "The answer.", "content": {kind: {"schema": schema}}}
    return {
        "operationId": endpoint.operation + ("_by_group" if "{group}" in path else ""),
        "summary": endpoint.summary,
        "parameters": _parameters(endpoint, path),
        "responses": {"200": answer, **refusals},
        **({"security": []} if endpoint.public else {}),
    }


def _parameters(endpoint: Endpoint, path: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": description,
            "schema": {"type": "string", "enum": list(values)},
        }
        for part, (name, values, description) in PATH_PARAMETERS.items()
        if part in path
    ]
    if "{day}" in path:
        schema = {"type": "string", "format": "date"}
        found.append({"name": "day", "in": "path", "required": True, "schema": schema})
    if endpoint.default_days:
        first = f"First day; {endpoint.default_days} days in all unless given."
        last = "Last day, itself included; today unless given."
        found += [
            {
                "name": name,
                "in": "query",
                "description": f"{description} UTC.",
                "schema": {"type": "string", "format": "date"},
            }
            for name, description in (("from", first), ("to", last))
        ]
    return found
