"""The API of signed-in users: who gets in, what others' pages cannot do, and what it answers."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pithead.bitcoin.address import witness_address
from pithead.bitcoin.network import REGTEST
from pithead.pool.logins import SESSION_SECONDS
from pithead.rpc import pages
from pithead.selfservice.contract import ME, OPERATIONS, SESSION_OPERATIONS
from pithead.selfservice.document import COOKIE, CSRF_HEADER
from pithead.selfservice.gate import ATTEMPTS
from tests.selfservice.conftest import PASSWORD, SIGN_IN

PLACES = {"hours": "1", "worker": "rig1", "profile": "x"}
ADDRESS = witness_address(0, bytes(20), REGTEST)
BODIES = {
    "change_password": {"old": PASSWORD, "new": "another password"},
    "begin_second_factor": {"password": PASSWORD},
    "confirm_second_factor": {"password": PASSWORD, "code": "123456"},
    "remove_second_factor": {"password": PASSWORD, "code": "123456"},
    "pay_to": {"address": ADDRESS, "password": PASSWORD},
    "pay_no_more": {"password": PASSWORD},
}


async def test_a_session_is_a_cookie_that_no_script_reads_and_no_other_site_sends(site):
    for scheme, is_secure in (("http", False), ("https", True)):
        async with site.client(scheme=scheme) as client:
            answer = await client.post("/session", json=SIGN_IN)
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith(f"{COOKIE}=")
        assert {"HttpOnly", "SameSite=strict", f"Path={ME}"} <= set(cookie.split("; "))
        assert ("Secure" in cookie) is is_secure
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.json()["user"] == "alice"
        assert cookie.split("=")[1].split(";")[0] not in answer.text


@pytest.mark.parametrize("row", [*OPERATIONS, *SESSION_OPERATIONS[1:]], ids=lambda row: row.name)
async def test_nothing_is_answered_without_a_session(site, row):
    path = row.path.format(**PLACES).removeprefix(ME)
    async with site.client() as client:
        body = BODIES.get(row.name, {})
        answer = await client.request(row.method, path, json=body)
        assert answer.status_code == 401, answer.text
        client.cookies.set(COOKIE, "x" * 43)
        assert (await client.request(row.method, path, json=body)).status_code == 401


@pytest.mark.parametrize(
    "row", [row for row in (*OPERATIONS, *SESSION_OPERATIONS[2:]) if row.method != "GET"],
    ids=lambda row: row.name,
)  # fmt: skip
async def test_no_change_is_made_without_the_token_of_the_session(site, alice, row):
    path = row.path.format(**PLACES).removeprefix(ME)
    for wrong in (None, "", "0" * 64, "é"):
        alice.headers.pop(CSRF_HEADER, None)
        headers = {} if wrong is None else {CSRF_HEADER: wrong.encode()}
        body = BODIES.get(row.name, {})
        answer = await alice.request(row.method, path, json=body, headers=headers)
        assert answer.status_code == 403, answer.text
    assert (await alice.get("/session")).status_code == 200


async def test_another_site_s_page_can_neither_sign_in_nor_change(site, alice):
    there = {"Sec-Fetch-Site": "cross-site"}
    assert (await alice.put("/profiles/x", headers=there)).status_code == 403
    assert (await alice.post("/session", json=SIGN_IN, headers=there)).status_code == 403
    form = {"Content-Type": "text/plain"}
    answer = await alice.post("/session", content=json.dumps(SIGN_IN), headers=form)
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "body", [{**SIGN_IN, "password": "wrong"}, {**SIGN_IN, "user": "bob"},
             {"user": "nobody", "password": PASSWORD}],
)  # fmt: skip
async def test_a_wrong_password_and_a_wrong_name_are_told_alike(site, body):
    async with site.client() as client:
        answer = await client.post("/session", json=body)
    assert answer.status_code == 401
    assert answer.text == "this name and password do not belong together\n"
    assert "Set-Cookie" not in answer.headers


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=30), st.lists(st.text())
)
NAMES = ["user", "password", "code", "old", "new", "address", "threshold_sats", "x"]
BYTES = st.one_of(
    st.binary(max_size=60),
    st.dictionaries(st.sampled_from(NAMES), VALUES).map(lambda body: json.dumps(body).encode()),
)


@pytest.mark.parametrize(
    "row", [row for row in SESSION_OPERATIONS if row.body is not None], ids=lambda row: row.name
)
@settings(
    max_examples=25, deadline=None, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(body=BYTES)
async def test_no_body_is_an_internal_error_or_changes_anything(site, alice, row, body):
    """Of who has a session, but does not know the password."""
    site.wall += 20
    answer = await alice.request(
        row.method, row.path.removeprefix(ME), content=body,
        headers={"Content-Type": "application/json"},
    )  # fmt: skip
    assert answer.status_code in (401, 403, 422), answer.text
    assert site.logins.factors.of("alice") is None
    assert site.destinations.of("alice") is None
    assert site.logins.is_right("alice", PASSWORD)


@pytest.mark.parametrize("body", [{}, {"user": "a"}, [], {**SIGN_IN, "x": 1}, {"user": 1}])
async def test_what_is_no_sign_in_is_told_so(site, body):
    async with site.client() as client:
        assert (await client.post("/session", json=body)).status_code == 422


async def test_who_guesses_waits_and_so_does_whoever_guesses_for_the_same_user(site):
    wrong = {**SIGN_IN, "password": "wrong"}
    async with site.client() as client, site.client("198.51.100.9") as other:
        for _ in range(ATTEMPTS):
            assert (await client.post("/session", json=wrong)).status_code == 401
        for one in (client, other):
            answer = await one.post("/session", json=SIGN_IN)
            assert answer.status_code == 429
            assert 1 <= int(answer.headers["Retry-After"]) <= 10
        site.wall += 10
        assert (await client.post("/session", json=SIGN_IN)).status_code == 200


async def test_a_session_ends_when_it_is_told_to_and_at_its_time(site, alice):
    async with site.client() as other:
        other.cookies.update(alice.cookies)
        assert (await other.get("/session")).status_code == 200
        assert (await alice.delete("/session")).status_code == 204
        assert COOKIE not in alice.cookies
        assert (await other.get("/session")).status_code == 401
    async with site.client() as again:
        await again.post("/session", json=SIGN_IN)
        site.wall += SESSION_SECONDS
        assert (await again.get("/session")).status_code == 401


async def test_a_password_is_changed_by_who_knows_the_old_one(site, alice):
    new = {"old": PASSWORD, "new": "battery staple"}
    assert (await alice.put("/password", json={**new, "old": "x"})).status_code == 403
    assert (await alice.put("/password", json={**new, "new": "short"})).status_code == 422
    assert (await alice.put("/password", json=new)).status_code == 204
    assert (await alice.get("/session")).status_code == 401
    assert site.logins.is_right("alice", "battery staple")


async def test_every_question_is_answered_and_tells_nothing_of_others(alice):
    for row in OPERATIONS:
        if row.method == "GET":
            answer = await alice.get(row.path.format(**PLACES).removeprefix(ME))
            assert answer.status_code == 200, (row.name, answer.text)
            assert "bob" not in answer.text
            assert "secret-rig" not in answer.text
    assert (await alice.get("/hash_rate/2")).status_code == 404


async def test_profiles_are_made_changed_and_revoked(site, alice):
    token = (await alice.put("/profiles/phone", json={"web_api": True})).json()["token"]
    assert site.accounts.opens(token, "alice")
    assert (await alice.patch("/profiles/phone", json={"web_api": False})).status_code == 204
    assert not site.accounts.opens(token, "alice")
    assert [each["name"] for each in (await alice.get("/profiles")).json()] == ["phone"]
    assert (await alice.delete("/profiles/phone")).status_code == 204
    assert (await alice.delete("/profiles/phone")).status_code == 404


async def test_a_worker_is_set_and_places_are_told(site, alice):
    answer = await alice.patch("/workers/rig1", json={"label": "cellar", "alert_limit": 5})
    assert answer.status_code == 204
    (worker,) = (await alice.get("/workers")).json()
    assert (worker["label"], worker["alert_limit"]) == ("cellar", pytest.approx(5))
    assert (await alice.patch("/workers/secret-rig", json={})).status_code == 404
    place = {"channel": "email", "target": "a@example.org"}
    assert (await alice.post("/contacts", json={**place, "kinds": ["block"]})).status_code == 200
    assert [each["target"] for each in (await alice.get("/contacts")).json()] == ["a@example.org"]
    assert site.notices.contacts_of("bob") == []
    assert (await alice.post("/contacts/remove", json=place)).status_code == 204
    assert (await alice.post("/contacts", json={**place, "target": "no"})).status_code == 422


async def test_a_stream_needs_a_session_and_ends_when_the_server_does(site, alice):
    async with site.client() as stranger:
        assert (await stranger.get("/events")).status_code == 401
    site.streams.close()
    answer = await alice.get("/events")
    assert answer.headers["Content-Type"].startswith("text/event-stream")


async def test_all_of_it_is_documented(site):
    async with site.client() as client:
        paths = (await client.get("/openapi.json")).json()["paths"]
        page = await client.get("/docs")
    assert page.headers["Content-Security-Policy"] == pages.POLICY
    assert all(f"operation-{item[verb]['operationId']}" in page.text
               for item in paths.values() for verb in item)  # fmt: skip
    free = [item[verb]["operationId"] for item in paths.values() for verb in item
            if item[verb].get("security") == []]  # fmt: skip
    assert free == ["sign_in"]
    told = {(verb.upper(), path) for path, item in paths.items() for verb in item}
    assert told == {(row.method, row.path) for row in (*OPERATIONS, *SESSION_OPERATIONS)}
