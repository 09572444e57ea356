"""Played bitcoinds for the tests of the port over them, and a chain that has begun."""

import asyncio
import shutil

import pytest

from pithead.node.kernel import KernelNode, KernelSettings
from tests.node.playednodes import PlayedChain, link_up, name
from tests.node.rpcserver import served
from tests.node.test_node import SteppedClock


@pytest.fixture(scope="session")
def first_chain(tmp_path_factory):
    """What the first start leaves: mining its blocks costs more than most tests do."""
    directory = tmp_path_factory.mktemp("chain")

    async def start_once():
        settings = KernelSettings(first_block_work=8)
        await (await KernelNode.open(directory, settings, SteppedClock())).close()

    asyncio.run(start_once())
    return directory


@pytest.fixture
def begun(first_chain, tmp_path):
    """The directory of such a chain, for one test."""
    return shutil.copytree(first_chain, tmp_path / "begun")


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
