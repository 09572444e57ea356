"""What needs the password once more, and a code where codes are on."""

from hashlib import sha1

import pyotp

from pithead.bitcoin.address import witness_address
from pithead.bitcoin.network import MAINNET, REGTEST
from pithead.selfservice.gate import ATTEMPTS, WRONG_CODES
from tests.selfservice.conftest import NOW, PASSWORD, SIGN_IN

ADDRESS = witness_address(0, bytes(20), REGTEST)


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


async def test_who_knows_the_password_guesses_few_codes_in_a_day(site, codes):
    site.wall += 1_000
    async with site.client("198.51.100.8") as client:
        for _ in range(2 * WRONG_CODES):  # a code that is missing is no guess
            site.wall += 60
            assert (await client.post("/session", json=SIGN_IN)).status_code == 403
        for _ in range(WRONG_CODES):
            site.wall += 60
            wrong = {**SIGN_IN, "code": "not it"}
            assert (await client.post("/session", json=wrong)).status_code == 403
        site.wall += 60
        answer = await client.post("/session", json={**SIGN_IN, "code": codes.recovery[1]})
        assert answer.status_code == 429
        assert 1_000 < int(answer.headers["Retry-After"]) <= 1_800
        site.wall += int(answer.headers["Retry-After"])
        again = {**SIGN_IN, "code": codes.recovery[1]}
        assert (await client.post("/session", json=again)).status_code == 200


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


async def test_the_address_is_removed_with_the_password_and_contacts_are_told(site, alice):
    site.notices.put_contact("alice", "email", "alice@example.org")
    assert (await alice.post("/destination/remove", json={"password": PASSWORD})).status_code == 404
    there = {"address": ADDRESS, "password": PASSWORD}
    assert (await alice.put("/destination", json=there)).status_code == 204
    assert (await alice.post("/destination/remove", json={"password": "x"})).status_code == 403
    assert site.destinations.of("alice").address == ADDRESS
    assert (await alice.post("/destination/remove", json={"password": PASSWORD})).status_code == 204
    assert (await alice.get("/account")).json()["address"] == ""
    subjects = {each["subject"] for each in (await alice.get("/notices")).json()}
    assert subjects == {f"alice is paid at {ADDRESS} now", "alice is not paid any more"}


async def test_with_codes_on_where_to_be_paid_needs_one_and_a_bad_address_uses_none(
    site, alice, codes
):
    there = {"address": ADDRESS, "password": PASSWORD}
    assert (await alice.put("/destination", json=there)).status_code == 403
    there["code"] = codes()
    answer = await alice.put("/destination", json={**there, "address": "nowhere"})
    assert answer.status_code == 422
    assert (await alice.put("/destination", json=there)).status_code == 204
