"""Writes each request that changes something, or was refused, into the log of the machine's API."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pithead.miner.chronicle import Chronicle

READS = frozenset({"GET", "HEAD", "OPTIONS"})
LONGEST_PATH = 200


class RequestLog:
    def __init__(self, app: ASGIApp, chronicle: Chronicle) -> None:
        self._app = app
        self._chronicle = chronicle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                status = message["status"]
                if scope["method"] not in READS or status >= 400:
                    client = scope.get("client") or ("unknown",)
                    path = ascii(scope["path"][:LONGEST_PATH])[1:-1]
                    self._chronicle.request(f"{client[0]} {scope['method']} {path} {status}")
            await send(message)

        await self._app(scope, receive, tell)
