"""JSON schemas in words."""

import re

import pytest

from pithead.rpc.schematext import kind, notes

THING = {"$ref": "#/components/schemas/Thing"}


def words(markup):
    return re.sub(r"<[^>]+>", "", markup).replace("&quot;", '"')


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({}, "any value"),
        (True, "any value"),
        ({"type": "integer"}, "integer"),
        ({"type": "string", "format": "date"}, "string (date)"),
        ({"type": ["string", "null"]}, "string or null"),
        ({"anyOf": [THING, {"type": "null"}]}, "Thing or null"),
        ({"oneOf": [THING, {"type": "boolean"}]}, "Thing or boolean"),
        ({"allOf": [THING, {"type": "object"}]}, "Thing and object"),
        ({"enum": ["a", 1]}, 'one of "a", 1'),
        ({"enum": ["a"]}, '"a"'),
        ({"const": 3}, "3"),
        ({"type": "array"}, "array"),
        ({"type": "array", "items": THING}, "array of Thing"),
        ({"type": "array", "prefixItems": [{"type": "string"}, THING]},
         "array of string, then Thing"),
        ({"type": "object"}, "object"),
        ({"type": "object", "additionalProperties": THING}, "object, each value Thing"),
        ({"type": "object", "properties": {"a": THING, "b": {"type": "number", "minimum": 0}}},
         "object with a: Thing, b: number; at least 0"),
    ],
)  # fmt: skip
def test_what_a_value_may_be_is_said_in_a_line(schema, said):
    assert words(kind(schema)) == said


def test_a_name_links_to_its_schema():
    assert kind(THING) == '<a href="#schema-Thing">Thing</a>'


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({}, ""),
        (None, ""),
        ({"minimum": 0, "maximum": 10}, "at least 0; at most 10"),
        ({"exclusiveMinimum": 0, "exclusiveMaximum": 1.5}, "more than 0; less than 1.5"),
        ({"maxLength": 8, "pattern": "^a$"}, "at most 8 characters; matches ^a$"),
        ({"default": ""}, 'default ""'),
        ({"default": None}, "default null"),
        ({"type": "array", "maxItems": 3, "items": {"minimum": 1}}, "at most 3 items; at least 1"),
        ({"anyOf": [{"maximum": 5}, {"type": "null"}], "description": "How many."},
         "at most 5; How many."),
        ({"description": "Says `what`."}, "Says what."),
    ],
)  # fmt: skip
def test_limits_default_and_meaning_are_told(schema, said):
    assert words(notes(schema)) == said
