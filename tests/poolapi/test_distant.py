"""The API where the books are not answers as the one beside them, question by question."""

import asyncio

import httpx
import pytest

from pithead.pool.readings import BooksAway
from pithead.poolapi.app import app_of, next_turn
from pithead.poolapi.distant import NEEDED, distant_operations
from pithead.poolapi.endpoints import ENDPOINTS, OWN_ENDPOINTS
from pithead.poolapi.public import PublicService
from pithead.poolapi.service import PoolService
from pithead.poolapi.settings import ApiSettings
from tests.poolapi.conftest import NOW, SCALE

SETTINGS = ApiSettings(work_scale=SCALE, burst=1_000)
WHEN_ASKED = NOW + 3
PLACES = {"coin": "btc", "group": "user", "hours": "24", "day": "2023-11-13"}


class FarBooks:
    """What was is known; what is, is known as long as they are there."""

    def __init__(self, readings):
        self.past, self.asked, self.are_away = readings, [], False

    async def at_hand(self, what, user, hours):
        self.asked.append((what, user, hours))
        await asyncio.sleep(0)
        if self.are_away:
            raise BooksAway
        return NOW, self.past


@pytest.fixture
def books(busy):
    return FarBooks(busy)


@pytest.fixture
async def far(books, tokens, clocks, token):
    operations = distant_operations(books, SETTINGS, next_turn)
    app = app_of(operations, tokens, SETTINGS, lambda: WHEN_ASKED, lambda: clocks.wall)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://pool",
        headers={"SlushPool-Auth-Token": token},
    ) as client:  # fmt: skip
        yield client


@pytest.mark.parametrize("endpoint", [*ENDPOINTS, *OWN_ENDPOINTS], ids=lambda each: each.operation)
async def test_each_answer_is_that_of_the_moment_of_the_books(endpoint, far, busy, connect):
    path = endpoint.paths[0].format(**PLACES)
    near = await connect(busy, SETTINGS).get(path)
    answer = await far.get(path)
    assert (answer.status_code, answer.text) == (near.status_code, near.text)
    assert near.status_code == 200


async def test_only_what_the_books_alone_know_is_asked_of_them(far, books, busy):
    for endpoint in (*ENDPOINTS, *OWN_ENDPOINTS):
        before = len(books.asked)
        await far.get(endpoint.paths[0].format(**PLACES))
        user = "" if endpoint.public else "alice"
        needed = NEEDED.get(endpoint.operation)
        assert books.asked[before:] == ([(needed, user, 24)] if needed else [])
    every = {**PoolService(busy, SETTINGS, next_turn).operations,
             **PublicService(busy, SETTINGS).operations}  # fmt: skip
    assert NEEDED.keys() <= every.keys()


async def test_without_the_books_what_they_alone_know_is_a_503_that_says_when_to_come_again(
    far, books
):
    books.are_away = True
    answer = await far.get("/accounts/profile/json/btc")
    assert answer.status_code == 503
    assert "keeps the pool's books" in answer.text
    assert answer.headers["Retry-After"] == "5"
    assert (await far.get("/accounts/rewards/json/btc")).status_code == 200
