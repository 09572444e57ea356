"""Several processes on one Stratum port: sockets, numbers, and what passes between lives."""

import socket
import time
from contextlib import AsyncExitStack, closing

import msgspec
import pytest

from pithead.cli.config import ConfigError, load
from pithead.cli.crewside import _bind_all, take_in_leftovers
from pithead.cli.frontside import Orders, directory_of
from pithead.cli.sections import Config, PoolSection
from pithead.cli.stratumside import PLAIN, PortNotBound
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.events import ShareAccepted
from pithead.pool.sharelog import JournalFull, ShareLog

CONNECTIONS = 60


async def bound(undo, inherited=None, **keys):
    section = PoolSection(**({"front_ends": 2, "stratum_port": 0} | keys))
    sockets = await _bind_all(section, "stratum_port", PLAIN, inherited or {})
    for each in sockets:
        undo.enter_context(closing(each))
    return sockets


def arrived(sockets):
    """How many connections each has."""
    counts = []
    for each in sockets:
        counts.append(0)
        while True:
            try:
                each.accept()[0].close()
            except BlockingIOError:
                break
            counts[-1] += 1
    return counts


async def test_connections_spread_over_the_sockets_of_one_port():
    async with AsyncExitStack() as undo:
        sockets = await bound(undo)
        ports = {each.getsockname()[1] for each in sockets}
        assert len(ports) == 1
        for _ in range(CONNECTIONS):
            undo.enter_context(socket.create_connection(("127.0.0.1", *ports)))
        counts = arrived(sockets)
        assert sum(counts) == CONNECTIONS
        assert min(counts) > 5  # by chance alone less than once in 10^11 runs


async def test_a_port_that_somebody_has_is_told_also_where_it_could_be_shared(monkeypatch):
    monkeypatch.setattr("pithead.cli.crewside.LETTING_GO_SECONDS", 0.0)
    async with AsyncExitStack() as undo:
        others = await bound(undo)
        with pytest.raises(PortNotBound, match=r"pool\.stratum_port=PORT"):
            await bound(undo, stratum_port=others[0].getsockname()[1])


async def test_the_sockets_of_a_crew_of_before_are_used_again():
    async with AsyncExitStack() as undo:
        before = await bound(undo)
        inherited = {PLAIN: before[0].dup(), f"{PLAIN}.1": before[1].dup()}
        port = before[0].getsockname()[1]
        now = await bound(undo, inherited, stratum_port=port, front_ends=3)
        assert inherited == {}
        assert [each.getsockname()[1] for each in now] == [port] * 3


async def test_the_socket_of_a_pool_of_one_process_is_shared_as_it_is():
    async with AsyncExitStack() as undo:
        alone = undo.enter_context(socket.create_server(("127.0.0.1", 0)))
        port = alone.getsockname()[1]
        one, two = await bound(undo, {PLAIN: alone.dup()}, stratum_port=port)
        assert one.getsockname() == two.getsockname() == alone.getsockname()


def orders(number, **keys):
    return Orders(Config(pool=PoolSection(**keys)), "data", b"\x00", number, {PLAIN: 3})


def test_no_two_processes_of_any_server_share_an_extranonce():
    servers = [
        orders(number, front_ends=3, server_bits=1, server_number=server).server
        for server in (0, 1)
        for number in (1, 2, 3)
    ]
    assert {each.bits for each in servers} == {3}
    assert len({each.number for each in servers}) == 6
    assert all(each.number < 8 for each in servers)


def test_front_ends_that_leave_no_room_for_miners_are_refused():
    with pytest.raises(ConfigError, match="front_ends leave"):
        load({"pool.front_ends": 4, "pool.extranonce1_bytes": 2, "pool.server_bits": 7}, {})


def test_orders_arrive_as_they_were_given():
    given = orders(2, front_ends=2, trusted_proxies=("10.0.0.1",))
    assert msgspec.json.decode(msgspec.json.encode(given), type=Orders) == given


async def test_what_front_ends_left_that_are_no_more_is_taken_in_once(tmp_path):
    books = await Bookkeeper.open(tmp_path / "pool")
    for number in (1, 2, 3):
        journal = ShareLog(directory_of(tmp_path, number) / "journal", f"front-{number}")
        for _ in range(3):
            now_ms = int(time.time() * 1000)
            journal.append([ShareAccepted(now_ms, "alice", f"rig{number}", 10)] * 700)
        journal.close()
    take_in_leftovers(tmp_path, 2, books, time.time)
    assert {each.name for each in books.workers("alice", time.time())} == {"rig3"}
    take_in_leftovers(tmp_path, 0, books, time.time)
    take_in_leftovers(tmp_path, 0, books, time.time)
    credited = {each.name: each.work_24h for each in books.workers("alice", time.time())}
    assert credited == {"rig1": 21_000, "rig2": 21_000, "rig3": 21_000}
    await books.close()


async def test_what_a_front_end_that_runs_still_writes_is_not_touched(tmp_path):
    books = await Bookkeeper.open(tmp_path / "pool")
    journal = ShareLog(directory_of(tmp_path, 1) / "journal", "front-1")
    with pytest.raises(JournalFull, match="another process"):
        take_in_leftovers(tmp_path, 0, books, time.time)
    assert journal.segment.exists()
    journal.close()
    await books.close()
