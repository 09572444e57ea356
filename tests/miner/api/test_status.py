"""The streams of the status: to many readers, and not for those who do not read."""

import asyncio
import json

import pytest

from pithead.miner.api import status
from pithead.miner.snapshot import MinerStatus


class Reader:
    """Reads one stream of the app as a server would drive it, object by object."""

    def __init__(self, app, path, token):
        self._lines = asyncio.Queue()
        self.status = None
        self.media_type = None
        self._gone = asyncio.Event()
        self._asked = False
        scope = {
            "type": "http", "method": "GET", "path": f"/api/v1{path}", "query_string": b"",
            "raw_path": path.encode(), "root_path": "", "scheme": "http", "http_version": "1.1",
            "headers": [(b"authorization", token.encode())],
            "asgi": {"version": "3.0", "spec_version": "2.3"},
        }  # fmt: skip
        self.task = asyncio.create_task(app(scope, self._receive, self._send))

    async def _receive(self):
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message):
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.media_type = dict(message["headers"])[b"content-type"]
        elif message["body"]:
            for line in message["body"].splitlines():
                self._lines.put_nowait(json.loads(line))

    async def next(self):
        return await asyncio.wait_for(self._lines.get(), 5)

    async def leave(self):
        self._gone.set()
        await asyncio.wait_for(self.task, 5)


@pytest.fixture
async def token(bench):
    return await bench.token()


async def test_the_present_status_comes_at_once_then_every_change_to_every_reader(bench, token):
    readers = [Reader(bench.app, "/miner/status", token) for _ in range(5)]
    for reader in readers:
        assert await reader.next() == {"status": 2}
        assert (reader.status, reader.media_type) == (200, b"application/json")
    bench.rig.miner.pause(bench.rig.now)
    bench.rig.run(30)
    bench.rig.miner.resume(bench.rig.now)
    bench.rig.run(30)
    for reader in readers:
        assert [await reader.next() for _ in range(2)] == [{"status": 3}, {"status": 2}]
    for reader in readers:
        await reader.leave()


async def test_the_detailed_stream_is_ndjson_and_says_why(bench, token):
    reader = Reader(bench.app, "/miner/status/detailed", token)
    first = (await reader.next())["status"]
    assert reader.media_type.startswith(b"application/x-ndjson")
    assert first["status"] == {"running": {"reason": {"normal": {}}}}
    assert set(first["status_since"]) == {"seconds", "nanos"}
    bench.rig.miner.pause(bench.rig.now)
    second = (await reader.next())["status"]
    assert "user_pause" in json.dumps(second)
    assert second["status_since"]["seconds"] >= first["status_since"]["seconds"]
    await reader.leave()


async def test_a_reader_that_has_gone_is_forgotten(bench, token):
    reader = Reader(bench.app, "/miner/status", token)
    await reader.next()
    await reader.leave()
    bench.rig.miner.pause(bench.rig.now)  # a listener that were still there would fill its queue
    assert reader._lines.empty()


async def test_one_who_lets_too_much_wait_is_dropped_and_others_are_not(bench):
    miner, now = bench.rig.miner, bench.rig.now
    streams = status.Streams(miner)
    slow, quick = streams.statuses(), streams.statuses()
    assert await anext(slow) is await anext(quick) is MinerStatus.NORMAL
    for _ in range(status.WAITING_CHANGES):
        for change in (miner.pause, miner.resume):
            change(now)
            await anext(quick)
    waiting = [each async for each in slow]
    assert len(waiting) == status.WAITING_CHANGES
    miner.pause(now)
    assert await anext(quick) is MinerStatus.PAUSED
    await quick.aclose()


async def test_a_stream_needs_a_token(bench):
    async with bench.client() as client:
        assert (await client.get("/miner/status")).status_code == 401


async def test_a_reader_too_many_is_refused_until_another_leaves(bench, token, monkeypatch):
    monkeypatch.setattr(status, "MOST_STREAMS", 3)
    paths = ["/miner/status", "/miner/status/detailed", "/miner/status"]
    readers = [Reader(bench.app, path, token) for path in paths]
    for reader in readers:
        await reader.next()
    async with bench.client(Authorization=token) as client:
        for path in paths[:2]:
            response = await client.get(path)
            assert response.status_code == 429
            assert "3 readers" in response.text
    await readers.pop().leave()
    last = Reader(bench.app, "/miner/status", token)
    await last.next()
    for reader in (*readers, last):
        await reader.leave()


async def test_one_who_is_dropped_costs_the_machine_nothing_any_more(bench):
    miner = bench.rig.miner
    before = list(miner.standing._status_listeners)
    slow = status.Streams(miner).statuses()
    await anext(slow)
    for _ in range(status.WAITING_CHANGES):
        miner.pause(bench.rig.now)
        miner.resume(bench.rig.now)
    assert miner.standing._status_listeners == before
    await slow.aclose()
