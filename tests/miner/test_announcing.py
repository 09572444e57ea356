"""Machines are found by mDNS: by their type, by their subtype, and no longer when they are off."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zeroconf import ServiceStateChange
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from pithead.miner.announcing import SERVICE, SUBTYPE, Announcement, Announcer, Facts

LOOPBACK = ["127.0.0.1"]
FACTS = Facts(
    "pithead-test-rig", "02:00:00:ab:cd:ef", "2026-08-11-0-3c5d7e9a-26.08-plus", "1.7.0", "cpu"
)


def test_a_machine_whose_name_is_taken_has_another_with_the_end_of_its_mac_address():
    assert FACTS.names == ("pithead-test-rig", "pithead-test-rig-abcdef")


@given(st.from_regex(r"[a-z0-9.-]{1,120}", fullmatch=True))
def test_names_are_single_labels_whatever_the_hostname(hostname):
    for name in replace(FACTS, hostname=hostname).names:
        assert 1 <= len(name) <= 63
        assert "." not in name


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


async def heard(changes, name, change, *more_names):
    """Wait until both types of each name have changed so, in whatever order."""
    wanted = {
        (kind, f"{each}.{SERVICE}") for kind in (SERVICE, SUBTYPE) for each in (name, *more_names)
    }
    async with asyncio.timeout(30):
        while wanted:
            kind, seen, what = await changes.get()
            if what == change:
                wanted.discard((kind, seen))


async def resolved(responder, name):
    info = AsyncServiceInfo(SERVICE, f"{name}.{SERVICE}")
    assert await info.async_request(responder.zeroconf, 5_000)
    return info


@asynccontextmanager
async def announced(*machines):
    """Machines of a process, each as what it says of itself and its address."""
    announcer = Announcer(
        [Announcement(facts, address, 8081) for facts, address in machines], LOOPBACK
    )
    try:
        await announcer.start()
        yield announcer
    finally:
        await announcer.stop()


@pytest.mark.slow
async def test_a_machine_is_announced_and_goes_and_comes_with_its_power(seeker):
    responder, changes = seeker
    async with announced((lambda: FACTS, "127.0.9.1")) as announcer:
        await heard(changes, FACTS.hostname, ServiceStateChange.Added)
        info = await resolved(responder, FACTS.hostname)
        assert (info.parsed_addresses(), info.port) == (["127.0.9.1"], 8081)
        assert info.server == "pithead-test-rig.local."
        assert info.decoded_properties == {
            "hostname": "pithead-test-rig",
            "bos_version": "2026-08-11-0-3c5d7e9a-26.08-plus",
            "bos_api_version": "1.7.0",
            "miner": "cpu",
        }
        announcer.power("127.0.9.1", False)
        await heard(changes, FACTS.hostname, ServiceStateChange.Removed)
        announcer.power("127.0.9.1", True)
        await heard(changes, FACTS.hostname, ServiceStateChange.Added)
    await heard(changes, FACTS.hostname, ServiceStateChange.Removed)


@pytest.mark.slow
async def test_a_machine_that_is_named_otherwise_is_announced_anew(seeker):
    _, changes = seeker
    said = [replace(FACTS, hostname="pithead-test-before")]
    async with announced((lambda: said[-1], "127.0.9.2")):
        await heard(changes, "pithead-test-before", ServiceStateChange.Added)
        said.append(replace(FACTS, hostname="pithead-test-after"))
        await heard(changes, "pithead-test-before", ServiceStateChange.Removed)
        await heard(changes, "pithead-test-after", ServiceStateChange.Added)


@pytest.mark.slow
async def test_machines_of_the_same_name_are_all_found_each_at_its_own_address(seeker):
    responder, changes = seeker
    ones = [
        replace(FACTS, hostname="pithead-test-same", mac_address=f"02:00:00:00:00:0{number}")
        for number in range(3)
    ]
    async with AsyncExitStack() as there:
        await there.enter_async_context(announced((lambda: ones[0], "127.0.9.3")))
        await heard(changes, "pithead-test-same", ServiceStateChange.Added)
        others = announced((lambda: ones[1], "127.0.9.4"), (lambda: ones[2], "127.0.9.5"))
        await there.enter_async_context(others)
        second, third = (f"pithead-test-same-00000{number}" for number in (1, 2))
        await heard(changes, second, ServiceStateChange.Added, third)
        for name, address in (
            ("pithead-test-same", "127.0.9.3"),
            ("pithead-test-same-000001", "127.0.9.4"),
            ("pithead-test-same-000002", "127.0.9.5"),
        ):
            info = await resolved(responder, name)
            assert (info.parsed_addresses(), info.server) == ([address], f"{name}.local.")
            assert info.decoded_properties["hostname"] == "pithead-test-same"
