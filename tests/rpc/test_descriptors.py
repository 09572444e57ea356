"""Every row of the table of the gRPC API is in the descriptors, as it stands there."""

import csv
import importlib
import pkgutil
from pathlib import Path

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto

import pithead.bos
from pithead.bos.protos import ROOT_PACKAGE, proto_file
from pithead.rpc.contract import Service
from pithead.rpc.descriptors import Descriptors

FACTS = Path(__file__).parent.parent / "contract" / "grpc.tsv"
with FACTS.open() as table:
    ROWS = list(csv.reader(table, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]

SERVICES = [
    each
    for module in pkgutil.iter_modules(pithead.bos.__path__)
    for each in vars(importlib.import_module(f"pithead.bos.{module.name}")).values()
    if isinstance(each, type) and issubclass(each, Service) and each.full_name
]
DESCRIPTORS = Descriptors(SERVICES, proto_file, ROOT_PACKAGE)
POOL = DESCRIPTORS.pool

KINDS = {
    getattr(FieldDescriptor, name): name.removeprefix("TYPE_").lower()
    for name in vars(FieldDescriptor)
    if name.startswith("TYPE_")
}


def rows(kind):
    return [row for row in ROWS if row[0] == kind]


def ident(row):
    return f"{row[2]}.{row[4]}"


def shown(field):
    """A field's type as the table writes it, without its label."""
    if field.message_type is not None:
        return field.message_type.full_name
    if field.enum_type is not None:
        return field.enum_type.full_name
    return KINDS[field.type]


@pytest.mark.parametrize("row", rows("message"), ids=ident)
def test_a_field_has_its_number_type_label_and_oneof(row):
    _, file, message, number, name, signature, oneof = row
    label, _, kind = signature.rpartition(" ")
    described = POOL.FindMessageTypeByName(message)
    field = described.fields_by_number[int(number)]
    assert described.file.name == file
    assert (field.name, shown(field)) == (name, kind)
    assert field.is_repeated == (label == "repeated")
    as_written = FileDescriptorProto()
    described.file.CopyToProto(as_written)
    (written,) = (
        each
        for message in as_written.message_type
        if message.name == described.name
        for each in message.field
        if each.name == name
    )
    assert written.proto3_optional == (label == "optional")
    inside = field.containing_oneof
    assert (inside.name if inside is not None else "") == (
        f"_{name}" if label == "optional" else oneof
    )


@pytest.mark.parametrize("row", rows("enum"), ids=ident)
def test_an_enum_has_its_member_with_its_number(row):
    enum = POOL.FindEnumTypeByName(row[2])
    assert enum.file.name == row[1]
    assert enum.values_by_name[row[4]].number == int(row[3])


@pytest.mark.parametrize("row", rows("rpc"), ids=ident)
def test_a_method_has_its_messages_and_streams(row):
    method = POOL.FindServiceByName(row[2]).methods_by_name[row[4]]
    request, response = (
        f"{'stream ' if streams else ''}{message.full_name}"
        for streams, message in (
            (method.client_streaming, method.input_type),
            (method.server_streaming, method.output_type),
        )
    )
    assert method.containing_service.file.name == row[1]
    assert f"{request} -> {response}" == row[5]


def test_there_is_nothing_that_the_table_does_not_know():
    known = {(row[2], row[4]) for row in ROWS}
    ours = set()
    for name in DESCRIPTORS.files:
        file = POOL.FindFileByName(name)
        for message in file.message_types_by_name.values():
            ours |= {(message.full_name, field.name) for field in message.fields}
        for enum in file.enum_types_by_name.values():
            ours |= {(enum.full_name, value.name) for value in enum.values}
        for service in file.services_by_name.values():
            ours |= {(service.full_name, method.name) for method in service.methods}
    assert ours == known
