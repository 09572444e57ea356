"""What a pool shows of itself: figures for Prometheus, and whether it is alive and ready."""

import contextlib

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.exc import OperationalError

from pithead.bitcoin.network import REGTEST
from pithead.metrics.families import EVERY
from pithead.node.health import NodeStatus
from pithead.pool.accounts import Accounts
from pithead.pool.admins import Admins
from pithead.pool.destinations import Destinations
from pithead.pool.groups import Groups
from pithead.pool.logins import Logins
from pithead.pool.notices import Notices, Told
from pithead.pool.sharelog import JournalFull
from pithead.pool.stocktaking import Stocktaking
from pithead.pool.worker_settings import WorkerSettings
from pithead.pooladmin.app import build_app
from pithead.pooladmin.measures import NodeLook
from pithead.pooladmin.money import MoneyAdmin
from pithead.pooladmin.service import PoolAdmin
from pithead.pooladmin.watch import PoolWatch
from pithead.poolapi.bans import Bans
from pithead.poolapi.settings import ApiSettings
from pithead.poolapi.streams import Streams
from tests.pool.conftest import START
from tests.pool.livepool import opened

NOW = START + 1.0
SCALE = 1000
NODES = (
    NodeLook("http://one:8332", NodeStatus("mainnet", 900, 905, "ab", 1, False, 8), True),
    NodeLook("http://two:8332", None, False),
)
STALE = {"id": 5, "method": "mining.submit", "params": ["alice.rig", "no", "00", "00", "00"]}


class Watched:
    """A live pool, and its admin API as an admin and as others reach it."""

    def __init__(self, stage, directory, is_open=True):
        self.stage = stage
        keeper = stage.bookkeeper
        self.engine = engine = keeper.store.engine
        self.time = [NOW]
        clock = lambda: self.time[0]  # noqa: E731
        self.bans, accounts = Bans.of(ApiSettings()), Accounts(keeper.store)
        self.watch = PoolWatch(
            stage.pool, keeper, self.bans, Stocktaking(engine), lambda: NODES, SCALE, 120.0,
            directory, clock, clock, is_open=is_open,
        )  # fmt: skip
        service = PoolAdmin(
            stage.pool, keeper, accounts, Groups(engine), WorkerSettings(engine),
            Notices(engine), self.bans, SCALE, clock, clock, Logins(engine, clock),
        )  # fmt: skip
        money = MoneyAdmin(keeper, accounts, Destinations(engine, REGTEST), None, clock)
        admins = Admins(engine)
        self.token = admins.create("ops")
        self.streams = Streams()
        self.app = build_app(service, money, admins, self.watch, self.streams)

    async def get(self, path, address="127.0.0.1", **headers):
        transport = httpx.ASGITransport(self.app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://admin") as client:
            return await client.get(path, headers=headers)

    async def figures(self):
        """Values by name and labels."""
        answer = await self.get("/metrics")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }


@contextlib.asynccontextmanager
async def watched(directory, is_open=True, **options):
    async with opened(directory, **options) as stage:
        one = Watched(stage, directory, is_open)
        try:
            yield one
        finally:
            one.watch.stocktaking.close()


async def test_figures_are_those_of_the_pool(tmp_path):
    async with watched(tmp_path) as pool:
        peer = await pool.stage.connect()
        await peer.log_in()
        await peer.say(STALE)
        await peer.hear()
        await pool.stage.bookkeeper.commit()
        pool.bans.ban("192.0.2.1", NOW, 60)
        figures = await pool.figures()
    assert figures["pithead_pool_connections",] == 1
    assert figures["pithead_pool_sessions_authorised",] == 1
    assert figures["pithead_pool_share_work_hashes", "0.5"] == 16 * SCALE
    assert sum(value for key, value in figures.items() if "shares_rejected" in key[0]) == 1
    assert figures["pithead_pool_shares_accepted_total",] == 0
    assert figures["pithead_pool_tip_height",] == 199
    assert figures["pithead_pool_block_work_hashes",] == pytest.approx((1 << 60) * SCALE)
    assert figures["pithead_pool_round_expected_blocks",] == 0
    assert figures["pithead_pool_has_work",] == figures["pithead_pool_journal_writable",] == 1
    assert figures["pithead_pool_ledger_imbalance_sats",] == 0
    assert figures["pithead_pool_events_uncommitted",] == 0
    assert figures["pithead_pool_bans",] == 1
    assert figures["process_open_fds",] > 0


async def test_nodes_are_told_apart_and_one_that_is_gone_has_no_height(tmp_path):
    async with watched(tmp_path) as pool:
        figures = await pool.figures()
    one, two = "http://one:8332", "http://two:8332"
    assert (figures["pithead_node_up", one], figures["pithead_node_up", two]) == (1, 0)
    assert (figures["pithead_node_height", one], figures["pithead_node_headers", one]) == (900, 905)
    assert ("pithead_node_height", two) not in figures


async def test_every_family_of_a_pool_is_shown_and_no_other(tmp_path):
    async with watched(tmp_path) as pool:
        await (await pool.stage.connect()).log_in()
        names = {name for name, *_ in await pool.figures() if name.startswith("pithead_")}
    machines = ("pithead_farm_", "pithead_fleet_", "pithead_machine_")
    declared = {each.name for each in EVERY if not each.name.startswith(machines)}
    refused = {name for name in declared if "rejected" in name}
    assert names == declared - refused  # nothing was rejected: there is no reason to show


async def test_a_notice_that_waits_is_counted(tmp_path):
    async with watched(tmp_path) as pool:
        notices = Notices(pool.engine)
        notices.put_contact("alice", "email", "alice@example.org", ("worker",))
        notices.tell([Told("alice", "worker", "off", {})], int(NOW))
        assert (await pool.figures())["pithead_pool_notices_waiting",] == 1


async def test_a_database_that_is_away_is_told_and_the_rest_as_well(tmp_path, monkeypatch):
    async with watched(tmp_path) as pool:

        def away(*_):
            raise OperationalError("SELECT", {}, Exception("gone"))

        monkeypatch.setattr(pool.engine, "connect", away)
        figures = await pool.figures()
        assert figures["pithead_pool_database_up",] == 0
        assert ("pithead_pool_notices_waiting",) not in figures
        assert figures["pithead_pool_tip_height",] == 199
        monkeypatch.undo()
        assert (await pool.figures())["pithead_pool_database_up",] == 1


async def test_a_commit_that_fails_is_counted(tmp_path, monkeypatch):
    async with watched(tmp_path) as pool:
        keeper = pool.stage.bookkeeper
        await keeper.commit()
        failed = OperationalError("INSERT", {}, Exception("disk is full"))
        monkeypatch.setattr(keeper.store, "commit", lambda *_: (_ for _ in ()).throw(failed))
        keeper.refer("alice", "bob", NOW)
        assert not await keeper.commit()
        monkeypatch.undo()
        figures = await pool.figures()
    assert figures["pithead_pool_store_commit_failures_total",] >= 1


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
async def test_this_machine_reads_figures_without_a_token_if_it_may(tmp_path, address):
    async with watched(tmp_path) as pool:
        assert (await pool.get("/metrics", address)).status_code == 200
    async with watched(tmp_path, is_open=False) as pool:
        assert (await pool.get("/metrics", address)).status_code == 401


@pytest.mark.parametrize("address", ["192.0.2.7", "", "nonsense"])
async def test_others_need_the_token_of_an_admin(tmp_path, address):
    async with watched(tmp_path) as pool:
        assert (await pool.get("/metrics", address)).status_code == 401
        wrong = await pool.get("/metrics", address, authorization="Bearer x")
        assert wrong.status_code == 401
        right = await pool.get("/metrics", address, authorization=f"Bearer {pool.token}")
        assert right.status_code == 200


async def test_a_pool_with_fresh_work_is_alive_and_ready(tmp_path):
    async with watched(tmp_path) as pool:
        for path in ("/health/live", "/health/ready"):
            answer = await pool.get(path, "192.0.2.7")
            assert (answer.status_code, answer.json()) == (200, {"ok": True, "reasons": []})


async def test_a_pool_whose_journal_cannot_be_written_is_alive_and_not_ready(tmp_path, monkeypatch):
    async with watched(tmp_path) as pool:

        def full(_):
            raise JournalFull("no space left")

        monkeypatch.setattr(pool.stage.bookkeeper, "accept", full)
        peer = await pool.stage.connect()
        await peer.log_in()
        await peer.say(STALE)
        assert await peer.reader.read() == b""
        answer = await pool.get("/health/ready")
        assert answer.status_code == 503
        assert answer.json() == {
            "ok": False, "reasons": ["the journal cannot be written: no space left"],
        }  # fmt: skip
        assert (await pool.get("/health/live")).status_code == 200
        assert (await pool.figures())["pithead_pool_journal_writable",] == 0


async def test_a_template_that_is_old_is_a_reason_not_to_be_ready(tmp_path):
    wall = [NOW]
    async with watched(tmp_path, wall=lambda: wall[0]) as pool:
        wall[0] += 500
        answer = await pool.get("/health/ready")
        assert answer.status_code == 503
        (reason,) = answer.json()["reasons"]
        assert "500 s old" in reason


async def test_a_part_that_ended_is_a_reason_to_begin_anew(tmp_path):
    async with watched(tmp_path) as pool:
        pool.stage.pool._failure.set_exception(RuntimeError("x"))
        answer = await pool.get("/health/live")
        assert answer.status_code == 503
        with pytest.raises(RuntimeError):
            await pool.stage.pool.failed()


async def test_an_operator_is_told_all_in_one_answer(tmp_path):
    async with watched(tmp_path) as pool:
        peer = await pool.stage.connect()
        await peer.log_in()
        await peer.say(STALE)
        await peer.hear()
        token = {"Authorization": f"Bearer {pool.token}"}
        assert (await pool.get("/api/v1/vitals")).status_code == 401
        vitals = (await pool.get("/api/v1/vitals", **token)).json()
        rates = (await pool.get("/api/v1/hash_rate/1", **token)).json()
        assert (await pool.get("/api/v1/hash_rate/2", **token)).status_code == 404
    assert vitals["problems"] == []
    assert (vitals["connections"], vitals["height"], vitals["database"]) == (1, 199, True)
    assert [refused["count"] for refused in vitals["refused"]] == [1]
    assert [(node["url"], node["answers"], node["height"]) for node in vitals["nodes"]] == [
        ("http://one:8332", True, 900), ("http://two:8332", False, 0),
    ]  # fmt: skip
    assert len(rates["times"]) == len(rates["hash_rate_5m"]) == 61


async def test_an_operator_who_listens_is_told_again_and_again(tmp_path):
    async with watched(tmp_path) as pool:
        assert (await pool.get("/api/v1/events")).status_code == 401
        pool.streams.close()  # so that it ends at once: what is told then is in test_streams.py
        answer = await pool.get("/api/v1/events", Authorization=f"Bearer {pool.token}")
        assert answer.headers["content-type"].startswith("text/event-stream")


async def test_notices_of_all_users_are_told(tmp_path):
    async with watched(tmp_path) as pool:
        notices = Notices(pool.engine)
        for user in ("alice", "bob"):
            notices.put_contact(user, "email", f"{user}@example.org", ("worker",))
            notices.tell([Told(user, "worker", "off", {})], int(NOW))
        answer = await pool.get("/api/v1/notices", Authorization=f"Bearer {pool.token}")
    assert {each["user"] for each in answer.json()} == {"alice", "bob"}
