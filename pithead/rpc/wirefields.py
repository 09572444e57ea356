"""What of a message is on the wire: its fields as protobuf sees them, oneofs opened."""

from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import UnsetType

from pithead.rpc.contract import Kind, Message, Oneof


@dataclass(frozen=True, slots=True)
class WireField:
    """One field of a protobuf message."""

    attribute: str
    """Of the Struct."""
    variant: str
    """Of the Oneof in that attribute, whose name is the oneof's; "" where it is in none."""
    name: str
    number: int
    kind: Kind
    type: Any
    """The Python type of one value: without None, limits and tuple."""
    many: bool
    optional: bool
    """It may be absent; a message always may."""
    says_optional: bool
    """Whether the .proto file has the word."""

    @property
    def is_message(self) -> bool:
        """Of this contract, rather than one of protobuf's own dressed as an int or a dict."""
        return isinstance(self.type, type) and issubclass(self.type, Message)

    @property
    def is_enum(self) -> bool:
        return isinstance(self.type, type) and issubclass(self.type, IntEnum)


@cache
def wire_fields(message: type[Message]) -> tuple[WireField, ...]:
    """In the order of the source. What has no number is REST's alone and left out."""
    found: list[WireField] = []
    hints = get_type_hints(message, include_extras=True)
    for name in message.__struct_fields__:
        seen = _Seen(hints[name])
        if seen.extra:
            found.append(_field(name, "", seen))
        elif isinstance(seen.type, type) and issubclass(seen.type, Oneof):
            found += _variants(name, seen.type)
    return tuple(found)


def _variants(attribute: str, oneof: type[Oneof]) -> list[WireField]:
    hints = get_type_hints(oneof, include_extras=True)
    seen = {name: _Seen(hints[name]) for name in oneof.__struct_fields__}
    return [_field(attribute, name, each) for name, each in seen.items() if each.extra]


class _Seen:
    """A type taken out of its wrappings."""

    def __init__(self, annotated: Any) -> None:
        self.extra: dict[str, Any] = {}
        self.many = False
        self.optional = False
        self.type = self._unwrap(annotated)

    def _unwrap(self, kind: Any) -> Any:
        arguments = get_args(kind)
        match get_origin(kind):
            case origin if origin is Annotated:
                for meta in arguments[1:]:
                    if isinstance(meta, msgspec.Meta):
                        self.extra |= meta.extra or {}
                return self._unwrap(arguments[0])
            case origin if origin is Union or origin is UnionType:
                self.optional |= NoneType in arguments
                (inner,) = (each for each in arguments if each not in (NoneType, UnsetType))
                return self._unwrap(inner)
            case origin if origin is tuple:
                self.many = True
                return self._unwrap(arguments[0])
        return kind


def _field(attribute: str, variant: str, seen: _Seen) -> WireField:
    is_plain = seen.extra["kind"] != "message" and not variant
    return WireField(
        attribute=attribute,
        variant=variant,
        name=seen.extra["name"] or variant or attribute,
        number=seen.extra["number"],
        kind=seen.extra["kind"],
        type=seen.type,
        many=seen.many,
        optional=seen.optional,
        says_optional=seen.extra["optional"] or (seen.optional and is_plain),
    )
