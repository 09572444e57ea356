"""A farm that was asked to is found by mDNS."""

import asyncio

import pytest
from zeroconf import InterfaceChoice
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from pithead.cli import farmside
from pithead.miner.announcing import SERVICE, Announcer
from tests.farming import running_farm

pytestmark = pytest.mark.slow


async def test_a_farm_announces_its_machines_where_it_was_asked_to(tmp_path, monkeypatch):
    def on_loopback(machines, interfaces=InterfaceChoice.All):
        return Announcer(machines, ["127.0.0.1"])

    monkeypatch.setattr(farmside, "Announcer", on_loopback)
    async with running_farm(tmp_path, farm__miners=1, farm__announce=True) as farm:
        seeker = AsyncZeroconf(interfaces=["127.0.0.1"])
        info = AsyncServiceInfo(SERVICE, f"miner-0.{SERVICE}")
        async with asyncio.timeout(20):
            while not await info.async_request(seeker.zeroconf, 3_000):
                pass
        rest = farm.machines.rest_of(farm.machines.places[0])
        assert f"{info.parsed_addresses()[0]}:{info.port}" == rest
        await seeker.async_close()
