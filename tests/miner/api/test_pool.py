import msgspec
import pytest

from pithead.miner.configuration import Settings
from pithead.miner.settings import SettingsFile

URL = "stratum+tcp://127.0.0.1:1"


def group(name="Default", user="alice.one", strategy=None, **pool):
    made = {"name": name, "pools": [{"url": URL, "user": user, "password": "x", **pool}]}
    if strategy is not None:
        made["load_balance_strategy"] = strategy
    return made


async def test_the_groups_show_where_the_machine_mines(bench, client):
    (shown,) = (await client.get("/pools")).json()
    assert (shown["name"], shown["uid"], shown["strategy"]) == (
        "Default",
        "0",
        {"quota": {"value": 1}},
    )
    (pool,) = shown["pools"]
    assert (pool["url"], pool["user"]) == (URL, "alice.rig")
    assert (pool["enabled"], pool["alive"], pool["active"]) == (True, True, True)
    assert "password" not in pool
    stats = pool["stats"]
    assert stats["accepted_shares"] == bench.rig.pools[1].credited_shares > 0
    assert stats["last_difficulty"] > 0
    assert stats["generated_work"] >= stats["accepted_shares"] > 0
    assert stats["best_share_str"] == str(stats["best_share"])


async def test_a_batch_replaces_all_groups_and_makes_up_uids(bench, client):
    wanted = [
        group("A", "alice.a", {"quota": {"value": 2}}),
        group("B", "alice.b", {"fixedshareratio": {"value": 0.5}}, enabled=False),
        group("C", "alice.c"),
    ]
    response = await client.put("/pools/batch", json=wanted)
    assert response.status_code == 200
    answer = response.json()
    assert [each["name"] for each in answer] == ["A", "B", "C"]
    assert answer[0]["load_balance_strategy"] == {"quota": {"value": 2}}
    assert answer[1]["load_balance_strategy"] == {"fixedshareratio": {"value": 0.5}}
    assert answer[2]["load_balance_strategy"] == {"quota": {"value": 1}}
    pools = [each["pools"][0] for each in answer]
    assert [pool["enabled"] for pool in pools] == [True, False, True]
    assert [pool["password"] for pool in pools] == ["x", "x", "x"]
    uids = [pool["uid"] for pool in pools]
    assert len(set(uids)) == 3
    assert all(len(uid) == 16 and uid.isalnum() for uid in uids)
    assert len({each["uid"] for each in answer}) == 3
    shown = (await client.get("/pools")).json()
    assert [each["uid"] for each in shown] == [each["uid"] for each in answer]
    assert [each["pools"][0]["uid"] for each in shown] == uids
    assert [each["strategy"] for each in shown] == [
        each["load_balance_strategy"] for each in answer
    ]


async def test_the_machine_mines_for_the_new_user_at_once(bench, client):
    await client.put("/pools/batch", json=[group(user="bob.two")])
    bench.rig.run(30)
    (shown,) = (await client.get("/pools")).json()
    assert shown["pools"][0]["active"]
    assert shown["pools"][0]["stats"]["accepted_shares"] > 0
    assert bench.rig.pools[1].events[-1].user == "bob"


async def test_groups_survive_a_restart_through_the_settings_file(bench, client, tmp_path):
    answer = (await client.put("/pools/batch", json=[group("Kept", "alice.k")])).json()
    file = SettingsFile(tmp_path / "settings.json")
    file.save(bench.rig.saved[-1])
    loaded = file.load(Settings()).settings
    assert [each.name for each in loaded.pool_groups] == ["Kept"]
    assert loaded.pool_groups[0].pools[0].uid == answer[0]["pools"][0]["uid"]
    assert msgspec.json.encode(loaded) == msgspec.json.encode(bench.rig.saved[-1])


async def test_no_groups_at_all_leave_the_machine_without_work(bench, client):
    assert (await client.put("/pools/batch", json=[])).json() == []
    bench.rig.run(120)
    assert (await client.get("/pools")).json() == []
    details = (await client.get("/miner/details")).json()
    assert details["status"] == 4
    assert "dead_pools" in str(details["detailed_status"])


@pytest.mark.parametrize(
    "body",
    [
        {},
        [{}],
        [{"name": "A"}],
        [{"name": "A", "pools": [{"user": "a"}]}],
        [{"name": "A", "pools": [{"url": URL}]}],
        [{"name": "A", "pools": [], "load_balance_strategy": {}}],
        [{"name": "A", "pools": [], "load_balance_strategy": {"quota": {"value": -1}}}],
        [group(url="http://127.0.0.1:1")],
        [group(url="")],
        [group(), group("B", url="stratum+tcp://host:99999")],
    ],
)
async def test_a_batch_that_does_not_fit_changes_nothing(bench, client, body):
    before = (await client.get("/pools")).json()
    response = await client.put("/pools/batch", json=body)
    assert response.status_code == 422
    assert response.text.count("\n") == 1
    assert (await client.get("/pools")).json() == before
    assert bench.rig.saved == []
