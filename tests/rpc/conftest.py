"""A house with lamps, and a client that may come in."""

import pytest

from tests.rpc.lamps import House, client_of


@pytest.fixture
async def house():
    return House()


@pytest.fixture
async def client(house):
    async with client_of(house) as open_client:
        yield open_client
