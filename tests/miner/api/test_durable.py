"""What was answered is on the disk: a crash right after the answer undoes nothing."""

import contextlib

import httpx
import pytest

from pithead.farm.machines import MachinePlan, build_machine
from pithead.hardware.models import model_named
from pithead.miner.advanced import DISABLE_ON_NOPIC
from pithead.miner.api.app import build_app
from pithead.miner.api.surroundings import surround
from pithead.miner.configuration import PoolGroup, PoolTarget, Settings
from pithead.miner.licence import make_key
from pithead.miner.settings import SettingsFile
from pithead.miner.system_settings import Contract, SystemSettings
from tests.miner.api.living import REAL
from tests.miner.conftest import START

GROUP = {"name": "new", "pools": [{"url": "stratum+tcp://127.0.0.1:2", "user": "b.c"}],
    "load_balance_strategy": {"quota": {"value": 2}}}  # fmt: skip
KEY = make_key(Contract("Farm", 150, START + 86_400))
WRITES = [
    ("PUT", "/actions/stop", None),
    ("PUT", "/actions/pause", None),
    ("PUT", "/actions/locate", True),
    ("PUT", "/cooling/mode", {"manual": {"fan_speed_ratio": 0.9}}),
    ("PUT", "/license/apply-contract-key", {"contract_key": KEY}),
    ("PATCH", "/miner/hw/hashboards", {"enable": False, "hashboard_ids": ["2"]}),
    ("PATCH", "/network/configuration", {"hostname": "other"}),
    ("PUT", "/performance/dps", {"enable": True}),
    ("PUT", "/performance/hashrate-target", {"terahash_per_second": 100.0}),
    ("PATCH", "/performance/hashrate-target/decrement", {"terahash_per_second": 1.0}),
    ("PUT", "/performance/mode", {"manualmode": {"hashboards": []}}),
    ("PUT", "/performance/power-target", {"watt": 3000}),
    ("PATCH", "/performance/power-target/decrement", {"watt": 100}),
    ("PATCH", "/performance/power-target/relative", {"percentage": 90.0, "reference": 1}),
    ("PUT", "/performance/quick-ramping", {"up_s": 7, "down_s": 8}),
    ("POST", "/pools/", GROUP),
    ("PUT", "/pools/batch", [GROUP]),
    ("PUT", "/pools/0", GROUP),
    ("DELETE", "/pools/0", None),
    ("PATCH", "/advanced-settings/", {"delayed_start_s": 60}),
    ("PATCH", "/upgrade/auto-upgrade", {"enabled": True}),
]  # fmt: skip
"""Each changes what is kept of a machine that is new."""


@pytest.fixture
async def start(tmp_path):
    """Start the machine that has its files there: the miner, and a client that is logged in."""
    pools = (PoolTarget("stratum+tcp://127.0.0.1:1", "a.b"),)
    plan = MachinePlan(
        name="rig", model=model_named("S19 XP"), seed="rig", directory=tmp_path / "rig",
        defaults=Settings(
            pool_groups=(PoolGroup("g", pools),),
            system=SystemSettings(advanced={DISABLE_ON_NOPIC.name: True}),
        ),
    )  # fmt: skip
    async with contextlib.AsyncExitStack() as stack:

        async def begin():
            machine = build_machine(plan, START, 10**12)
            machine.keeper.keep(machine.miner.saved)
            await machine.keeper.settled()
            around = surround(
                machine.miner, tmp_path / "rig", lambda: START, plan.defaults, lambda: REAL,
                machine.keeper.settled,
            )  # fmt: skip
            app = build_app(machine.miner, around, lambda: START, lambda: 0.0)
            transport = httpx.ASGITransport(app, client=("127.0.0.1", 4711))
            client = await stack.enter_async_context(
                httpx.AsyncClient(transport=transport, base_url="http://rig/api/v1")
            )
            stack.push_async_callback(around.logs.settled)
            body = {"username": "root", "password": ""}
            token = (await client.post("/auth/login", json=body)).json()["token"]
            client.headers["Authorization"] = token
            return machine.miner, client

        yield begin


@pytest.fixture
async def machine(start):
    return await start()


READS = (
    "/configuration/miner", "/network/configuration", "/advanced-settings/",
    "/upgrade/auto-upgrade", "/actions/locate", "/performance/mode", "/performance/target-profiles",
    "/pools/",
)  # fmt: skip


async def read(client):
    return {path: (await client.get(path)).json() for path in READS}


def kept(tmp_path):
    loaded = SettingsFile(tmp_path / "rig" / "settings.json").load(Settings())
    assert loaded.problem is None
    return loaded.settings


@pytest.mark.parametrize(("verb", "path", "body"), WRITES, ids=lambda each: str(each)[:40])
async def test_a_change_is_on_the_disk_when_it_is_answered(machine, tmp_path, verb, path, body):
    miner, client = machine
    before = kept(tmp_path)
    answer = await client.request(verb, path, json=body)
    assert answer.is_success, answer.text
    assert kept(tmp_path) == miner.saved != before


@pytest.mark.parametrize(("verb", "path", "body"), WRITES, ids=lambda each: str(each)[:40])
async def test_reads_say_the_same_of_a_machine_that_was_started_anew(start, verb, path, body):
    miner, client = await start()
    assert (await client.request(verb, path, json=body)).is_success
    again, other = await start()
    assert await read(other) == await read(client)
    for each in (miner, again):
        each.step(START + 1)
    assert again.status is miner.status
    ones, others = (each.performance.board_settings(True) for each in (miner, again))
    assert [(each.enabled, each.frequency_hz, each.voltage_v) for each in ones] == [
        (each.enabled, each.frequency_hz, each.voltage_v) for each in others
    ]
    assert again.cooling_plan == miner.cooling_plan


async def test_a_factory_reset_is_on_the_disk_when_it_is_answered(machine, tmp_path):
    miner, client = machine
    await client.put("/performance/power-target", json={"watt": 3000})
    assert (await client.put("/actions/factory-reset")).status_code == 204
    assert kept(tmp_path) == miner.saved
    assert kept(tmp_path).power_target_w is None


async def test_what_is_changed_over_graphql_is_on_the_disk_too(machine, tmp_path):
    _, client = machine
    change = "mutation { bos { setFaultLight(enable: true) { enabled } } }"
    answer = await client.post("http://rig/graphql", json={"query": change})
    assert "errors" not in answer.json()
    assert kept(tmp_path).system.locating
    change = """mutation { bosminer { config { updateAutotuning(input: {powerTarget: 3000},
        apply: true) { ... on AutotuningError { message } } } } }"""
    await client.post("http://rig/graphql", json={"query": change})
    assert kept(tmp_path).power_target_w == 3000
