"""Users are told of what changed between two snapshots, once, also across a restart."""

import json
from dataclasses import dataclass, field

import pytest

from pithead.pool.database import open_database
from pithead.pool.events import PayoutLine, PayoutPlanned
from pithead.pool.notices import Notices
from pithead.pool.readings import BlockReading, PoolReading, Windows, WorkerReading
from pithead.pool.watchman import MOST_WORKERS, Watchman
from pithead.pool.worker_settings import WorkerSetting, WorkerSettings

NONE = Windows(0, 0, 0, 0, 0.0)


@dataclass
class Stage:
    """A pool that says what a test wants."""

    states: dict[str, str] = field(default_factory=dict)
    rates: dict = field(default_factory=dict)
    blocks: list[BlockReading] = field(default_factory=list)
    users: tuple[str, ...] = ("alice",)
    payouts_underway: list[PayoutPlanned] = field(default_factory=list)
    now: float = 300.0

    @property
    def blocks_found(self):
        return len(self.blocks)

    def workers(self, user, now):
        return [WorkerReading(name, state, 0, 0, 0, 0, 0.0) for name, state in self.states.items()]

    def pool(self, user, now):
        return PoolReading(NONE, 0, 0, 0, 0, 0, self.blocks[::-1], [])

    def alert_at(self, rates):
        self.rates = rates


@pytest.fixture
def engine(database):
    engine = open_database(database)
    yield engine
    engine.dispose()


@pytest.fixture
def stage():
    return Stage()


def watchman(stage, engine):
    return Watchman(
        stage, Notices(engine), WorkerSettings(engine), lambda: stage.now, lambda: 1_000.0
    )


def told(engine):
    return [json.loads(row.body) for row in Notices(engine).latest("alice")]


async def test_all_that_changed_between_two_snapshots_is_one_notice(stage, engine):
    Notices(engine).put_contact("alice", "webhook", "http://127.0.0.1/")
    man = watchman(stage, engine)
    stage.states = {"rig1": "ok", "rig2": "ok", "rig3": "ok"}
    await man.look()
    stage.states |= {"rig1": "off", "rig3": "low"}
    await man.look()
    assert told(engine) == []  # the next snapshot is not due
    stage.now += 300
    await man.look()
    (notice,) = told(engine)
    assert [(each["worker"], each["after"]) for each in notice["workers"]] == [
        ("rig1", "off"), ("rig3", "low"),
    ]  # fmt: skip
    assert notice["snapshot"] == 600


async def test_a_restart_neither_forgets_nor_repeats(stage, engine):
    Notices(engine).put_contact("alice", "webhook", "http://127.0.0.1/")
    stage.states = {"rig1": "ok"}
    await watchman(stage, engine).look()
    stage.now += 10_000
    stage.states = {"rig1": "off"}
    await watchman(stage, engine).look()
    assert len(told(engine)) == 1
    stage.now += 300
    await watchman(stage, engine).look()
    assert len(told(engine)) == 1


async def test_of_a_worker_that_was_forgotten_no_state_is_kept(stage, engine):
    stage.states = {"rig1": "ok", "rig2": "ok"}
    await watchman(stage, engine).look()
    del stage.states["rig1"]
    stage.now += 300
    await watchman(stage, engine).look()
    assert Notices(engine).states() == {"alice": {"rig2": "ok"}}


async def test_thousands_that_fall_silent_are_counted_not_all_named(stage, engine):
    Notices(engine).put_contact("alice", "webhook", "http://127.0.0.1/")
    man = watchman(stage, engine)
    stage.states = {f"rig{n}": "ok" for n in range(MOST_WORKERS + 50)}
    await man.look()
    stage.now += 300
    stage.states = dict.fromkeys(stage.states, "off")
    await man.look()
    (notice,) = told(engine)
    assert (len(notice["workers"]), notice["more"]) == (MOST_WORKERS, 50)


async def test_manual_limits_reach_the_pool(stage, engine):
    WorkerSettings(engine).put("alice", "rig1", WorkerSetting(alert_rate=5.0))
    await watchman(stage, engine).look()
    assert stage.rates == {("alice", "rig1"): 5.0}


async def test_a_block_is_told_to_those_who_want_to_know_and_not_again(stage, engine):
    Notices(engine).put_contact("alice", "webhook", "http://127.0.0.1/", ["block"])
    stage.blocks = [block(1)]
    await watchman(stage, engine).look()  # the first look only marks how far the pool is
    stage.blocks += [block(2), block(3)]
    for _ in range(2):
        await watchman(stage, engine).look()
    assert sorted(each["height"] for each in told(engine)) == [2, 3]


def block(height):
    return BlockReading(height, f"{height:064x}", 1, 1, 1, 1, "new", 100, 5, 1.0, 3)


async def test_a_payout_is_told_once_to_those_who_want_to_know(stage, engine):
    Notices(engine).put_contact("alice", "webhook", "http://127.0.0.1/", ["payout"])
    lines = [PayoutLine("alice", "bcrt1q", 50_000), PayoutLine("bob", "bcrt1p", 60_000)]
    stage.payouts_underway = [PayoutPlanned(5_000, "ab", b"", 1, lines)]
    await watchman(stage, engine).look()
    await watchman(stage, engine).look()
    (notice,) = told(engine)
    assert (notice["sats"], notice["txid"], notice["planned_at"]) == (50_000, "ab", 5)
    assert Notices(engine).latest("bob") == []
    stage.payouts_underway = [PayoutPlanned(6_000, "cd", b"", 1, lines)]
    await watchman(stage, engine).look()
    assert len(told(engine)) == 2
