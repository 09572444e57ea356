"""The API of signed-in users: who gets in, what others' pages cannot do, and what it answers."""

import json
from base64 import b32decode
from dataclasses import dataclass, field
from hashlib import sha1

import httpx
import pyotp
import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from pithead.bitcoin.address import witness_address
from pithead.bitcoin.network import MAINNET, REGTEST
from pithead.pool.accounts import Accounts
from pithead.pool.bookkeeping import Bookkeeper, BookkeeperSettings
from pithead.pool.destinations import Destinations
from pithead.pool.events import ShareAccepted
from pithead.pool.groups import Groups
from pithead.pool.logins import SESSION_SECONDS, Logins
from pithead.pool.notices import Notices
from pithead.pool.second_factors import STEP_SECONDS, SecondFactors, code_at
from pithead.pool.worker_settings import WorkerSettings
from pithead.pooladmin.money import MoneyAdmin
from pithead.pooladmin.service import PoolAdmin
from pithead.poolapi.bans import Bans
from pithead.poolapi.settings import ApiSettings
from pithead.poolapi.streams import Streams
from pithead.rpc import pages
from pithead.selfservice.app import selfservice_routes
from pithead.selfservice.contract import ME, OPERATIONS, SESSION_OPERATIONS
from pithead.selfservice.document import COOKIE, CSRF_HEADER
from pithead.selfservice.gate import ATTEMPTS
from pithead.selfservice.service import SelfService

NOW = 1_700_000_000.0
PASSWORD = "correct horse"
SIGN_IN = {"user": "alice", "password": PASSWORD}
PLACES = {"hours": "1", "worker": "rig1", "profile": "x"}
ADDRESS = witness_address(0, bytes(20), REGTEST)
BODIES = {
    "change_password": {"old": PASSWORD, "new": "another password"},
    "begin_second_factor": {"password": PASSWORD},
    "confirm_second_factor": {"password": PASSWORD, "code": "123456"},
    "remove_second_factor": {"password": PASSWORD, "code": "123456"},
    "pay_to": {"address": ADDRESS, "password": PASSWORD},
}


@dataclass
class Site:
    """The API over a real pool's books."""

    wall: float = NOW
    streams: Streams = field(default_factory=Streams)

    def open(self, keeper):
        engine = keeper.store.engine
        api_settings = ApiSettings(work_scale=1_000)
        self.accounts = Accounts(keeper.store)
        for user in ("alice", "bob"):
            self.accounts.create_user(user)
        self.logins = Logins(engine, lambda: self.wall)
        self.logins._hasher = PasswordHasher.from_parameters(CHEAPEST)
        self.logins.factors = SecondFactors(engine, lambda: self.wall, memory_kib=32)
        self.logins.set_password("alice", PASSWORD)
        self.notices = Notices(engine)
        pool = PoolAdmin(
            None, keeper, self.accounts, Groups(engine), WorkerSettings(engine), self.notices,
            Bans.of(api_settings), 1_000, lambda: NOW, lambda: self.wall, self.logins,
        )  # fmt: skip
        self.destinations = Destinations(engine, REGTEST)
        money = MoneyAdmin(keeper, self.accounts, self.destinations, None, lambda: NOW)
        service = SelfService.of(pool, money, api_settings)
        routes = selfservice_routes(service, self.logins, lambda: self.wall, self.streams)
        self.app = Starlette(routes=routes)

    def client(self, address="192.0.2.1", scheme="http"):
        transport = httpx.ASGITransport(self.app, client=(address, 1))
        return httpx.AsyncClient(transport=transport, base_url=f"{scheme}://pool{ME}")


@pytest.fixture
async def site(tmp_path):
    keeper = await Bookkeeper.open(tmp_path, BookkeeperSettings(commit_seconds=3_600))
    keeper.accept(
        [ShareAccepted(int(NOW - 300 + n) * 1000, "alice", "rig1", 100) for n in range(1, 300)]
    )
    keeper.accept([ShareAccepted(int(NOW) * 1000 - 1, "bob", "secret-rig", 100)])
    made = Site()
    made.open(keeper)
    yield made
    await keeper.close()


@pytest.fixture
async def alice(site):
    """Signed in, with the token of her session sent along."""
    async with site.client() as client:
        answer = await client.post("/session", json=SIGN_IN)
        assert answer.status_code == 200, answer.text
        client.headers[CSRF_HEADER] = answer.json()["csrf"]
        yield client


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


@pytest.fixture
async def codes(site, alice):
    """Makes codes of alice's authenticator, each a step later; they are asked for."""
    made = (await alice.post("/second-factor", json={"password": PASSWORD})).json()
    secret = b32decode(made["secret"])

    def code():
        site.wall += STEP_SECONDS
        return code_at(secret, int(site.wall) // STEP_SECONDS)

    answer = await alice.put("/second-factor", json={"password": PASSWORD, "code": code()})
    assert answer.status_code == 200, answer.text
    code.recovery = answer.json()["codes"]
    return code


async def test_an_authenticator_is_shown_its_secret_and_counts_once_confirmed(site, alice):
    answer = await alice.post("/second-factor", json={"password": PASSWORD})
    made = answer.json()
    assert answer.headers["Cache-Control"] == "no-store"
    told = pyotp.parse_uri(made["uri"])
    assert (told.secret, told.name, told.issuer) == (made["secret"], "alice", "Pithead")
    assert (told.digits, told.interval, told.digest) == (6, 30, sha1)
    assert made["picture"].startswith("data:image/svg+xml")
    async with site.client() as other:
        assert (await other.post("/session", json=SIGN_IN)).status_code == 200
        assert (await alice.get("/second-factor")).json() == {"since": 0, "recovery_codes": 0}
        wrong = {"password": PASSWORD, "code": "no code"}
        assert (await alice.put("/second-factor", json=wrong)).status_code == 403
        right = {"password": PASSWORD, "code": told.at(int(site.wall))}
        assert (await alice.put("/second-factor", json={**right, "password": "x"})).is_error
        assert len((await alice.put("/second-factor", json=right)).json()["codes"]) == 10
        assert (await other.get("/session")).status_code == 401
    state = (await alice.get("/second-factor")).json()
    assert state == {"since": int(NOW), "recovery_codes": 10}


async def test_with_codes_on_signing_in_needs_one_that_was_not_used(site, codes):
    async with site.client() as client:
        answer = await client.post("/session", json=SIGN_IN)
        assert (answer.status_code, answer.text) == (
            403, "a code of the authenticator is needed as well\n",
        )  # fmt: skip
        assert "Set-Cookie" not in answer.headers
        given = {**SIGN_IN, "code": codes()}
        assert (await client.post("/session", json={**given, "password": "x"})).status_code == 401
        assert (await client.post("/session", json=given)).status_code == 200
        answer = await client.post("/session", json=given)
        assert (answer.status_code, "was used" in answer.text) == (403, True)
        site.wall += 60
        given = {**SIGN_IN, "code": codes.recovery[3]}
        assert (await client.post("/session", json=given)).status_code == 200
        assert (await client.post("/session", json=given)).status_code == 403


async def test_codes_are_guessed_no_faster_than_passwords(site, codes):
    site.wall += 1_000
    async with site.client("198.51.100.7") as client:
        for at in range(ATTEMPTS):
            body = {**SIGN_IN, "code": "000"} if at % 2 else {**SIGN_IN, "password": "wrong"}
            assert (await client.post("/session", json=body)).status_code in (401, 403)
        body = {**SIGN_IN, "code": codes.recovery[0]}
        assert (await client.post("/session", json=body)).status_code == 429


async def test_codes_are_turned_off_by_who_has_both_password_and_code(site, alice, codes):
    for wrong in (
        {"password": PASSWORD}, {"password": "x", "code": codes()},
        {"password": PASSWORD, "code": "000000"},
    ):  # fmt: skip
        assert (await alice.post("/second-factor/remove", json=wrong)).status_code == 403
    assert (await alice.post("/second-factor", json={"password": PASSWORD})).status_code == 422
    site.wall += 60
    right = {"password": PASSWORD, "code": codes()}
    assert (await alice.post("/second-factor/remove", json=right)).status_code == 204
    assert (await alice.post("/second-factor/remove", json=right)).status_code == 404
    async with site.client() as client:
        assert (await client.post("/session", json=SIGN_IN)).status_code == 200


async def test_a_new_password_needs_a_code_and_leaves_codes_on(site, alice, codes):
    new = {"old": PASSWORD, "new": "battery staple"}
    assert (await alice.put("/password", json=new)).status_code == 403
    assert (await alice.put("/password", json={**new, "code": codes()})).status_code == 204
    body = {"user": "alice", "password": "battery staple"}
    async with site.client() as client:
        assert (await client.post("/session", json=body)).status_code == 403
        body["code"] = codes()
        assert (await client.post("/session", json=body)).status_code == 200


async def test_where_to_be_paid_is_set_with_the_password(site, alice):
    there = {"address": ADDRESS, "threshold_sats": 5_000, "password": PASSWORD}
    assert (await alice.put("/destination", json={**there, "password": "x"})).status_code == 403
    assert site.destinations.of("alice") is None
    assert (await alice.put("/destination", json=there)).status_code == 204
    account = (await alice.get("/account")).json()
    assert (account["address"], account["threshold_sats"]) == (ADDRESS, 5_000)
    elsewhere = witness_address(0, bytes(20), MAINNET)
    for wrong in ({"address": elsewhere}, {"address": "x"}, {"threshold_sats": 5}, {"x": 1}):
        assert (await alice.put("/destination", json={**there, **wrong})).status_code == 422
    assert site.destinations.of("alice").address == ADDRESS
    assert site.destinations.of("bob") is None


async def test_with_codes_on_where_to_be_paid_needs_one_and_a_bad_address_uses_none(
    site, alice, codes
):
    there = {"address": ADDRESS, "password": PASSWORD}
    assert (await alice.put("/destination", json=there)).status_code == 403
    there["code"] = codes()
    answer = await alice.put("/destination", json={**there, "address": "nowhere"})
    assert answer.status_code == 422
    assert (await alice.put("/destination", json=there)).status_code == 204


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
