"""The exchange over a real NATS server: the cases of the port, and what is NATS's own."""

import asyncio

import pytest

from pithead.pool.natsexchange import NatsExchange
from pithead.pool.natslink import NatsSettings
from tests.natsservers import running_nats
from tests.pool.exchange_cases import ExchangeCases

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
