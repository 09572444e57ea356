"""An OpenAPI 3.1 document as a page for people: whole in itself, without a script. Pure.

It is to be served with `POLICY`, which lets it load nothing, not even from where it came.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pithead.rpc.markup import Html, html, joined, prose, tag
from pithead.rpc.pagestyle import STYLE
from pithead.rpc.schematext import Schema, anchor, kind, notes

_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""The Content-Security-Policy of a page."""

VERBS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True, slots=True)
class _Operation:
    """One verb of one path."""

    verb: str
    path: str
    said: Schema
    shared: tuple[Any, ...]
    """Parameters that all verbs of the path have."""
    security: tuple[Schema, ...]

    @property
    def id(self) -> str:
        name = self.said.get("operationId") or f"{self.verb}{self.path}"
        return "operation-" + re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-")

    @property
    def parts(self) -> list[str]:
        return self.path.strip("/").split("/")

    def title(self, depth: int = 0) -> Html:
        """Verb and path, but for so many parts at its head."""
        path = "/" + "/".join(self.path.split("/")[1 + depth :])
        return joined(tag("span", self.verb.upper(), class_=f"verb {self.verb}"), tag("code", path))


def page(document: Mapping[str, Any], source: str) -> bytes:
    """The page; `source` is where the document itself is served."""
    info, operations = document["info"], list(_operations(document))
    schemas: Mapping[str, Any] = document.get("components", {}).get("schemas", {})
    depth = _shared_depth(operations)
    groups = _grouped(operations, depth)
    title = info["title"]
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        tag("style", Html(STYLE)),
    )
    intro = tag(
        "header",
        tag("h1", title),
        tag("p", prose(info.get("description", "")), class_="lead"),
        tag("p", f"Version {info['version']}. For programs: ", tag("a", source, href=source),
            class_="faint"),
    )  # fmt: skip
    security = document.get("components", {}).get("securitySchemes", {})
    sections = [
        tag("section", tag("h2", name, id=_group_id(name)),
            *(_article(each, security) for each in members))
        for name, members in groups.items()
    ]  # fmt: skip
    named = [_schema(name, schema) for name, schema in schemas.items()]
    if named:
        sections.append(tag("section", tag("h2", "Schemas", id="schemas"), *named))
    body = tag(
        "body",
        tag("a", "To the content", href="#content", class_="skip"),
        tag("div", _nav(groups, depth, schemas), tag("main", intro, *sections, id="content"),
            class_="frame"),
    )  # fmt: skip
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n".encode()


def _operations(document: Mapping[str, Any]) -> Iterator[_Operation]:
    usual = tuple(document.get("security", ()))
    for path, item in document.get("paths", {}).items():
        shared = tuple(item.get("parameters", ()))
        for verb in VERBS:
            if verb in item:
                security = tuple(item[verb].get("security", usual))
                yield _Operation(verb, path, item[verb], shared, security)


def _shared_depth(operations: Iterable[_Operation]) -> int:
    """How many parts all paths begin with together; each has one more of its own."""
    depth = 0
    for parts in zip(*(each.parts[:-1] for each in operations), strict=False):
        if len(set(parts)) > 1:
            break
        depth += 1
    return depth


def _grouped(operations: Iterable[_Operation], depth: int) -> dict[str, list[_Operation]]:
    """By the first part in which paths differ."""
    groups: dict[str, list[_Operation]] = {}
    for operation in operations:
        groups.setdefault(operation.parts[depth] or "/", []).append(operation)
    return groups


def _group_id(name: str) -> str:
    return "group-" + re.sub(r"[^A-Za-z0-9_]+", "-", name)


def _nav(groups: Mapping[str, list[_Operation]], depth: int, schemas: Iterable[str]) -> Html:
    parts: list[Html] = []
    for name, members in groups.items():
        parts.append(tag("h2", tag("a", name, href=f"#{_group_id(name)}")))
        links = (tag("li", tag("a", each.title(depth), href=f"#{each.id}")) for each in members)
        parts.append(tag("ul", *links))
    names = [tag("li", tag("a", name, href=f"#{anchor(name)}")) for name in schemas]
    if names:
        parts += [tag("h2", tag("a", "Schemas", href="#schemas")), tag("ul", *names)]
    return tag("nav", *parts, aria_label="Operations and schemas")


def _article(operation: _Operation, schemes: Mapping[str, Schema]) -> Html:
    said = operation.said
    parts = [
        tag("h3", tag("a", operation.title(), href=f"#{operation.id}")),
        tag("p", prose(said.get("summary", ""))),
    ]
    if text := said.get("description"):
        parts.append(tag("p", prose(text)))
    parts.append(tag("p", _needed(operation.security, schemes), class_="faint"))
    if parameters := [*operation.shared, *said.get("parameters", ())]:
        rows = (
            (
                _name(each["name"], bool(each.get("required"))),
                kind(each.get("schema")),
                joined(
                    f"In the {each['in']}. ",
                    prose(each.get("description", "")),
                    notes(each.get("schema"), before=" "),
                ),
            )
            for each in parameters
        )
        parts += [tag("h4", "Parameters"), _table(("Name", "Type", "Meaning"), rows)]
    if body := said.get("requestBody"):
        parts += [tag("h4", "Body"), tag("p", _content(body))]
        if text := body.get("description"):
            parts.append(tag("p", prose(text)))
    answers = (
        (tag("code", status), _content(each), prose(_meaning(each, said)))
        for status, each in said.get("responses", {}).items()
    )
    parts += [
        tag("h4", "Answers"),
        _table(("Status", "Body", "Meaning"), answers, class_="answers"),
    ]
    return tag("article", *parts, id=operation.id)


def _meaning(answer: Schema, operation: Schema) -> str:
    """Nothing where the operation has said it already."""
    text = str(answer.get("description", ""))
    return "" if text == operation.get("summary") else text


def _needed(security: Iterable[Schema], schemes: Mapping[str, Schema]) -> Html:
    """What has to be sent along to be let in."""
    choices = [
        joined(*(_credential(schemes.get(name, {}), name) for name in each), by=" and ")
        for each in security
        if each
    ]
    if not choices:
        return html("Needs no token.")
    return joined("Needs a token: ", joined(*choices, by=" or "), ".")


def _credential(scheme: Schema, name: str) -> Html:
    match scheme:
        case {"type": "apiKey", "in": place, "name": key}:
            return joined(f"{place} ", tag("code", key))
        case {"type": "http", "scheme": how}:
            return joined("header ", tag("code", f"Authorization: {str(how).capitalize()} …"))
    return tag("code", name)


def _content(answer: Schema) -> Html:
    """The bodies there are, each with its media type."""
    shown = [
        joined(kind(each.get("schema")), " ", tag("span", media, class_="faint"))
        for media, each in answer.get("content", {}).items()
    ]
    return joined(*shown, by=" or ") if shown else tag("span", "none", class_="faint")


def _schema(name: str, schema: Schema) -> Html:
    parts = [tag("h3", tag("a", tag("code", name), href=f"#{anchor(name)}"))]
    if text := schema.get("description"):
        parts.append(tag("p", prose(text)))
    if fields := schema.get("properties"):
        required = schema.get("required", ())
        rows = (
            (_name(field, field in required), kind(each), notes(each))
            for field, each in fields.items()
        )
        parts.append(_table(("Field", "Type", "Meaning"), rows))
    else:
        variants = schema.get("oneOf") or [{**schema, "description": ""}]
        if len(variants) > 1:
            parts.append(tag("p", "Exactly one of:", class_="faint"))
        parts += [tag("p", kind(each), notes(each, before=": ")) for each in variants]
    return tag("article", *parts, id=anchor(name))


def _name(name: str, is_required: bool) -> Html:
    mark = tag("span", "required", class_="must") if is_required else html("")
    return joined(tag("code", name), mark)


def _table(heads: tuple[str, ...], rows: Iterable[tuple[Html, ...]], **attributes: str) -> Html:
    return tag(
        "table",
        tag("thead", tag("tr", *(tag("th", each, scope="col") for each in heads))),
        tag("tbody", *(
            tag("tr", tag("th", first, scope="row"), *(tag("td", each) for each in rest))
            for first, *rest in rows
        )),
        **attributes,
    )  # fmt: skip
