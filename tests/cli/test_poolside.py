"""The pool as a running part: what a start that fails leaves behind, and how it ends."""

import asyncio
import json
import socket
import sqlite3
from contextlib import closing
from types import SimpleNamespace

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from pithead.cli.cannotstart import CannotStart
from pithead.cli.config import load
from pithead.cli.farmtime import steady_wall
from pithead.cli.handover import Handover
from pithead.cli.poolside import PoolPart, open_pool, run
from pithead.pool.admins import Admins
from pithead.pool.fence import NotLeader
from pithead.pool.worker_settings import WorkerSetting, WorkerSettings

pytestmark = pytest.mark.slow


def configuration(**ports):
    flags = {"pool.api_port": 0, "pool.stratum_port": 0, "admin.port": 0} | {
        f"pool.{name}": port for name, port in ports.items()
    }
    return load(flags, {})


async def opened(directory, **ports):
    wall = steady_wall()
    return await open_pool(configuration(**ports), directory, wall, wall, 4)


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


async def test_a_start_that_fails_lets_go_of_all_it_had(tmp_path, taken):
    with pytest.raises(CannotStart, match=r"already in use.*pool\.stratum_port"):
        await opened(tmp_path, stratum_port=taken)
    part = await opened(tmp_path)
    await part.stop()


async def test_a_pool_stops_though_a_miner_stays_connected(tmp_path):
    part = await opened(tmp_path)
    host, port = part.stratum.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b'{"id": 1, "method": "mining.subscribe", "params": []}\n')
    await reader.readline()
    async with asyncio.timeout(10):
        await part.stop()
        assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("front_ends", [1, 2])
async def test_a_miner_that_is_there_hears_soon_of_a_least_difficulty(tmp_path, front_ends):
    """Also where it is served by a process of its own."""
    wall, config = steady_wall(), configuration(front_ends=front_ends)
    part = await open_pool(config, tmp_path, wall, wall, 1 << 60, with_crew=True)
    reader, writer = await asyncio.open_connection(*part.stratum.split(":"))
    writer.write(
        b'{"id": 1, "method": "mining.subscribe", "params": []}\n'
        b'{"id": 2, "method": "mining.authorize", "params": ["alice.rig", "x"]}\n'
    )

    async def difficulty():
        while True:
            line = json.loads(await reader.readline())
            if line.get("method") == "mining.set_difficulty":
                return line["params"][0]

    try:
        async with asyncio.timeout(60):
            wanted = 4 * await difficulty()
            settings = WorkerSettings(part.bookkeeper.store.engine)
            settings.put("alice", "rig", WorkerSetting("", None, wanted))
            assert await difficulty() == pytest.approx(wanted)
    finally:
        writer.close()
        await part.stop()


async def test_a_database_that_takes_nothing_holds_up_no_stop(tmp_path, monkeypatch):
    def refuse():
        raise OperationalError("UPDATE", {}, sqlite3.OperationalError("disk is full"))

    part = await opened(tmp_path)
    monkeypatch.setattr(part.accounts, "save_used", refuse)
    await part.stop()
    again = await opened(tmp_path)
    await again.stop()


async def test_a_part_whose_end_fails_leaves_the_others_closed(tmp_path, monkeypatch):
    async def fail(come_again):
        raise OSError("no more")

    part = await opened(tmp_path)
    with monkeypatch.context() as broken:
        broken.setattr(part.pool, "stop", fail)
        with pytest.raises(OSError, match="no more"):
            await part.stop()
    await part.pool.stop()
    again = await opened(tmp_path)
    await again.stop()


@pytest.mark.parametrize(
    "wrong",
    [
        {"pool.payout_address": "nobody"},
        {"pool.tls_certificate": "/nowhere.pem", "pool.tls_key": "/nowhere.key"},
    ],
)
async def test_what_cannot_start_takes_over_from_nobody(tmp_path, wrong):
    """It would not be answered here, and say so."""
    with closing(Handover(tmp_path)) as running:
        with pytest.raises(CannotStart):
            await run(load({"data.directory": str(tmp_path)} | wrong, {}), takes_over=True)
        assert not running.is_asked


async def test_an_admin_asks_how_a_running_pool_is(tmp_path):
    part = await opened(tmp_path)
    token = Admins(part.bookkeeper.store.engine).create("ops")
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as client:
        status = (await client.get(f"http://{part.admin.address}/api/v1/status")).json()
        assert status["height"] == part.pool.height > 0
    await part.stop()


async def test_what_is_beside_the_pool_says_when_another_keeps_the_books():
    async def fail(error):
        raise error

    tasks = [asyncio.create_task(fail(each)) for each in (OSError("a disk"), NotLeader("later"))]
    nothing = [None] * 4
    part = PoolPart(
        *nothing, None, SimpleNamespace(tasks=tasks[:1]), SimpleNamespace(tasks=tasks[1:]), []
    )
    with pytest.raises(NotLeader):
        await asyncio.wait_for(part.deposed(), 20)
    assert isinstance(tasks[0].exception(), OSError)
