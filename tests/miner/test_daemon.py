"""The shell over real loopback sockets: what it carries, not what the core decides."""

import asyncio
import time

import pytest

from pithead.farm.clock import FarmClock
from pithead.farm.hashing import HashingFailed, InlineEngine
from pithead.farm.machines import MachinePlan, build_machine
from pithead.hardware.models import model_named
from pithead.miner.cable import Cable
from pithead.miner.configuration import PoolGroup, PoolTarget, Settings
from pithead.miner.daemon import Daemon
from pithead.miner.faults import SETTINGS_NOT_SAVED
from pithead.miner.pool_url import read_pool_url
from pithead.miner.settings import SettingsFile
from pithead.miner.snapshot import MinerStatus
from pithead.pool.events import ShareAccepted
from pithead.pool.session import Session

SCALE = 10**12


class PoolPort(asyncio.Protocol):
    """One connection of the real session on a real socket."""

    def __init__(self, server):
        self.server = server

    def connection_made(self, transport):
        self.transport = transport
        self.server.ports.append(self)
        self.server.peers.add(transport.get_extra_info("peername")[0])
        self.session = Session(self.server.pool.front, self.server.clock.now(), time.monotonic())

    def data_received(self, data):
        turn = self.session.receive(data, self.server.clock.now(), time.monotonic())
        for event in turn.events:
            self.server.pool.events.append(event)
            if isinstance(event, ShareAccepted):
                self.server.share.set()
        self.transport.write(turn.reply)

    def connection_lost(self, error):
        self.server.ports.remove(self)
        self.server.change.set()


class PoolServer:
    def __init__(self, pool, clock):
        self.pool = pool
        self.clock = clock
        self.ports = []
        self.peers = set()
        self.share = asyncio.Event()
        self.change = asyncio.Event()

    async def start(self, port=0):
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: PoolPort(self), "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self):
        self._server.close()
        for port in tuple(self.ports):
            port.transport.abort()
        await self._server.wait_closed()

    async def shares(self, count):
        """Wait until so many more shares have come."""
        wanted = self.pool.credited_shares + count
        while self.pool.credited_shares < wanted:
            self.share.clear()
            await self.share.wait()

    async def deserted(self):
        """Wait until nobody is connected."""
        while self.ports:
            self.change.clear()
            await self.change.wait()


class BrokenEngine(InlineEngine):
    async def scan(self, requests):
        raise HashingFailed("on purpose")


@pytest.fixture
def clock():
    """A fast one, a day in the past."""
    return FarmClock(time.time() - 86_400, 200, time.time)


@pytest.fixture
async def server(clock, make_rig):
    pool = make_rig().pool(first_work=100)
    server = PoolServer(pool, clock)
    pool.new_block(clock.now())
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def build(server, clock, tmp_path):
    def build(name="rig", **options):
        pools = (PoolTarget(f"stratum+tcp://127.0.0.1:{server.port}", f"alice.{name}"),)
        plan = MachinePlan(
            name=name,
            model=model_named("S21"),
            seed=name,
            defaults=Settings(pool_groups=(PoolGroup("Default", pools),)),
            directory=tmp_path / name,
            **options,
        )
        return build_machine(plan, clock.now(), SCALE)

    return build


async def test_machines_mine_over_sockets_and_count_what_the_pool_counts(server, clock, build):
    daemon = Daemon([build("one"), build("two", source_address="127.0.1.2")], clock, InlineEngine())
    await daemon.start()
    await server.shares(30)
    await daemon.stop()
    stats = [each.miner.snapshot(clock.now()).pool_stats for each in daemon.machines]
    accepted = sum(each.accepted_work for each in stats)
    unanswered = server.pool.credited_work * SCALE - accepted
    assert 0 <= unanswered <= accepted * 0.2  # the last answers were on their way when it stopped
    assert all(each.accepted_shares for each in stats)
    assert server.peers == {"127.0.0.1", "127.0.1.2"}
    assert all(each.rejected_shares == 0 for each in stats)


async def test_a_pool_that_comes_back_is_mined_at_again(server, clock, build):
    daemon = Daemon([build()], clock, InlineEngine())
    await daemon.start()
    await server.shares(3)
    port = server.port
    await server.stop()
    await server.start(port)
    await server.shares(3)
    await daemon.stop()


async def test_settings_are_on_disk_when_the_daemon_has_stopped_and_come_back(
    server, clock, build, tmp_path
):
    machine = build()
    daemon = Daemon([machine], clock, InlineEngine())
    await daemon.start()
    machine.miner.performance.aim("power", 2345)
    machine.miner.pause(clock.now())
    await daemon.stop()
    loaded = SettingsFile(tmp_path / "rig" / "settings.json").load(Settings())
    assert loaded.settings == machine.miner.settings
    again = build()
    again.miner.step(clock.now())
    assert again.miner.status is MinerStatus.PAUSED
    assert again.miner.snapshot(clock.now()).tuner.power_target_w == 2345


async def test_settings_that_cannot_be_written_are_an_error_told_once_and_tried_again(
    server, clock, build, tmp_path
):
    machine = build()
    (tmp_path / "rig").write_text("in the way")
    daemon = Daemon([machine], clock, InlineEngine())
    await daemon.start()
    machine.miner.performance.aim("power", 2345)
    await machine.keeper.settled()
    await server.shares(1)
    (tmp_path / "rig").unlink()  # there is room again
    await daemon.stop()
    (fault,) = machine.miner.faults.all()
    assert fault.codes == (SETTINGS_NOT_SAVED,)
    loaded = SettingsFile(tmp_path / "rig" / "settings.json").load(Settings())
    assert loaded.settings.power_target_w == 2345


async def test_stopping_closes_the_connections_and_frees_the_clock(server, clock, build):
    daemon = Daemon([build()], clock, InlineEngine())
    await daemon.start()
    await server.shares(1)
    await daemon.stop()
    await server.deserted()
    assert not clock.is_waiting


async def test_hashing_that_fails_for_good_is_told_to_whoever_waits(server, clock, build):
    daemon = Daemon([build()], clock, BrokenEngine())
    await daemon.start()
    with pytest.raises(HashingFailed, match="on purpose"):
        await daemon.failed()
    assert isinstance(daemon.failure, HashingFailed)
    await daemon.stop()


async def test_replaced_pools_are_disconnected(server, clock, build):
    machine = build()
    daemon = Daemon([machine], clock, InlineEngine())
    await daemon.start()
    await server.shares(1)
    machine.miner.set_pool_groups((), clock.now())
    await server.deserted()
    assert machine.miner.links(clock.now()) == []
    await daemon.stop()


@pytest.mark.parametrize("by_pool", [False, True], ids=["the network", "this pool alone"])
async def test_a_cut_cable_ends_the_connection_and_a_mended_one_is_mined_through(
    server, clock, build, by_pool
):
    machine = build()
    daemon = Daemon([machine], clock, InlineEngine())
    await daemon.start()
    await server.shares(3)
    (pool,) = machine.miner.pool_groups()[0].pools
    lost = frozenset({read_pool_url(pool.url)}) if by_pool else frozenset()
    machine.cable.set(is_cut=not by_pool, is_deaf=False, lost_pools=lost)
    await server.deserted()
    ((_, problem),) = machine.miner.pool_states()
    assert problem in ("Network is unreachable", "No route to host")
    machine.cable.set(is_cut=False, is_deaf=False, lost_pools=frozenset())
    await server.shares(3)
    await daemon.stop()


def test_a_cable_tells_when_the_machine_can_be_reached_no_more_and_which_pools_it_lost():
    cable, told = Cable(), []
    cable.watch(lambda: told.append(cable.is_deaf))
    here, there = read_pool_url("stratum+tcp://a:1"), read_pool_url("stratum+tcp://b:2")
    cable.set(is_cut=False, is_deaf=True, lost_pools=frozenset({here}))
    cable.set(is_cut=False, is_deaf=True, lost_pools=frozenset({here}))
    assert cable.problem(here) == "No route to host"
    assert cable.problem(there) is None
    cable.set(is_cut=False, is_deaf=False, lost_pools=frozenset({None}))
    assert cable.problem(there) == "No route to host"
    assert told == [True, False]
