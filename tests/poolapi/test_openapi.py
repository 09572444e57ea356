import json
import re

import pytest

from pithead.pool.credit_proof import CreditDay, CreditProof, ProofStep
from pithead.poolapi.contract import Answer
from pithead.poolapi.endpoints import ENDPOINTS, OWN_ENDPOINTS, STREAMS
from pithead.poolapi.openapi import document
from pithead.poolapi.tokens import TOKEN_HEADERS

DOCUMENT = json.loads(document())
SCHEMAS = DOCUMENT["components"]["schemas"]


def conforms(value, schema, place="answer"):
    """A reader of JSON Schema for the words this document uses; any other word is an error."""
    schema = {word: rule for word, rule in schema.items() if word not in {"title", "description"}}
    if "$ref" in schema:
        conforms(value, SCHEMAS[schema["$ref"].removeprefix("#/components/schemas/")], place)
        return
    if "enum" in schema:
        assert value in schema.pop("enum"), place
        assert not schema
        return
    match schema.pop("type"):
        case "object":
            assert type(value) is dict, place
            required = set(schema.pop("required", []))
            properties = schema.pop("properties", {})
            others = schema.pop("additionalProperties", None)
            assert required <= set(value), place
            for name, item in value.items():
                rule = properties.get(name, others)
                assert rule is not None, f"{place}.{name} is not in the document"
                conforms(item, rule, f"{place}.{name}")
        case "array":
            assert type(value) is list, place
            items = schema.pop("items")
            assert len(value) <= schema.pop("maxItems", 10**6), place
            for item in value:
                conforms(item, items, f"{place}[]")
        case "string":
            assert type(value) is str, place
            assert re.search(schema.pop("pattern", ""), value), place
            assert schema.pop("minLength", 0) <= len(value) <= schema.pop("maxLength", 10**6), place
        case "integer":
            assert type(value) is int, place
            assert value >= schema.pop("minimum", value), place
        case "number":
            assert type(value) in {int, float}, place
            assert value >= schema.pop("minimum", value), place
    assert not schema, f"{place}: {schema}"


@pytest.mark.parametrize(
    "endpoint", [*ENDPOINTS, *OWN_ENDPOINTS], ids=lambda endpoint: endpoint.operation
)
async def test_every_answer_conforms_to_the_schema_that_the_document_gives(
    connect, readings, endpoint
):
    for path in endpoint.paths:
        operation = DOCUMENT["paths"][path]["get"]
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        answer = await connect(readings).get(
            path.format(coin="btc", group="user", day="2023-11-13", hours="24")
        )
        conforms(answer.json(), schema)


def test_every_path_of_the_table_is_there_and_no_other():
    assert set(DOCUMENT["paths"]) == {
        path for endpoint in (*ENDPOINTS, *OWN_ENDPOINTS, *STREAMS) for path in endpoint.paths
    }


def test_every_object_of_the_contract_is_there_with_every_field_required():
    named = {}
    structs = [*Answer.__subclasses__(), CreditDay, CreditProof, ProofStep]
    for struct in structs:
        named[struct.__name__] = set(struct.__struct_fields__)
    assert {name: set(schema["required"]) for name, schema in SCHEMAS.items()} == named


def test_operation_ids_are_unique():
    ids = [item["get"]["operationId"] for item in DOCUMENT["paths"].values()]
    assert len(ids) == len(set(ids)) == 14


def test_every_path_parameter_is_declared():
    for path, item in DOCUMENT["paths"].items():
        declared = {p["name"] for p in item["get"]["parameters"] if p["in"] == "path"}
        assert declared == set(re.findall(r"{(\w+)}", path))


def test_dates_are_optional_where_there_are_dates():
    dated = {
        path
        for path, item in DOCUMENT["paths"].items()
        if {"from", "to"} <= {p["name"] for p in item["get"]["parameters"]}
    }
    assert dated == {
        "/accounts/rewards/json/{coin}",
        "/accounts/hash_rate_daily/json/{group}/{coin}",
        "/accounts/hash_rate_daily/json/{coin}",
        "/accounts/block_rewards/json/{coin}",
        "/accounts/payouts/json/{coin}",
        "/api/v1/credits",
    }


def test_each_of_the_token_headers_alone_is_enough():
    assert DOCUMENT["security"] == [{name: []} for name in TOKEN_HEADERS]
    assert set(DOCUMENT["components"]["securitySchemes"]) == set(TOKEN_HEADERS)
