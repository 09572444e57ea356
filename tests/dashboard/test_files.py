"""What is served of the dashboard, and with which headers."""

import gzip

import httpx
import pytest
from starlette.applications import Starlette

from pithead.dashboard.files import dashboard_routes


@pytest.fixture
async def client():
    app = Starlette(routes=dashboard_routes({"/": b"<!doctype html><p>page"}))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://pool") as client:
        yield client


async def test_a_page_may_load_nothing_from_another_place(client):
    answer = await client.get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


async def test_static_files_have_their_types(client):
    for name, kind in (
        ("base.js", "text/javascript"),
        ("base.css", "text/css"),
        ("icon.svg", "image/svg+xml"),
        ("vendor/uPlot.esm.js", "text/javascript"),
        ("vendor/uPlot.LICENSE.txt", "text/plain"),
    ):
        answer = await client.get(f"/static/{name}")
        assert answer.status_code == 200, name
        assert answer.headers["Content-Type"].startswith(kind)


async def test_a_browser_that_has_a_file_is_told_so(client):
    first = await client.get("/static/base.js")
    again = await client.get("/static/base.js", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (await client.get("/static/base.js", headers={"If-None-Match": '"x"'})).is_success


async def test_files_go_out_compressed_to_who_understands_it(client):
    plain = await client.get("/static/base.css", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    async with client.stream("GET", "/static/base.css") as packed:
        raw = b"".join([chunk async for chunk in packed.aiter_raw()])
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(raw) == plain.content


async def test_nothing_outside_of_the_static_files_is_served(client):
    for path in ("/static/", "/static/../files.py", "/static/%2e%2e/shell.py", "/static/none.js"):
        assert (await client.get(path)).status_code == 404
