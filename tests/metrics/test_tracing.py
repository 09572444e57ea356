"""Traces: nothing without an endpoint, spans with one, over a real receiver as well."""

import asyncio
import gzip
import json
import subprocess
import sys

import httpx
import pytest
import uvicorn
from click.testing import CliRunner
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pithead.cli.config import load
from pithead.cli.main import main
from pithead.cli.serving import listen
from pithead.cli.telemetrysection import TelemetrySection
from pithead.cli.traces import traces
from pithead.metrics import tracing
from pithead.metrics.tracing import TelemetryMissing, TracedApp, span, start, traced
from tests.farming import running_farm, until


@pytest.fixture
def exporter():
    return InMemorySpanExporter()


@pytest.fixture
def finished(exporter):
    """Spans by name, once tracing has ended."""
    stop = start("http://127.0.0.1:9", "1", [exporter])

    def look():
        stop()
        return {each.name: each for each in exporter.get_finished_spans()}

    yield look
    stop()


@traced("sum")
def add(a, b):
    return a + b


@traced("slow sum")
async def add_later(a, b):
    await asyncio.sleep(0)
    return add(a, b)


async def test_without_an_endpoint_nothing_is_traced_and_calls_are_as_they_were():
    with traces(load({}, {}).telemetry):
        assert tracing._tracer is None
        with span("nothing", what=1):
            assert await add_later(1, 2) == 3
    assert (add.__name__, asyncio.iscoroutinefunction(add_later)) == ("add", True)


def test_nothing_of_opentelemetry_is_imported_where_it_is_not_asked_for():
    names = subprocess.run(
        [sys.executable, "-c", "import sys, pithead.cli.main; print('\\n'.join(sys.modules))"],
        capture_output=True, text=True, check=True, timeout=60,
    ).stdout.split()  # fmt: skip
    assert "pithead.metrics.tracing" in names
    assert not [name for name in names if name.startswith("opentelemetry")]


async def test_calls_are_spans_within_each_other_with_their_attributes(finished):
    with span("all", count=2):
        assert await add_later(1, 2) == 3
    seen = finished()
    assert set(seen) == {"all", "slow sum", "sum"}
    assert seen["sum"].parent.span_id == seen["slow sum"].context.span_id
    assert seen["slow sum"].parent.span_id == seen["all"].context.span_id
    assert seen["all"].parent is None
    assert seen["all"].attributes == {"count": 2}


def test_what_fails_is_told_and_fails_as_it_did(finished):
    with pytest.raises(TypeError):
        add(1, "2")
    failed = finished()["sum"]
    assert failed.status.status_code is StatusCode.ERROR
    assert failed.events[0].attributes["exception.type"] == "TypeError"


async def ok(request: Request) -> Response:
    return PlainTextResponse("ok", 503 if request.path_params["name"] == "broken" else 200)


async def test_requests_are_named_by_route_and_tell_no_path_or_token(finished):
    app = TracedApp(Starlette(routes=[Route("/users/{name}", ok)]))
    transport = httpx.ASGITransport(app=app)
    headers = {"Authorization": "secret", "traceparent": f"00-{'1' * 32}-{'2' * 16}-01"}
    async with httpx.AsyncClient(transport=transport, base_url="http://pool") as client:
        await client.get("/users/alice", headers=headers)
        await client.get("/elsewhere", headers=headers)
        await client.put("/users/broken", headers=headers)
    seen = finished()
    assert set(seen) == {"GET /users/{name}", "GET", "PUT /users/{name}"}
    request = seen["GET /users/{name}"]
    assert request.attributes["http.response.status_code"] == 200
    assert request.attributes["http.route"] == "/users/{name}"
    assert seen["GET"].attributes["http.response.status_code"] == 404
    told = "".join(each.to_json() for each in seen.values())
    assert "alice" not in told
    assert "secret" not in told
    assert "1" * 32 not in told


def test_where_the_extra_is_missing_a_sentence_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with (
        pytest.raises(TelemetryMissing, match="pip install opentelemetry-sdk"),
        traces(TelemetrySection("http://127.0.0.1:4318")),
    ):
        raise AssertionError
    assert tracing._tracer is None


def test_a_command_that_cannot_trace_as_it_was_told_does_not_begin(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    words = ["pool", "--data", str(tmp_path / "data"), "--set", "telemetry.endpoint=http://[::1]:1"]
    shown = CliRunner().invoke(main, words)
    assert shown.exit_code == 2
    assert "pip install opentelemetry-sdk" in shown.output
    assert not (tmp_path / "data").exists()


@pytest.mark.slow
def test_a_receiver_that_is_not_there_costs_its_spans_and_nothing_else(caplog):
    with traces(TelemetrySection("http://127.0.0.1:9")):
        assert add(1, 2) == 3
    assert tracing._tracer is None


@pytest.mark.slow
async def test_a_farm_tells_a_receiver_of_templates_blocks_commits_and_requests(tmp_path):
    received = []

    async def take(request: Request) -> Response:
        body = await request.body()
        if request.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        received.append(ExportTraceServiceRequest.FromString(body))
        return Response(status_code=200, media_type="application/x-protobuf")

    bound = listen("127.0.0.1", 0, "")
    app = Starlette(routes=[Route("/v1/traces", take, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None))
    serving = asyncio.create_task(server.serve([bound]))
    address, port = bound.getsockname()
    stop = start(f"http://{address}:{port}/", "0.1")
    try:
        async with running_farm(tmp_path, farm__miners=1, farm__speed=20.0) as farm:
            machine = json.loads((tmp_path / "farm.json").read_text())["miners"][0]["rest"]
            async with httpx.AsyncClient() as client:
                assert (await client.get(f"{machine}/api/v1/version")).status_code == 200
                assert (await client.get(f"http://{farm.pool.api}/docs")).status_code == 200
            books = farm.pool.bookkeeper
            await until(lambda: books.blocks_found >= 2 and books.failed_commits == 0)
    finally:
        await asyncio.to_thread(stop)
        server.should_exit = True
        await serving
    spans = [
        each for batch in received for resource in batch.resource_spans
        for scope in resource.scope_spans for each in scope.spans
    ]  # fmt: skip
    names = {each.name for each in spans}
    assert {"node.template", "node.submit", "store.commit"} <= names
    assert {"GET /api/v1/version", "GET /docs"} <= names
