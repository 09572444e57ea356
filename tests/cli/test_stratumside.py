"""The Stratum ports as they are configured, and what goes from one life of a pool to the next."""

import asyncio
import json
import ssl
import stat
from contextlib import suppress

import msgspec
import pytest

from pithead.cli.cannotstart import CannotStart
from pithead.cli.config import load
from pithead.cli.farmtime import steady_wall
from pithead.cli.poolside import open_pool
from pithead.cli.stratumside import KEY_FILE, RESTING_FILE
from pithead.pool.extranonce import Resting
from tests.pool.test_tls import make_certificate

pytestmark = pytest.mark.slow


async def opened(directory, **keys):
    flags = {
        "pool.api_port": 0,
        "pool.stratum_port": 0,
        "admin.port": 0,
        "pool.stratum_tls_port": 0,
    }
    config = load(flags | {f"pool.{name}": value for name, value in keys.items()}, {})
    wall = steady_wall()
    return await open_pool(config, directory, wall, wall, 4)


async def ask(address, method, *params, **options):
    reader, writer = await asyncio.open_connection(*address, **options)
    writer.write(json.dumps({"id": 1, "method": method, "params": params}).encode() + b"\n")
    line = await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
    return json.loads(line)["result"] if line else None


async def subscribe(part, session_id=None):
    result = await ask(part.front.listener.address, "mining.subscribe", "test/1", session_id)
    return result[0][1][1], result[1]


async def test_tls_is_spoken_on_both_ports_and_plain_stratum_on_one(tmp_path):
    certificate, key = make_certificate(tmp_path)
    part = await opened(tmp_path / "data", tls_certificate=str(certificate), tls_key=str(key))
    trusting = ssl.create_default_context(cafile=certificate)
    plain, for_tls = part.front.listener.address, part.front.tls.address
    for address in (plain, for_tls):
        assert (
            await ask(address, "mining.ping", ssl=trusting, server_hostname="localhost") == "pong"
        )
    assert await ask(plain, "mining.ping") == "pong"
    assert await ask(for_tls, "mining.ping") is None
    sockets = part.sockets()
    assert sorted(sockets) == ["admin", "api", "stratum", "stratum-tls"]
    for each in sockets.values():
        each.close()
    await part.stop()


async def test_a_certificate_that_is_none_is_told_at_the_start(tmp_path):
    with pytest.raises(CannotStart, match="nowhere"):
        await opened(tmp_path, tls_certificate="/nowhere.pem", tls_key="/nowhere.key")
    part = await opened(tmp_path)
    await part.stop()


async def test_a_session_is_resumed_after_a_restart(tmp_path):
    part = await opened(tmp_path)
    known = await subscribe(part)
    await part.stop()
    again = await opened(tmp_path)
    assert await subscribe(again, known[0]) == known
    assert await subscribe(again) != known
    await again.stop()


async def test_servers_begin_their_extranonces_with_their_number(tmp_path):
    part = await opened(tmp_path, server_bits=4, server_number=9)
    _, extranonce1 = await subscribe(part)
    assert extranonce1.startswith("9")
    await part.stop()


@pytest.mark.parametrize("spoil", [b"", b"nonsense", b"[[1]]", b'[["a",1,1,1.0]]'])
async def test_what_is_left_of_the_last_life_may_be_damaged(tmp_path, spoil):
    pool = tmp_path / "pool"
    pool.mkdir()
    (pool / RESTING_FILE).write_bytes(spoil)
    (pool / KEY_FILE).write_bytes(b"short")
    part = await opened(tmp_path)
    await subscribe(part)
    await part.stop()
    assert len((pool / KEY_FILE).read_bytes()) == 32
    assert stat.S_IMODE((pool / KEY_FILE).stat().st_mode) == 0o600
    msgspec.json.decode((pool / RESTING_FILE).read_bytes(), type=list[Resting])
