"""The document of the small contract, word for word where it matters."""

import json

import pytest

from pithead.rpc.openapi import document
from tests.rpc.parcels import Store


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def made(store):
    made = document([store], "Store", "1.2.3", "/v1", "A store.")
    return json.loads(json.dumps(made))


def operations(made):
    return [each for item in made["paths"].values() for each in item.values()]


def references(part):
    match part:
        case dict():
            found = {part["$ref"]} if "$ref" in part else set()
            return found.union(*(references(each) for each in part.values()))
        case list():
            return set().union(*(references(each) for each in part))
    return set()


def test_it_is_openapi_3_1_with_exactly_what_is_implemented(made, store):
    assert made["openapi"].startswith("3.1.")
    assert made["info"] == {"title": "Store", "version": "1.2.3", "description": "A store."}
    ids = [each["operationId"] for each in operations(made)]
    assert sorted(ids) == sorted(
        each.http.operation_id for each in store.implemented() if each.http is not None
    )
    assert len(set(ids)) == len(ids)
    assert "/v1/missing" not in made["paths"]
    assert set(made["paths"]["/v1/parcels/"]) == {"get", "post"}


def test_every_reference_leads_somewhere_and_every_schema_is_led_to(made):
    schemas = {f"#/components/schemas/{name}" for name in made["components"]["schemas"]}
    assert references(made) == schemas


def test_a_body_and_an_answer_show_what_is_really_sent(made):
    put = made["paths"]["/v1/weight"]["put"]
    weight = {"$ref": "#/components/schemas/Weight"}
    assert put["requestBody"]["content"]["application/json"]["schema"] == weight
    assert put["responses"]["200"]["content"]["application/json"]["schema"] == weight
    delete = made["paths"]["/v1/parcels/{uid}"]["delete"]
    assert "requestBody" not in delete
    assert "content" not in delete["responses"]["204"]
    stream = made["paths"]["/v1/watch"]["get"]["responses"]["200"]
    assert list(stream["content"]) == ["application/x-ndjson"]


def test_schemas_have_the_names_of_the_contract_and_no_field_that_rest_has_not(made):
    schemas = made["components"]["schemas"]
    assert set(schemas["SendParcelRest"]["properties"]) == {"up", "word"}
    assert schemas["SendParcelRest"]["required"] == ["up"]
    assert "ShapeShape" not in schemas
    assert "save" not in json.dumps([schemas["SendParcelRest"], schemas["Parcel"]])


def test_a_oneof_is_one_shape_per_variant(made):
    assert made["components"]["schemas"]["AnyShape"]["oneOf"] == [
        {
            "type": "object",
            "properties": {key: {"$ref": f"#/components/schemas/{kind}"}},
            "required": [key],
        }
        for key, kind in (("box", "Box"), ("bigball", "Weight"))
    ]


def test_parameters_say_where_they_stand_and_of_which_type_they_are(made):
    parcel = made["paths"]["/v1/parcels/{uid}"]
    uid = {"name": "uid", "in": "path", "required": True, "schema": {"type": "string"}}
    wipe = {"name": "wipe", "in": "query", "required": False, "schema": {"type": "boolean"}}
    assert parcel["put"]["parameters"] == [uid]
    assert parcel["delete"]["parameters"] == [uid, wipe]
    colour = made["paths"]["/v1/read/{colour}"]["get"]["parameters"][0]["schema"]
    assert colour == {"type": "string", "enum": ["red", "dark_blue"]}


def test_an_enum_is_an_integer(made):
    colour = made["components"]["schemas"]["Colour"]
    assert (colour["type"], colour["enum"]) == ("integer", [0, 1, 2])
    assert colour["description"] == "0 unspecified, 1 red, 2 dark_blue."


def test_who_needs_a_token_and_what_refusals_look_like(made):
    assert made["paths"]["/v1/parcels/"]["get"]["security"] == []
    put = made["paths"]["/v1/weight"]["put"]
    assert put["security"] == [{"token": []}]
    assert {"400", "401", "412", "422"} <= set(put["responses"])
    for status in ("400", "401", "412", "422"):
        assert list(put["responses"][status]["content"]) == ["text/plain"]
    assert made["components"]["securitySchemes"]["token"]["name"] == "Authorization"


def test_every_refusal_is_in_the_document(made):
    for operation in operations(made):
        assert list(operation["responses"]["default"]["content"]) == ["text/plain"]
    paths = made["paths"]
    assert {"400", "401", "413", "415", "422"} <= set(paths["/v1/weight"]["put"]["responses"])
    assert {"401", "404", "422"} <= set(paths["/v1/parcels/{uid}"]["delete"]["responses"])
    assert set(paths["/v1/read/{colour}"]["get"]["responses"]) == {"200", "401", "404", "default"}
    assert set(paths["/v1/parcels/"]["get"]["responses"]) == {"200", "default"}
