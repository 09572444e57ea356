"""The one definition of a message and of an operation, from which every transport is made.

A message is a Struct whose fields carry their protobuf numbers:

    class Power(Message):
        watt: Annotated[int, wire(1, "uint64")]

A oneof is a field whose type is a `Oneof`: a Struct of variants, exactly one of which is there. In
JSON that is `{"variant": {...}}`; in protobuf the variants are fields of the message around it, so
their numbers are that message's. An operation is a method of a `Service`, declared with its name
and its HTTP rule:

    class PerformanceService(Service, name="braiins.bos.v1.PerformanceService"):
        @rpc("SetPowerTarget", Http("PUT", "/performance/power-target", "setPowerTarget",
                                    body="power_target", answer="power_target"))
        async def set_power_target(self, request: SetPowerTargetRequest) -> SetPowerTargetResponse:
            raise Unimplemented(NOT_HERE)

What implements it derives from the service and overrides the method.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from msgspec import UNSET

WHOLE = "*"
"""Of `Http.body` and `Http.answer`: the message itself rather than one of its fields."""

U32 = 2**32 - 1
U64 = 2**63 - 1
"""msgspec checks no larger bound; no value of the contract comes near it."""

Kind = Literal[
    "bool", "bytes", "double", "enum", "float", "int32", "int64", "message", "string", "uint32",
    "uint64",
]  # fmt: skip

Method = TypeVar("Method", bound=Callable[..., Any])


class Message(msgspec.Struct, kw_only=True, frozen=True):
    """Unset optional fields are None, and `null` in JSON answers."""

    schema_name: ClassVar[str] = ""
    """What the OpenAPI document calls it, where that is not the name of the class."""


class Oneof(Message, frozen=True):
    """Variants of which one is there; all default to UNSET."""

    def __post_init__(self) -> None:
        if sum(value is not UNSET for _, value in _fields(self)) != 1:
            names = ", ".join(self.__struct_fields__)
            raise ValueError(f"expected exactly one of {names}")

    @property
    def chosen(self) -> tuple[str, Any]:
        """The variant that is there: its name and its value."""
        return next((name, value) for name, value in _fields(self) if value is not UNSET)


def wire(
    number: int, kind: Kind = "message", *, name: str = "", ge: int | None = None,
    le: int | None = None, rest: int | None = None, optional: bool = False,
) -> msgspec.Meta:  # fmt: skip
    """A field's protobuf number and type, its protobuf name where that is another, its limits.

    `rest` is the value of a field that REST does not have: requests over REST mean that value.
    `optional` is a message whose .proto file says so, though every message may be absent.
    """
    extra: dict[str, Any] = {"number": number, "kind": kind, "name": name, "optional": optional}
    if rest is not None:
        extra["rest"] = rest
    return msgspec.Meta(extra=extra, ge=ge, le=le)


@dataclass(frozen=True, slots=True)
class Http:
    """How an operation looks over REST. Paths are below the base path, as the contract writes them;
    each answers with and without its last slash."""

    verb: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    """`{name}` stands for the request's field of that name, or the body's; an enum stands there by
    its name in lower case."""
    operation_id: str
    body: str | None = None
    """The field of the request that is the body (`mode.mode`: a field of a field), WHOLE, or None
    where there is no body."""
    answer: str | None = None
    """The field of the response that is the answer, WHOLE, or None where there is none."""
    status: int = 200
    query: tuple[str, ...] = ()
    """Fields of the request that stand in the query."""
    media_type: str = "application/json"
    """Of the answer."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of a service, with everything a transport needs to know of it."""

    name: str
    """As gRPC calls it: `SetPowerTarget`."""
    method: str
    request: type[Message]
    response: type[Message]
    http: Http | None
    """None: gRPC alone has it."""
    streaming: bool
    """Of responses."""
    uploading: bool
    """The requests are a stream; over REST a form, its parts named as the request's variants."""
    needs_token: bool
    over_grpc: bool
    summary: str


@dataclass(frozen=True, slots=True)
class _Declared:
    name: str
    http: Http | None
    needs_token: bool
    over_grpc: bool


def rpc(
    name: str, http: Http | None, *, needs_token: bool = True, over_grpc: bool = True
) -> Callable[[Method], Method]:
    """Declare an operation. Its first docstring line is its summary."""

    def declare(method: Method) -> Method:
        method.__rpc__ = _Declared(name, http, needs_token, over_grpc)  # type: ignore[attr-defined]
        return method

    return declare


class Service:
    """A group of operations. Derive once to declare it, once more to implement it."""

    full_name: ClassVar[str] = ""

    def __init_subclass__(cls, name: str = "", **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        if name:
            cls.full_name = name

    @classmethod
    def operations(cls) -> Sequence[Operation]:
        """Everything declared, in the order of the source."""
        return _operations(cls)  # type: ignore[arg-type]  # mypy: a class has no hash

    @classmethod
    def _declared(cls) -> Iterator[Operation]:
        for ancestor in reversed(cls.__mro__):
            for method, function in vars(ancestor).items():
                declared = getattr(function, "__rpc__", None)
                if isinstance(declared, _Declared):
                    yield _operation(method, function, declared)

    @classmethod
    def implemented(cls) -> Sequence[Operation]:
        """The operations that this class overrides."""
        return tuple(
            operation
            for operation in cls.operations()
            if not hasattr(getattr(cls, operation.method), "__rpc__")
        )


@cache
def _operations(service: type[Service]) -> tuple[Operation, ...]:
    """Once per class: a farm has a thousand objects of each."""
    return tuple(service._declared())


def _operation(method: str, function: Callable[..., Any], declared: _Declared) -> Operation:
    hints = get_type_hints(function)
    response = hints["return"]
    streaming = get_origin(response) is AsyncGenerator
    request = hints.get("request") or hints["requests"]
    uploading = get_origin(request) is AsyncIterator
    return Operation(
        name=declared.name,
        method=method,
        request=get_args(request)[0] if uploading else request,
        response=get_args(response)[0] if streaming else response,
        http=declared.http,
        streaming=streaming,
        uploading=uploading,
        needs_token=declared.needs_token,
        over_grpc=declared.over_grpc,
        summary=(function.__doc__ or "").strip().partition("\n")[0],
    )


def _fields(message: Message) -> Iterator[tuple[str, Any]]:
    return ((name, getattr(message, name)) for name in message.__struct_fields__)
