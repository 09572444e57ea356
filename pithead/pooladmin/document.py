"""The tables of operations as an OpenAPI 3.1 document."""

import re
from collections.abc import Collection, Mapping, Sequence
from importlib.metadata import version

import msgspec

from pithead.pooladmin.contract import OPERATIONS, Operation
from pithead.pooladmin.moneycontract import MONEY_OPERATIONS
from pithead.pooladmin.vitals import VITALS_OPERATIONS

REFUSALS = {
    "401": "The token is missing or not valid.",
    "404": "What the path names is not there.",
    "422": "The body is wrong, or what it asks for cannot be; the text says why.",
    "429": "Too many wrong tokens; `Retry-After` says after how many seconds to come back.",
}
EVERY = (*OPERATIONS, *MONEY_OPERATIONS, *VITALS_OPERATIONS)
BEARER = {"token": {"type": "http", "scheme": "bearer"}}
_TEXT = {"text/plain": {"schema": {"type": "string"}}}
_PARAMETER = re.compile(r"\{(\w+)\}")


def document(
    rows: Sequence[Operation] = EVERY,
    title: str = "Pithead pool admin API",
    schemes: Mapping[str, Mapping[str, str]] = BEARER,
    refusals: Mapping[str, str] = REFUSALS,
    description: str = "",
    public: Collection[str] = (),
) -> bytes:
    """The whole document as JSON; `schemes` say what lets a request in, but for `public` ones."""
    types = [kind for row in rows for kind in (row.body, row.answer) if kind is not None]
    schemas, components = msgspec.json.schema_components(
        types, ref_template="#/components/schemas/{name}"
    )
    by_type = {str(kind): schema for kind, schema in zip(types, schemas, strict=True)}
    paths: dict[str, dict[str, dict[str, object]]] = {}
    for row in rows:
        paths.setdefault(row.path, {})[row.method.lower()] = _operation(row, by_type, refusals)
        if row.name in public:
            paths[row.path][row.method.lower()]["security"] = []
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": title,
                "version": version("pithead"),
                **({"description": description} if description else {}),
            },
            "security": [{name: []} for name in schemes],
            "paths": paths,
            "components": {
                "schemas": components,
                "securitySchemes": schemes,
            },
        }
    )


def _operation(
    row: Operation, schemas: Mapping[str, Mapping[str, object]], why: Mapping[str, str]
) -> dict[str, object]:
    refusals = {status: {"description": text, "content": _TEXT} for status, text in why.items()}
    answers: dict[str, object] = {"204": {"description": "Done."}}
    if row.answer is not None:
        content = {"application/json": {"schema": schemas[str(row.answer)]}}
        answers = {"200": {"description": "The answer.", "content": content}}
    found: dict[str, object] = {
        "operationId": row.name,
        "summary": row.summary,
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in _PARAMETER.findall(row.path)
        ],
        "responses": {**answers, **refusals},
    }
    if row.body is not None:
        content = {"application/json": {"schema": schemas[str(row.body)]}}
        found["requestBody"] = {"required": True, "content": content}
    return found
