"""Played bitcoinds for the tests of the port over them."""

import pytest

from tests.node.playednodes import PlayedChain, link_up, name
from tests.node.rpcserver import served


@pytest.fixture
def chain():
    chain = PlayedChain()
    chain.add(name("a", 10), 10, "ff" * 32)
    link_up(chain, "a", 11, 20, name("a", 10))
    return chain


@pytest.fixture
async def servers():
    async with served() as first, served() as second:
        yield first, second
