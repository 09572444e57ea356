"""pyasic, unmodified: it finds a machine by its address and works with it over gRPC and port 4028.

It knows the ports that machines have and no others, so this needs them on an address.
"""

import json
import socket
import warnings

import pytest

from tests.farming import running_farm, until

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the client's own, of its libraries
    import pyasic
    from pyasic.config.pools import Pool

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(240),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

ADDRESS = "127.0.202.1"
PORTS = (80, 4028, 50051)


def allowed():
    """Whether this process may have a machine's ports here."""
    for port in PORTS:
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
        pytest.skip(f"ports {PORTS} of {ADDRESS} are not to be had here")
    settings = {
        "farm__miners": 1,
        "farm__first_address": ADDRESS,
        "farm__rest_port": 80,
        "farm__cgminer_port": 4028,
        "farm__grpc_port": 50051,
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
    return await find()


async def find():
    """The machine, as a program finds it that knows nothing but the address."""
    found = await pyasic.get_miner(ADDRESS)
    assert found is not None
    found.web.username, found.web.pwd = "root", ""
    return found


async def test_it_reads_what_the_machine_does(client, machine, farm):
    await until(lambda: machine.snapshot(farm.clock.now()).system_uptime_s > 120)
    data = await client.get_data()
    identity, seen = machine.identity, machine.snapshot(farm.clock.now())
    assert (data.make, data.model, data.firmware) == ("AntMiner", "S21", "BOS+")
    assert data.mac.lower() == identity.mac_address
    assert (data.hostname, data.serial_number) == ("miner-0", identity.serial_number)
    assert (data.api_ver, data.fw_ver) == ("3.7", "26.08")
    assert data.is_mining is True
    assert data.fault_light is False
    assert data.errors == []
    assert 100 < float(data.hashrate) < 300
    assert data.wattage == pytest.approx(seen.consumption_w, abs=300)
    assert data.wattage_limit == seen.tuner.power_target_w
    assert [fan.speed for fan in data.fans[:2]] != [None, None]
    for board, serial in zip(data.hashboards, identity.board_serial_numbers, strict=True):
        assert (board.serial_number, board.chips, board.missing) == (serial, 108, False)
        assert float(board.hashrate) > 20
        assert board.temp < board.chip_temp
    (pool,) = data.pools
    assert (pool.user, pool.active, pool.alive) == ("alice.miner-0", True, True)
    assert pool.accepted > 5
    (group,) = data.config.pools.groups
    assert [each.user for each in group.pools] == ["alice.miner-0"]


async def test_it_works_the_machine(client, machine):
    assert await client.fault_light_on()
    assert machine.settings.system.locating is True
    assert await client.fault_light_off()
    assert machine.settings.system.locating is False
    assert await client.set_power_limit(3000)
    assert machine.snapshot(0).tuner.power_target_w == 3000
    assert await client.stop_mining()
    assert machine.settings.paused is True
    assert await client.resume_mining()
    assert machine.settings.paused is False


async def test_it_sets_pools_without_asking_for_a_token_first(client, machine):
    """Its writes come bare, and only UNAUTHENTICATED makes it log in and try again."""
    config = await client.get_config()
    (url,) = [pool.url for pool in config.pools.groups[0].pools]
    config.pools.groups[0].pools = [
        Pool(url=url, user="bob.elsewhere", password="p"),
        Pool(url="stratum+tcp://127.0.0.1:9", user="bob.spare", password="q"),
    ]
    client.web.token = None
    await client.send_config(config)
    (group,) = machine.pool_groups()
    assert [(pool.user, pool.password) for pool in group.pools] == [
        ("bob.elsewhere", "p"),
        ("bob.spare", "q"),
    ]
    await until(lambda: machine.snapshot(0).pool_groups[0].pools[0].stats.accepted_shares > 0)


def listens(port):
    with socket.socket() as asking:
        return asking.connect_ex((ADDRESS, port)) == 0


async def test_it_reboots_the_machine_and_every_port_goes_and_comes_back(client, machine, farm):
    described = json.loads(farm.file.read_text())
    assert described["miners"][0]["grpc"] == f"{ADDRESS}:50051"
    assert await client.reboot()
    await until(lambda: not machine.system.is_up)
    assert [listens(port) for port in PORTS] == [False] * len(PORTS)
    await until(lambda: machine.system.is_up)
    await until(lambda: all(map(listens, PORTS)))
    again = await find()
    assert again.raw_model == "S21"
    assert await again.get_hostname() == "miner-0"
