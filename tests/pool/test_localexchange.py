"""The exchange of one machine: the cases of the port, and what strangers may not do to it."""

import asyncio
import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from pithead.pool.exchange import ExchangeAway
from pithead.pool.localexchange import MOST_UNDONE, SOCKET_NAME, LocalExchange, LocalHub
from pithead.pool.locallink import LONGEST_FRAME, Mouth
from tests.pool.exchange_cases import ExchangeCases, answered, give, take


class World:
    def __init__(self, directory):
        self.directory = directory
        self.ends = []

    async def books(self):
        self.ends.append(await LocalHub.open(self.directory))
        return self.ends[-1]

    async def front_end(self):
        end = LocalExchange(self.directory)
        self.ends.append(end)
        await asyncio.wait_for(end.linked(), 20)
        return end

    async def close(self):
        for end in self.ends:
            await end.close()


@pytest.fixture
async def world(tmp_path):
    made = World(tmp_path)
    yield made
    await made.close()


class TestConformance(ExchangeCases):
    pass


async def test_only_the_owner_of_the_directory_may_connect(world, tmp_path):
    await world.books()
    assert stat.S_IMODE((tmp_path / SOCKET_NAME).stat().st_mode) == 0o600


async def test_without_the_books_everything_is_away_at_once(tmp_path):
    end = LocalExchange(tmp_path)
    for awaited in (end.keep(b"", "x"), end.tell("a", b""), end.ask("a", b"")):
        with pytest.raises(ExchangeAway):
            await awaited
    await end.close()


async def test_what_is_under_way_when_the_books_die_is_away(world):
    books, end = await world.books(), await world.front_end()
    kept = asyncio.ensure_future(end.keep(b"lost", "x"))
    async with asyncio.timeout(20):
        assert (await anext(books.kept())).payload == b"lost"
    await books.close()
    with pytest.raises(ExchangeAway):
        await kept


async def test_the_process_of_the_books_may_give_to_them_as_well(world):
    books = await world.books()
    giving = asyncio.ensure_future(give(books, [b"own"]))
    assert await take(books.kept(), 1) == [b"own"]
    await giving


async def test_who_gives_more_than_there_is_room_for_is_cut_off_and_alone(world):
    books, greedy, end = await world.books(), await world.front_end(), await world.front_end()
    given = [asyncio.ensure_future(greedy.keep(b"x", "x")) for _ in range(MOST_UNDONE + 1)]
    outcomes = await asyncio.wait_for(asyncio.gather(*given, return_exceptions=True), 20)
    assert all(isinstance(each, ExchangeAway) for each in outcomes)

    async def same(payload):
        return payload

    await books.answer("echo", same)
    assert await answered(end, "echo", b"fine") == b"fine"


async def said_raw(directory, data):
    """Whether the hub hung up on who said that."""
    reader, writer = await asyncio.open_unix_connection(directory / SOCKET_NAME)
    writer.write(data)
    writer.write_eof()
    try:
        return await asyncio.wait_for(reader.read(), 20) == b""
    except ConnectionError:
        return True
    finally:
        writer.close()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=5), st.binary(max_size=20))
def test_bytes_of_any_kind_harm_nobody_else(tmp_path_factory, frames, rest):
    async def play():
        directory = tmp_path_factory.mktemp("exchange")
        hub = await LocalHub.open(directory)
        data = b"".join(len(each).to_bytes(4, "big") + each for each in frames) + rest
        assert await said_raw(directory, data)
        assert await said_raw(directory, (LONGEST_FRAME + 1).to_bytes(4, "big"))
        end = LocalExchange(directory)
        await asyncio.wait_for(end.linked(), 20)
        await end.answer("echo", lambda payload: asyncio.sleep(0, payload))
        assert await answered(hub, "echo", b"fine") == b"fine"
        await end.close()
        await hub.close()

    asyncio.run(play())


@pytest.mark.parametrize(
    ("raised", "level"), [(ExchangeAway("not yet"), "debug"), (ValueError("a mistake"), "error")]
)
async def test_only_a_mistake_of_who_answers_is_an_error_in_the_log(raised, level):
    async def reply(question):
        raise raised

    mouth = Mouth()
    mouth.replies["work"] = reply
    with capture_logs() as said:
        assert await mouth.reply("work", b"") is None
    assert [each["log_level"] for each in said] == [level]
