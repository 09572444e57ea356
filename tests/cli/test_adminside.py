"""What a running pool shows at its admin port, over real sockets."""

import httpx
import pytest

from pithead.cli.adminside import _nodes
from pithead.cli.config import load
from pithead.cli.farmtime import steady_wall
from pithead.cli.poolside import open_pool
from pithead.pool.admins import Admins
from tests.node.playednodes import PlayedChain, opened
from tests.node.rpcserver import served


async def answers(directory, **keys):
    """Of the figures with and without a token, and of both healths."""
    flags = {"pool.api_port": 0, "pool.stratum_port": 0, "admin.port": 0}
    wall = steady_wall()
    config = load({**flags, **{name.replace("__", "."): value for name, value in keys.items()}}, {})
    part = await open_pool(config, directory, wall, wall, 4)
    try:
        token = Admins(part.bookkeeper.store.engine).create("ops")
        async with httpx.AsyncClient(base_url=f"http://{part.admin.address}") as client:
            yield await client.get("/metrics")
            yield await client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
            yield await client.get("/health/live")
            yield await client.get("/health/ready")
    finally:
        await part.stop()


@pytest.mark.slow
async def test_a_pool_shows_its_figures_to_this_machine(tmp_path):
    open_, token, live, ready = [answer async for answer in answers(tmp_path)]
    assert "pithead_pool_tip_height " in open_.text
    assert token.status_code == live.status_code == ready.status_code == 200


@pytest.mark.slow
async def test_a_pool_shows_them_to_admins_alone_where_it_is_told_so(tmp_path):
    closed, token, _, _ = [answer async for answer in answers(tmp_path, admin__metrics_open=False)]
    assert closed.status_code == 401
    assert "pithead_pool_tip_height " in token.text


async def test_each_bitcoind_is_shown_as_the_pool_sees_it():
    chain = PlayedChain()
    chain.add("a" * 64, 15, "b" * 64)
    async with served() as one, served() as two:
        chain.follow(one, "a" * 64)
        chain.follow(two, "a" * 64, chain="main")
        async with opened(one, two) as node:
            first, second = _nodes(node)
    assert (first.url, first.seen.height, first.is_usable) == (one.url, 15, True)
    assert (second.seen.network_name, second.is_usable) == ("mainnet", False)
