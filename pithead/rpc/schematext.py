"""JSON schemas in words: what a value may be, with links to the schemas that have names. Pure."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pithead.rpc.markup import Html, html, joined, prose, tag

Schema = Mapping[str, Any]

SCHEMAS = "#/components/schemas/"

_LIMITS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "minProperties": "at least {} keys",
    "maxProperties": "at most {} keys",
}
_MARKS = {"pattern": "matches", "default": "default", "contentMediaType": "as"}


def anchor(name: str) -> str:
    """The id of the schema of this name."""
    return f"schema-{name}"


def kind(schema: Any) -> Html:
    """What a value may be, in a line."""
    match schema:
        case {"$ref": str(reference)}:
            return _link(reference)
        case {"anyOf": [*choices]} | {"oneOf": [*choices]}:
            return joined(*map(kind, choices), by=" or ")
        case {"allOf": [*parts]}:
            return joined(*map(kind, parts), by=" and ")
        case {"enum": [value]} | {"const": value}:
            return _values([value])
        case {"enum": [*values]}:
            return joined("one of ", _values(values))
        case {"type": [*types]}:
            return joined(*(kind({**schema, "type": each}) for each in types), by=" or ")
        case {"type": "array"}:
            return _array(schema)
        case {"type": "object"} | {"properties": _}:
            return _object(schema)
        case {"type": str(name)}:
            shape = schema.get("format")
            return html(f"{name} ({shape})" if shape else name)
    return html("any value")


def _link(reference: str) -> Html:
    if not reference.startswith(SCHEMAS):
        return tag("code", reference)
    name = reference.removeprefix(SCHEMAS)
    return tag("a", name, href=f"#{anchor(name)}")


def _values(values: Iterable[Any]) -> Html:
    return joined(*(tag("code", json.dumps(value)) for value in values), by=", ")


def _array(schema: Schema) -> Html:
    parts = schema.get("prefixItems")
    if parts:
        return joined("array of ", joined(*map(kind, parts), by=", then "))
    items = schema.get("items")
    return joined("array of ", kind(items)) if items else html("array")


def _object(schema: Schema) -> Html:
    properties, others = schema.get("properties"), schema.get("additionalProperties")
    if properties:
        fields = (
            joined(tag("code", name), ": ", kind(each), notes(each, before="; "))
            for name, each in properties.items()
        )
        return joined("object with ", joined(*fields, by=", "))
    return joined("object, each value ", kind(others)) if others else html("object")


def notes(schema: Any, before: str = "") -> Html:
    """Limits, default and meaning, after `before` if there are any."""
    if not isinstance(schema, Mapping):
        return html("")
    said: list[object] = [
        words.format(json.dumps(schema[name])) for name, words in _LIMITS.items() if name in schema
    ]
    said += [
        joined(words, " ", tag("code", _marked(schema[name])))
        for name, words in _MARKS.items()
        if name in schema
    ]
    # What a choice or an array holds has limits of its own.
    said += [told for each in _inner(schema) if (told := notes(each))]
    if text := schema.get("description"):
        said.append(prose(text))
    return joined(before, joined(*said, by="; ")) if said else html("")


def _marked(value: Any) -> str:
    return value if isinstance(value, str) and value else json.dumps(value)


def _inner(schema: Schema) -> list[Any]:
    choices = [*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())]
    if "properties" in schema:
        return choices
    return [*choices, schema.get("items"), schema.get("additionalProperties")]
