"""`/metrics`, `/health/live` and `/health/ready` for whoever has a port to show them on.

Health says nothing secret and is told to everybody who reaches the port; whom the figures are
told is the port's own decision.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pithead.metrics.exposition import CONTENT_TYPE, exposition
from pithead.metrics.families import Sample

Measure = Callable[[], Awaitable[Sequence[Sample]]]
Reasons = Callable[[], Awaitable[Sequence[str]]]
"""Why something is not so; empty where it is."""
Admission = Callable[[Request], Awaitable[Response | None]]
"""None for who may look, or the answer to who may not."""

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Health(msgspec.Struct, frozen=True):
    """What both health endpoints answer."""

    ok: bool
    reasons: Sequence[str]


def is_loopback(request: Request) -> bool:
    """Whether the request was made on this machine, by itself and not for somebody behind it."""
    try:
        return request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def health_routes(alive: Reasons, ready: Reasons) -> list[Route]:
    """`alive`: why to start the process anew. `ready`: why to send it no work."""

    def route(path: str, reasons: Reasons) -> Route:
        async def answer(_request: Request) -> Response:
            why = await reasons()
            body = msgspec.json.encode(Health(not why, why))
            return Response(body, 503 if why else 200, HEADERS, "application/json")

        return Route(path, answer, methods=["GET"])

    return [route("/health/live", alive), route("/health/ready", ready)]


def metrics_route(measure: Measure, admit: Admission) -> Route:
    async def answer(request: Request) -> Response:
        refusal = await admit(request)
        if refusal is not None:
            return refusal
        text = await asyncio.to_thread(exposition, await measure())
        return Response(text, 200, HEADERS, CONTENT_TYPE)

    return Route("/metrics", answer, methods=["GET"])
