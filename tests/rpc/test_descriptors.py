"""The descriptors, written as rows, are the table of the gRPC API."""

import importlib
import pkgutil

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto

import pithead.bos
from pithead.bos.protos import ROOT_PACKAGE, proto_file
from pithead.rpc.contract import Service
from pithead.rpc.descriptors import Descriptors
from tests.contract.facts import table

SERVICES = [
    each
    for module in pkgutil.iter_modules(pithead.bos.__path__)
    for each in vars(importlib.import_module(f"pithead.bos.{module.name}")).values()
    if isinstance(each, type) and issubclass(each, Service) and each.full_name
]
DESCRIPTORS = Descriptors(SERVICES, proto_file, ROOT_PACKAGE)
KINDS = {
    getattr(FieldDescriptor, name): name.removeprefix("TYPE_").lower()
    for name in vars(FieldDescriptor)
    if name.startswith("TYPE_")
}


def rows_of(file):
    """What a file declares, as the table writes it."""
    as_written = FileDescriptorProto()
    file.CopyToProto(as_written)
    optional = {
        (message.name, field.name)
        for message in as_written.message_type
        for field in message.field
        if field.proto3_optional
    }
    for message in file.message_types_by_name.values():
        for field in message.fields:
            is_optional = (message.name, field.name) in optional
            yield ("message", file.name, message.full_name, str(field.number), field.name,
                   *type_of(field, is_optional))  # fmt: skip
    for enum in file.enum_types_by_name.values():
        for value in enum.values:
            yield ("enum", file.name, enum.full_name, str(value.number), value.name)
    for service in file.services_by_name.values():
        for method in service.methods:
            request, response = (
                f"{'stream ' if streams else ''}{message.full_name}"
                for streams, message in (
                    (method.client_streaming, method.input_type),
                    (method.server_streaming, method.output_type),
                )
            )
            yield ("rpc", file.name, service.full_name, "", method.name, f"{request} -> {response}")


def type_of(field, is_optional):
    """A field's type with its label, and its oneof."""
    named = field.message_type or field.enum_type
    kind = named.full_name if named is not None else KINDS[field.type]
    label = "repeated " if field.is_repeated else "optional " if is_optional else ""
    oneof = field.containing_oneof.name if field.containing_oneof is not None else ""
    if is_optional:
        assert oneof == f"_{field.name}"
        oneof = ""
    return (label + kind, oneof)


def shortened(row):
    return tuple("\t".join(row).rstrip("\t-").split("\t"))


def test_the_descriptors_are_the_table_no_more_and_no_less():
    there = {shortened(row) for row in table("grpc.tsv")}
    ours = {
        shortened(row)
        for name in DESCRIPTORS.files
        for row in rows_of(DESCRIPTORS.pool.FindFileByName(name))
    }
    assert not there - ours, "missing"
    assert not ours - there, "in no row"
    assert len(there) == 627
