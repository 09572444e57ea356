"""The web API in processes of its own: any of them killed, and the one with the books, while it is
asked."""

import asyncio
import json
import signal

import httpx
import pytest
from click.testing import CliRunner

from pithead.cli.main import main
from tests.machines import several_machines
from tests.test_killed_pool import free_port, within

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PROFILE = "/accounts/profile/json/btc"


def new_token(pool, user):
    made = CliRunner().invoke(
        main, ["--set", f"pool.database={pool.database}", "token", "create", user]
    )
    assert made.exit_code == 0, made.output
    return made.stdout.strip()


class Api:
    """One process with the role, and one who asks it."""

    def __init__(self, pool, name, token, **own):
        port = free_port()
        self.machine = pool.machine(name, "api", pool__api_port=port, **own)
        self.client = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", headers={"SlushPool-Auth-Token": token}, timeout=30
        )

    async def begins(self):
        await self.machine.begin()
        await self.machine.serves()

    async def shares(self):
        answer = await self.client.get(PROFILE)
        assert answer.status_code == 200, answer.text
        return json.loads(answer.content)["btc"]["shares_24h"]

    async def more_shares(self, than):
        """Once it tells of more."""
        async with within(60, "the API tells of more shares"):
            while (told := await self.shares()) <= than:  # noqa: ASYNC110
                await asyncio.sleep(0.3)
        return told


async def test_answers_go_on_when_the_leader_dies_and_when_one_of_two_does(tmp_path):
    async with several_machines(tmp_path, with_database=True) as pool:
        first, second = pool.accounting(), pool.accounting()
        await pool.start(first, second)
        token = new_token(pool, "alice")
        one, two = (Api(pool, name, token, **{"pool.api_burst": 1_000}) for name in ("one", "two"))
        for each in (one, two):
            await each.begins()
        told = await one.more_shares(await two.more_shares(0))
        await first.end(signal.SIGKILL)
        assert await one.shares() >= told, "as it was when it was last said"
        await second.serves()
        await pool.more_shares()
        told = await one.more_shares(told)
        await one.machine.end(signal.SIGKILL)
        assert await two.more_shares(told - 1) >= told
        await one.begins()
        assert await one.more_shares(told - 1) >= told
        assert (await one.client.get("/")).status_code == 200
        assert (await one.client.get("/stats/json/btc")).json()["btc"]["pool_active_workers"] == 3
        wrong = await one.client.get(PROFILE, headers={"SlushPool-Auth-Token": "wrong"})
        assert wrong.status_code == 403
        await pool.stop(second, one.machine, two.machine)
        await pool.each_share_counted_once()
        await asyncio.gather(one.client.aclose(), two.client.aclose())


async def test_without_a_leader_what_it_alone_knows_is_a_503_and_the_past_is_answered(tmp_path):
    async with several_machines(tmp_path, with_database=True) as pool:
        leader = pool.accounting()
        await leader.begin()
        await leader.serves()
        api = Api(pool, "api", new_token(pool, "alice"))
        await leader.end(signal.SIGKILL)
        await api.begins()
        answer = await api.client.get(PROFILE)
        assert answer.status_code == 503
        assert "keeps the pool's books" in answer.text
        assert (await api.client.get("/accounts/rewards/json/btc")).status_code == 200
        assert await api.machine.end(signal.SIGTERM) == 0, api.machine.said()
        await api.client.aclose()


async def test_it_waits_for_a_database_that_another_process_makes(tmp_path):
    async with several_machines(tmp_path, with_database=True) as pool:
        api = Api(pool, "api", "none")
        await api.machine.begin()
        await api.machine.says("waiting for the database of the process with the books")
        leader = pool.accounting()
        await leader.begin()
        await leader.serves()
        await api.machine.serves()
        for _ in range(100):  # the books have just begun to answer
            answer = await api.client.get("/api/v1/public/stats")
            if answer.status_code != 503:
                break
            await asyncio.sleep(0.1)
        assert answer.status_code == 200
        await api.client.aclose()
