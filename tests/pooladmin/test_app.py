"""The admin API, asked as an admin would, over a real pool's books."""

import json
from base64 import b32decode
from dataclasses import dataclass, field

import httpx
import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pithead.bitcoin.network import REGTEST
from pithead.pool.accounts import Accounts
from pithead.pool.admins import Admins
from pithead.pool.bookkeeper_settings import BookkeeperSettings
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.destinations import Destinations
from pithead.pool.events import BlockFound, BlockResolved, ShareAccepted
from pithead.pool.groups import Groups
from pithead.pool.logins import Logins
from pithead.pool.notices import Notices, Told
from pithead.pool.payer import NotPaid
from pithead.pool.place import Place
from pithead.pool.second_factors import STEP_SECONDS, SecondFactors, code_at
from pithead.pool.worker_settings import WorkerSettings
from pithead.pooladmin.app import MOST_BYTES, build_app
from pithead.pooladmin.contract import OPERATIONS
from pithead.pooladmin.document import document
from pithead.pooladmin.money import MoneyAdmin
from pithead.pooladmin.moneycontract import MONEY_OPERATIONS
from pithead.pooladmin.service import PoolAdmin
from pithead.poolapi.bans import Bans
from pithead.poolapi.settings import ApiSettings
from pithead.rpc.pages import POLICY
from tests.documentation import assert_tells_all_of, assert_whole_in_itself, parsed

NOW = 1_700_000_000.0
SCALE = 10**12
EVERY = (*OPERATIONS, *MONEY_OPERATIONS)
PLACES = {
    "user": "alice", "profile": "x", "worker": "rig1", "address": "a", "group": "g", "txid": "ab",
}  # fmt: skip


@dataclass
class Pool:
    height: int = 7
    connections: int = 2
    told: list = field(default_factory=list)

    def tell(self, text, user=None):
        if "\n" in text:
            raise ValueError("a message is one line")
        self.told.append((text, user))
        return 2

    def reconnect(self, user=None, place=None):
        self.told.append((user, place))
        return 1


@pytest.fixture
async def service(tmp_path):
    keeper = await Bookkeeper.open(tmp_path, BookkeeperSettings(commit_seconds=3_600))
    keeper.accept(
        [ShareAccepted(int(NOW - 300 + n) * 1000, "alice", "rig1", 100) for n in range(1, 300)]
    )
    engine = keeper.store.engine
    logins = Logins(engine, lambda: NOW)
    logins._hasher = PasswordHasher.from_parameters(CHEAPEST)
    logins.factors = SecondFactors(engine, lambda: NOW, memory_kib=32)
    yield PoolAdmin(
        Pool(), keeper, Accounts(keeper.store), Groups(engine), WorkerSettings(engine),
        Notices(engine), Bans.of(ApiSettings()), SCALE, lambda: NOW, lambda: NOW, logins,
    )  # fmt: skip
    await keeper.close()


@pytest.fixture
async def client(service):
    admins = Admins(service.keeper.store.engine)
    token = admins.create("ops")
    money = MoneyAdmin(
        service.keeper, service.accounts,
        Destinations(service.keeper.store.engine, REGTEST), None, service.clock,
    )  # fmt: skip
    transport = httpx.ASGITransport(build_app(service, money, admins), client=("127.0.0.1", 1))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://admin/api/v1",
        headers={"Authorization": f"Bearer {token}"},
    ) as client:  # fmt: skip
        yield client


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


async def test_balances_destination_and_referrer_of_a_user(client, service):
    address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
    await client.put("/users/bob")
    assert (await client.put("/users/alice/referrer", json={"referrer": "bob"})).status_code == 204
    body = {"address": address, "threshold_sats": 50_000}
    assert (await client.put("/users/alice/destination", json=body)).status_code == 204
    account = (await client.get("/users/alice/account")).json()
    assert account == {
        "unconfirmed_sats": 0, "confirmed_sats": 0, "paying_sats": 0, "paid_sats": 0,
        "address": address, "threshold_sats": 50_000, "referrer": "bob",
    }  # fmt: skip
    assert service.keeper.referrer("alice", NOW) == "bob"
    await client.put("/users/alice/referrer", json={"referrer": ""})
    assert (await client.delete("/users/alice/destination")).status_code == 204
    account = (await client.get("/users/alice/account")).json()
    assert (account["address"], account["referrer"]) == ("", "")
    assert (await client.delete("/users/alice/destination")).status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [("referrer", {"referrer": "alice"}, 422), ("referrer", {"referrer": "nobody"}, 404),
     ("destination", {"address": "1BoatSLRHtKNngkdXEeobR76b53LETtpyT"}, 422),
     ("destination", {"address": "x", "threshold_sats": -1}, 422)],
)  # fmt: skip
async def test_a_wrong_referrer_or_destination_changes_nothing(client, path, body, status):
    answer = await client.put(f"/users/alice/{path}", json=body)
    assert answer.status_code == status
    account = (await client.get("/users/alice/account")).json()
    assert (account["address"], account["referrer"]) == ("", "")


async def test_odds_and_the_ledger_are_told(client, service):
    service.keeper.accept(
        [
            BlockFound(int(NOW * 1000), "alice", "rig1", 7, "aa", 100_000_000, 29_900, b""),
            BlockResolved(int(NOW * 1000), "aa", True, ""),
        ]
    )
    told = (await client.get("/statistics")).json()
    assert [band["blocks"] for band in told["luck"]] == [1, 1, 1]
    assert told["luck"][0]["luck"] == 1.0
    assert told["rules"]["reward_scheme"] == "score"
    assert told["rules"]["fee_percent"] == 2.0
    (alice,) = (await client.get("/withholding")).json()
    assert (alice["user"], alice["expected_blocks"], alice["found_blocks"]) == ("alice", 1.0, 1)
    balances = (await client.get("/ledger")).json()["balances"]
    assert balances["user:alice:unconfirmed"] == 98_000_000
    assert sum(balances.values()) == 0


async def test_a_pool_without_a_wallet_says_so(client):
    assert (await client.get("/payouts")).json() == []
    assert (await client.post("/payouts")).status_code == 404
    answer = await client.post("/payouts/ab/give-up", json={"reason": "x"})
    assert answer.status_code == 404
    assert "no wallet" in answer.text


class Payer:
    def __init__(self, answer):
        self.answer = answer

    async def pay_now(self):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def give_up(self, txid, reason):
        if isinstance(self.answer, Exception):
            raise self.answer
        return txid == self.answer


@pytest.mark.parametrize(
    ("answer", "paid", "given_up"),
    [("ab", 200, 204), (None, 200, 404), (NotPaid("the node is away"), 422, 422)],
)
async def test_an_operator_pays_now_or_gives_up(service, client, answer, paid, given_up):
    money = MoneyAdmin(
        service.keeper, service.accounts,
        Destinations(service.keeper.store.engine, REGTEST), Payer(answer), service.clock,
    )  # fmt: skip
    client._transport = httpx.ASGITransport(
        build_app(service, money, Admins(service.keeper.store.engine)), client=("127.0.0.1", 1)
    )
    now = await client.post("/payouts")
    assert now.status_code == paid
    if paid == 200:
        assert now.json() == {"txid": answer or ""}
    else:
        assert "the node is away" in now.text
    answered = await client.post("/payouts/ab/give-up", json={"reason": "spent by hand"})
    assert answered.status_code == given_up


async def test_a_page_tells_people_all_of_the_document(client):
    page = await client.get("http://admin/docs")
    assert page.headers["content-security-policy"] == POLICY
    tree = parsed(page.content)
    assert_tells_all_of(tree, (await client.get("http://admin/openapi.json")).json())
    assert_whole_in_itself(tree)
