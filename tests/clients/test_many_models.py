"""Machines of many models side by side, each read whole by both clients, unmodified.

They know the ports that machines have and no others, so this needs them on many addresses.
"""

import socket
import warnings
from datetime import timedelta

import pytest
from pyasic_rs.factory import MinerFactory

from pithead.hardware.models import model_named
from tests.farming import running_farm, until

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the client's own, of its libraries
    import pyasic

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

NETWORK = "127.0.203"
PORTS = (80, 4028, 50051)
BOTH = (
    "S19", "S19 Pro", "S19j Pro", "S19j Pro+", "S19 XP", "S19k Pro", "S21", "S21 Pro", "S21+",
    "T21", "S21 Hyd.",
)  # fmt: skip
MODELS = tuple(f"Antminer {name}" for name in BOTH)
NOT_OF_PYASIC = {"sticker_hashrate", "env_temp", "voltage", "fan_psu"}
NOT_OF_RUST = {
    "best_share", "session_best_share", "devfee_connected", "tuning_percent", "fluid_temperature",
    "outlet_fluid_temperature",
}  # fmt: skip
"""What the clients never ask a machine of this firmware for."""


def allowed(address):
    """Whether this process may have a machine's ports here."""
    for port in PORTS:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError:
                return False
    return True


@pytest.fixture
async def farm(tmp_path):
    if not all(allowed(f"{NETWORK}.{number + 1}") for number in range(len(MODELS))):
        pytest.skip(f"ports {PORTS} of {NETWORK}.1 and on are not to be had here")
    settings = {
        "farm__miners": len(MODELS),
        "farm__models": list(MODELS),
        "farm__first_address": f"{NETWORK}.1",
        "farm__rest_port": 80,
        "farm__cgminer_port": 4028,
        "farm__grpc_port": 50051,
        "farm__speed": 20.0,
        "pool__block_interval_seconds": 60.0,
    }
    async with running_farm(tmp_path, **settings) as farm:
        miners = [machine.miner for machine in farm.machines.machines]
        await until(lambda: all(seen(farm, miner).system_uptime_s > 180 for miner in miners), 120)
        await until(lambda: all(seen(farm, each).pool_stats.accepted_shares > 5 for each in miners))
        yield farm


def seen(farm, miner):
    return miner.snapshot(farm.clock.now())


async def test_both_clients_find_every_model_and_read_it_whole(farm):
    for number, machine in enumerate(farm.machines.machines):
        address = f"{NETWORK}.{number + 1}"
        model = model_named(MODELS[number])
        assert machine.miner.model is model
        await check_pyasic(address, machine.miner, model, seen(farm, machine.miner))
        await check_rust(address, machine.miner, model, seen(farm, machine.miner))


async def check_pyasic(address, miner, model, now):
    client = await pyasic.get_miner(address)
    client.web.username, client.web.pwd = "root", ""
    data = await client.get_data()
    unknown = {name for name, value in data.model_dump().items() if value is None}
    assert unknown == NOT_OF_PYASIC, model.name
    assert squeezed(data.model) in (squeezed(model.name), squeezed(model.name) + "nopic")
    assert data.expected_chips == data.total_chips == model.chips
    assert data.nominal is True
    assert float(data.expected_hashrate) == pytest.approx(model.sticker_ths)
    assert len(data.fans) == data.expected_fans == model.fans
    assert all(fan.speed > 500 for fan in data.fans)
    assert (data.is_mining, data.fault_light, data.errors) == (True, False, [])
    check_rates(float(data.hashrate), data.wattage, data.wattage_limit, now, model)
    assert 30 <= data.temperature_avg <= 75
    assert 100 < data.uptime < 5000
    assert data.mac.lower() == miner.identity.mac_address
    assert [board.serial_number for board in data.hashboards] == list(
        miner.identity.board_serial_numbers
    )
    for board in data.hashboards:
        assert not board.missing
        assert board.chips == board.expected_chips
        assert float(board.hashrate) > 0
        assert board.temp < board.chip_temp < 100
    assert [pool.active for pool in data.pools] == [True]


async def check_rust(address, miner, model, now):
    client = await MinerFactory().get_miner(address)
    client.set_auth("root", "")
    data = await client.get_data()
    told = data.model_dump()
    assert {name for name, value in told.items() if value is None} == NOT_OF_RUST, model.name
    assert squeezed(client.model) == squeezed(model.name)
    assert client.hardware.boards == [model.chips_per_board] * 3
    assert data.expected_chips == data.total_chips == model.chips
    assert data.expected_hashrate.value == pytest.approx(model.sticker_ths)
    assert len(data.fans) == data.expected_fans == model.fans
    assert all(fan.rpm > 500 for fan in data.fans)
    assert data.is_mining is True
    assert data.light_flashing is False
    check_rates(data.hashrate.value, data.wattage, target_w(data.tuning_target), now, model)
    assert timedelta(seconds=100) < data.uptime < timedelta(seconds=5000)
    assert data.mac.lower() == miner.identity.mac_address
    assert all(board.active and board.voltage > 5 for board in data.hashboards)
    limits = now.tuner.power_limits_w
    power = data.tuning_capabilities.power
    assert (target_w(power.minimum), target_w(power.default), target_w(power.maximum)) == (
        limits.minimum, limits.default, limits.maximum,
    )  # fmt: skip
    assert target_w(data.scaled_tuning_target) == now.tuner.current_target_w


def check_rates(ths, watts, target_w, now, model):
    """A minute's rate scatters; power does not."""
    assert model.sticker_ths * 0.5 < ths < model.sticker_ths * 1.6
    assert watts == pytest.approx(model.default_watt, rel=0.05)
    assert target_w == now.tuner.power_target_w


def target_w(target):
    return target.watts


def squeezed(name):
    """A model's name as all write it in the end."""
    plain = name.casefold().removeprefix("antminer ").replace(" ", "").rstrip(".")
    return plain.replace("hydro", "hyd").replace("plus", "+")
