"""HTML from calls: whatever is not markup already is escaped, and every tag is closed. Pure."""

import re
from html import escape

_VOID = frozenset({"meta", "link", "br"})


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def html(value: object) -> Html:
    """Markup as it is, anything else as text."""
    return value if isinstance(value, Html) else Html(escape(str(value)))


def tag(name: str, /, *children: object, **attributes: str) -> Html:
    """One element. `_` at the end of an attribute's name goes, one within becomes `-`."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
    )
    if name in _VOID:
        return Html(f"<{name}{given}/>")
    return Html(f"<{name}{given}>{joined(*children)}</{name}>")


def prose(text: str) -> Html:
    """Sentences, in which words between backticks are code."""
    parts = re.split(r"`([^`]+)`", text)
    return joined(*(tag("code", part) if at % 2 else part for at, part in enumerate(parts)))


def joined(*parts: object, by: str = "") -> Html:
    """One after the other, with `by` in between."""
    return Html(escape(by).join(html(part) for part in parts))
