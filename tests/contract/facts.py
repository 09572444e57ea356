"""The tables of this directory, and whether data has the shapes that they say."""

import csv
import json
import math
from pathlib import Path

HERE = Path(__file__).parent
PACKAGES = ("braiins.bos.v1.", "braiins.bos.")


def table(name):
    """The rows of a table without its head."""
    with (HERE / name).open() as file:
        return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]


def bare_name(full):
    """The name of a message or a service without its package."""
    for package in PACKAGES:
        if full.startswith(package):
            return full.removeprefix(package)
    return full


REST = {row[2]: row for row in table("rest.tsv")}
"""By operationId: verb, path, operationId, rpc, body, status, answer, since, note."""
_GRPC = table("grpc.tsv")
RPCS = {f"{bare_name(row[2])}.{row[4]}": row for row in _GRPC if row[0] == "rpc"}
"""By `Service.Method`; the full name of the service is in the third column."""
REST_ALONE = {
    "GetMinerDetailsResponse": {"detailed_status", "is_pic_model"},
    "FactoryResetRequest": {"wipe_network"},
    "ApplyContractKeyRequest": {"keep_existing"},
}
"""Fields that the table of messages does not have: gRPC has no such field."""
SCHEMAS = json.loads((HERE / "schemas.json").read_text())
NUMBERS = {name: set(members.values()) for name, members in SCHEMAS["enums"].items()}


def response_of(rpc):
    """The name of the message that an rpc answers with, streamed or not."""
    return bare_name(RPCS[rpc][5].partition(" -> ")[2].removeprefix("stream "))


def misfits(value, name, where=""):
    """What of a message's JSON is not as its schema says: one sentence each."""
    where = where or name
    facts = SCHEMAS["schemas"][name]
    if not isinstance(value, dict):
        return [f"{where} is {value!r}, no {name}"]
    here = [f"{where} has no {field}" for field in facts.keys() - value.keys()]
    too_many = value.keys() - facts.keys() - REST_ALONE.get(name, set())
    here += [f"{where} has {field}, which is nowhere" for field in too_many]
    for field in facts.keys() & value.keys():
        here += _misfits_of_field(value[field], facts[field], f"{where}.{field}")
    return here


def _misfits_of_field(value, fact, where):
    kind = fact["type"]
    if value is None:
        return [] if fact["nullable"] else [f"{where} is null"]
    if kind == "oneof":
        if (
            not isinstance(value, dict)
            or len(value) != 1
            or not value.keys() <= fact["variants"].keys()
        ):
            return [f"{where} is {value!r}, none of {sorted(fact['variants'])}"]
        ((variant, inner),) = value.items()
        return misfits(inner, fact["variants"][variant], f"{where}.{variant}")
    if kind.startswith("array of "):
        if not isinstance(value, list):
            return [f"{where} is {value!r}, no array"]
        kind = kind.removeprefix("array of ")
        items = [(each, f"{where}[{number}]") for number, each in enumerate(value)]
    else:
        items = [(value, where)]
    return [wrong for each, there in items for wrong in _misfits_of_value(each, kind, there)]


def _misfits_of_value(value, kind, where):
    if kind in SCHEMAS["schemas"]:
        return misfits(value, kind, where)
    return [] if _fits(value, kind) else [f"{where} is {value!r}, no {kind}"]


def _fits(value, kind):
    match kind:
        case "integer":
            return type(value) is int and value >= 0
        case "number":
            return type(value) in (int, float) and math.isfinite(value)
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "Struct":
            return isinstance(value, dict)
    assert kind.startswith("integer ("), kind
    return type(value) is int and value in NUMBERS[kind[9:-1]]
