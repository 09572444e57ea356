"""Two front ends with one number, of a real NATS server."""

import asyncio

import pytest

from pithead.pool.claim import Claim, Claimed
from pithead.pool.natsentry import NatsEntry
from pithead.pool.natslink import NatsLink, NatsSettings
from tests.natsservers import running_nats

pytestmark = pytest.mark.slow

SOON = 30
TTL = 2.0
LONG = 3_600.0
NAME = "server-3"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running_nats(tmp_path_factory.mktemp("nats")) as running:
        yield running


@pytest.fixture
async def link(server, request):
    made = NatsLink(NatsSettings((server.url,), prefix=f"pool{abs(hash(request.node.nodeid))}"))
    made.start()
    await asyncio.wait_for(made.linked(), SOON)
    yield made
    await made.close()


async def soon(awaited):
    return await asyncio.wait_for(awaited, SOON)


async def holder(link):
    return (await NatsEntry(link, NAME, SOON).read()).holder


async def test_a_second_with_the_same_number_hears_who_has_it(link):
    first = Claim(link, NAME, "one", TTL)
    await soon(first.make())
    keeping = asyncio.ensure_future(first.keep())
    with pytest.raises(Claimed, match=r"process \d+ on "):
        await soon(Claim(link, NAME, "two", TTL).make())
    await soon(Claim(link, "server-4", "two", TTL).make())
    assert not keeping.done()
    keeping.cancel()


async def test_the_claim_of_a_killed_one_expires(link):
    await soon(Claim(link, NAME, "one", TTL).make())
    second = Claim(link, NAME, "two", TTL)
    await soon(second.make())
    assert (await holder(link)).startswith("two ")


async def test_the_next_life_of_the_same_front_end_need_not_wait(link):
    await soon(Claim(link, NAME, "one", LONG).make())
    await soon(Claim(link, NAME, "one", LONG).make())


async def test_a_claim_that_was_given_back_is_free_at_once(link):
    first = Claim(link, NAME, "one", LONG)
    await soon(first.make())
    await first.release()
    await soon(Claim(link, NAME, "two", LONG).make())


async def test_the_older_of_two_with_a_copied_directory_hears_of_the_younger(link):
    first, second = Claim(link, NAME, "one", TTL), Claim(link, NAME, "one", TTL)
    await soon(first.make())
    await soon(second.make())
    with pytest.raises(Claimed):
        await soon(first.keep())
    await first.release()
    assert await holder(link) != "", "what another has is not given back"


async def test_who_is_cut_off_keeps_its_claim_and_renews_it_later(tmp_path):
    with running_nats(tmp_path) as server:
        link = NatsLink(NatsSettings((server.url,)))
        link.start()
        claim = Claim(link, NAME, "one", TTL)
        await soon(claim.make())
        keeping = asyncio.ensure_future(claim.keep())
        server.kill()
        await asyncio.sleep(TTL)
        assert not keeping.done()
        await asyncio.to_thread(server.start)
        await soon(link.linked())
        before = (await NatsEntry(link, NAME, SOON).read()).revision
        async with asyncio.timeout(SOON):
            while (await NatsEntry(link, NAME, SOON).read()).revision == before:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        assert not keeping.done()
        keeping.cancel()
        await link.close()
