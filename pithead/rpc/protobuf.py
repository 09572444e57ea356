"""Structs to protobuf messages and back, compiled once per type.

What a request says is held against the same limits as over REST. A field that is not on the wire
is None where it may be absent, and otherwise 0, "" or empty, as protobuf has it.
"""

import math
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar, get_origin

import msgspec
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from pithead.rpc.contract import Message
from pithead.rpc.errors import InvalidArgument
from pithead.rpc.wirefields import WireField, wire_fields

Filling = Callable[[Any, Any], None]
"""Of a value into the protobuf message around it."""
Reading = Callable[[Any], Any]
"""Of a value from a protobuf message."""

T = TypeVar("T", bound=Message)


def encode(message: Message, wire_class: Any) -> bytes:
    """The bytes of a message, whose protobuf class is known."""
    filled = wire_class()
    _filler(type(message))(message, filled)
    data: bytes = filled.SerializeToString()
    return data


def decode(data: bytes, kind: type[T], wire_class: Any) -> T:
    """Raises InvalidArgument."""
    try:
        received = wire_class.FromString(data)
    except DecodeError as error:
        raise InvalidArgument("the request is not the message that is expected") from error
    try:
        return msgspec.convert(_reader(kind)(received), kind)
    except msgspec.ValidationError as error:
        raise InvalidArgument(f"the request does not fit: {error}") from error


@cache
def _filler(kind: type[Message]) -> Filling:
    plain = [(f.attribute, _fill_field(f)) for f in wire_fields(kind) if not f.variant]
    variants: dict[str, dict[str, Filling]] = {}
    for field in wire_fields(kind):
        if field.variant:
            variants.setdefault(field.attribute, {})[field.variant] = _fill_field(field)

    def fill(message: Any, into: Any) -> None:
        for attribute, filling in plain:
            value = getattr(message, attribute)
            if value is not None:
                filling(value, into)
        for attribute, fillings in variants.items():
            oneof = getattr(message, attribute)
            if oneof is not None:
                variant, value = oneof.chosen
                fillings[variant](value, into)

    return fill


def _fill_field(field: WireField) -> Filling:
    name = field.name
    if field.kind != "message":
        if field.many:
            return lambda value, into: getattr(into, name).extend(value)
        return lambda value, into: setattr(into, name, value)
    inner = _fill_inner(field)

    def fill_one(value: Any, into: Any) -> None:
        part = getattr(into, name)
        part.SetInParent()  # an empty message is there, too
        inner(value, part)

    def fill_many(values: Any, into: Any) -> None:
        parts = getattr(into, name)
        for value in values:
            inner(value, parts.add())

    return fill_many if field.many else fill_one


def _fill_inner(field: WireField) -> Filling:
    if field.is_message:
        return _filler(field.type)
    if get_origin(field.type) is dict:
        return _fill_struct
    return lambda value, into: setattr(into, "value", value)


def _fill_struct(value: dict[str, Any], into: Any) -> None:
    for key, each in value.items():
        _fill_json(each, into.fields[key])


def _fill_json(value: Any, into: Any) -> None:
    """One JSON value into a `google.protobuf.Value`."""
    match value:
        case None:
            into.null_value = 0
        case bool():
            into.bool_value = value
        case int() | float():
            into.number_value = value
        case str():
            into.string_value = value
        case dict():
            into.struct_value.SetInParent()
            _fill_struct(value, into.struct_value)
        case _:
            into.list_value.SetInParent()
            for each in value:
                _fill_json(each, into.list_value.values.add())


@cache
def _reader(kind: type[Message]) -> Reading:
    fields = wire_fields(kind)
    plain = [(f.attribute, _read_field(f)) for f in fields if not f.variant]
    variants: dict[str, dict[str, tuple[str, Reading]]] = {}
    for field in fields:
        if field.variant:
            readings = variants.setdefault(field.attribute, {})
            readings[field.name] = (field.variant, _read_present(field))

    def read(received: Any) -> dict[str, Any]:
        found = {attribute: reading(received) for attribute, reading in plain}
        for oneof, readings in variants.items():
            name = received.WhichOneof(oneof)
            if name is not None:
                variant, reading = readings[name]
                found[oneof] = {variant: reading(received)}
        return found

    return read


def _read_field(field: WireField) -> Reading:
    name = field.name
    present = _read_present(field)
    if field.many or (field.kind != "message" and not field.optional):
        return present
    return lambda received: present(received) if received.HasField(name) else None


def _read_present(field: WireField) -> Reading:
    name = field.name
    if field.kind in ("double", "float"):
        return lambda received: _finite(name, getattr(received, name))
    if field.kind != "message":
        if field.many:
            return lambda received: list(getattr(received, name))
        return lambda received: getattr(received, name)
    inner = _read_inner(field)
    if field.many:
        return lambda received: [inner(each) for each in getattr(received, name)]
    return lambda received: inner(getattr(received, name))


def _read_inner(field: WireField) -> Reading:
    if field.is_message:
        return _reader(field.type)
    if get_origin(field.type) is dict:
        return _read_struct
    return lambda received: received.value


def _read_struct(received: Any) -> dict[str, Any]:
    return {key: _read_json(each) for key, each in received.fields.items()}


def _read_json(received: Any) -> Any:
    match received.WhichOneof("kind"):
        case "struct_value":
            return _read_struct(received.struct_value)
        case "list_value":
            return [_read_json(each) for each in received.list_value.values]
        case "number_value":
            return _number(received.number_value)
        case "bool_value" | "string_value" as name:
            return getattr(received, name)
        case _:
            return None


def _number(value: float) -> int | float:
    """A whole number is an int, as it would be in JSON."""
    _finite("a number", value)
    return int(value) if value.is_integer() else value


def _finite(name: str, value: float) -> float:
    if not math.isfinite(value):
        raise InvalidArgument(f"{name} is no finite number")
    return value
