"""The contract as protobuf describes itself: files, messages, enums and services in one pool.

Nothing is generated on disk: descriptors are made from the declared Structs at start-up, and
reflection hands out the same ones.
"""

import re
from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import Any, get_origin

from google.protobuf import (  # type: ignore[import-untyped]
    descriptor_pool,
    message_factory,
    struct_pb2,
    timestamp_pb2,
    wrappers_pb2,
)
from google.protobuf.descriptor_pb2 import (  # type: ignore[import-untyped]
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    MethodDescriptorProto,
)

from pithead.rpc.contract import Message, Service
from pithead.rpc.wirefields import WireField, wire_fields

OWN_OF_PROTOBUF = {"Timestamp": "google.protobuf.Timestamp"}
"""Messages of the contract that are protobuf's own ones."""

_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_GOOGLE = {
    "google.protobuf.Timestamp": timestamp_pb2.DESCRIPTOR,
    "google.protobuf.UInt32Value": wrappers_pb2.DESCRIPTOR,
    "google.protobuf.Struct": struct_pb2.DESCRIPTOR,
}


class Descriptors:
    """Everything that some services need, in a pool of its own.

    `file_of` names the .proto file of a type; its package is the file's folder below `root`.
    """

    def __init__(
        self,
        services: Iterable[type[Service]],
        file_of: Callable[[type], str],
        root: str,
    ) -> None:
        self._file_of = file_of
        self._root = root
        self._files: dict[str, FileDescriptorProto] = {}
        self._known: set[type] = set()
        self.services = tuple(services)
        for service in self.services:
            self._add_service(service)
        self.pool = descriptor_pool.DescriptorPool()
        for google in _GOOGLE.values():
            self.pool.AddSerializedFile(google.serialized_pb)
        for file in self._files.values():
            self._add_to_pool(file)

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(self._files)

    def full_name(self, kind: type) -> str:
        """`braiins.bos.v1.Power`."""
        own = OWN_OF_PROTOBUF.get(kind.__name__)
        return own or f"{self._package(self._file_of(kind))}.{kind.__name__}"

    def message_class(self, kind: type[Message]) -> Any:
        """The class that protobuf reads and writes for this message."""
        descriptor = self.pool.FindMessageTypeByName(self.full_name(kind))
        return message_factory.GetMessageClass(descriptor)

    def _package(self, file_name: str) -> str:
        return ".".join([self._root, *file_name.split("/")[:-1]])

    def _file(self, kind: type) -> FileDescriptorProto:
        name = self._file_of(kind)
        if name not in self._files:
            self._files[name] = FileDescriptorProto(
                name=name, package=self._package(name), syntax="proto3"
            )
        return self._files[name]

    def _add_service(self, service: type[Service]) -> None:
        declared = next(each for each in service.__mro__ if "full_name" in vars(each))
        file = self._file(declared)
        methods = []
        for operation in service.operations():
            if not operation.over_grpc:
                continue
            for message in (operation.request, operation.response):
                self._add_message(message)
                _depend(file, self._file_of(message))
            methods.append(
                MethodDescriptorProto(
                    name=operation.name,
                    input_type=f".{self.full_name(operation.request)}",
                    output_type=f".{self.full_name(operation.response)}",
                    client_streaming=operation.uploading,
                    server_streaming=operation.streaming,
                )
            )
        file.service.add(name=service.full_name.rpartition(".")[2], method=methods)

    def _add_message(self, message: type[Message]) -> None:
        if message in self._known or message.__name__ in OWN_OF_PROTOBUF:
            return
        self._known.add(message)
        file = self._file(message)
        fields = wire_fields(message)
        described = file.message_type.add(name=message.__name__)
        for field in sorted(fields, key=lambda each: each.number):
            described.field.append(self._field(file, field))
        for name in dict.fromkeys(each.attribute for each in fields if each.variant):
            _into_oneof(
                described, name, [f.name for f in fields if f.variant and f.attribute == name]
            )
        for field in fields:  # what is optional is a oneof of its own, behind the real ones
            if field.says_optional:
                _into_oneof(described, f"_{field.name}", [field.name])

    def _add_enum(self, kind: type[IntEnum]) -> None:
        if kind in self._known:
            return
        self._known.add(kind)
        described = self._file(kind).enum_type.add(name=kind.__name__)
        prefix = _WORDS.sub("_", kind.__name__).upper()
        for member in kind:
            described.value.add(name=f"{prefix}_{member.name}", number=member.value)

    def _field(self, file: FileDescriptorProto, field: WireField) -> FieldDescriptorProto:
        described = FieldDescriptorProto(
            name=field.name,
            number=field.number,
            label=(
                FieldDescriptorProto.LABEL_REPEATED
                if field.many
                else FieldDescriptorProto.LABEL_OPTIONAL
            ),
            type=FieldDescriptorProto.Type.Value(f"TYPE_{field.kind.upper()}"),
            proto3_optional=field.says_optional,
        )
        if field.is_enum:
            self._add_enum(field.type)
        elif field.is_message:
            self._add_message(field.type)
        if field.kind in ("message", "enum"):
            name = self._type_name(field)
            described.type_name = f".{name}"
            google = _GOOGLE.get(name)
            _depend(file, google.name if google is not None else self._file_of(field.type))
        return described

    def _type_name(self, field: WireField) -> str:
        if field.type is int:
            return "google.protobuf.UInt32Value"
        if get_origin(field.type) is dict:
            return "google.protobuf.Struct"
        return self.full_name(field.type)

    def _add_to_pool(self, file: FileDescriptorProto) -> None:
        try:
            self.pool.FindFileByName(file.name)
        except KeyError:
            for needed in file.dependency:
                if needed in self._files:
                    self._add_to_pool(self._files[needed])
            self.pool.AddSerializedFile(file.SerializeToString())


def _into_oneof(described: DescriptorProto, name: str, members: list[str]) -> None:
    index = len(described.oneof_decl)
    described.oneof_decl.add(name=name)
    for field in described.field:
        if field.name in members:
            field.oneof_index = index


def _depend(file: FileDescriptorProto, name: str) -> None:
    if name != file.name and name not in file.dependency:
        file.dependency.append(name)
