"""The streams of a fleet over machines that are served on sockets."""

import json

import httpx
import msgspec
import pytest

from pithead.fleet.live import MOST_STREAMS
from pithead.fleet.operations import BASE
from tests.farming import until
from tests.fleet.watched import paged, target, watching
from tests.served_machines import serving

pytestmark = pytest.mark.slow


@pytest.fixture
def served(tmp_path):
    with serving(tmp_path) as machines:
        yield machines.start(300)


@pytest.fixture
async def fleet(served, tmp_path):
    async with watching(tmp_path, [target(served.place, "north")]) as fleet:
        await fleet.state(served.place, "mining")
        yield fleet


async def test_a_stream_tells_all_and_then_what_changes(fleet, served):
    stream = fleet.live.open()
    first = msgspec.json.decode((await anext(stream)).partition(b"data: ")[2])
    assert first["whole"] is True
    assert len(first["machines"]) == 1
    then = msgspec.json.decode((await anext(stream)).partition(b"data: ")[2])
    assert then["whole"] is False
    assert [row["id"] for row in then["machines"]] == [str(served.place)]
    await stream.aclose()


@pytest.mark.parametrize("takes", ["gzip", "identity"])
async def test_events_are_not_held_back_packed_or_not(fleet, served, takes):
    headers = {"Accept-Encoding": takes}
    async with (
        paged(fleet) as url,
        httpx.AsyncClient(timeout=30) as client,
        client.stream("GET", f"{url}{BASE}/events", headers=headers) as answer,
    ):
        assert answer.headers.get("content-encoding", "identity") == takes
        lines = answer.aiter_lines()
        told = [line async for line in first(lines, 2, "data: ")]
    assert [json.loads(line[6:])["whole"] for line in told] == [True, False]
    await until(lambda: fleet.live._streams == {})


async def first(lines, count, beginning):
    async for line in lines:
        if line.startswith(beginning):
            yield line
            count -= 1
            if not count:
                return


async def test_streams_are_bounded_and_let_go(fleet):
    streams = [fleet.live.open() for _ in range(MOST_STREAMS)]
    async with fleet.client() as client:
        assert (await client.get(f"{BASE}/events")).status_code == 503
    for stream in streams:
        await anext(stream)
        await stream.aclose()
    assert fleet.live._streams == {}
