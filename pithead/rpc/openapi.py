"""The OpenAPI 3.1 document of a contract: exactly the operations that are implemented."""

from collections.abc import Iterable
from typing import Any

import msgspec

from pithead.rpc.contract import WHOLE, Http, Message, Oneof, Operation, Service, field_type
from pithead.rpc.errors import (
    BadRequest,
    InvalidArgument,
    PreconditionFailed,
    RpcError,
    Unauthenticated,
    codes_of,
)

_REF = "#/components/schemas/{name}"


def document(
    services: Iterable[Service], title: str, version: str, base_path: str, description: str
) -> dict[str, Any]:
    """The document as JSON data."""
    pairs = [
        (operation, operation.http)
        for service in services
        for operation in service.implemented()
        if operation.http is not None
    ]
    types: list[Any] = []
    for operation, http in pairs:
        types += [kind for kind in (_body(operation, http), _answer(operation, http)) if kind]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    _spell_out_oneofs(components)
    shapes = iter(schemas)
    paths: dict[str, dict[str, Any]] = {}
    for operation, http in pairs:
        body = next(shapes) if _body(operation, http) else None
        answer = next(shapes) if _answer(operation, http) else None
        item = _item(operation, http, body, answer)
        paths.setdefault(base_path + http.path, {})[http.verb.lower()] = item
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "description": description},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {"type": "apiKey", "in": "header", "name": "Authorization"}
            },
        },
    }


def _body(operation: Operation, http: Http) -> Any:
    if http.body is None:
        return None
    return operation.request if http.body == WHOLE else field_type(operation.request, http.body)


def _answer(operation: Operation, http: Http) -> Any:
    if http.answer is None:
        return None
    return (
        operation.response if http.answer == WHOLE else field_type(operation.response, http.answer)
    )


def _item(operation: Operation, http: Http, body: Any, answer: Any) -> dict[str, Any]:
    success: dict[str, Any] = {"description": operation.summary}
    if answer is not None:
        success["content"] = {http.media_type: {"schema": answer}}
    item: dict[str, Any] = {
        "operationId": http.operation_id,
        "summary": operation.summary,
        "responses": {str(http.status): success, **_refusals(operation, http)},
        "security": [{"token": []}] if operation.needs_token else [],
    }
    if body is not None:
        item["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    if parameters := _parameters(operation, http):
        item["parameters"] = parameters
    return item


def _refusals(operation: Operation, http: Http) -> dict[str, Any]:
    kinds: list[type[RpcError]] = []
    if operation.needs_token or operation.name == "Login":
        kinds.append(Unauthenticated)
    if http.body is not None:
        kinds += [BadRequest, InvalidArgument]
    if http.verb != "GET":
        kinds.append(PreconditionFailed)
    text = {"text/plain": {"schema": {"type": "string"}}}
    return {
        str(codes_of(kind()).http): {"description": kind.__name__, "content": text}
        for kind in kinds
    }


def _parameters(operation: Operation, http: Http) -> list[dict[str, Any]]:
    names = [(part[1:-1], "path") for part in http.path.split("/") if part.startswith("{")]
    names += [(name, "query") for name in http.query]
    return [
        {
            "name": name,
            "in": place,
            "required": place == "path",
            "schema": msgspec.json.schema(field_type(operation.request, name)),
        }
        for name, place in names
    ]


def _spell_out_oneofs(components: dict[str, Any]) -> None:
    """One shape per variant: the library shows a oneof as an object of optional fields."""
    for kind in _subclasses(Oneof):
        schema = components.get(kind.__name__)
        if schema is not None:
            properties = schema.pop("properties")
            schema.pop("required", None)
            schema["oneOf"] = [
                {"type": "object", "properties": {name: shape}, "required": [name]}
                for name, shape in properties.items()
            ]


def _subclasses(kind: type[Message]) -> Iterable[type[Message]]:
    for derived in kind.__subclasses__():
        yield derived
        yield from _subclasses(derived)
