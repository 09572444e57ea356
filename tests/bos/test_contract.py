"""The declared contract against the facts: tables of operations, numbers, shapes, live answers.

`tests/contract` holds the facts: `rest.tsv` (operations), `grpc.tsv` (rpcs and numbers),
`schemas.json` (JSON shapes), `dumps` (answers of live machines).
"""

import importlib
import json
import pkgutil
import types
import typing
from enum import IntEnum

import msgspec
import pytest
from msgspec import UnsetType

import pithead.bos
from pithead.bos import configuration as configuration_service
from pithead.bos import cooling, miner, network, performance, pool, version
from pithead.rpc.contract import Message, Oneof, Service
from pithead.rpc.shapes import answer_type, body_type
from tests.contract.facts import HERE, REST_ALONE, SCHEMAS, bare_name, table

MODULES = [
    importlib.import_module(f"pithead.bos.{each.name}")
    for each in pkgutil.iter_modules(pithead.bos.__path__)
]


def declared(kind):
    return {
        name: each
        for module in MODULES
        for name, each in vars(module).items()
        if isinstance(each, type) and issubclass(each, kind) and each.__module__ == module.__name__
    }


MESSAGES = {name: each for name, each in declared(Message).items() if not issubclass(each, Oneof)}
ENUMS = declared(IntEnum)
SERVICES = {each.full_name: each for each in declared(Service).values()}
OPERATIONS = [
    (service, operation) for service in SERVICES.values() for operation in service.operations()
]
BY_ID = {each.http.operation_id: (service, each) for service, each in OPERATIONS if each.http}
REST = table("rest.tsv")
GRPC = table("grpc.tsv")
FIELDS = [row[2:] for row in GRPC if row[0] == "message"]
RPCS = [row for row in GRPC if row[0] == "rpc"]
MEMBERS = [row for row in GRPC if row[0] == "enum"]


class Field:
    """What a Struct says of one field: its type without wrappings, and its numbers."""

    def __init__(self, annotated):
        self.extra, self.nullable, self.many = {}, False, False
        self.kind = self._unwrap(annotated)

    def _unwrap(self, kind):
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if origin is typing.Annotated:
            for meta in kind.__metadata__:
                self.extra |= meta.extra or {}
            return self._unwrap(arguments[0])
        if origin in (typing.Union, types.UnionType):
            self.nullable |= types.NoneType in arguments
            inner = [each for each in arguments if each not in (types.NoneType, UnsetType)]
            assert len(inner) == 1, kind
            return self._unwrap(inner[0])
        if origin is tuple:
            self.many = True
            return self._unwrap(arguments[0])
        return kind


def fields_of(message):
    hints = typing.get_type_hints(message, include_extras=True)
    return {name: Field(hints[name]) for name in message.__struct_fields__}


def protobuf_fields(message):
    """By protobuf name: the field, and the name of the oneof it is in."""
    found = {}
    for name, field in fields_of(message).items():
        if isinstance(field.kind, type) and issubclass(field.kind, Oneof) and not field.extra:
            for variant, each in fields_of(field.kind).items():
                if each.extra:
                    found[each.extra["name"] or variant] = (each, name)
        elif field.extra:
            found[field.extra["name"] or name] = (field, "")
    return found


# --- operations ---


def test_rest_has_exactly_the_operations_of_the_table():
    assert set(BY_ID) == {row[2] for row in REST} - {"getOpenApiSchema"}
    assert len(REST) == 63


def test_the_operations_of_rest_have_their_verbs_paths_statuses_and_rpcs():
    for row in REST:
        if row[3] != "-":
            check_operation(row)


def check_operation(row):
    verb, path, operation_id, name, body, status, answer, *_ = row
    service, operation = BY_ID[operation_id]
    http = operation.http
    assert (http.verb, http.path, str(http.status)) == (verb, path, status)
    if operation_id == "updateHashboards":  # one operation over two rpcs
        name = "MinerService.UpdateHashboards"
    assert f"{bare_name(service.full_name)}.{operation.name}" == name
    if operation_id not in ("systemUpgrade",):  # its body is no JSON
        assert (body_type(operation, http) is not None) == (body != "-")
    assert (answer_type(operation, http) is not None) == (answer != "-")
    assert operation.streaming == ("stream" in answer)


def test_only_login_and_the_version_need_no_token():
    open_to_all = {operation.name for _, operation in OPERATIONS if not operation.needs_token}
    assert open_to_all == {"Login", "GetApiVersion"}


def test_the_rpcs_are_declared_with_their_messages():
    for row in RPCS:
        check_rpc(row)


def check_rpc(row):
    request, _, response = row[5].partition(" -> ")
    matching = [
        operation
        for operation in SERVICES[row[2]].operations()
        if operation.name == row[4] and operation.over_grpc
    ]
    assert len(matching) == 1
    assert matching[0].streaming == response.startswith("stream ")
    assert matching[0].request.__name__ == bare_name(request.removeprefix("stream "))
    assert matching[0].response.__name__ == bare_name(response.removeprefix("stream "))


def test_grpc_has_no_other_operations():
    assert {(service.full_name, each.name) for service, each in OPERATIONS if each.over_grpc} == {
        (row[2], row[4]) for row in RPCS
    }


# --- protobuf numbers ---

SCALARS = {
    "bool": bool, "bytes": bytes, "double": float, "string": str, "uint32": int, "uint64": int,
}  # fmt: skip


def test_the_fields_have_their_numbers_and_types():
    for row in FIELDS:
        check_field(row)


def check_field(row):
    message, number, name, signature, oneof = (*row, "")[:5]
    field, within = protobuf_fields(MESSAGES[bare_name(message)])[name]
    assert field.extra["number"] == int(number)
    assert within == oneof
    label, _, bare = signature.rpartition(" ")
    bare = bare_name(bare)
    assert field.many == (label == "repeated")
    if bare in SCALARS:
        assert field.kind is SCALARS[bare]
        assert field.extra["kind"] == bare
        assert field.nullable == (label == "optional")
    elif bare in ENUMS:
        assert field.kind is ENUMS[bare]
        assert field.extra["kind"] == "enum"
        assert field.nullable == (label == "optional")
    else:
        assert field.extra["kind"] == "message"
        assert within or field.many or field.nullable
        match bare:
            case "google.protobuf.UInt32Value":
                assert field.kind is int
            case "google.protobuf.Struct":
                assert typing.get_origin(field.kind) is dict
            case _:
                assert field.kind.__name__ == bare.removeprefix("google.protobuf.")


def test_no_message_has_a_number_that_the_table_does_not_know():
    known = {(bare_name(row[0]), row[2]) for row in FIELDS}
    ours = {
        (name, field) for name, message in MESSAGES.items() for field in protobuf_fields(message)
    }
    assert ours - known == {("Timestamp", "seconds"), ("Timestamp", "nanos")}


def test_the_enums_have_their_members_and_numbers():
    for name in sorted({bare_name(row[2]) for row in MEMBERS}):
        check_enum(name)


def check_enum(name):
    capitals = "".join(f"_{c}" if c.isupper() else c for c in name).strip("_").upper()
    capitals = capitals.replace("D_P_S", "DPS").replace("P_O_W", "POW")
    facts = {row[4]: int(row[3]) for row in MEMBERS if bare_name(row[2]) == name}
    assert {f"{capitals}_{each.name}": each.value for each in ENUMS[name]} == facts
    assert SCHEMAS["enums"][name] == facts


# --- JSON shapes ---

JSON_SCALARS = {
    "string": str, "boolean": bool, "number": float, "integer": int, "base64": bytes,
}  # fmt: skip
LEFT_OUT_OVER_REST = {"save_action"}
"""REST has none (`wire(..., rest=...)`), so no body lacks it."""
REQUIRED_ELSEWISE = {("SetPasswordRequest", "password"), ("Timestamp", "nanos")}
"""The first is required where the table has it optional: `{}` never removes a password. The second
is the other way round: a moment without its fraction is read, and always written with it."""


def test_the_messages_have_the_json_shapes_of_their_schemas():
    for name in sorted(SCHEMAS["schemas"]):
        check_shape(name)


def check_shape(name):
    facts = SCHEMAS["schemas"][name]
    message = MESSAGES[name]
    ours = fields_of(message)
    assert set(ours) - REST_ALONE.get(name, set()) == set(facts)
    required = {each.name for each in msgspec.structs.fields(message) if each.required}
    for field, fact in facts.items():
        check_type(ours[field], fact, (name, field))
        if field in LEFT_OUT_OVER_REST:
            assert ours[field].extra["rest"] == 2
        elif (name, field) not in REQUIRED_ELSEWISE and name != "ApiVersion":
            assert (field in required) == fact["required"], field
        assert ours[field].nullable == fact["nullable"], field


def check_type(field, fact, where):
    kind = fact["type"]
    if kind == "oneof":
        variants = fields_of(field.kind)
        shown = {
            key: each.kind.__name__ if each.kind is not bytes else "base64"
            for key, each in variants.items()
        }
        assert shown == fact["variants"], where
        return
    assert field.many == kind.startswith("array of ")
    kind = kind.removeprefix("array of ")
    if kind.startswith("integer ("):
        assert field.kind is ENUMS[kind[9:-1]], where
    elif kind == "Struct":
        assert typing.get_origin(field.kind) is dict, where
    elif kind in JSON_SCALARS:
        assert field.kind is JSON_SCALARS[kind], where
    else:
        assert field.kind is MESSAGES[kind], where


# --- answers of live machines ---

READ = {
    "miner_details": miner.GetMinerDetailsResponse,
    "miner_stats": miner.GetMinerStatsResponse,
    "miner_hw_hashboards": miner.GetHashboardsResponse,
    "miner_errors": miner.GetErrorsResponse,
    "pools": tuple[pool.PoolGroup, ...],
    "cooling_state": cooling.GetCoolingStateResponse,
    "network": network.GetNetworkInfoResponse,
    "performance_tuner_state": performance.GetTunerStateResponse,
    "configuration_miner": configuration_service.GetMinerConfigurationResponse,
    "version": version.RestVersion,
    "actions_locate": bool,
}
DUMPS = sorted((HERE / "dumps").rglob("*.json"))
NOT_YET = {
    "uid", "best_share_str", "detailed_status", "is_pic_model", "lowest_water_inlet_temp",
    "highest_water_outlet_temp", "kernel_version",
}  # fmt: skip
"""Fields that firmwares older than the contract's version do not have."""


@pytest.mark.parametrize("path", DUMPS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_answer_of_a_live_machine_is_read_and_written_back_the_same(path):
    there = json.loads(path.read_text())
    ours = msgspec.to_builtins(msgspec.convert(older(there, path), READ[path.stem]))
    assert strip(ours) == strip(there)


def older(data, path):
    """REST 1.0.0 had no uid of a group and no best share as text: added, to be read."""
    match data:
        case dict():
            filled = {key: older(each, path) for key, each in data.items()}
            if "best_share" in filled:
                filled.setdefault("best_share_str", "")
            if "pools" in filled:
                filled.setdefault("uid", "")
            return filled
        case list():
            return [older(each, path) for each in data]
    return data


def strip(data):
    match data:
        case dict():
            return {
                key: strip(each)
                for key, each in data.items()
                if key not in NOT_YET and each is not None
            }
        case list() | tuple():
            return [strip(each) for each in data]
    return data


@pytest.mark.parametrize("path", DUMPS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_what_a_live_machine_says_as_null_is_null_from_here_too(path):
    there = json.loads(path.read_text())
    ours = msgspec.to_builtins(msgspec.convert(older(there, path), READ[path.stem]))
    assert nulls(there) <= nulls(ours)


def nulls(data, where=""):
    match data:
        case None:
            return {where}
        case dict():
            return set().union(*(nulls(each, f"{where}.{key}") for key, each in data.items()))
        case list() | tuple():
            return set().union(*(nulls(each, f"{where}[{n}]") for n, each in enumerate(data)))
    return set()
