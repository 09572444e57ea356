"""Connections to strangers: kept where they may be, given up where they end, bounded always."""

import asyncio
from contextlib import asynccontextmanager, suppress

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.fleet.connections import Answer, BrokenOff, Connections, Request, Unreachable
from pithead.fleet.ranges import Place
from tests.farming import until

GET = Request("GET", "/", [])
PUT = Request("PUT", "/", [("content-type", "application/json")], b"{}")
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"


class Stranger:
    """Answers the requests of each connection with its own list of answers, then ends it."""

    def __init__(self, *answers):
        self.answers = answers
        self.opened = 0
        self.open = 0
        self.heard = []
        self.talks = set()

    async def talk(self, reader, writer):
        self.talks.add(asyncio.current_task())
        self.opened += 1
        self.open += 1
        try:
            for answer in self.answers:
                self.heard.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(answer)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        self.open -= 1
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@asynccontextmanager
async def served(*answers):
    stranger = Stranger(*answers)
    server = await asyncio.start_server(stranger.talk, "127.0.0.1", 0)
    try:
        yield stranger, Place("127.0.0.1", server.sockets[0].getsockname()[1])
    finally:
        server.close()
        await asyncio.gather(*stranger.talks)


async def ask(connections, place, request=GET, most_bytes=1000):
    async with asyncio.timeout(20):
        return await connections.ask(place, request, 5, most_bytes)


async def test_a_connection_serves_one_request_after_the_other():
    async with served(OK, OK, OK) as (stranger, place), Connections() as connections:
        for _ in range(3):
            assert await ask(connections, place) == Answer(200, "OK", b"hi")
    assert stranger.opened == 1
    assert stranger.heard[0].startswith(b"GET / HTTP/1.1\r\nhost: 127.0.0.1:")


async def test_requests_at_the_same_time_have_connections_of_their_own():
    async with served(OK) as (stranger, place), Connections() as connections:
        await asyncio.gather(*(ask(connections, place) for _ in range(3)))
    assert stranger.opened == 3


async def test_only_the_newest_idle_connections_are_kept():
    async with served(OK, OK) as (stranger, place), Connections(most_idle=2) as connections:
        await asyncio.gather(*(ask(connections, place) for _ in range(5)))
        await until(lambda: stranger.open <= 2)
        assert stranger.open == 2


async def test_a_kept_connection_that_ended_is_asked_anew_where_that_changes_nothing():
    async with served(OK, b"") as (stranger, place), Connections() as connections:
        await ask(connections, place)
        assert (await ask(connections, place)).body == b"hi"
        assert stranger.opened == 2
        with pytest.raises(BrokenOff):
            await ask(connections, place, PUT)
        assert stranger.opened == 2, "what may have been done is not done twice"


async def test_who_wants_to_end_the_connection_is_taken_at_his_word():
    closing = OK.replace(b"OK\r\n", b"OK\r\nconnection: close\r\n")
    async with served(closing, OK) as (stranger, place), Connections() as connections:
        await ask(connections, place)
        await ask(connections, place)
    assert stranger.opened == 2


async def test_an_answer_may_come_in_chunks_or_last_until_the_end():
    chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nh\r\n1\r\ni\r\n0\r\n\r\n"
    for answer in (chunked, b"HTTP/1.0 200 OK\r\n\r\nhi", b"HTTP/1.1 100 Continue\r\n\r\n" + OK):
        async with served(answer) as (_, place), Connections() as connections:
            assert (await ask(connections, place)).body == b"hi"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 2000\r\n\r\n" + b"x" * 2000,
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 2000,
        b"HTTP/1.1 200 OK\r\nx: " + b"x" * 100_000,
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nhi",
    ],
)
async def test_what_has_no_end_or_ends_too_early_is_broken_off(answer):
    async with served(answer) as (_, place), Connections() as connections:
        with pytest.raises(BrokenOff):
            await ask(connections, place)


async def test_a_header_that_would_be_two_is_never_sent():
    smuggled = Request("GET", "/", [("authorization", "token\r\nx: y")])
    async with served(OK) as (stranger, place), Connections() as connections:
        with pytest.raises(BrokenOff, match="cannot be asked that"):
            await ask(connections, place, smuggled)
    assert stranger.heard == []


async def test_nobody_there_and_names_that_are_none_are_unreachable(unused_tcp_port):
    async with Connections() as connections:
        for place in (Place("127.0.0.1", unused_tcp_port), Place("x" * 70)):
            with pytest.raises(Unreachable):
                await ask(connections, place)


def test_it_runs_on_the_loop_that_the_command_line_uses():
    async def twice():
        async with served(OK, OK) as (stranger, place), Connections() as connections:
            assert [(await ask(connections, place)).body for _ in range(2)] == [b"hi", b"hi"]
        assert stranger.opened == 1

    uvloop.run(twice())


@given(st.binary(max_size=200), st.booleans())
@settings(max_examples=40, deadline=None)
def test_whatever_is_answered_comes_to_an_answer_or_an_error(noise, is_headed):
    async def exchange():
        answer = b"HTTP/1.1 200 OK\r\n" + noise if is_headed else noise
        async with served(answer) as (_, place), Connections() as connections:
            with suppress(BrokenOff):
                assert isinstance(await ask(connections, place), Answer)

    asyncio.run(exchange())
