"""Readings in, answers out: every figure against the readings it comes from."""

import asyncio
from dataclasses import replace
from fractions import Fraction

import msgspec
import pytest
from msgspec import structs

from pithead.pool.readings import BlockReading, PoolReading, Windows, WorkerReading
from pithead.poolapi.dates import Days
from pithead.poolapi.endpoints import ENDPOINTS, OWN_ENDPOINTS
from pithead.poolapi.public import PublicService
from pithead.poolapi.service import Asked, PoolService, TooMuch, worker_keys
from pithead.poolapi.settings import ApiSettings

NOW = 1_700_000_000.25
ASKED = Asked("alice", NOW, Days(1_699_833_600, 1_699_920_000))
NO_WORK = Windows(0, 0, 0, 0, 0.0)


def service(readings, **settings):
    return PoolService(
        readings, ApiSettings(**{"work_scale": 10**12, **settings}), lambda: asyncio.sleep(0)
    )


def seen(answer):
    """As a client sees it."""
    return msgspec.json.decode(msgspec.json.encode(answer))


def test_every_endpoint_of_the_table_has_an_operation_that_answers_with_its_type(busy):
    settings = ApiSettings()
    operations = {*service(busy).operations, *PublicService(busy, settings).operations}
    assert operations == {endpoint.operation for endpoint in (*ENDPOINTS, *OWN_ENDPOINTS)}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.operation)
async def test_every_answer_is_of_its_contract_to_the_last_field(readings, endpoint):
    answer = await service(readings).operations[endpoint.operation](ASKED)
    assert type(answer) is endpoint.answer
    checked = msgspec.json.decode(msgspec.json.encode(answer), type=endpoint.answer)
    assert checked == answer


def capture_readings(capture):
    """The readings a pool must have had to give the captured answer.

    Captured from the live pool on 2020-04-03 at about 07:50 UTC and published in a public
    monitoring script; the difficulty is the network's from block 622944 to 624959.
    """

    def hashes(share_count):
        return round(Fraction(share_count * 2**48, 0xFFFF))

    stats = capture["btc"]
    block_work = hashes(13_912_524_048_946)
    blocks = [
        BlockReading(
            height=int(height),
            hash_display="00" * 32,
            found_at=block["date_found"],
            round_seconds=block["mining_duration"],
            round_work=hashes(block["total_shares"]),
            block_work=block_work,
            state=block["state"],
            confirmations_left=block["confirmations_left"],
            value_sats=int(block["value"].replace(".", "")),
            pool_scoring_rate=block["pool_scoring_hash_rate"] * 1e9,
            user_reward_sats=0,
        )
        for height, block in stats["blocks"].items()
    ]
    rate = stats["pool_scoring_hash_rate"] * 1e9
    return PoolReading(
        windows=structs.replace(NO_WORK, scoring_rate=rate),
        active_workers=stats["pool_active_workers"],
        round_started=stats["round_started"],
        round_work=int(rate * stats["round_duration"]),
        block_work=block_work,
        last_template_value_sats=1_250_000_000,
        blocks=blocks,
        luck_blocks=[(block.block_work, block.round_work) for block in blocks],
    )


async def test_an_answer_of_the_live_pool_is_reproduced(fake, capture):
    """All but the luck of 50 and 250 blocks, of which the answer shows ten."""
    expected = capture["btc"]
    readings = fake(pool_reading=capture_readings(capture))
    now = expected["round_started"] + expected["round_duration"]
    answer = await service(readings, work_scale=1).stats(Asked("alice", now, Days(0, 0)))
    stats = seen(answer)["btc"]
    for field in ("luck_b10", "round_probability", "round_started", "round_duration",
                  "pool_active_workers", "hash_rate_unit"):  # fmt: skip
        assert stats[field] == expected[field], field
    assert stats["luck_b10"] == "1.14"
    assert stats["round_probability"] == "0.23"
    assert stats["pool_scoring_hash_rate"] == pytest.approx(expected["pool_scoring_hash_rate"])
    assert list(stats["blocks"]) == list(expected["blocks"])
    for height, block in expected["blocks"].items():
        rate = block.pop("pool_scoring_hash_rate")
        assert stats["blocks"][height].pop("pool_scoring_hash_rate") == pytest.approx(rate)
        assert stats["blocks"][height] == block


async def test_luck_looks_at_the_last_10_50_and_250_blocks(fake):
    pairs = [(100, 50)] * 10 + [(100, 150)] * 40 + [(100, 400)] * 200
    pool = replace(fake().pool_reading, luck_blocks=pairs)
    stats = seen(await service(fake(pool_reading=pool)).stats(ASKED))["btc"]
    assert stats["luck_b10"] == "2.00"
    assert stats["luck_b50"] == f"{50 * 100 / (10 * 50 + 40 * 150):.2f}"
    assert stats["luck_b250"] == f"{250 * 100 / (10 * 50 + 40 * 150 + 200 * 400):.2f}"


async def test_the_scale_is_in_every_rate_and_share_and_in_no_ratio_or_money(busy):
    one = seen(await service(busy, work_scale=1).stats(ASKED))["btc"]
    tera = seen(await service(busy, work_scale=10**12).stats(ASKED))["btc"]
    for field in ("pool_scoring_hash_rate", "pool_5m_hash_rate", "pool_60m_hash_rate",
                  "pool_24h_hash_rate"):  # fmt: skip
        assert tera[field] == pytest.approx(one[field] * 10**12), field
    assert tera["fpps_rate"] == pytest.approx(one["fpps_rate"] / 10**12)
    for field in ("luck_b10", "luck_b50", "luck_b250", "round_probability"):
        assert tera[field] == one[field], field
    block = tera["blocks"]["1000"]
    assert block["total_shares"] == round(19_000 * 10**12 * 0xFFFF / 2**48)
    assert block["value"] == "3.12512345"


async def test_the_pool_tells_its_windows_and_its_clock(busy):
    stats = seen(await service(busy).stats(ASKED))["btc"]
    assert stats["pool_5m_hash_rate"] == 300_000.0
    assert stats["pool_60m_hash_rate"] == 300_000.0
    assert stats["pool_24h_hash_rate"] == 300_000.0
    assert stats["pool_scoring_hash_rate"] == 300_500.0
    assert stats["update_ts"] == 1_700_000_000
    assert stats["round_duration"] == 30
    assert stats["round_started"] == 1_699_999_970


async def test_a_round_that_starts_after_now_has_no_negative_length(busy):
    busy.pool_reading = replace(busy.pool_reading, round_started=int(NOW) + 5)
    assert seen(await service(busy).stats(ASKED))["btc"]["round_duration"] == 0


async def test_of_two_blocks_of_one_height_the_orphan_gives_way(busy):
    first, *rest = busy.pool_reading.blocks
    for pair in (
        [replace(first, state="orphaned"), first],
        [first, replace(first, state="orphaned")],
    ):
        busy.pool_reading = replace(busy.pool_reading, blocks=[*pair, *rest])
        blocks = seen(await service(busy).stats(ASKED))["btc"]["blocks"]
        assert blocks["1000"]["state"] == "new"
        assert len(blocks) == 15


async def test_an_orphan_alone_is_shown_as_one(busy):
    first, *rest = busy.pool_reading.blocks
    busy.pool_reading = replace(busy.pool_reading, blocks=[replace(first, state="orphaned"), *rest])
    assert seen(await service(busy).stats(ASKED))["btc"]["blocks"]["1000"]["state"] == "orphaned"


async def test_a_profile_in_full(busy):
    answer = seen(await service(busy).profile(ASKED))
    assert answer == {
        "username": "alice",
        "btc": {
            "all_time_reward": "198.76543210",
            "current_balance": "98.76543210",
            "today_reward": "0.00001234",
            "confirmed_reward": "98.76543210",
            "unconfirmed_reward": "1.04001000",
            "estimated_reward": "1.04000123",
            "send_threshold": "0.00020000",
            "hash_rate_unit": "Gh/s",
            "hash_rate_5m": 100_000.0,
            "hash_rate_60m": 100_000.0,
            "hash_rate_24h": 100_000.0,
            "hash_rate_yesterday": pytest.approx(92_592.592592592),
            "hash_rate_scoring": 98_750.0,
            "low_workers": 1,
            "off_workers": 0,
            "ok_workers": 2,
            "dis_workers": 1,
            "shares_5m": 6_984_813,
            "shares_60m": 83_817_753,
            "shares_24h": 2_011_626_066,
            "shares_yesterday": 1_862_616_728,
        },
    }


async def test_rewards_in_full_and_newest_first(busy):
    rewards = seen(await service(busy).rewards(ASKED))["btc"]["daily_rewards"]
    assert rewards[0] == {
        "date": 1_699_833_600,
        "total_reward": "3.12513355",
        "mining_reward": "3.12512345",
        "bos_plus_reward": "0.00001000",
        "referral_bonus": "0.00000010",
        "referral_reward": "0.00000000",
        "shares": 2_011_626_066,
        "share_prices": [
            {
                "from_ts": 1_699_833_600,
                "to_ts": 1_699_920_000,
                "share_price": "0.000000001553530998",
            }
        ],
        "calculation_date": 1_699_920_000,
    }
    days = [day["date"] for day in rewards]
    assert days == sorted(days, reverse=True)


async def test_a_day_without_shares_has_no_share_price(busy):
    busy.rewards = [replace(busy.rewards[0], work=0, mining_sats=0)]
    day = seen(await service(busy).rewards(ASKED))["btc"]["daily_rewards"][0]
    assert day["shares"] == 0
    assert day["share_prices"] == []


async def test_daily_hash_rates_in_full(busy):
    days = seen(await service(busy).hash_rate_daily(ASKED))["btc"]
    assert days[0] == {
        "date": 1_699_833_600,
        "hash_rate_unit": "Gh/s",
        "hash_rate_24h": 100_000.0,
        "scoring_hash_rate_24h": 99_500.0,
        "total_shares": 2_011_626_066,
    }
    assert len(days) == 19


async def test_block_rewards_in_full_and_ascending(busy):
    answer = seen(await service(busy).block_rewards(ASKED))["btc"]
    assert answer["hash_rate_unit"] == "Gh/s"
    rewards = answer["block_rewards"]
    assert rewards[-1] == {
        "block_found_at": 1_699_999_970,
        "pool_scoring_hash_rate": 300_250.0,
        "user_scoring_hash_rate": 100_125.0,
        "block_value": "3.12512345",
        "user_reward": "1.04001000",
        "block_height": 1_000,
        "mining_reward": "1.04000000",
        "braiinsos_plus_mining_bonus": "0.00000005",
        "referral_reward": "0.00000000",
        "referral_bonus": "0.00000000",
        "confirmations_left": 100,
    }
    times = [reward["block_found_at"] for reward in rewards]
    assert times == sorted(times)


async def test_payouts_stand_at_the_top_newest_first_with_zero_for_what_is_not_yet(busy):
    answer = seen(await service(busy).payouts(ASKED))
    assert answer["lightning"] == []
    assert answer["onchain"][0] == {
        "financial_account_name": "alice",
        "requested_at_ts": 1_699_920_000 + 32_400,
        "resolved_at_ts": 0,
        "status": "queued",
        "amount_sats": 25_000,
        "fee_sats": 0,
        "destination": "bcrt1qa",
        "tx_id": "ab" * 32,
        "trigger_type": "manual",
    }
    assert [each["status"] for each in answer["onchain"]] == ["queued", "confirmed"]
    assert answer["onchain"][1]["trigger_type"] == "triggered"


async def test_more_block_rewards_than_one_answer_holds_are_refused_with_advice(busy):
    assert await service(busy, row_limit=15).block_rewards(ASKED)
    with pytest.raises(TooMuch, match=r"15 block rewards are more than the 14.*fewer days"):
        await service(busy, row_limit=14).block_rewards(ASKED)


async def test_questions_with_dates_ask_the_pool_for_those_days(busy):
    pool_api = service(busy)
    for question in (
        pool_api.rewards, pool_api.hash_rate_daily, pool_api.block_rewards, pool_api.payouts,
    ):  # fmt: skip
        await question(ASKED)
    assert busy.asked == [("alice", 1_699_833_600, 1_699_920_000)] * 4


async def test_workers_in_full(busy):
    workers = seen(await service(busy).workers(ASKED))["btc"]["workers"]
    assert list(workers) == ["alice.rig1", "alice.rig2", "alice.[auto]", "alice.rack_7"]
    assert workers["alice.rig1"] == {
        "state": "ok",
        "last_share": 1_699_999_997,
        "hash_rate_unit": "Gh/s",
        "hash_rate_scoring": 98_750.0,
        "hash_rate_5m": 100_000.0,
        "hash_rate_60m": 100_000.0,
        "hash_rate_24h": 100_000.0,
        "shares_5m": 6_984_813,
        "shares_60m": 83_817_753,
        "shares_24h": 2_011_626_066,
    }
    assert [worker["state"] for worker in workers.values()] == ["ok", "ok", "low", "dis"]


async def test_an_account_without_workers_has_an_empty_object(fake):
    assert seen(await service(fake()).workers(ASKED)) == {"btc": {"workers": {}}}


def named(*names):
    return [WorkerReading(name, "ok", 0, 0, 0, 0, 0.0) for name in names]


@pytest.mark.parametrize(
    ("names", "keys"),
    [
        (["a.b"], ["u.a_b"]),
        (["a.b", "a_b"], ["u.a.b", "u.a_b"]),
        (["a_b", "a.b"], ["u.a_b", "u.a.b"]),
        (["a.b.c", "a_b.c", "a.b_c"], ["u.a_b_c", "u.a_b.c", "u.a.b_c"]),
    ],
)
def test_a_worker_key_has_one_dot_unless_that_would_hide_a_worker(names, keys):
    assert list(worker_keys("u", named(*names))) == keys


async def test_a_rate_that_is_no_number_is_an_error_and_never_a_null(busy):
    busy.pool_reading = replace(
        busy.pool_reading, windows=structs.replace(NO_WORK, scoring_rate=float("nan"))
    )
    with pytest.raises(ValueError):
        await service(busy).stats(ASKED)
