"""Machines of a running farm over their own sockets: they go away, come back and remember."""

import contextlib

import httpx
import pytest

from tests.farming import running_farm, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture
def small(tmp_path):
    return tmp_path, {
        "farm__miners": 2,
        "farm__speed": 60.0,
        "pool__block_interval_seconds": 60.0,
        "pool__confirmations": 20,
    }


class Door:
    """One machine's REST API."""

    def __init__(self, farm, number):
        self.machine = farm.machines.machines[number]
        self.base = f"http://{farm.machines.rest_of(farm.machines.places[number])}/api/v1"
        self.headers = {}

    async def log_in(self):
        body = {"username": "root", "password": ""}
        self.headers = {"Authorization": (await self.ask("POST", "/auth/login", body))["token"]}

    async def ask(self, verb, path, body=None):
        async with httpx.AsyncClient(headers=self.headers) as client:
            answer = await client.request(verb, self.base + path, json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def is_open(self):
        with contextlib.suppress(httpx.TransportError):
            async with httpx.AsyncClient() as client:
                return (await client.get(self.base + "/version")).status_code == 200
        return False


async def test_a_machine_that_reboots_is_gone_for_a_while_and_mines_again(small):
    directory, settings = small
    async with running_farm(directory, **settings) as farm:
        one, other = Door(farm, 0), Door(farm, 1)
        await one.log_in()
        began = farm.clock.now()
        await until(lambda: one.machine.miner.snapshot(0).pool_stats.accepted_shares > 0)
        assert await one.ask("PUT", "/actions/reboot") is None
        await until(lambda: not one.machine.miner.system.is_up)
        assert not await one.is_open()
        assert await other.is_open()
        await until(lambda: one.machine.miner.system.is_up)
        await one.log_in()
        details = await one.ask("GET", "/miner/details")
        assert details["system_uptime_s"] < farm.clock.now() - began
        await until(lambda: one.machine.miner.snapshot(0).pool_stats.accepted_shares > 0)


async def test_what_was_set_outlives_the_daemon(small):
    directory, settings = small
    async with running_farm(directory, **settings) as farm:
        door = Door(farm, 0)
        await door.log_in()
        await door.ask("PUT", "/actions/stop")
        await door.ask("PUT", "/actions/locate", True)
        await door.ask("PATCH", "/network/configuration", {"hostname": "kept"})
        await door.ask("PATCH", "/advanced-settings", {"timezone": "Europe/Prague"})
        await door.ask("PATCH", "/upgrade/auto-upgrade", {"enabled": True})
        upgrades = await door.ask("GET", "/upgrade/auto-upgrade")
        network = await door.ask("GET", "/network")
        assert network["networks"] == [
            {"address": farm.machines.places[0].address, "netmask": "255.0.0.0"}
        ]
    async with running_farm(directory, **settings) as farm:
        door = Door(farm, 0)
        await door.log_in()
        details = await door.ask("GET", "/miner/details")
        assert details["hostname"] == "kept"
        assert details["status"] == 1
        assert details["bosminer_uptime_s"] == 0
        assert await door.ask("GET", "/actions/locate") is True
        assert await door.ask("GET", "/advanced-settings") == {"timezone": "Europe/Prague"}
        assert (await door.ask("GET", "/upgrade/auto-upgrade"))["enabled"] == upgrades["enabled"]
        assert await door.ask("PUT", "/actions/start") is False
        await until(lambda: door.machine.miner.snapshot(0).pool_stats.accepted_shares > 0)
