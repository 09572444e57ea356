"""Traces: what was done, for how long, and within what, told to an OTLP/HTTP receiver.

Nothing happens, and nothing of OpenTelemetry is imported, until `start` is called; it needs the
extra `telemetry`. Spans are sent in batches by a thread of their own; those that a receiver does
not take in time are dropped.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar, cast

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Value = str | int | float | bool
P = ParamSpec("P")
R = TypeVar("R")

SEND_SECONDS = 5
"""For one batch."""
SERVER_ERROR = 500


class Span(Protocol):
    """As much of OpenTelemetry's as is used here."""

    def set_attribute(self, key: str, value: Value) -> None: ...
    def update_name(self, name: str) -> None: ...


class Tracer(Protocol):
    """As much of OpenTelemetry's as is used here."""

    def start_as_current_span(
        self, name: str, *, attributes: Mapping[str, Value] | None = None
    ) -> AbstractContextManager[Any]: ...


class TelemetryMissing(Exception):
    """The extra is not installed."""


_tracer: Tracer | None = None


def start(endpoint: str, version: str, exporters: Sequence[Any] = ()) -> Callable[[], None]:
    """Trace from now on, to the OTLP/HTTP receiver at `endpoint` or to `exporters` instead.

    Call what is returned to send what is left, and to trace no more. Raises TelemetryMissing.
    """
    global _tracer
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise TelemetryMissing(
            "telemetry.endpoint is set, and what sends traces is not installed: "
            "pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http"
        ) from error
    told = Resource.create({"service.name": "pithead", "service.version": version})
    provider = TracerProvider(resource=told, shutdown_on_exit=False)
    address = f"{endpoint.rstrip('/')}/v1/traces"
    for each in exporters or [OTLPSpanExporter(endpoint=address, timeout=SEND_SECONDS)]:
        provider.add_span_processor(BatchSpanProcessor(each))
    _tracer = cast(Tracer, provider.get_tracer("pithead", version))

    def stop() -> None:
        global _tracer
        _tracer = None
        provider.shutdown()

    return stop


@contextmanager
def span(name: str, **attributes: Value) -> Iterator[None]:
    """The time within, and the exception it ended with if any."""
    if _tracer is None:
        yield
        return
    with _tracer.start_as_current_span(name, attributes=attributes):
        yield


def traced(name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Each call of the function, or coroutine function, as a span."""

    def decorate(call: Callable[P, R]) -> Callable[P, R]:
        if inspect.iscoroutinefunction(call):

            @wraps(call)
            async def awaited(*args: P.args, **named: P.kwargs) -> Any:
                with span(name):
                    return await call(*args, **named)

            return cast(Callable[P, R], awaited)

        @wraps(call)
        def called(*args: P.args, **named: P.kwargs) -> R:
            with span(name):
                return call(*args, **named)

        return called

    return decorate


class TracedApp:
    """An ASGI application whose requests are spans, named by verb and route.

    Neither paths nor headers are told: they hold names and tokens. What a client says of a trace
    of its own is not heeded.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _tracer is None or scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        verb = scope["method"]
        with _tracer.start_as_current_span(verb, attributes=_of(scope)) as current:
            await self._app(scope, receive, _telling(current, send))
            route = scope.get("pattern") or getattr(scope.get("route"), "path", None)
            if route is not None:
                current.update_name(f"{verb} {route}")
                current.set_attribute("http.route", route)


def _of(scope: Scope) -> dict[str, Value]:
    host, port = scope.get("server") or ("", 0)
    return {
        "http.request.method": scope["method"],
        "server.address": host,
        "server.port": port or 0,
    }


def _telling(current: Span, send: Send) -> Send:
    async def told(message: Message) -> None:
        if message["type"] == "http.response.start":
            current.set_attribute("http.response.status_code", message["status"])
            if message["status"] >= SERVER_ERROR:
                current.set_attribute("error.type", str(message["status"]))
        await send(message)

    return told
