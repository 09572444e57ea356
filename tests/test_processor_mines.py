"""This computer's own processor mines at the real pool, and its API tells the truth."""

import time

import httpx
import pytest

from pithead.cli.farmside import ApiPlans, Machines
from pithead.cli.machines import Place
from pithead.cli.poolside import open_pool
from pithead.farm.clock import FarmClock
from pithead.farm.hashing import WorkerEngine
from pithead.hardware.processor import processor_model
from tests.farming import configuration, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

SHARES = 12
SHARE_WORK = 1 << 18


class CountingEngine(WorkerEngine):
    """Notes how many hashes its workers were given and have done."""

    def __init__(self, workers):
        super().__init__(workers)
        self.hashes = 0

    async def scan(self, requests):
        results = await super().scan(requests)
        self.hashes += sum(request.length for request in requests)
        return results


@pytest.fixture
async def pool(tmp_path):
    config = configuration(
        tmp_path, pool__work_scale=1, pool__first_share_work=SHARE_WORK, pool__least_share_work=1024
    )
    part = await open_pool(config, tmp_path / "pool", time.time, time.time, 1 << 44)
    yield part
    await part.stop()


@pytest.fixture
async def machines(tmp_path, pool, monkeypatch):
    monkeypatch.setattr("pithead.cli.farmside.WorkerEngine", CountingEngine)
    place = Place(
        name="desk",
        model=processor_model(1, "6.1.0"),
        address="127.0.88.1",
        worker="alice.desk",
        pool_url=f"stratum+tcp://{pool.stratum}",
    )
    plans = ApiPlans.of(configuration(tmp_path).farm, "farm")
    clock = FarmClock(time.time(), 1, time.time)
    # The scale of simulated machines: it is not for this one.
    machines = Machines([place], tmp_path / "miners", clock, time.time, 10**12, plans, 1)
    await machines.start()
    yield machines
    await machines.stop()


class Rest:
    def __init__(self, client):
        self._client = client
        self._headers = {}

    async def __call__(self, verb, path, body=None):
        answer = await self._client.request(verb, path, json=body, headers=self._headers)
        assert answer.is_success, answer.text
        return answer.json()

    async def log_in(self):
        credentials = {"username": "root", "password": ""}
        token = (await self("POST", "/auth/login", credentials))["token"]
        self._headers = {"Authorization": token}


@pytest.fixture
async def rest(machines):
    base = f"http://{machines.rest_of(machines.places[0])}/api/v1"
    async with httpx.AsyncClient(base_url=base) as client:
        rest = Rest(client)
        await rest.log_in()
        yield rest


async def test_every_share_of_a_processor_is_accepted_and_its_rate_is_what_it_hashed(
    pool, machines, rest
):
    (machine,) = machines.machines

    def stats():
        return machine.miner.snapshot(0.0).pool_stats

    def credited():
        (worker,) = pool.bookkeeper.workers("alice", time.time())
        return worker.work_24h

    await until(lambda: stats().accepted_shares >= SHARES, 120)
    await rest("PUT", "/actions/pause")
    await until(lambda: not machine.hashing._scanning)
    await until(lambda: credited() == stats().accepted_work)
    began, hashed = machine.miner._process_started, 0
    while hashed != machines._engine.hashes:  # a scan more may have begun before the pause
        hashed, before = machines._engine.hashes, time.time()
        told = await rest("GET", "/miner/stats")
        after = time.time()

    rate = told["miner_stats"]["real_hashrate"]["since_restart"]["gigahash_per_second"] * 1e9
    assert hashed / (after - began) <= rate * 1.000001
    assert rate <= hashed / (before - began) * 1.000001

    shares = told["pool_stats"]
    assert shares["accepted_shares"] >= SHARES
    assert (shares["rejected_shares"], shares["stale_shares"]) == (0, 0)


async def test_a_processor_invents_no_watts_clocks_sensors_or_serial_numbers(machines, rest):
    await until(lambda: machines._engine.hashes > 0)
    details = await rest("GET", "/miner/details")
    assert details["miner_identity"]["name"] == "cpu"
    assert details["psu_info"] is details["serial_number"] is None
    power = (await rest("GET", "/miner/stats"))["power_stats"]
    assert power == {"approximated_consumption": {"watt": 0}, "efficiency": None}
    (board,) = (await rest("GET", "/miner/hw/hashboards"))["hashboards"]
    absent = (
        "current_voltage", "current_frequency", "board_temp", "highest_chip_temp", "serial_number",
    )  # fmt: skip
    assert [board[name] for name in absent] == [None] * len(absent)
    assert (board["chips_count"], board["chip_type"]) == (1, "cpu")
    assert (await rest("GET", "/cooling/state"))["fans"] == []
    assert (await rest("GET", "/miner/errors"))["errors"] == []
