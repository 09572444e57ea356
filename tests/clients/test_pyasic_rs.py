"""asic-rs by its Python package, unmodified: it finds a machine by its address and works with it.

It knows the ports that machines have and no others, so this needs 80 and 4028 on an address.
"""

import asyncio
import json
import socket

import pytest
from pyasic_rs.config import Pool, PoolGroup, TimezoneConfig
from pyasic_rs.factory import MinerFactory

from tests.farming import running_farm, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

ADDRESS = "127.0.201.1"


def allowed():
    """Whether this process may have a machine's ports here."""
    for port in (80, 4028):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((ADDRESS, port))
            except OSError:
                return False
    return True


@pytest.fixture
async def farm(tmp_path):
    if not allowed():
        pytest.skip(f"ports 80 and 4028 of {ADDRESS} are not to be had here")
    settings = {
        "farm__miners": 1,
        "farm__first_address": ADDRESS,
        "farm__rest_port": 80,
        "farm__cgminer_port": 4028,
        "farm__speed": 20.0,
        "pool__block_interval_seconds": 60.0,
    }
    async with running_farm(tmp_path, **settings) as farm:
        yield farm


@pytest.fixture
async def machine(farm):
    """What the client works with, as the farm has it."""
    miner = farm.machines.machines[0].miner
    await until(lambda: miner.snapshot(farm.clock.now()).pool_stats.accepted_shares > 5)
    return miner


@pytest.fixture
async def client(machine):
    found = await MinerFactory().get_miner(ADDRESS)
    assert found is not None
    found.set_auth("root", "")
    return found


async def test_it_knows_what_stands_there(client):
    assert (client.make, client.model, client.firmware) == ("Antminer", "S21", "Braiins")
    assert client.expected_hashboards == 3
    assert client.expected_chips == 324


async def test_it_reads_what_the_machine_does(client, machine, farm):
    machine.faults.report(farm.clock.now(), "something broke")
    data = await client.get_data()
    identity = machine.identity
    assert data.mac.lower() == identity.mac_address
    assert data.hostname == "miner-0"
    assert data.serial_number == identity.serial_number
    assert data.api_version == "1.7.0"
    assert data.firmware_version.endswith("-26.08-plus")
    assert data.is_mining is True
    assert 100 < data.hashrate.value < 300
    assert data.wattage == pytest.approx(machine.snapshot(farm.clock.now()).consumption_w, abs=300)
    assert 10 < data.efficiency < 40
    assert data.light_flashing is False
    assert [board.position for board in data.hashboards] == [0, 1, 2]
    for board, serial in zip(data.hashboards, identity.board_serial_numbers, strict=True):
        assert (board.serial_number, board.working_chips) == (serial, 108)
        assert board.hashrate.value > 30
        assert board.board_temperature < board.outlet_chip_temperature
    (group,) = data.pools
    (pool,) = group.pools
    assert (pool.user, pool.active, pool.alive) == ("alice.miner-0", True, True)
    assert pool.accepted_shares > 5
    assert [message.message for message in data.messages][-1] == "something broke"


async def test_it_works_the_machine(client, machine):
    assert await client.set_fault_light(True)
    assert machine.settings.system.locating is True
    assert await client.get_light_flashing() is True
    assert await client.set_power_limit(3000)
    assert machine.snapshot(0).tuner.power_target_w == 3000
    assert await client.pause()
    assert machine.settings.paused is True
    assert await client.get_is_mining() is False
    assert await client.resume()
    assert machine.settings.paused is False
    assert "INFO" in await client.read_logs()


async def test_it_sets_the_time_zone_the_boards_and_the_password(client, machine):
    assert await client.set_timezone_config(TimezoneConfig("Europe/Prague"))
    assert machine.settings.system.advanced["timezone"] == "Europe/Prague"
    zones = await client.get_timezone_config()
    assert str(zones.timezone) == "Europe/Prague"
    with pytest.raises(RuntimeError, match=r"412.*no voltage controller"):
        await client.set_hashboards_enabled([1], False)
    machine.change_system(advanced={"allow_disabling_hashboards_on_nopic_miners": True})
    assert await client.set_hashboards_enabled([1], False)
    assert machine.performance.runs == [True, False, True]
    assert await client.set_hashboards_enabled([1], True)
    assert machine.performance.runs == [True, True, True]
    assert await client.change_password("more hash")
    again = await MinerFactory().get_miner(ADDRESS)
    again.set_auth("root", "more hash")
    assert await again.set_fault_light(True)
    assert (await again.get_tuning_target()).watts == 3500


async def test_it_sets_pools(client, machine):
    (before,) = machine.pool_groups()[0].pools
    pools = [
        Pool(url=before.url, username="bob.elsewhere", password="p"),
        Pool(url="stratum+tcp://127.0.0.1:9", username="bob.spare", password="q"),
    ]
    assert await client.set_pools_config([PoolGroup(name="Mine", quota=1, pools=pools)])
    (group,) = machine.pool_groups()
    assert [(pool.user, pool.password) for pool in group.pools] == [
        ("bob.elsewhere", "p"),
        ("bob.spare", "q"),
    ]
    await until(lambda: machine.snapshot(0).pool_groups[0].pools[0].stats.accepted_shares > 0)


def cgminer_model():
    """The model as the cgminer API tells it; None where nothing listens."""
    try:
        with socket.create_connection((ADDRESS, 4028), timeout=10) as asking:
            asking.sendall(b'{"command":"devdetails"}')
            answer = b"".join(iter(lambda: asking.recv(4096), b""))
    except ConnectionRefusedError:
        return None
    return json.loads(answer[:-1])["DEVDETAILS"][0]["Model"]


async def test_it_reboots_the_machine(client, machine, farm):
    described = json.loads(farm.file.read_text())
    assert described["miners"][0]["cgminer"] == f"{ADDRESS}:4028"
    assert await asyncio.to_thread(cgminer_model) == "Antminer S21"
    assert await client.restart()
    await until(lambda: not machine.system.is_up)
    assert await asyncio.to_thread(cgminer_model) is None
    assert await MinerFactory().get_miner(ADDRESS) is None
    await until(lambda: machine.system.is_up)
    await until(lambda: machine.snapshot(0).pool_stats.accepted_shares > 0)
    assert (await MinerFactory().get_miner(ADDRESS)).model == "S21"
    assert await asyncio.to_thread(cgminer_model) == "Antminer S21"
