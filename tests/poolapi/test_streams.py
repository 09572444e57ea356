"""Streams of events: how many there may be, and how each ends."""

import asyncio

import pytest
from starlette.requests import ClientDisconnect

from pithead.poolapi.streams import Full, Streams


class Listener:
    """An ASGI client of one stream."""

    def __init__(self):
        self.parts = asyncio.Queue()
        self.gone = asyncio.Event()

    async def receive(self):
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        if message["type"] == "http.response.start":
            self.headers = dict(message["headers"])
        elif message.get("body"):
            self.parts.put_nowait(message["body"])

    def listen(self, answer):
        scope = {"type": "http", "asgi": {"spec_version": "2.3"}, "method": "GET"}
        self.task = asyncio.create_task(answer(scope, self.receive, self.send))


async def tell():
    return b'{"a":1}'


async def test_a_listener_gets_events_until_the_server_closes():
    streams, listener = Streams(seconds=0.001), Listener()
    listener.listen(streams.answer("a", tell, {"X-Y": "z"}))
    assert (await listener.parts.get()).startswith(b"retry: ")
    for _ in range(3):
        assert await listener.parts.get() == b'data: {"a":1}\n\n'
    assert listener.headers[b"x-y"] == b"z"
    assert listener.headers[b"content-type"].startswith(b"text/event-stream")
    streams.close()
    await listener.task
    assert streams.count == 0


async def test_one_that_leaves_makes_room():
    streams, listener = Streams(seconds=3_600, most_per_address=1), Listener()
    listener.listen(streams.answer("a", tell, {}))
    await listener.parts.get()
    with pytest.raises(Full):
        streams.answer("a", tell, {})
    listener.gone.set()
    await listener.task
    assert streams.count == 0
    streams.answer("a", tell, {})


async def test_addresses_do_not_take_each_others_room_but_all_have_an_end():
    streams = Streams(most=3, most_per_address=2)
    streams.answer("a", tell, {})
    streams.answer("a", tell, {})
    streams.answer("b", tell, {})
    with pytest.raises(Full):
        streams.answer("c", tell, {})


async def test_an_event_that_cannot_be_told_ends_the_stream_and_makes_room():
    async def fail():
        raise RuntimeError("no books")

    streams, listener = Streams(), Listener()
    listener.listen(streams.answer("a", fail, {}))
    with pytest.raises((RuntimeError, ExceptionGroup, ClientDisconnect)):
        await listener.task
    assert streams.count == 0


async def test_a_stream_too_many_is_refused_in_words():
    full = Streams(most=0)
    with pytest.raises(Full, match="ask without one"):
        full.answer("a", tell, {})
