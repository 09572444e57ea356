"""The frame that every page stands in, and the headers every page goes out with. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from pithead.rpc.markup import Html, joined, tag

PAGE_HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""No page loads or sends anything but from and to where it came from."""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" type="image/svg+xml" href="/static/icon.svg">
<link rel="stylesheet" href="/static/vendor/uPlot.min.css">
<link rel="stylesheet" href="/static/base.css">
<script src="/static/theme.js"></script>
<script type="module" src="/static/{script}"></script>
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="top">
<a class="brand" href="/"><img src="/static/icon.svg" alt="" width="22" height="22">{brand}</a>
<nav aria-label="Pages">{links}</nav>
<span class="pulse" id="pulse" data-state="waiting">connecting</span>
<button type="button" class="quiet" id="theme" aria-label="Colours: as the system">◐</button>
</header>
<main id="main" tabindex="-1">
<noscript><p class="note bad">These pages are programs: they need JavaScript.</p></noscript>
{main}
</main>
<div id="said" class="said" role="status" aria-live="polite"></div>
<footer>{footer}</footer>
</body>
</html>
"""


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of the navigation."""

    path: str
    text: str


def page(
    title: str,
    brand: str,
    links: Sequence[Link],
    here: str,
    fragment: str,
    script: str,
    footer: str = "",
) -> bytes:
    """A whole page.

    `fragment` names a file of `fragments/`, the inside of its `<main>`; `script` the module of
    `static/` that fills it; `here` is the path of the link that leads to the page itself.
    """
    shown = joined(*(_link(link, link.path == here) for link in links))
    return _PAGE.format(
        title=joined(title), brand=joined(brand), links=shown, script=script,
        main=_fragment(fragment), footer=joined(footer),
    ).encode()  # fmt: skip


def _link(link: Link, is_here: bool) -> Html:
    if is_here:
        return tag("a", link.text, href=link.path, aria_current="page")
    return tag("a", link.text, href=link.path)


def _fragment(name: str) -> str:
    return (files("pithead.dashboard") / "fragments" / name).read_text(encoding="utf-8")
