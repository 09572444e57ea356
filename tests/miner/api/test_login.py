"""Logging in: who may, how often, and for how long."""

import asyncio
import string

import pytest


async def log_in(bench, username="root", password=""):
    async with bench.client() as client:
        body = {"username": username, "password": password}
        return await client.post("/auth/login", json=body)


async def set_password(bench, password):
    async with bench.client(Authorization=await bench.token()) as client:
        response = await client.put("/auth/password", json={"password": password})
        assert response.status_code == 204


async def test_a_fresh_machine_lets_root_in_with_the_empty_password(bench):
    response = await log_in(bench)
    assert response.status_code == 200
    answer = response.json()
    assert set(answer) == {"token", "timeout_s"}
    assert answer["timeout_s"] == 3600
    assert len(answer["token"]) == 16
    assert set(answer["token"]) <= set(string.ascii_letters + string.digits)


@pytest.mark.parametrize(
    ("username", "password"), [("root", "root"), ("admin", ""), ("", ""), ("ROOT", "")]
)
async def test_wrong_credentials_are_401_in_words(bench, username, password):
    response = await log_in(bench, username, password)
    assert response.status_code == 401
    assert response.text == "wrong user or password\n"
    assert response.headers["content-type"].startswith("text/plain")


async def test_a_password_that_is_set_is_asked_for(bench):
    await set_password(bench, "secret")
    assert (await log_in(bench, password="")).status_code == 401
    assert (await log_in(bench, password="secret")).status_code == 200


@pytest.mark.parametrize("body", [{}, {"username": "root"}, {"username": "root", "password": None}])
async def test_a_login_without_both_words_is_422(bench, body):
    async with bench.client() as client:
        response = await client.post("/auth/login", json=body)
    assert response.status_code == 422


async def test_eleven_logins_at_once_give_eleven_tokens_that_all_live(bench):
    await set_password(bench, "secret")
    answers = await asyncio.gather(*(log_in(bench, password="secret") for _ in range(11)))
    tokens = {answer.json()["token"] for answer in answers}
    assert len(tokens) == 11
    for token in tokens:
        async with bench.client(Authorization=token) as client:
            assert (await client.get("/miner/details")).status_code == 200


async def test_after_ten_wrong_passwords_logins_wait_but_tokens_work_on(bench):
    token = await bench.token()
    for _ in range(10):
        assert (await log_in(bench, password="guess")).status_code == 401
    response = await log_in(bench)
    assert response.status_code == 429
    assert "60 seconds" in response.text
    assert response.headers["retry-after"] == "60"
    async with bench.client(Authorization=token) as client:
        assert (await client.get("/miner/details")).status_code == 200
    bench.wall += 61
    assert (await log_in(bench)).status_code == 200


async def test_guesses_made_all_at_once_are_counted_like_others(bench):
    await set_password(bench, "secret")
    answers = await asyncio.gather(*(log_in(bench, password=str(n)) for n in range(30)))
    assert sum(answer.status_code == 401 for answer in answers) <= 10
    assert {answer.status_code for answer in answers} == {401, 429}


async def test_a_token_expires_an_hour_after_its_last_use_and_not_by_farm_time(bench):
    token = await bench.token()
    async with bench.client(Authorization=f"Bearer {token}") as client:
        bench.rig.now += 100_000
        for _ in range(2):
            bench.wall += 3600
            assert (await client.get("/miner/details")).status_code == 200
        bench.wall += 3601
        response = await client.get("/miner/details")
    assert response.status_code == 401
    assert "log in again" in response.text
