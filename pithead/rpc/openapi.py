"""The OpenAPI 3.1 document of a contract: exactly the operations that are implemented."""

from collections.abc import Iterable
from enum import IntEnum
from typing import Any

import msgspec

from pithead.rpc import shapes
from pithead.rpc.contract import Http, Message, Oneof, Operation, Service
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
    parts = [
        (shapes.body_type(operation, http), shapes.answer_type(operation, http))
        for operation, http in pairs
    ]
    types = [kind for part in parts for kind in part if kind is not None]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    _spell_out_oneofs(components)
    schemas, names = _renamed(schemas), _contract_names()
    components = {names.get(name, name): _renamed(each) for name, each in components.items()}
    schema_of = iter(schemas)
    paths: dict[str, dict[str, Any]] = {}
    for (operation, http), (body, answer) in zip(pairs, parts, strict=True):
        item = _item(
            operation,
            http,
            None if body is None else next(schema_of),
            None if answer is None else next(schema_of),
        )
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
    if operation.uploading:
        item["requestBody"] = {"required": True, "content": {"multipart/form-data": {
            "schema": _form(operation, body)}}}  # fmt: skip
    elif body is not None:
        item["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    if parameters := _parameters(operation, http):
        item["parameters"] = parameters
    return item


def _form(operation: Operation, message: Any) -> dict[str, Any]:
    """One part that is a message, then those that are bytes."""
    data = {"type": "string", "contentMediaType": "application/octet-stream"}
    properties = {
        name: data if kind is bytes else message
        for name, kind in shapes.upload_parts(operation.request).items()
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def _refusals(operation: Operation, http: Http) -> dict[str, Any]:
    kinds: list[type[RpcError]] = []
    if operation.needs_token or operation.name == "Login":
        kinds.append(Unauthenticated)
    if http.body is not None or operation.uploading:
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
            "schema": _parameter(shapes.bare(shapes.parameter_type(operation, http, name))),
        }
        for name, place in names
    ]


def _parameter(kind: Any) -> dict[str, Any]:
    if isinstance(kind, type) and issubclass(kind, IntEnum):
        return {"type": "string", "enum": [each.name.lower() for each in kind if each.value]}
    return msgspec.json.schema(kind)


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


def _renamed(shape: Any) -> Any:
    """A shape with the names of the contract, where a class has another."""
    match shape:
        case {"$ref": str(reference), **rest}:
            place, _, name = reference.rpartition("/")
            return {"$ref": f"{place}/{_contract_names().get(name, name)}", **_renamed(rest)}
        case {"enum": [int(), *_], **rest} if "type" not in shape:
            return {"type": "integer", "enum": shape["enum"], **_renamed(rest)}
        case dict():
            return {key: _renamed(value) for key, value in shape.items() if key != "title"}
        case list() | tuple():
            return [_renamed(each) for each in shape]
    return shape


def _contract_names() -> dict[str, str]:
    return {kind.__name__: kind.schema_name for kind in _subclasses(Message) if kind.schema_name}
