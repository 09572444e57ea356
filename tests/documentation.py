"""What holds for every page of documentation."""

import re
from xml.etree import ElementTree


def parsed(page):
    """The page as a tree; it is well formed as XML, too."""
    text = page.decode()
    assert text.startswith("<!DOCTYPE html>")
    return ElementTree.fromstring(text.removeprefix("<!DOCTYPE html>"))


def text_of(element):
    return " ".join("".join(element.itertext()).split())


def assert_whole_in_itself(tree):
    """No script, nothing to load, every link leads somewhere."""
    names = {each.tag for each in tree.iter()}
    assert not names & {"script", "link", "img", "iframe", "object", "form", "base", "input"}
    attributes = {name for each in tree.iter() for name in each.attrib}
    assert not {name for name in attributes if name.startswith("on")} | (attributes & {"style"})
    (style,) = (each.text for each in tree.iter("style"))
    assert not re.search(r"https?:|//|url\(|@import", style)
    ids = [each.attrib["id"] for each in tree.iter() if "id" in each.attrib]
    assert len(ids) == len(set(ids))
    for link in tree.iter("a"):
        target = link.attrib["href"]
        assert (target.startswith("#") and target[1:] in ids) or re.match(r"/[a-z]", target), target


def assert_accessible(tree):
    assert tree.attrib["lang"]
    assert [each.tag for each in tree.iter() if each.tag in ("h1", "main", "nav")] == [
        "nav", "main", "h1"
    ]  # fmt: skip
    assert next(tree.iter("nav")).attrib["aria-label"]
    assert next(tree.iter("a")).attrib["href"] == "#content"
    assert all(each.attrib.get("scope") for each in tree.iter("th"))
    for article in tree.iter("article"):
        levels = [int(each.tag[1]) for each in article.iter() if re.fullmatch(r"h\d", each.tag)]
        assert levels[0] == 3
        assert set(levels[1:]) <= {4}


def assert_tells_all_of(tree, document):
    """Every operation with its parameters, body and answers, and every schema with its fields."""
    articles = {each.attrib["id"]: each for each in tree.iter("article")}
    operations = [
        (verb, path, said)
        for path, item in document["paths"].items()
        for verb, said in item.items()
    ]
    schemas = document["components"]["schemas"]
    assert len(articles) == len(operations) + len(schemas)
    for verb, path, said in operations:
        article = articles[f"operation-{said['operationId']}"]
        told = text_of(article)
        assert told.startswith(f"{verb.upper()}{path} ") or f"{verb.upper()}{path}" in told
        assert all(f"{each['name']}" in told for each in said.get("parameters", ()))
        rows = {text_of(row) for row in article.iter("tr")}
        assert all(any(row.startswith(status) for row in rows) for status in said["responses"])
        assert _references(said) <= _links(article)
    for name, schema in schemas.items():
        article = articles[f"schema-{name}"]
        told = text_of(article)
        assert all(field in told for field in schema.get("properties", ()))
        assert _plain(schema.get("description", "")) in told
        assert all(_plain(each) in told for each in _descriptions(schema))
        assert _references(schema) <= _links(article)


def _plain(text):
    return " ".join(text.replace("`", "").split())


def _descriptions(shape):
    if isinstance(shape, dict):
        if isinstance(text := shape.get("description"), str):
            yield text
        for each in shape.values():
            yield from _descriptions(each)
    elif isinstance(shape, list):
        for each in shape:
            yield from _descriptions(each)


def _references(shape):
    if isinstance(shape, dict):
        own = {shape["$ref"].rpartition("/")[2]} if isinstance(shape.get("$ref"), str) else set()
        return own.union(*map(_references, shape.values()))
    return set().union(*map(_references, shape)) if isinstance(shape, list) else set()


def _links(article):
    links = (each.attrib["href"] for each in article.iter("a"))
    return {link.removeprefix("#schema-") for link in links if link.startswith("#schema-")}
