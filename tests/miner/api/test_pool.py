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


async def test_a_group_is_added_last_under_a_uid_of_its_own(bench, client):
    (before,) = (await client.get("/pools")).json()
    wanted = group("B", "alice.b", {"quota": {"value": 3}}) | {"uid": "0"}
    response = await client.post("/pools/", json=wanted)
    assert response.status_code == 201
    made = response.json()
    assert (made["name"], made["uid"]) == ("B", "1")
    assert made["load_balance_strategy"] == {"quota": {"value": 3}}
    assert len(made["pools"][0]["uid"]) == 16
    first, second = (await client.get("/pools")).json()
    assert first == before  # still connected, with all it has earned
    assert (second["uid"], second["pools"][0]["uid"]) == ("1", made["pools"][0]["uid"])
    bench.rig.run(120)
    first, second = (await client.get("/pools")).json()
    assert first["pools"][0]["active"]
    assert second["pools"][0]["active"]
    assert second["pools"][0]["stats"]["accepted_shares"] > 0


async def test_an_update_keeps_the_uid_of_the_group_and_renews_those_of_its_pools(bench, client):
    await client.post("/pools", json=group("B", "alice.b"))
    kept, before = (await client.get("/pools")).json()
    wanted = group("C", "bob.c", {"quota": {"value": 2}})
    wanted["pools"][0]["uid"] = before["pools"][0]["uid"]
    response = await client.put(f"/pools/{before['uid']}", json=wanted)
    assert response.status_code == 200
    answer = response.json()
    assert (answer["uid"], answer["name"]) == (before["uid"], "C")
    assert answer["load_balance_strategy"] == {"quota": {"value": 2}}
    (pool,) = answer["pools"]
    assert (pool["user"], pool["password"]) == ("bob.c", "x")
    assert pool["uid"] != before["pools"][0]["uid"]
    first, second = (await client.get("/pools")).json()
    assert first == kept
    assert (second["name"], second["pools"][0]["uid"]) == ("C", pool["uid"])
    assert bench.rig.saved[-1].pool_groups[1].name == "C"


async def test_a_group_that_is_removed_gets_no_more_work(bench, client):
    made = (await client.post("/pools", json=group("B", "bob.b"))).json()
    uid = "0"
    response = await client.delete(f"/pools/{uid}")
    assert (response.status_code, response.content) == (204, b"")
    (left,) = (await client.get("/pools")).json()
    assert left["uid"] == made["uid"]
    bench.rig.run(30)
    assert {wire.target.user for wire in bench.rig.wires} == {"bob.b"}
    assert bench.rig.pools[1].events[-1].user == "bob"
    assert [each.name for each in bench.rig.saved[-1].pool_groups] == ["B"]


async def test_uids_of_groups_that_are_left_are_not_given_again(client):
    await client.post("/pools", json=group("B"))
    await client.delete("/pools/0")
    assert (await client.post("/pools", json=group("C"))).json()["uid"] == "2"


@pytest.mark.parametrize("uid", ["1", "00", "Default", "%20"])
async def test_a_group_that_is_not_there_cannot_be_changed(bench, client, uid):
    for response in (
        await client.put(f"/pools/{uid}", json=group()),
        await client.delete(f"/pools/{uid}"),
    ):
        assert response.status_code == 404
        assert "uid" in response.text
    assert bench.rig.saved == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (group(""), "empty name"),
        (group("Default"), "2 pool groups have the name 'Default'"),
        (group("B", strategy={"quota": {"value": 0}}), "quota of 0"),
        (group("B", strategy={"fixedshareratio": {"value": 50.0}}), "ratio of 50;"),
        (group("B", strategy={"fixedshareratio": {"value": 1.0}}), "leave no work"),
        (group("B", url="http://127.0.0.1"), "schemes"),
        (group("B", user=""), "no user"),
    ],
)
async def test_a_group_that_does_not_fit_the_others_is_refused_in_words(bench, client, body, words):
    response = await client.post("/pools", json=body)
    assert response.status_code == 422
    assert words in response.text
    assert bench.rig.saved == []


async def test_the_last_group_that_takes_the_rest_cannot_be_removed(bench, client):
    body = group("B", strategy={"fixedshareratio": {"value": 0.5}})
    assert (await client.post("/pools", json=body)).status_code == 201
    response = await client.delete("/pools/0")
    assert response.status_code == 422
    assert "no group with a quota" in response.text
    assert (await client.delete("/pools/1")).status_code == 204
    assert (await client.delete("/pools/0")).status_code == 204
    assert (await client.get("/pools")).json() == []


async def test_a_pool_of_a_kind_without_support_is_kept_shown_and_reported(bench, client):
    url = "stratum2+tcp://127.0.0.1:3336/9awtMD5KQgvRUh2yFbjVeT7b6hjipWcAsQHd6wEhgtDT9soosna"
    body = group("Default")
    body["pools"].append({"url": url, "user": "alice.two"})
    await client.put("/pools/0", json=body)
    bench.rig.run(5)
    (shown,) = (await client.get("/pools")).json()
    assert shown["pools"][1]["url"] == url
    assert not shown["pools"][1]["alive"]
    faults = [fault for fault in bench.rig.miner.faults.all() if url in fault.message]
    assert [fault.codes[0].code for fault in faults] == ["P2"]


async def test_groups_of_a_batch_that_have_no_name_get_one(client):
    """pyasic sends an empty name unless its user has made one up."""
    wanted = [group("", "alice.a"), group("Group 0", "alice.b"), group("", "alice.c")]
    response = await client.put("/pools/batch", json=wanted)
    assert response.status_code == 200
    assert [each["name"] for each in response.json()] == ["Group 1", "Group 0", "Group 2"]


async def test_a_batch_with_a_name_of_blanks_is_refused(bench, client):
    response = await client.put("/pools/batch", json=[group("  ")])
    assert response.status_code == 422
    assert "empty name" in response.text
    assert bench.rig.saved == []


async def test_an_update_that_does_not_fit_the_others_changes_nothing(bench, client):
    await client.post("/pools", json=group("B"))
    before = (await client.get("/pools")).json()
    saves = len(bench.rig.saved)
    for body, words in (
        (group("B"), "2 pool groups"),
        (group(""), "empty name"),
        (group("A", strategy={"fixedshareratio": {"value": 1.5}}), "ratio of 1.5"),
    ):
        response = await client.put("/pools/0", json=body)
        assert response.status_code == 422
        assert words in response.text
    assert (await client.get("/pools")).json() == before
    assert len(bench.rig.saved) == saves


async def test_a_group_may_be_set_again_as_it_is(client):
    """An update is checked against the other groups, not against what it replaces."""
    body = group("Default", strategy={"fixedshareratio": {"value": 1.0}})
    for _ in range(2):
        assert (await client.put("/pools/0", json=body)).status_code == 200
