"""The admin API, asked as an admin would, over a real pool's books."""

import json
from base64 import b32decode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pithead.pool.notices import Told
from pithead.pool.place import Place
from pithead.pool.second_factors import STEP_SECONDS, code_at
from pithead.pooladmin.app import MOST_BYTES
from pithead.pooladmin.contract import OPERATIONS
from pithead.pooladmin.document import document
from pithead.pooladmin.moneycontract import MONEY_OPERATIONS
from pithead.rpc.pages import POLICY
from tests.documentation import assert_tells_all_of, assert_whole_in_itself, parsed
from tests.pooladmin.conftest import NOW, SCALE

EVERY = (*OPERATIONS, *MONEY_OPERATIONS)
PLACES = {
    "user": "alice", "profile": "x", "worker": "rig1", "address": "a", "group": "g", "txid": "ab",
}  # fmt: skip


async def test_the_status_is_that_of_the_pool(client):
    status = (await client.get("/status")).json()
    assert (status["height"], status["connections"], status["users"]) == (7, 2, 1)
    assert status["hash_rate_5m"] == pytest.approx(100 * SCALE / 1e9, rel=0.1)
    assert status["events_uncommitted"] == 299
    assert (await client.get("/users")).json() == ["alice"]


async def test_an_access_profile_is_made_changed_and_removed(client, service):
    path = "/users/alice/profiles/phone"
    token = (await client.put(path)).json()["token"]
    assert service.accounts.opens(token, "alice")
    assert (await client.patch(path, json={"web_api": False})).status_code == 204
    assert not service.accounts.opens(token, "alice")
    (profile,) = (await client.get("/users/alice")).json()["profiles"]
    assert (profile["name"], profile["web_api"]) == ("phone", False)
    again = (await client.put(path, json={"web_api": True})).json()["token"]
    assert service.accounts.access(token) is None
    assert (await client.delete(path)).status_code == 204
    assert service.accounts.access(again) is None
    assert (await client.delete(path)).status_code == 404
    assert (await client.patch(path, json={})).status_code == 404


async def test_how_a_user_signs_in_is_told_and_codes_are_turned_off(client, service):
    async def told():
        user = (await client.get("/users/alice")).json()
        return user["has_password"], user["has_second_factor"]

    service.accounts.create_user("alice")
    assert await told() == (False, False)
    logins = service.logins
    logins.set_password("alice", "good password")
    assert await told() == (True, False)
    secret = b32decode(logins.factors.begin("alice", "good password"))
    logins.factors.confirm("alice", "good password", code_at(secret, int(NOW) // STEP_SECONDS))
    assert await told() == (True, True)
    assert (await client.delete("/users/alice/second-factor")).status_code == 204
    assert await told() == (True, False)
    assert (await client.delete("/users/alice/second-factor")).status_code == 404
    assert (await client.delete("/users/nobody/second-factor")).status_code == 404


async def test_a_worker_gets_a_label_a_limit_and_may_go_unwatched(client):
    path = "/users/alice/workers/rig1"
    (worker,) = (await client.get("/users/alice/workers")).json()
    assert (worker["state"], worker["alert_limit"], worker["label"]) == ("ok", None, "")
    limit = worker["hash_rate_5m"] * 1.5
    answer = await client.patch(path, json={"label": "cellar", "alert_limit": limit})
    assert answer.status_code == 204
    (worker,) = (await client.get("/users/alice/workers")).json()
    assert (worker["state"], worker["label"]) == ("low", "cellar")
    assert worker["alert_limit"] == pytest.approx(limit)
    await client.patch(path, json={"alert_limit": 0})
    (worker,) = (await client.get("/users/alice/workers")).json()
    assert (worker["state"], worker["alert_limit"], worker["label"]) == ("ok", None, "cellar")
    await client.patch(path, json={"monitored": False})
    (worker,) = (await client.get("/users/alice/workers")).json()
    assert (worker["state"], worker["monitored"]) == ("dis", False)
    assert (await client.patch("/users/alice/workers/none", json={})).status_code == 404
    assert (await client.patch(path, json={"label": "x" * 101})).status_code == 422


async def test_a_worker_is_held_to_a_least_difficulty_until_it_is_taken_back(client, service):
    path = "/users/alice/workers/rig1"

    async def least():
        (worker,) = (await client.get("/users/alice/workers")).json()
        return worker["least_difficulty"]

    assert await least() is None
    assert (await client.patch(path, json={"least_difficulty": 4096})).status_code == 204
    await client.patch(path, json={"label": "cellar"})
    assert await least() == 4096
    assert service.settings.least_difficulties() == {("alice", "rig1"): 4096.0}
    answer = await client.patch(path, json={"least_difficulty": 1e16})
    assert answer.status_code == 422
    assert "at most 1e+15" in answer.text
    assert await least() == 4096
    assert (await client.patch(path, json={"least_difficulty": -1})).status_code == 422
    await client.patch(path, json={"least_difficulty": 0})
    assert await least() is None


async def test_contacts_are_told_and_listed(client, service):
    hook = {"channel": "webhook", "target": "https://example.org/hook"}
    answer = await client.post("/users/alice/contacts", json={**hook, "kinds": ["block"]})
    assert len(answer.json()["secret"]) == 64
    (contact,) = (await client.get("/users/alice")).json()["contacts"]
    assert contact == {**hook, "kinds": ["block"]}
    service.notices_.tell([Told("alice", "block", "a block", {})], NOW)
    (notice,) = (await client.get("/users/alice/notices")).json()
    assert (notice["state"], notice["subject"]) == ("waiting", "a block")
    assert (await client.post("/users/alice/contacts/remove", json=hook)).status_code == 204
    assert (await client.post("/users/alice/contacts/remove", json=hook)).status_code == 404
    bad = await client.post("/users/alice/contacts", json={**hook, "target": "no url"})
    assert bad.status_code == 422
    assert "not a URL" in bad.text


async def test_users_join_and_leave_groups(client):
    assert (await client.put("/groups/farm/members/alice")).status_code == 204
    assert (await client.put("/users/bob")).status_code == 204
    assert (await client.put("/groups/farm/members/bob")).status_code == 204
    assert (await client.get("/groups")).json() == {"farm": ["alice", "bob"]}
    assert (await client.get("/users/bob")).json()["group"] == "farm"
    assert (await client.delete("/groups/farm/members/bob")).status_code == 204
    assert (await client.delete("/groups/farm/members/bob")).status_code == 404
    assert (await client.put("/groups/farm/members/nobody")).status_code == 404


async def test_miners_are_told_and_sent_elsewhere(client, service):
    answer = await client.post("/miners/message", json={"text": "maintenance at noon"})
    assert answer.json() == {"connections": 2}
    assert (await client.post("/miners/message", json={"text": "a\nb"})).status_code == 422
    place = {"host": "pool.example.org", "port": 3334, "wait_seconds": 5}
    answer = await client.post("/miners/reconnect", json={"user": "alice", **place})
    assert answer.json() == {"connections": 1}
    assert (await client.post("/miners/reconnect", json={})).status_code == 200
    assert (await client.post("/miners/reconnect", json={"host": "a b"})).status_code == 422
    assert service.pool.told == [
        ("maintenance at noon", None), ("alice", Place(**place)), (None, None),
    ]  # fmt: skip


async def test_bans_are_made_listed_and_lifted(client, service):
    assert (await client.put("/bans/10.0.0.1", json={"seconds": 60})).status_code == 204
    assert (await client.put("/bans/2001:db8::1", json={"seconds": 60})).status_code == 204
    bans = (await client.get("/bans")).json()
    assert bans[0] == {"address": "10.0.0.1", "since": int(NOW), "until": int(NOW) + 60}
    assert service.bans_.wait("10.0.0.1", NOW) == 60
    assert (await client.delete("/bans/10.0.0.1")).status_code == 204
    assert (await client.delete(f"/bans/{bans[1]['address']}")).status_code == 204
    assert (await client.delete("/bans/10.0.0.1")).status_code == 404
    assert (await client.get("/bans")).json() == []


async def test_without_a_token_of_an_admin_nothing_is_said(client):
    for header in (
        {"Authorization": ""},
        {"Authorization": "Bearer guess"},
        {"Authorization": "x"},
    ):
        answer = await client.get("/users", headers=header)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


async def test_an_address_that_guesses_is_stopped(client):
    wrong = {"Authorization": "Bearer guess"}
    answers = [(await client.get("/users", headers=wrong)).status_code for _ in range(25)]
    assert answers == [401] * 20 + [429] * 5
    assert (await client.get("/users")).status_code == 429


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [("PUT", "/bans/a", b"{", 422), ("PUT", "/bans/a", b'{"seconds": "x"}', 422),
     ("PUT", "/bans/a", b'{"seconds": 1, "more": 1}', 422), ("PUT", "/bans/a", b"\xff", 422),
     ("PUT", "/bans/a", b"[" * 60_000, 422), ("PUT", "/bans/a", b" " * (MOST_BYTES + 1), 413),
     ("POST", "/status", b"", 405), ("GET", "/nothing", b"", 404), ("GET", "/users/x", b"", 404),
     ("PUT", "/users/a.b", b"", 422)],
)  # fmt: skip
async def test_bad_input_is_told_and_changes_nothing(client, method, path, body, status):
    answer = await client.request(method, path, content=body)
    assert answer.status_code == status
    assert answer.text
    assert (await client.get("/bans")).json() == []
    assert (await client.get("/users")).json() == ["alice"]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.sampled_from([row for row in EVERY if row.body]), st.binary(max_size=200))
async def test_no_body_is_an_internal_error(client, row, body):
    path = row.path.format(
        user="alice", profile="x", worker="rig1", address="a", group="g", txid="ab"
    )
    answer = await client.request(row.method, f"http://admin{path}", content=body)
    assert answer.status_code in (200, 204, 404, 422)


def test_the_document_has_every_operation_and_its_parameters():
    said = json.loads(document())
    for row in EVERY:
        found = said["paths"][row.path][row.method.lower()]
        assert found["operationId"] == row.name
        assert len(found["parameters"]) == row.path.count("{")
    assert len({row.name for row in EVERY}) == len(EVERY)


async def test_a_page_tells_people_all_of_the_document(client):
    page = await client.get("http://admin/docs")
    assert page.headers["content-security-policy"] == POLICY
    tree = parsed(page.content)
    assert_tells_all_of(tree, (await client.get("http://admin/openapi.json")).json())
    assert_whole_in_itself(tree)
