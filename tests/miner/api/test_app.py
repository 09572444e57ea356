"""What holds for the whole API of a machine: who may ask what, and the document of it."""

import csv
import json
from pathlib import Path

import pytest

from pithead.rpc.pages import POLICY
from tests.documentation import (
    assert_accessible,
    assert_tells_all_of,
    assert_whole_in_itself,
    parsed,
)

FACTS = Path(__file__).parents[2] / "contract"
with (FACTS / "rest.tsv").open() as file:
    REST = {
        row[2]: row for row in list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
    }
SCHEMAS = json.loads((FACTS / "schemas.json").read_text())["schemas"]
OPEN = {"login", "getApiVersion", "getOpenApiSchema"}


@pytest.fixture
async def document(bench):
    async with bench.client() as client:
        return (await client.get("/docs/openapi.json")).json()


def operations(document):
    return {
        each["operationId"]: (verb.upper(), path.removeprefix("/api/v1"), each)
        for path, item in document["paths"].items()
        for verb, each in item.items()
    }


async def test_the_page_at_the_root_tells_scanners_what_this_is(bench):
    async with bench.client() as client:
        page = await client.get("http://miner/")
    assert page.status_code == 200
    assert "Braiins OS" in page.text
    assert "Antminer S21" in page.text
    assert 'href="/api/v1/docs"' in page.text
    assert "www-authenticate" not in page.headers


@pytest.mark.parametrize("path", ["/docs", "/docs/"])
async def test_a_page_tells_people_all_of_the_document(bench, document, path):
    async with bench.client() as client:
        page = await client.get(path)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"] == POLICY
    tree = parsed(page.content)
    assert_tells_all_of(tree, document)
    assert_whole_in_itself(tree)
    assert_accessible(tree)


@pytest.mark.parametrize("path", ["/version", "/version/"])
async def test_the_version_is_told_to_everybody(bench, path):
    async with bench.client() as client:
        response = await client.get(path)
    assert (response.status_code, response.json()) == (
        200,
        {"major": 1, "minor": 7, "patch": 0},
    )


async def test_all_else_asks_for_a_token_before_it_looks_at_anything(bench, document):
    async with bench.client() as client:
        for name, (verb, path, _) in operations(document).items():
            if name in OPEN:
                continue
            for headers in ({}, {"Authorization": "0123456789abcdef"}):
                response = await client.request(verb, path, content=b"{", headers=headers)
                assert response.status_code == 401, name
                assert response.headers["content-type"].startswith("text/plain")


async def test_the_document_describes_operations_as_the_contract_has_them(document):
    assert document["openapi"].startswith("3.1")
    assert document["info"]["version"] == "1.7.0"
    for name, (verb, path, operation) in operations(document).items():
        assert REST[name][:2] == [verb, path]
        assert REST[name][5] in operation["responses"]
        assert (operation["security"] == []) == (name in OPEN)


async def test_every_reference_of_the_document_leads_somewhere(document):
    schemas = document["components"]["schemas"]
    text = json.dumps(document)
    for part in text.split('"#/components/schemas/')[1:]:
        assert part.partition('"')[0] in schemas


async def test_schemas_of_the_document_have_the_fields_of_the_contract(document):
    compared = 0
    for name, shape in document["components"]["schemas"].items():
        facts = SCHEMAS.get(name) or SCHEMAS.get(name.replace("Dps", "DPS"))
        if facts is None or name == "ApiVersion" or "properties" not in shape:
            continue
        compared += 1
        extra = {"detailed_status", "is_pic_model", "keep_existing"}
        assert set(shape["properties"]) - extra == set(facts), name
        required = {field for field, fact in facts.items() if fact["required"]}
        assert set(shape.get("required", [])) - {"password"} == required - {"password", "nanos"}
        for field, fact in facts.items():
            check_shape(shape["properties"][field], fact, f"{name}.{field}")
    assert compared > 20


JSON_TYPES = {"integer", "number", "string", "boolean"}


def check_shape(shape, fact, where):
    choices = shape.get("anyOf", [shape])
    nullable = {"type": "null"} in choices
    assert nullable == fact["nullable"], where
    inner = next(choice for choice in choices if choice != {"type": "null"})
    kind = fact["type"]
    if kind.startswith("array of "):
        assert inner["type"] == "array", where
        return
    if kind in JSON_TYPES:
        assert inner["type"] == kind, where
    elif kind != "oneof" and kind != "Struct":
        name = kind[9:-1] if kind.startswith("integer (") else kind.replace("DPS", "Dps")
        assert inner["$ref"] == f"#/components/schemas/{name}", where


async def test_an_unknown_path_is_404_in_words_with_and_without_a_token(bench, client):
    async with bench.client() as stranger:
        for each in (client, stranger):
            response = await each.get("/miner/nothing")
            assert response.status_code == 404
            assert "openapi.json" in response.text


async def test_no_path_redirects(client):
    for path in ("/pools", "/pools/", "/miner/details/", "/version"):
        assert (await client.get(path)).status_code == 200
