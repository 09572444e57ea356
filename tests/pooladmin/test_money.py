"""Rewards, rules, payouts and odds in the admin API."""

import httpx
import pytest

from pithead.bitcoin.network import REGTEST
from pithead.pool.admins import Admins
from pithead.pool.destinations import Destinations
from pithead.pool.events import BlockFound, BlockResolved
from pithead.pool.payer import NotPaid
from pithead.pool.rewards import Rules
from pithead.pool.rulebook import Rulebook
from pithead.pool.sharelog import JournalFull
from pithead.pooladmin.app import build_app
from pithead.pooladmin.money import MoneyAdmin
from tests.pooladmin.conftest import NOW


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


async def test_rules_are_changed_in_part_hold_at_once_and_are_taken_back(client, service):
    told = (await client.get("/rules")).json()
    assert (told["is_chosen"], told["past"]) == (False, [])
    assert told["rules"] == told["configured"]
    change = {"reward_scheme": "pplns", "fee_percent": 1.5}
    assert (await client.put("/rules", json=change)).status_code == 204
    assert (service.keeper.rules.scheme, service.keeper.rules.fee_ppm) == ("pplns", 15_000)
    assert (await client.put("/rules", json={"pplns_window": 3.0})).status_code == 204
    assert (service.keeper.rules.fee_ppm, service.keeper.rules.window_ppm) == (15_000, 3_000_000)
    assert (await client.put("/rules", json=change)).status_code == 204  # no news
    await service.keeper.commit()
    told = (await client.get("/rules")).json()
    assert told["is_chosen"]
    assert [each["rules"]["pplns_window"] for each in told["past"]] == [3.0, 2.0]
    assert told["past"][0] == {"since": NOW, "rules": told["rules"]}
    Rulebook(service.keeper.store.engine).configure(Rules(fee_ppm=10_000))
    assert (await client.delete("/rules")).status_code == 204
    assert service.keeper.rules == Rules(fee_ppm=10_000)
    assert (await client.delete("/rules")).status_code == 404


@pytest.mark.parametrize(
    "body",
    [{"fee_percent": 101}, {"fee_percent": "2"}, {"reward_scheme": "prop"}, {"window": 2},
     {"pplns_window": 0}, {"referral_days": 0}],
)  # fmt: skip
async def test_rules_that_are_none_change_nothing(client, service, body):
    before = service.keeper.rules
    assert (await client.put("/rules", json=body)).status_code == 422
    assert service.keeper.rules == before
    assert Rulebook(service.keeper.store.engine).wanted().chosen is None


async def test_rules_that_cannot_be_kept_yet_are_told_so(client, service, monkeypatch):
    def refuse(events):
        raise JournalFull("no space left on device")

    monkeypatch.setattr(service.keeper, "accept", refuse)
    answer = await client.put("/rules", json={"fee_percent": 3})
    assert answer.status_code == 422
    assert "no space left" in answer.text
    assert Rulebook(service.keeper.store.engine).wanted().chosen.fee_ppm == 30_000
