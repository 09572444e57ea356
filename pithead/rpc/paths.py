"""Routes of paths without parameters: one look into a table, however many there are."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.datastructures import URLPath
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Receive, Scope, Send

Answering = Callable[[Request], Awaitable[Response]]


class Paths(BaseRoute):
    """Each path answers with and without its last slash. HEAD is GET; its body is not sent.

    What has no parameter is its own pattern, and is put into the scope as such.
    """

    def __init__(self, verbs: Mapping[str, Mapping[str, Answering]]) -> None:
        """By path, without its last slash, then by verb."""
        self._verbs = verbs

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http":
            return Match.NONE, {}
        path = _bare(scope["path"])
        verbs = self._verbs.get(path)
        if verbs is None:
            return Match.NONE, {}
        answering = verbs.get(_verb(scope))
        if answering is None:
            return Match.PARTIAL, {"path_params": {}, "pattern": path}
        return Match.FULL, {"endpoint": answering, "path_params": {}, "pattern": path}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        verbs = self._verbs[_bare(scope["path"])]
        answering = verbs.get(_verb(scope))
        if answering is None:
            allowed = sorted(verbs.keys() | ({"HEAD"} if "GET" in verbs else set()))
            raise HTTPException(405, headers={"Allow": ", ".join(allowed)})
        response = await answering(Request(scope, receive, send))
        await response(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: object) -> URLPath:
        """None of them has a name."""
        raise NoMatchFound(name, path_params)


def _bare(path: str) -> str:
    return path[:-1] if path[-1:] == "/" else path


def _verb(scope: Scope) -> str:
    method: str = scope["method"]
    return "GET" if method == "HEAD" else method
