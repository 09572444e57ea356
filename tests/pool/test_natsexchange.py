"""The exchange over a real NATS server: the cases of the port, and what is NATS's own."""

import asyncio

import nkeys
import pytest

from pithead.pool.exchange import LONGEST_PAYLOAD, ExchangeAway
from pithead.pool.natsexchange import NatsExchange
from pithead.pool.natslink import NatsSettings
from tests.natsoperator import Operator, new_key
from tests.natsservers import running_nats
from tests.pool.exchange_cases import ExchangeCases, answered, give, heard, take
from tests.pool.test_tls import make_certificate

pytestmark = pytest.mark.slow

SOON = 20


class World:
    def __init__(self, settings):
        self.settings = settings
        self.ends = []

    async def front_end(self):
        end = NatsExchange(self.settings)
        self.ends.append(end)
        await asyncio.wait_for(end.linked(), SOON)
        return end

    books = front_end

    async def close(self):
        for end in self.ends:
            await end.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running_nats(tmp_path_factory.mktemp("nats")) as running:
        yield running


@pytest.fixture
async def world(server, request):
    made = World(NatsSettings((server.url,), prefix=f"pool{abs(hash(request.node.nodeid))}"))
    yield made
    await made.close()


class TestConformance(ExchangeCases):
    pass


async def test_what_is_longer_than_a_message_is_told_asked_and_answered(world):
    one, two = await world.front_end(), await world.front_end()
    block = bytes(range(256)) * (4 << 12)  # 4 MB
    listener = one.listen("work")
    assert await heard(two, "work", block, [listener]) == [block]

    async def backwards(payload):
        return payload[::-1]

    await one.answer("backwards", backwards)
    assert await answered(two, "backwards", block) == block[::-1]


async def test_what_no_block_needs_is_refused(world):
    end = await world.front_end()
    payload = bytes(LONGEST_PAYLOAD + 1)
    for refused in (end.keep(payload, "x"), end.tell("work", payload), end.ask("work", payload)):
        with pytest.raises(ValueError, match="more than a payload"):
            await refused


async def test_the_same_given_again_arrives_once_also_in_parts(world):
    end = await world.front_end()
    for payload in (b"short", bytes(3 << 20), b"last"):
        for _ in range(2):
            await end.keep(payload, str(len(payload)))
    assert await take(end.kept(), 3) == [b"short", bytes(3 << 20), b"last"]


async def test_who_took_before_ends_and_what_he_says_is_done_counts_no_more(world):
    old, new, end = [await world.front_end() for _ in range(3)]
    await end.keep(b"one", "1")
    before = old.kept()
    async with asyncio.timeout(SOON):
        first = await anext(before)
        after = new.kept()
        assert (await anext(after)).payload == b"one"
        await first.done()
        with pytest.raises(ExchangeAway, match="another process"):
            await anext(before)
    assert await take((await world.front_end()).kept(), 1) == [b"one"]


async def test_where_too_much_waits_no_more_is_kept_and_nothing_is_dropped(server):
    world = World(NatsSettings((server.url,), prefix="full", most_bytes=300_000))
    end = await world.front_end()
    payloads = [bytes([number]) * 100_000 for number in range(4)]
    for payload in payloads[:2]:
        await end.keep(payload, payload[:1].hex())
    with pytest.raises(ExchangeAway):
        await end.keep(payloads[2], "2")
    assert await take(end.kept(), 2) == payloads[:2]
    await give(end, payloads[2:])
    await world.close()


async def test_without_a_server_everything_is_away_at_once():
    end = NatsExchange(NatsSettings(("nats://127.0.0.1:1",)))
    for awaited in (end.keep(b"", "x"), end.tell("a", b""), end.ask("a", b"")):
        with pytest.raises(ExchangeAway):
            await awaited
    await end.close()


async def test_a_server_that_comes_back_finds_everybody_again(tmp_path):
    with running_nats(tmp_path) as server:
        world = World(NatsSettings((server.url,)))
        one, two = await world.front_end(), await world.front_end()
        listener = one.listen("work")
        await one.answer("echo", lambda payload: asyncio.sleep(0, payload))
        await heard(two, "work", b"before", [listener])
        await give(two, [b"kept before"])
        kept = one.kept()
        assert await take(kept, 1) == [b"kept before"]
        second = asyncio.ensure_future(take(kept, 1))
        await asyncio.sleep(0.2)
        server.kill()
        with pytest.raises(ExchangeAway):
            await two.ask("echo", b"", 5)
        await asyncio.to_thread(server.start)
        await asyncio.wait_for(asyncio.gather(one.linked(), two.linked()), SOON)
        while await heard(two, "work", b"after", [listener]) != [b"after"]:
            pass
        assert await answered(two, "echo", b"again") == b"again"
        await give(two, [b"kept after"])
        assert await second == [b"kept after"]
        await world.close()


GOOD = {
    "user": ('authorization { user: pool, password: "s" }', {"user": "pool", "password": "s"}),
    "token": ("authorization { token: secret }", {"token": "secret"}),
}


@pytest.mark.parametrize("way", GOOD)
async def test_a_server_that_asks_who_it_is_gets_to_know(way, tmp_path):
    more, settings = GOOD[way]
    with running_nats(tmp_path, more) as server:
        world = World(NatsSettings((server.url,), **settings))
        await give(await world.front_end(), [b"one"])
        wrong = NatsExchange(NatsSettings((server.url,), **dict.fromkeys(settings, "wrong")))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(wrong.linked(), 1)
        await wrong.close()
        await world.close()


async def reaches(settings):
    end = NatsExchange(settings)
    try:
        await asyncio.wait_for(end.linked(), 2)
        return True
    except TimeoutError:
        return False
    finally:
        await end.close()


async def test_a_server_knows_a_user_by_its_nkey(tmp_path):
    seed, public = new_key(nkeys.PREFIX_BYTE_USER)
    another, _ = new_key(nkeys.PREFIX_BYTE_USER)
    for name, content in (("good", seed + b"\n"), ("wrong", another)):
        (tmp_path / name).write_bytes(content)
    users = f"authorization {{ users: [{{ nkey: {public} }}] }}"
    with running_nats(tmp_path / "server", users) as server:
        world = World(NatsSettings((server.url,), nkey_file=str(tmp_path / "good")))
        await give(await world.front_end(), [b"one"])
        await world.close()
        wrong = NatsSettings((server.url,), nkey_file=str(tmp_path / "wrong"))
        assert not await reaches(wrong)
        assert not await reaches(NatsSettings((server.url,)))


async def test_a_server_knows_a_user_by_a_credentials_file_of_its_operator(tmp_path):
    operator = Operator()
    for name, made in (("good", operator), ("wrong", Operator())):
        (tmp_path / name).write_text(made.credentials())
    with running_nats(tmp_path / "server", operator.configuration()) as server:
        world = World(NatsSettings((server.url,), credentials_file=str(tmp_path / "good")))
        await give(await world.front_end(), [b"one"])
        await world.close()
        wrong = NatsSettings((server.url,), credentials_file=str(tmp_path / "wrong"))
        assert not await reaches(wrong)


async def test_over_tls_both_sides_know_each_other(tmp_path):
    certificate, key = map(str, make_certificate(tmp_path))  # each is the authority of the other
    files = f'cert_file: "{certificate}", key_file: "{key}", ca_file: "{certificate}"'
    with running_nats(tmp_path / "server", f"tls {{ {files}, verify: true }}") as server:
        url = f"tls://localhost:{server.port}"
        good = {"tls_ca": certificate, "tls_certificate": certificate, "tls_key": key}
        world = World(NatsSettings((url,), **good))
        await give(await world.front_end(), [b"one"])
        for lacking in ({"tls_ca": certificate}, {}):
            wrong = NatsExchange(NatsSettings((url,), **lacking))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(wrong.linked(), 1)
            await wrong.close()
        await world.close()


def test_files_that_are_not_there_are_an_error_at_the_start(tmp_path):
    for setting in ("credentials_file", "nkey_file", "tls_ca"):
        with pytest.raises(OSError):
            NatsSettings(("nats://127.0.0.1:1",), **{setting: str(tmp_path / "no")}).options()
