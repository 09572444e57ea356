"""What of a message stands where in REST: in the body, the answer, the path and the query."""

from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, cast, get_args, get_origin, get_type_hints

import msgspec

from pithead.rpc.contract import WHOLE, Http, Message, Operation


def body_type(operation: Operation, http: Http) -> Any:
    """The type of the body; None where there is no body. Of a form, its part that is a message."""
    if operation.uploading:
        parts = upload_parts(operation.request).values()
        return next(kind for kind in parts if kind is not bytes)
    if http.body is None:
        return None
    if http.body == WHOLE:
        return rest_type(operation.request)
    return without_none(field_type(operation.request, http.body))


def answer_type(operation: Operation, http: Http) -> Any:
    """The type of the answer; None where there is no answer."""
    if http.answer is None:
        return None
    if http.answer == WHOLE:
        return operation.response
    return without_none(field_type(operation.response, http.answer))


def parameter_type(operation: Operation, http: Http, name: str) -> Any:
    """The type of a parameter of the path or the query, limits included."""
    return field_type(_owner(operation, http, name), name)


def is_of_body(operation: Operation, http: Http, name: str) -> bool:
    """Whether a parameter is a field of the body's message, not of the request's."""
    return _owner(operation, http, name) is not operation.request


def _owner(operation: Operation, http: Http, name: str) -> type[Message]:
    if name in operation.request.__struct_fields__:
        return operation.request
    owner: type[Message] = body_type(operation, http)
    return owner


def request_of(operation: Operation, http: Http, body: Any, parameters: dict[str, Any]) -> Message:
    """The message of a request from its parts, each of which has been checked."""
    for name in parameters:
        if is_of_body(operation, http, name):
            body = msgspec.structs.replace(body, **{name: parameters[name]})
    fields = {
        name: value for name, value in parameters.items() if not is_of_body(operation, http, name)
    }
    fields |= fixed_fields(operation.request)
    if http.body == WHOLE:
        fields = {name: getattr(body, name) for name in body.__struct_fields__} | fields
    elif http.body is not None:
        outer, _, inner = http.body.partition(".")
        kind = without_none(field_type(operation.request, outer)) if inner else None
        fields[outer] = kind(**{inner: body}) if kind is not None else body
    return operation.request(**fields)


@cache
def upload_parts(message: type[Message]) -> dict[str, Any]:
    """What the parts of a form are called, and their types: the variants of the message's oneof."""
    (field,) = message.__struct_fields__
    oneof: type[Message] = bare(field_type(message, field))
    hints = get_type_hints(oneof)
    return {
        name: next(each for each in get_args(hints[name]) if each is not msgspec.UnsetType)
        for name in oneof.__struct_fields__
    }


@cache
def fixed_fields(message: type[Message]) -> dict[str, int]:
    """The fields that REST does not have, with what it means by their absence."""
    return {
        name: meta.extra["rest"]
        for name, kind in get_type_hints(message, include_extras=True).items()
        for meta in getattr(kind, "__metadata__", ())
        if isinstance(meta, msgspec.Meta) and meta.extra and "rest" in meta.extra
    }


@cache
def rest_type(message: type[Message]) -> type[Message]:
    """The message without the fields that REST does not have."""
    fixed = fixed_fields(message)
    if not fixed:
        return message
    hints = get_type_hints(message, include_extras=True)
    fields = [
        (field.name, hints[field.name])
        if field.required
        else (field.name, hints[field.name], field.default)
        for field in msgspec.structs.fields(message)
        if field.name not in fixed
    ]
    name = message.schema_name or message.__name__
    made: Any = msgspec.defstruct(
        name, fields, bases=(Message,), kw_only=True, frozen=True, module=message.__module__
    )
    return cast(type[Message], made)


def field_type(message: type[Message], path: str) -> Any:
    """The annotated type of one field, limits included; `mode.mode` is a field of a field."""
    name, _, rest = path.partition(".")
    kind = get_type_hints(message, include_extras=True)[name]
    return field_type(without_none(kind), rest) if rest else kind


def without_none(kind: Any) -> Any:
    """A type as it is where the value is there."""
    if get_origin(kind) is Annotated:
        inner = get_args(kind)[0]
        bare = without_none(inner)
        return kind if bare is inner else bare
    if get_origin(kind) in (Union, UnionType) and NoneType in get_args(kind):
        return Union[tuple(each for each in get_args(kind) if each is not NoneType)]  # noqa: UP007
    return kind


def bare(kind: Any) -> Any:
    """A type without its limits and without None."""
    kind = without_none(kind)
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind
