"""Machines are found by mDNS: by their type, by their subtype, and no longer when they are off."""

import asyncio

import pytest
from zeroconf import ServiceStateChange
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from pithead.miner.announcing import SERVICE, SUBTYPE, Announcement, Announcer

pytestmark = pytest.mark.slow
LOOPBACK = ["127.0.0.1"]


@pytest.fixture
async def seeker():
    """Notes what comes and goes of both types."""
    responder = AsyncZeroconf(interfaces=LOOPBACK)
    changes = asyncio.Queue()

    def note(zeroconf, service_type, name, state_change):
        changes.put_nowait((service_type, name, state_change))

    browsers = [
        AsyncServiceBrowser(responder.zeroconf, [kind], handlers=[note])
        for kind in (SERVICE, SUBTYPE)
    ]
    yield responder, changes
    for browser in browsers:
        await browser.async_cancel()
    await responder.async_close()


async def heard(changes, name, change):
    """Wait until both types have changed so."""
    wanted = {SERVICE, SUBTYPE}
    async with asyncio.timeout(20):
        while wanted:
            kind, seen, what = await changes.get()
            if (seen, what) == (f"{name}.{SERVICE}", change):
                wanted.discard(kind)


async def test_a_machine_is_announced_and_goes_and_comes_with_its_power(seeker):
    responder, changes = seeker
    names = ["pithead-test-rig"]
    announcer = Announcer([Announcement(lambda: names[-1], "127.0.9.1", 8081)], LOOPBACK)
    await announcer.start()
    await heard(changes, names[0], ServiceStateChange.Added)
    info = AsyncServiceInfo(SERVICE, f"{names[0]}.{SERVICE}")
    assert await info.async_request(responder.zeroconf, 5_000)
    assert (info.parsed_addresses(), info.port) == (["127.0.9.1"], 8081)
    announcer.power("127.0.9.1", False)
    await heard(changes, names[0], ServiceStateChange.Removed)
    names.append("pithead-test-renamed")
    announcer.power("127.0.9.1", True)
    await heard(changes, names[1], ServiceStateChange.Added)
    await announcer.stop()
    await heard(changes, names[1], ServiceStateChange.Removed)
