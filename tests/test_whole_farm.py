"""Chain, pool and two miners in one process on the fast clock, seen through both APIs."""

import json
import stat
from decimal import Decimal

import httpx
import pytest

from tests.farming import ApiClient, running_farm, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

GIGA = 1e9
SCALE = 10**12
COIN = 10**8


@pytest.fixture
def small(tmp_path):
    """Two machines of two users; blocks every ten seconds; a fast month."""
    return tmp_path, {
        "farm__miners": 2,
        "farm__speed": 120.0,
        "pool__block_interval_seconds": 10.0,
        "pool__confirmations": 20,
    }


def sats(text):
    assert isinstance(text, str)
    return int(Decimal(text) * COIN)


async def test_shares_become_blocks_and_rewards_that_add_up_in_all_six_endpoints(small):
    directory, settings = small
    async with running_farm(directory, **settings) as farm:
        books = farm.pool.bookkeeper
        await until(lambda: books.blocks_found >= 30, 120)
        alice = ApiClient(farm.file, 0)
        bob = ApiClient(farm.file, 1)
        await farm.machines.daemon.stop()  # from here on no number moves
        await until(lambda: books.pool("alice", farm.clock.now()).blocks[0].height > 600)
        await until(lambda: not books.unresolved)  # one that came second may have to go yet
        await books.commit()

        stats = (await alice.get("/stats/json/btc/"))["btc"]
        assert stats["hash_rate_unit"] == "Gh/s"
        assert stats["pool_active_workers"] == 2
        assert 0 < float(stats["luck_b10"]) < 5
        assert 0 <= float(stats["round_probability"]) <= 1
        assert len(stats["blocks"]) == 15
        states = [block["state"] for block in stats["blocks"].values()]
        assert set(states) <= {"new", "confirmed", "orphaned"}

        profiles = [(await user.get("/accounts/profile/json/btc/")) for user in (alice, bob)]
        assert [profile["username"] for profile in profiles] == ["alice", "bob"]
        for profile in profiles:
            btc = profile["btc"]
            total = sats(btc["confirmed_reward"]) + sats(btc["unconfirmed_reward"])
            assert sats(btc["all_time_reward"]) == total
            assert sats(btc["confirmed_reward"]) > 0
            assert btc["ok_workers"] == 1

        day = 86_400
        today = int(farm.clock.now()) // day * day
        first = books.pool("alice", farm.clock.now()).blocks[-1].found_at // day * day
        rewards = {}
        for user in (alice, bob):
            rows = await books.block_rewards(user.username, first, today)
            rewards[user.username] = {row.block.hash_display: row for row in rows}
        for hash_display, row in rewards["alice"].items():
            other = rewards["bob"].get(hash_display)  # none where all the score was alice's
            paid = row.mining_sats + (other.mining_sats if other else 0)
            assert abs(row.block.value_sats - paid - row.block.value_sats / 50) <= 2

        asked = "/accounts/block_rewards/json/btc?from=%s&to=%s"
        span = (_date(first), _date(today))
        answer = (await alice.get(asked % span))["btc"]
        assert answer["hash_rate_unit"] == "Gh/s"
        heights = [row["block_height"] for row in answer["block_rewards"]]
        assert heights == sorted(heights)
        assert sum(sats(row["user_reward"]) for row in answer["block_rewards"]) == sats(
            profiles[0]["btc"]["all_time_reward"]
        )
        assert len(answer["block_rewards"]) == len(rewards["alice"])

        workers = (await alice.get("/accounts/workers/json/btc/"))["btc"]["workers"]
        assert list(workers) == ["alice.miner-0"]
        assert workers["alice.miner-0"]["state"] == "ok"
        daily = await alice.get("/accounts/rewards/json/btc/")
        assert isinstance(daily["btc"]["daily_rewards"], list)
        hashrates = await alice.get("/accounts/hash_rate_daily/json/group/btc")
        assert isinstance(hashrates["btc"], list)


async def test_what_the_pool_credited_is_what_the_miner_counts_as_accepted(small):
    directory, settings = small
    async with running_farm(directory, **settings) as farm:
        books = farm.pool.bookkeeper
        await until(lambda: _accepted(farm) >= 300, 90)
        for machine in farm.machines.machines:
            machine.miner.pause(farm.clock.now())
        await until(lambda: _unanswered(farm) == 0)
        now = farm.clock.now()
        for place, machine in zip(farm.machines.places, farm.machines.machines, strict=True):
            user, worker = place.worker.split(".", 1)
            (seen,) = [each for each in books.workers(user, now) if each.name == worker]
            counted = machine.miner.snapshot(now).pool_stats
            assert seen.work_24h * SCALE == counted.accepted_work
            assert counted.accepted_shares > 100


async def test_both_ends_agree_on_the_hashrate_within_the_noise_of_the_shares(small):
    directory, settings = small
    async with running_farm(directory, **settings) as farm:
        books = farm.pool.bookkeeper
        began = farm.clock.now()
        await until(lambda: farm.clock.now() - began > 4_000, 120)
        now = farm.clock.now()
        for place, machine in zip(farm.machines.places, farm.machines.machines, strict=True):
            user, worker = place.worker.split(".", 1)
            (seen,) = [each for each in books.workers(user, now) if each.name == worker]
            snapshot = machine.miner.snapshot(now)
            by_pool = seen.work_60m * SCALE / 3_600
            by_miner = snapshot.real.last_1h
            sent = snapshot.pool_stats
            all_sent = sent.accepted_shares + sent.rejected_shares + sent.stale_shares
            # Blocks come every tenth of a second here: some shares are too late for theirs.
            in_time = sent.accepted_shares / all_sent
            shares = sent.accepted_shares * 3_600 / (now - began)
            assert abs(by_pool / (by_miner * in_time) - 1) < 4 / shares**0.5


async def test_farm_json_is_private_and_enough_to_reach_every_api(small):
    directory, settings = small
    async with running_farm(directory, **settings) as farm:
        assert stat.S_IMODE(farm.file.stat().st_mode) == 0o600
        described = json.loads(farm.file.read_text())
        assert set(described) == {"pool", "users", "miners", "admin", "fleet", "fleet_token"}
        await until(lambda: _accepted(farm) > 10, 60)
        for entry in described["miners"]:
            login = {"username": entry["username"], "password": entry["password"]}
            async with httpx.AsyncClient(base_url=entry["rest"]) as client:
                token = (await client.post("/api/v1/auth/login", json=login)).json()["token"]
                headers = {"Authorization": token}
                details = (await client.get("/api/v1/miner/details", headers=headers)).json()
                assert details["miner_identity"]["miner_model"] == entry["model"]
                assert details["hostname"] == entry["name"]
                pools = (await client.get("/api/v1/pools/", headers=headers)).json()
                assert pools[0]["pools"][0]["url"].endswith(described["pool"]["stratum"])


async def test_a_restart_goes_on_with_tokens_blocks_and_credits(small):
    directory, settings = small
    async with running_farm(directory, **settings) as farm:
        await until(lambda: farm.pool.bookkeeper.blocks_found >= 3, 90)
        before = json.loads(farm.file.read_text())["users"]
    async with running_farm(directory, **settings) as farm:
        assert json.loads(farm.file.read_text())["users"] == before
        assert farm.pool.bookkeeper.blocks_found >= 3
        reading = farm.pool.bookkeeper.profile("alice", farm.clock.now())
        assert reading.unconfirmed_sats + reading.confirmed_sats > 0
        height = farm.pool.pool.height
        await until(lambda: farm.pool.pool.height > height, 90)


def _accepted(farm):
    now = farm.clock.now()
    return sum(
        machine.miner.snapshot(now).pool_stats.accepted_shares for machine in farm.machines.machines
    )


def _unanswered(farm):
    """Submits on their way: none once found, accepted and refused add up twice in a row."""
    return 0 if _accepted(farm) == _accepted(farm) else 1


def _date(second):
    from datetime import UTC, datetime

    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d")
