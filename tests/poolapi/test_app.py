"""The API as a client meets it, over ASGI in this process."""

import json
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pithead.pool.credit_proof import check, read_proof
from pithead.pool.readings import StoreAway
from pithead.poolapi.endpoints import ENDPOINTS
from pithead.poolapi.settings import ApiSettings
from pithead.poolapi.tokens import TOKEN_HEADERS
from pithead.rpc.pages import POLICY
from tests.documentation import (
    assert_accessible,
    assert_tells_all_of,
    assert_whole_in_itself,
    parsed,
)

PATHS = [
    "/stats/json/btc",
    "/accounts/profile/json/btc",
    "/accounts/rewards/json/btc",
    "/accounts/rewards/json/btc?from=2022-05-01&to=2022-05-07",
    "/accounts/hash_rate_daily/json/group/btc",
    "/accounts/hash_rate_daily/json/user/btc",
    "/accounts/hash_rate_daily/json/btc",
    "/accounts/hash_rate_daily/json/btc?group=true",
    "/accounts/block_rewards/json/btc",
    "/accounts/block_rewards/json/btc?from=2022-05-01&to=2022-05-07",
    "/accounts/workers/json/btc",
]
DATED = ["/accounts/rewards/json/btc", "/accounts/hash_rate_daily/json/group/btc",
         "/accounts/block_rewards/json/btc"]  # fmt: skip


def variants(path):
    """With and without the slash, the coin in both cases."""
    place, mark, query = path.partition("?")
    for coin in ("btc", "BTC"):
        for slash in ("", "/"):
            yield place.removesuffix("btc") + coin + slash + mark + query


@pytest.mark.parametrize("path", [variant for path in PATHS for variant in variants(path)])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_every_variant_of_every_path_is_answered_in_place(connect, readings, method, path):
    response = await connect(readings).request(method, path)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert "btc" in response.json()
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", PATHS)
async def test_head_is_a_get_without_the_body(connect, busy, path):
    client = connect(busy)
    head, get = await client.head(path), await client.get(path)
    assert head.status_code == get.status_code == 200
    assert head.content == b""
    assert head.headers == get.headers


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", *PATHS])
async def test_options_tells_the_methods_and_needs_no_token(connect, busy, path):
    response = await connect(busy, token=None).options(path)
    assert response.status_code == 204
    assert response.headers["allow"] == "GET, HEAD, POST, OPTIONS"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
async def test_other_methods_are_refused_as_text(connect, busy, method):
    response = await connect(busy).request(method, "/stats/json/btc")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD, POST, OPTIONS"
    assert response.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("header", [*TOKEN_HEADERS, *(name.lower() for name in TOKEN_HEADERS)])
async def test_the_token_is_taken_from_each_of_the_four_headers(connect, busy, token, header):
    response = await connect(busy, token=None).get("/stats/json/btc", headers={header: token})
    assert response.status_code == 200


def forbidden(response):
    return (
        response.status_code == 403
        and response.headers["content-type"] == "text/plain; charset=utf-8"
        and not response.text.startswith(("{", "["))
    )


@pytest.mark.parametrize("path", PATHS)
async def test_without_a_token_everything_is_403_as_text(connect, busy, path):
    assert forbidden(await connect(busy, token=None).get(path))


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer k3yZ8bQ4wT6vR1nM"},
        {"SlushPool-Auth-Token": ""},
        {"SlushPool-Auth-Token": "k3yZ8bQ4wT6vR1nM."},
        {"SlushPool-Auth-Token": "x" * 5_000},
        {"SlushPool-Auth-Token": b"\xff\xfe"},
        {"SlushPool-Auth-Token": "watcher-without-api"},
        {"X-Auth-Token": "k3yZ8bQ4wT6vR1nM"},
    ],
)
async def test_any_other_token_is_403_as_text(connect, busy, headers):
    assert forbidden(await connect(busy, token=None).get("/stats/json/btc", headers=headers))


async def test_a_token_in_the_query_is_no_token(connect, busy, token):
    assert forbidden(await connect(busy, token=None).get(f"/stats/json/btc?token={token}"))


async def test_a_revoked_token_is_403_at_once(connect, busy, tokens, token):
    client = connect(busy)
    assert (await client.get("/stats/json/btc")).status_code == 200
    del tokens.known[token]
    assert forbidden(await client.get("/stats/json/btc"))


async def test_each_token_sees_its_own_account(connect, busy, tokens, token):
    tokens.known["bobs"] = type(tokens.known[token])("bob")
    client = connect(busy)
    assert (await client.get("/accounts/profile/json/btc/")).json()["username"] == "alice"
    answer = await client.get("/accounts/profile/json/btc/", headers={TOKEN_HEADERS[0]: "bobs"})
    assert answer.json()["username"] == "bob"


@pytest.mark.parametrize("coin", ["ltc", "bt", "btcc", "%20btc", "..", "b%00tc"])
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.operation)
async def test_an_unknown_coin_is_404_as_text(connect, busy, endpoint, coin):
    for path in endpoint.paths:
        place = path.replace("{group}", "group").replace("{coin}", coin)
        response = await connect(busy).get(place)
        assert response.status_code == 404
        assert response.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    "path",
    ["/stats", "/stats/json", "/stats/json/", "/accounts", "/stats/json/btc/x", "//stats/json/btc",
     "/stats/json/btc//", "/accounts/hash_rate_daily/json/nobody/btc", "/docs/x", "/favicon.ico"],
)  # fmt: skip
async def test_any_other_path_is_404_as_text_and_never_a_redirect(connect, busy, path):
    response = await connect(busy).get(path)
    assert response.status_code == 404
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "query",
    [
        "from=2022-05-07&to=2022-05-01",
        "from=2022-02-31&to=2022-03-02",
        "from=1900-01-01&to=1900-01-31",
        "from=2100-01-01&to=2100-01-31",
        "from=2009-01-03&to=2022-01-01",
        "from=Fri+Nov+10+2023+00%3A00%3A00+GMT%2B0100+(Central+European+Standard+Time)",
        "to=%F0%9F%92%A9",
        "from=<script>",
    ],
)
@pytest.mark.parametrize("path", DATED)
async def test_bad_dates_are_400_as_text_that_says_what_is_right(connect, busy, path, query):
    response = await connect(busy).get(f"{path}?{query}")
    assert response.status_code == 400
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert "'from'" in response.text or "'to'" in response.text or "at most" in response.text
    assert busy.asked == []


@pytest.mark.parametrize("path", DATED)
async def test_dates_reach_the_pool_as_utc_days(connect, busy, path):
    await connect(busy).get(f"{path}/?from=2022-05-01&to=2022-05-07")
    assert busy.asked == [("alice", 1651363200, 1651881600)]


async def test_the_default_range_ends_on_the_farms_today(connect, busy, clocks):
    clocks.farm = 1651881600 + 86_399.9
    for path in DATED:
        await connect(busy).get(path)
    days = [(last, (last - first) // 86_400 + 1) for _, first, last in busy.asked]
    assert days == [(1651881600, 90), (1651881600, 90), (1651881600, 7)]


async def test_too_many_block_rewards_are_400_as_text(connect, busy):
    client = connect(busy, ApiSettings(row_limit=3))
    response = await client.get("/accounts/block_rewards/json/btc")
    assert response.status_code == 400
    assert "ask for fewer days" in response.text


async def test_six_requests_in_ten_seconds_are_fine_and_a_hundred_are_not(connect, busy, clocks):
    client = connect(busy, ApiSettings())
    assert [(await client.get("/stats/json/btc")).status_code for _ in range(6)] == [200] * 6
    clocks.wall += 1_000.0
    answers = []
    for _ in range(100):
        clocks.wall += 0.1
        answers.append(await client.get("/stats/json/btc"))
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) == 100 - 29
    for answer in refused:
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.headers["retry-after"] in {"1", "2"}
    clocks.wall += int(refused[-1].headers["retry-after"])
    assert (await client.get("/stats/json/btc")).status_code == 200


async def test_farm_time_does_not_refill_the_limit(connect, busy, clocks):
    client = connect(busy, ApiSettings(burst=1))
    assert (await client.get("/stats/json/btc")).status_code == 200
    clocks.farm += 86_400
    assert (await client.get("/stats/json/btc")).status_code == 429


async def test_guessing_tokens_is_slowed_down_per_address(connect, busy, token):
    client = connect(busy, ApiSettings(wrong_token_burst=5), token=None, address="10.1.1.1")
    statuses = [
        (await client.get("/stats/json/btc", headers={TOKEN_HEADERS[0]: f"guess{n}"})).status_code
        for n in range(7)
    ]
    assert statuses == [403] * 5 + [429] * 2


async def test_an_error_of_the_pool_is_500_as_text_without_details(connect, busy, capsys):
    def broken(user, now):
        raise RuntimeError("the secret inside")

    busy.pool = broken
    response = await connect(busy).get("/stats/json/btc")
    assert response.status_code == 500
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert "secret" not in response.text
    assert "Traceback" not in response.text
    assert "the secret inside" in capsys.readouterr().out


async def test_the_document_is_served_without_a_token(connect, busy):
    response = await connect(busy, token=None).get("/openapi.json")
    assert response.status_code == 200
    assert response.json()["openapi"] == "3.1.0"


@pytest.mark.parametrize("path", ["/docs", "/docs/"])
async def test_a_page_tells_people_all_of_the_document_without_a_token(connect, busy, path):
    client = connect(busy, token=None)
    page, document = await client.get(path), await client.get("/openapi.json")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"] == POLICY
    tree = parsed(page.content)
    assert_tells_all_of(tree, document.json())
    assert_whole_in_itself(tree)
    assert_accessible(tree)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    path=st.sampled_from([path.partition("?")[0] for path in PATHS]),
    query=st.dictionaries(
        st.sampled_from(["from", "to", "group", "x"]),
        st.one_of(st.text(max_size=60), st.dates().map(str)),
    ),
    token=st.one_of(
        st.just("k3yZ8bQ4wT6vR1nM"),
        st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=200),
    ),
)
async def test_strangers_get_an_answer_or_a_refusal_and_never_an_error(
    connect, busy, path, query, token
):
    client = connect(busy, ApiSettings(wrong_token_burst=10_000, burst=10_000), token=None)
    text = "&".join(f"{name}={quote(value, errors='ignore')}" for name, value in query.items())
    headers = {TOKEN_HEADERS[0]: token.encode("latin-1")}
    response = await client.get(f"{path}?{text}", headers=headers)
    assert response.status_code in {200, 400, 403}
    if response.status_code == 200:
        json.loads(response.content)
    else:
        assert response.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("path", "days"),
    [("user/btc", 19), ("btc", 19), ("group/btc", 1), ("GROUP/BTC/", 1), ("btc?group=true", 1),
     ("btc?group=false", 19), ("user/btc?group=true", 19)],
)  # fmt: skip
async def test_the_path_says_whether_the_days_are_of_the_user_or_of_the_group(
    connect, busy, path, days
):
    answer = await connect(busy).get(f"/accounts/hash_rate_daily/json/{path}")
    assert answer.status_code == 200
    assert len(answer.json()["btc"]) == days


async def test_what_was_committed_to_is_there_for_everybody(connect, busy):
    answer = await connect(busy, token=None).get("/api/v1/credits?from=2023-11-01&to=2023-11-13")
    (day,) = answer.json()["days"]
    assert (day["day"], day["root"], day["work_scale"]) == ("2023-11-13", "ab" * 32, 10**12)


async def test_a_user_gets_a_proof_that_holds(connect, busy):
    answer = await connect(busy).get("/api/v1/credits/2023-11-13/proof")
    proof = read_proof(answer.content)
    check(proof)
    assert (proof.user, proof.day) == ("alice", "2023-11-13")
    assert (await connect(busy).get("/api/v1/credits/2023-11-12/proof")).status_code == 404
    assert (await connect(busy).get("/api/v1/credits/yesterday/proof")).status_code == 400
    refused = await connect(busy, token=None).get("/api/v1/credits/2023-11-13/proof")
    assert refused.status_code == 403


@pytest.mark.parametrize("path", ["/accounts/rewards/json/btc/", "/api/v1/credits"])
async def test_what_the_database_alone_knows_may_be_asked_for_again_while_it_is_away(
    connect, busy, monkeypatch, path
):
    async def away(*days):
        raise StoreAway

    for name in ("daily_rewards", "credit_days"):
        monkeypatch.setattr(busy, name, away)
    answer = await connect(busy).get(path)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "cannot be reached" in answer.text
    assert (await connect(busy).get("/accounts/profile/json/btc/")).status_code == 200
