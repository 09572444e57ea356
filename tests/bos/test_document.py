"""The OpenAPI document of the whole contract, held to that of a live machine.

`tests/contract/openapi_schemas_1.3.0.json` has every schema of the document that a machine of REST
1.3.0 serves, as names and types alone (see `compact`).
"""

import importlib
import json
import pkgutil
from pathlib import Path

import msgspec
import pytest

import pithead.bos
from pithead.rpc import openapi
from pithead.rpc.contract import Service

FACTS = Path(__file__).parent.parent / "contract" / "openapi_schemas_1.3.0.json"
THERE = json.loads(FACTS.read_text())

NEWER = {
    "ApplyContractKeyRequest": {"keep_existing": "boolean?"},
    "GetMinerDetailsResponse": {
        "detailed_status": "MinerDetailedStatus?",
        "is_pic_model": "boolean?",
    },
    "Hashboard": {
        "highest_water_outlet_temp": "Temperature?",
        "lowest_water_inlet_temp": "Temperature?",
    },
}
"""What REST 1.4.0 to 1.7.0 added."""
OTHERWISE = {
    "ListTargetProfilesRequest": "an empty object, by mistake in the place of the response",
    "SetDpsRequestRest": "has a save_action, which is taken and ignored",
    "SystemUpgradeRequestRest": "shows a form as lists of numbers",
}
"""Where the live document is not followed, and what it has."""


def everything():
    """Each service with all of its operations, as if all were implemented."""
    modules = [
        importlib.import_module(f"pithead.bos.{each.name}")
        for each in pkgutil.iter_modules(pithead.bos.__path__)
    ]
    declared = [
        kind
        for module in modules
        for kind in vars(module).values()
        if isinstance(kind, type)
        and issubclass(kind, Service)
        and kind.__module__ == module.__name__
    ]

    async def answer(self, request):
        raise NotImplementedError

    return [
        type(kind.__name__, (kind,), {each.method: answer for each in kind.operations()})()
        for kind in declared
    ]


def compact(schema, schemas):
    """A schema as names and types alone: `Power`, `integer?`, `[PoolGroup]`, an object of these."""
    match schema:
        case {"$ref": reference}:
            name = reference.rpartition("/")[2]
            return "integer" if schemas[name].get("type") == "integer" else name
        case {"anyOf": choices} | {"oneOf": choices}:
            shapes = [compact(each, schemas) for each in choices if each.get("type") != "null"]
            if len(shapes) < len(choices):
                (shape,) = shapes
                return f"{shape}?"
            return {"oneof": {key: kind for each in shapes for key, kind in each.items()}}
        case {"type": [kind, "null"]}:
            return f"{compact({**schema, 'type': kind}, schemas)}?"
        case {"type": "array", "items": items}:
            return f"[{compact(items, schemas)}]"
        case {"type": "object", "properties": properties} if properties:
            return {name: compact(each, schemas) for name, each in sorted(properties.items())}
        case {"type": kind}:
            return kind
    return schema


@pytest.fixture(scope="module")
def document():
    made = openapi.document(everything(), "Miner", "1.7.0", "/api/v1", "A miner.")
    return json.loads(msgspec.json.encode(made))


def test_the_schemas_have_the_names_and_the_fields_of_the_live_document(document):
    schemas = document["components"]["schemas"]
    for name in sorted(THERE.keys() - OTHERWISE.keys()):
        there = THERE[name] | NEWER[name] if name in NEWER else THERE[name]
        assert compact(schemas[name], schemas) == there, name


def test_a_oneof_is_named_as_there(document):
    schemas = document["components"]["schemas"]
    ours = {name for name, each in schemas.items() if "oneOf" in each}
    there = {name for name, each in THERE.items() if isinstance(each, dict) and "oneof" in each}
    newer = {"Phase", "StopReason", "StartReason", "RunReason", "Precision"}
    assert ours == there | newer


def test_nothing_of_grpc_alone_is_in_the_document(document):
    text = json.dumps(document["components"]["schemas"])
    assert "save_action" not in text
    assert "SetImmersionModeRequest" not in text


def test_what_is_no_json_is_shown_as_octets_and_a_form_by_its_parts(document):
    octets = {"type": "string", "contentMediaType": "application/octet-stream"}
    log = document["paths"]["/api/v1/miner/log/{log_type}"]["get"]["responses"]["200"]
    assert log["content"] == {"application/octet-stream": {"schema": octets}}
    upgrade = document["paths"]["/api/v1/upgrade/system-upgrade"]["post"]["requestBody"]
    reference = {"$ref": "#/components/schemas/SystemUpgradeRequestRest"}
    assert upgrade["content"] == {"multipart/form-data": {"schema": reference}}
    form = document["components"]["schemas"]["SystemUpgradeRequestRest"]
    assert form["properties"]["data"] == octets
    assert form["properties"]["metadata"] == {"$ref": "#/components/schemas/SystemUpgradeMetadata"}


def test_every_reference_leads_somewhere_and_every_schema_is_led_to(document):
    text = json.dumps(document)
    led_to = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert led_to == document["components"]["schemas"].keys()
