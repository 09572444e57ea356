"""Machines over sockets as the watcher sees them: there, away, back, and not for us."""

import pytest

from pithead.fleet import watcher
from pithead.fleet.ranges import Place
from pithead.fleet.watcher import look_at
from tests.farming import until
from tests.fleet.watched import target, watching
from tests.served_machines import serving

pytestmark = pytest.mark.slow


@pytest.fixture
def machines(tmp_path):
    with serving(tmp_path) as machines:
        yield machines


async def test_a_machine_is_seen_as_it_says_itself(machines, tmp_path):
    served = machines.start(600)
    async with watching(tmp_path, [target(served.place, "north")]) as fleet:
        row = await fleet.state(served.place, "mining")
    snapshot = served.miner.snapshot(served.rig.now)
    assert row.name == "north"
    assert row.model == snapshot.model.name
    assert row.power_w == snapshot.consumption_w
    assert row.hashrate_ths == pytest.approx(snapshot.real.last_5m / 1e12, abs=0.001)
    assert row.chip_c == pytest.approx(snapshot.highest_chip_temp_c, abs=0.06)
    assert len(row.fans_rpm) == snapshot.model.fans
    assert row.target_w is not None
    assert row.accepted_shares == snapshot.pool_stats.accepted_shares


async def test_one_that_goes_away_is_told_so_and_seen_again_when_it_is_back(machines, tmp_path):
    served = machines.start(60)
    async with watching(tmp_path, [target(served.place)]) as fleet:
        await fleet.state(served.place, "mining")
        machines.stop(served)
        row = await fleet.state(served.place, "away")
        assert row.reason == "cannot be reached"
        assert row.seen_at < row.since
        assert row.model is not None


async def test_one_with_another_password_refuses_us(machines, tmp_path):
    served = machines.start(60)
    async with watching(tmp_path, [target(served.place, password="wrong")]) as fleet:
        row = await fleet.state(served.place, "refused")
        assert row.seen_at is None


async def test_addresses_without_a_machine_are_not_shown(machines, tmp_path, unused_tcp_port):
    served = machines.start(60)
    empty = Place("127.0.0.1", unused_tcp_port)
    targets = [target(empty, is_expected=False), target(served.place, is_expected=False)]
    async with watching(tmp_path, targets) as fleet:
        await fleet.state(served.place, "mining")
        await until(lambda: fleet.book._entries[str(empty)].misses > 0)
        assert [row.id for row in fleet.book.rows()] == [str(served.place)]


async def test_a_token_that_the_machine_forgot_is_renewed(machines, tmp_path):
    served = machines.start(60)
    async with watching(tmp_path, [target(served.place)]) as fleet:
        await fleet.state(served.place, "mining")
        served.wall += 10 * 86400
        seen = fleet.book.row(str(served.place)).seen_at
        await until(lambda: fleet.book.row(str(served.place)).seen_at > seen + 0.2)
        assert fleet.book.row(str(served.place)).state == "mining"
    assert served.asked.count(("POST", "/auth/login")) >= 2


async def test_answers_that_nobody_understands_are_told_and_hold_up_nobody(
    machines, tmp_path, monkeypatch
):
    odd, plain = machines.start(60), machines.start(60)

    async def look(client):
        if client.place == odd.place:
            raise ValueError("an answer that is in no contract")
        return await look_at(client)

    monkeypatch.setattr(watcher, "look_at", look)
    async with watching(tmp_path, [target(odd.place), target(plain.place)]) as fleet:
        row = await fleet.state(odd.place, "refused")
        assert row.reason == watcher.NOT_UNDERSTOOD
        await fleet.state(plain.place, "mining")
        monkeypatch.undo()
        await fleet.state(odd.place, "mining")
