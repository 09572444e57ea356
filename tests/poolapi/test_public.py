"""What anybody may ask: figures against the readings they come from, and who pays for them."""

from math import exp

import msgspec
import pytest

from pithead.poolapi.endpoints import OWN_ENDPOINTS, STREAMS
from pithead.poolapi.publiccontract import HashRates, LuckAnswer, PublicStats
from pithead.poolapi.settings import ApiSettings

SCALE = 10**12


@pytest.fixture
def client(connect, busy):
    return connect(busy, ApiSettings(work_scale=SCALE, confirmations=7), token=None)


async def asked(client, path, kind):
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=kind)


async def test_the_figures_are_those_of_the_pool(client):
    stats = await asked(client, "/api/v1/public/stats", PublicStats)
    assert stats.hash_rate_5m == pytest.approx(90_000 * SCALE / 300 / 1e9)
    assert stats.hash_rate_24h == pytest.approx(25_920_000 * SCALE / 86_400 / 1e9)
    assert stats.active_workers == 3
    assert stats.round.work == 0.5
    assert stats.round.probability == pytest.approx(1 - exp(-0.5))
    assert stats.confirmations == 7
    assert [block.height for block in stats.blocks] == list(range(1_000, 985, -1))
    assert stats.blocks[0].luck == round(18_000 / 19_000, 4)
    assert stats.blocks[0].value == "3.12512345"


async def test_nothing_of_a_user_is_in_them(client):
    for endpoint in OWN_ENDPOINTS:
        if endpoint.for_all:
            text = (await client.get(endpoint.paths[0].replace("{hours}", "1"))).text
            assert "alice" not in text
            assert "user" not in text


@pytest.mark.parametrize(("hours", "length"), [(1, 61), (24, 289)])
async def test_a_hashrate_is_told_at_even_steps(client, hours, length):
    rates = await asked(client, f"/api/v1/public/hash_rate/{hours}", HashRates)
    assert len(rates.times) == len(rates.hash_rate_5m) == len(rates.hash_rate_24h) == length
    assert rates.hash_rate_60m[-1] == pytest.approx(100 * SCALE / 1e9)


async def test_no_other_hours_are_told(client):
    answer = await client.get("/api/v1/public/hash_rate/48")
    assert answer.status_code == 404
    assert "1 or 24" in answer.text


async def test_luck_is_told_with_the_band_of_an_honest_pool(client):
    luck = await asked(client, "/api/v1/public/luck", LuckAnswer)
    assert len(luck.rounds) == 15
    assert luck.rounds[-1] == round(18_000 / 19_000, 4)
    assert [band.blocks for band in luck.bands] == [10, 15, 15]
    assert all(band.low < band.luck < band.high for band in luck.bands)


async def test_an_answer_for_all_is_made_once_a_second(client, busy, clocks):
    first = await asked(client, "/api/v1/public/stats", PublicStats)
    clocks.farm += 100
    assert await asked(client, "/api/v1/public/stats", PublicStats) == first
    clocks.wall += 1
    again = await asked(client, "/api/v1/public/stats", PublicStats)
    assert again.time == first.time + 100


async def test_a_clock_that_was_set_back_keeps_no_old_answer(client, clocks):
    first = await asked(client, "/api/v1/public/stats", PublicStats)
    clocks.farm += 100
    clocks.wall -= 3_600
    assert await asked(client, "/api/v1/public/stats", PublicStats) != first


async def test_an_empty_pool_has_answers_too(connect, fake):
    client = connect(fake(), token=None)
    stats = await asked(client, "/api/v1/public/stats", PublicStats)
    assert (stats.blocks, stats.hash_rate_5m, stats.round.probability) == ([], 0, 0)
    assert await asked(client, "/api/v1/public/luck", LuckAnswer) == LuckAnswer([], [])


def test_every_stream_tells_the_answer_of_a_row():
    kinds = [endpoint.answer for endpoint in OWN_ENDPOINTS if endpoint.for_all]
    assert all(kinds.count(stream.answer) == 1 for stream in STREAMS)


async def test_the_head_of_a_stream_has_an_end(client):
    answer = await client.head("/api/v1/public/events")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "text/event-stream"
