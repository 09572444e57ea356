"""Serves pages and what they load, from memory: compressed, with a tag to ask again by."""

import gzip
from collections.abc import Awaitable, Callable, Iterator, Mapping
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pithead.dashboard.shell import PAGE_HEADERS

HTML = "text/html; charset=utf-8"
KINDS = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
}
"""What is served of `static/`, by the end of its name."""

Answering = Callable[[Request], Awaitable[Response]]


def dashboard_routes(pages: Mapping[str, bytes]) -> list[Route]:
    """A route for each page by its path, and one for each file below `/static/`."""
    routes = [Route(path, _fixed(body, HTML), methods=["GET"]) for path, body in pages.items()]
    for name, body in _static(files("pithead.dashboard") / "static", ""):
        kind = KINDS[name.rsplit(".", 1)[-1]]
        routes.append(Route(f"/static/{name}", _fixed(body, kind), methods=["GET"]))
    return routes


def _static(directory: Traversable, above: str) -> Iterator[tuple[str, bytes]]:
    for entry in directory.iterdir():
        if entry.is_dir():
            yield from _static(entry, f"{above}{entry.name}/")
        elif entry.name.rsplit(".", 1)[-1] in KINDS:
            yield above + entry.name, entry.read_bytes()


def _fixed(body: bytes, kind: str) -> Answering:
    """Always the same answer, or 304 to who has it."""
    etag = f'"{sha256(body).hexdigest()[:24]}"'
    small = gzip.compress(body, mtime=0)
    headers = {**PAGE_HEADERS, "Content-Type": kind, "ETag": etag, "Vary": "Accept-Encoding"}

    async def answer(request: Request) -> Response:
        if request.headers.get("If-None-Match") == etag:
            return Response(status_code=304, headers={**PAGE_HEADERS, "ETag": etag})
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            return Response(small, 200, {**headers, "Content-Encoding": "gzip"})
        return Response(body, 200, headers)

    return answer
