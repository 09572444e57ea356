"""Clients that go away: amid their own request, or amid a stream that never ends."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from pithead.rpc.contract import WHOLE, Http, Service, rpc
from tests.rpc.parcels import Empty, Store, Weight, app_of


class Client:
    """Speaks ASGI as a server does; leaves when it is told to."""

    def __init__(self, app, verb, path, body=None):
        self._body = body
        self._left = asyncio.Event()
        self.sent = []
        self.bodies = asyncio.Queue()
        scope = {
            "type": "http", "method": verb, "path": path, "query_string": b"",
            "root_path": "", "scheme": "http", "http_version": "1.1",
            "headers": [(b"authorization", b"open"), (b"content-type", b"application/json")],
            "asgi": {"version": "3.0", "spec_version": "2.3"},
        }  # fmt: skip
        self.task = asyncio.create_task(app(scope, self._receive, self._send))

    async def _receive(self):
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": True}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message):
        self.sent.append(message)
        if message.get("body"):
            self.bodies.put_nowait(message["body"])

    async def leave(self):
        self._left.set()
        await asyncio.wait_for(self.task, 5)


class NewsService(Service, name="test.News"):
    @rpc("News", Http("GET", "/news", "news", answer=WHOLE))
    def news(self, request: Empty) -> AsyncGenerator[Weight, None]:
        """Never ends."""
        raise NotImplementedError


class News(NewsService):
    def __init__(self):
        self.readers = 0
        self.more = asyncio.Event()

    async def news(self, request):
        self.readers += 1
        try:
            yield Weight(gram=1)
            await self.more.wait()
            yield Weight(gram=2)
            await asyncio.Event().wait()
        finally:
            self.readers -= 1


@pytest.mark.parametrize("body", [None, b'{"gram":'])
async def test_one_who_leaves_amid_a_body_changes_nothing_and_makes_no_fault(body, capsys):
    store = Store()
    client = Client(app_of(store), "PUT", "/v1/weight", body)
    await asyncio.sleep(0)
    await client.leave()
    assert store.seen == []
    assert client.sent[0]["status"] == 400
    assert "Traceback" not in capsys.readouterr().out


async def test_each_object_leaves_as_soon_as_there_is_one():
    news = News()
    client = Client(app_of(news), "GET", "/v1/news", b"")
    assert await client.bodies.get() == b'{"gram":1,"note":null}\n'
    assert client.sent[0]["status"] == 200
    assert client.bodies.empty()
    news.more.set()
    assert await client.bodies.get() == b'{"gram":2,"note":null}\n'
    await client.leave()


async def test_a_stream_is_closed_when_its_reader_leaves_though_nothing_changes():
    news = News()
    clients = [Client(app_of(news), "GET", "/v1/news", b"") for _ in range(3)]
    for client in clients:
        await client.bodies.get()
    assert news.readers == 3
    await clients[0].leave()
    assert news.readers == 2
    for client in clients[1:]:
        await client.leave()
    assert news.readers == 0
