"""The page of an OpenAPI document: all of it is there, and nothing else happens."""

import base64
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.rpc.pages import POLICY, page
from tests.documentation import (
    assert_accessible,
    assert_tells_all_of,
    assert_whole_in_itself,
    parsed,
    text_of,
)

REF = {"$ref": "#/components/schemas/Thing"}
OPERATION = {
    "operationId": "setThing",
    "summary": "Set `it`.",
    "parameters": [
        {"name": "uid", "in": "path", "required": True, "schema": {"type": "string"}},
        {"name": "from", "in": "query", "description": "First day.",
         "schema": {"type": "string", "format": "date"}},
    ],
    "requestBody": {"required": True, "content": {"application/json": {"schema": REF}}},
    "responses": {
        "200": {"description": "Done.", "content": {"application/json": {"schema": REF}}},
        "404": {"description": "Not there.", "content": {"text/plain": {}}},
        "default": {"description": "Refused."},
    },
}  # fmt: skip


def document(operation=OPERATION, schema=None, **more):
    return {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1.2.3"},
        "paths": {
            "/api/v1/things/{uid}": {"put": operation},
            "/api/v1/others": {"get": {"operationId": "others", "responses": {}}},
        },
        "components": {
            "schemas": {"Thing": schema or {"type": "object", "properties": {"size": REF}}},
            "securitySchemes": {"token": {"type": "apiKey", "in": "header", "name": "X-Token"}},
        },
        **more,
    }


def told(tree, anchor):
    (article,) = (each for each in tree.iter("article") if each.attrib["id"] == anchor)
    return text_of(article)


def test_a_page_tells_all_and_is_whole_in_itself_and_accessible():
    tree = parsed(page(document(), "/openapi.json"))
    assert_tells_all_of(tree, document())
    assert_whole_in_itself(tree)
    assert_accessible(tree)


def test_an_operation_shows_what_it_takes_and_answers():
    shown = told(parsed(page(document(), "/openapi.json")), "operation-setThing")
    assert shown.startswith("PUT/api/v1/things/{uid}Set it.Needs no token.")
    assert "uidrequiredstringIn the path." in shown
    assert "fromstring (date)In the query. First day." in shown
    assert "BodyThing application/json" in shown
    assert "200Thing application/jsonDone." in shown
    assert "defaultnoneRefused." in shown


def test_operations_are_grouped_by_where_their_paths_part():
    tree = parsed(page(document(), "/openapi.json"))
    assert [each.text for each in tree.iter("h2") if each.text] == ["things", "others", "Schemas"]
    (nav,) = tree.iter("nav")
    assert [text_of(each) for each in nav.iter("li")] == [
        "PUT/things/{uid}", "GET/others", "Thing",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("security", "words"),
    [
        ([], "Needs no token."),
        ([{"token": []}], "Needs a token: header X-Token."),
        ([{"token": [], "other": []}], "Needs a token: header X-Token and other."),
        ([{"token": []}, {"other": []}], "Needs a token: header X-Token or other."),
    ],
)
def test_what_lets_one_in_is_said(security, words):
    for shown in (
        document({**OPERATION, "security": security}),
        document(security=security),
    ):
        assert words in told(parsed(page(shown, "/openapi.json")), "operation-setThing")


def test_the_policy_allows_the_page_its_own_style_and_nothing_else():
    (style,) = (each.text for each in parsed(page(document(), "/openapi.json")).iter("style"))
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in POLICY
    assert "default-src 'none'" in POLICY
    assert "unsafe" not in POLICY


NASTY = '<script>alert("1")</script> & \' `<b>`'


def test_text_stays_text_wherever_it_stands():
    nasty = document(
        {**OPERATION, "summary": NASTY, "description": NASTY, "operationId": NASTY},
        {"type": "object", "description": NASTY, "properties": {
            NASTY: {"type": "string", "pattern": NASTY, "default": NASTY, "description": NASTY},
            "choice": {"enum": [NASTY]}, "link": {"$ref": NASTY}}},
        info={"title": NASTY, "version": NASTY, "description": NASTY},
    )  # fmt: skip
    tree = parsed(page(nasty, "/openapi.json"))
    assert_whole_in_itself(tree)
    assert text_of(next(tree.iter("h1"))) == NASTY
    assert NASTY.replace("`", "") in told(tree, "schema-Thing")


# XML has no word for control characters; a page of them is still HTML.
words = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), max_size=12)
scalars = st.none() | st.booleans() | st.integers() | words
shapes = st.recursive(
    st.fixed_dictionaries({}, optional={"type": words, "description": words, "default": scalars}),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["object", "array", "string", ["string", "null"]]),
            "properties": st.dictionaries(words, inner, max_size=3),
            "items": inner,
            "additionalProperties": inner | st.booleans(),
            "anyOf": st.lists(inner, max_size=3),
            "enum": st.lists(scalars, max_size=3),
            "description": words,
        },
    ),
    max_leaves=8,
)


@settings(max_examples=60)
@given(schema=shapes, summary=words, path=words)
def test_any_document_becomes_a_page_that_is_well_formed(schema, summary, path):
    shown = document({**OPERATION, "summary": summary}, schema)
    shown["paths"][f"/{path}"] = {"get": {"responses": {"200": {"description": summary}}}}
    parsed(page(shown, "/openapi.json"))
