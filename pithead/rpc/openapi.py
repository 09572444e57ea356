"""The OpenAPI 3.1 document of a contract: exactly the operations that are implemented."""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Any, get_args, get_type_hints

import msgspec

from pithead.rpc import shapes
from pithead.rpc.contract import Http, Message, Oneof, Operation, Service
from pithead.rpc.errors import (
    CODES,
    BadRequest,
    InvalidArgument,
    NotFound,
    PreconditionFailed,
    RpcError,
    TooLarge,
    Unauthenticated,
    UnsupportedMedia,
)

_REF = "#/components/schemas/{name}"
_OCTETS = {"type": "string", "contentMediaType": "application/octet-stream"}
"""Bytes as they are; in JSON they would be base64."""


def document(
    services: Iterable[type[Service] | Service],
    title: str,
    version: str,
    base_path: str,
    description: str,
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
    messages, enums = _named(types)
    _spell_out_oneofs(components, messages)
    _name_numbers(components, enums)
    names = {kind.__name__: kind.schema_name for kind in messages if kind.schema_name}
    components = {names.get(name, name): _renamed(each, names) for name, each in components.items()}
    schema_of = iter(_renamed(schemas, names))
    paths: dict[str, dict[str, Any]] = {}
    for (operation, http), (body, answer) in zip(pairs, parts, strict=True):
        sent = None if body is None else next(schema_of)
        if operation.uploading:
            name = operation.request.schema_name or operation.request.__name__
            components[name] = _form(operation, sent)
            sent = {"$ref": _REF.format(name=name)}
        item = _item(operation, http, sent, None if answer is None else next(schema_of))
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
        is_bytes = shapes.bare(shapes.answer_type(operation, http)) is bytes
        shape = _OCTETS if is_bytes else answer
        success["content"] = {http.media_type: {"schema": shape}}
    item: dict[str, Any] = {
        "operationId": http.operation_id,
        "summary": operation.summary,
        "responses": {str(http.status): success, **_refusals(operation, http)},
        "security": [{"token": []}] if operation.needs_token else [],
    }
    if body is not None:
        kind = "multipart/form-data" if operation.uploading else "application/json"
        item["requestBody"] = {"required": True, "content": {kind: {"schema": body}}}
    if parameters := _parameters(operation, http):
        item["parameters"] = parameters
    return item


def _form(operation: Operation, message: Any) -> dict[str, Any]:
    """One part that is a message, then those that are bytes."""
    properties = {
        name: _OCTETS if kind is bytes else message
        for name, kind in shapes.upload_parts(operation.request).items()
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def _refusals(operation: Operation, http: Http) -> dict[str, Any]:
    """Those that the form of the operation brings along; what the machine may refuse is `default`:
    one document serves machines in every state."""
    kinds: list[type[RpcError]] = []
    if operation.needs_token or operation.name == "Login":
        kinds.append(Unauthenticated)
    if http.body is not None or operation.uploading:
        kinds += [BadRequest, TooLarge, UnsupportedMedia, InvalidArgument]
    if http.query:
        kinds.append(InvalidArgument)
    if "{" in http.path:
        kinds.append(NotFound)
    if http.verb != "GET":
        kinds.append(PreconditionFailed)
    text = {"text/plain": {"schema": {"type": "string"}}}
    codes = sorted((CODES[kind] for kind in kinds), key=lambda each: each.http)
    statuses = {str(each.http): {"description": each.meaning, "content": text} for each in codes}
    return statuses | {"default": {"description": "Refused, in one sentence", "content": text}}


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


def _named(types: Iterable[Any]) -> tuple[set[type[Message]], set[type[IntEnum]]]:
    """The messages and enums that these types lead to."""
    messages: set[type[Message]] = set()
    enums: set[type[IntEnum]] = set()
    waiting = list(types)
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, type) and issubclass(kind, IntEnum):
            enums.add(kind)
        elif not (isinstance(kind, type) and issubclass(kind, Message)):
            waiting += get_args(kind)
        elif kind not in messages:
            messages.add(kind)
            waiting += get_type_hints(kind).values()
    return messages, enums


def _name_numbers(components: dict[str, Any], enums: Iterable[type[IntEnum]]) -> None:
    """Say what each number of an enum means."""
    for kind in enums:
        if (shape := components.get(kind.__name__)) is not None:
            said = ", ".join(f"{each.value} {each.name.lower()}" for each in kind)
            shape["description"] = " ".join(filter(None, (shape.get("description"), f"{said}.")))


def _spell_out_oneofs(components: dict[str, Any], messages: Iterable[type[Message]]) -> None:
    """One shape per variant: the library shows a oneof as an object of optional fields."""
    for kind in messages:
        if issubclass(kind, Oneof):
            components[kind.__name__] = {
                "oneOf": [
                    {"type": "object", "properties": {name: shape}, "required": [name]}
                    for name, shape in components[kind.__name__]["properties"].items()
                ]
            }


def _renamed(shape: Any, names: Mapping[str, str]) -> Any:
    """A shape with the names of the contract, where a class has another."""
    match shape:
        case {"$ref": str(reference), **rest}:
            place, _, name = reference.rpartition("/")
            return {"$ref": f"{place}/{names.get(name, name)}", **_renamed(rest, names)}
        case {"enum": [first, *_]} if "type" not in shape:
            return {"type": "integer" if isinstance(first, int) else "string", **shape}
        case dict():
            return {key: _renamed(value, names) for key, value in shape.items() if key != "title"}
        case list() | tuple():
            return [_renamed(each, names) for each in shape]
    return shape
