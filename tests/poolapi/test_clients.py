"""The parsing rules of clients that exist, each written anew and held against every answer.

The rules are facts read in the sources of the clients named; where two clients disagree on a
type the answer must suit both. All run over an account that is empty and one that is busy.
"""

import json
from decimal import Decimal

import pytest

PATHS = {
    "stats": "/stats/json/btc/",
    "profile": "/accounts/profile/json/btc/",
    "rewards": "/accounts/rewards/json/btc/",
    "hash_rate_daily": "/accounts/hash_rate_daily/json/group/btc",
    "block_rewards": "/accounts/block_rewards/json/btc",
    "payouts": "/accounts/payouts/json/btc",
    "workers": "/accounts/workers/json/btc/",
}


@pytest.fixture
async def bodies(connect, readings):
    client = connect(readings)
    return {name: (await client.get(path)).text for name, path in PATHS.items()}


@pytest.fixture
def answers(bodies):
    return {name: json.loads(body) for name, body in bodies.items()}


def unsigned(bits):
    def read(value):
        assert type(value) is int, f"{value!r} is no integer token"
        assert 0 <= value < 1 << bits
        return value

    return read


u32, u64 = unsigned(32), unsigned(64)


def int64(value):
    assert type(value) is int
    assert -(1 << 63) <= value < 1 << 63
    return value


def f64(value):
    assert type(value) in {int, float}, f"{value!r} is no number"
    return float(value)


def text(value):
    assert type(value) is str
    return value


def text_or_number(value):
    """A decimal that may be a string or a number, but neither null nor empty."""
    assert type(value) in {int, float} or (type(value) is str and value.strip())
    return float(value)


def number_from_text(value):
    assert type(value) is str
    return float(value)


def read(value, /, **fields):
    """A strict struct: every field must be there and be of its type; more may be there."""
    return {name: kind(value[name]) for name, kind in fields.items()}


def unit(value):
    assert value == "Gh/s"


# --- a Rust crate (shadowylab/braiinspool): serde, integers exact, floats no strings


def test_the_rust_crate_reads_the_stats(answers):
    stats = answers["stats"]["btc"]
    read(
        stats,
        hash_rate_unit=unit,
        pool_5m_hash_rate=f64,
        pool_60m_hash_rate=f64,
        pool_24h_hash_rate=f64,
        update_ts=u64,
        fpps_rate=f64,
    )
    for height, block in stats["blocks"].items():
        assert height.isdigit()
        read(
            block,
            date_found=u64,
            mining_duration=u32,
            total_shares=u64,
            state=text,
            confirmations_left=u32,
            value=number_from_text,
            user_reward=number_from_text,
            pool_scoring_hash_rate=f64,
        )


def test_the_rust_crate_reads_the_profile(answers):
    """Its u32 for the shares holds 4.29e9: 213 TH/s over a day. The rig here has 100."""
    read(
        answers["profile"]["btc"],
        all_time_reward=number_from_text,
        hash_rate_unit=unit,
        hash_rate_5m=f64,
        hash_rate_60m=f64,
        hash_rate_24h=f64,
        hash_rate_yesterday=f64,
        low_workers=u32,
        off_workers=u32,
        ok_workers=u32,
        dis_workers=u32,
        current_balance=number_from_text,
        today_reward=number_from_text,
        estimated_reward=number_from_text,
        shares_5m=u32,
        shares_60m=u32,
        shares_24h=u32,
        shares_yesterday=u32,
    )


def test_the_rust_crate_reads_the_rewards(answers):
    for day in answers["rewards"]["btc"]["daily_rewards"]:
        read(
            day,
            date=u64,
            total_reward=number_from_text,
            mining_reward=number_from_text,
            bos_plus_reward=number_from_text,
            referral_bonus=number_from_text,
            referral_reward=number_from_text,
            calculation_date=u64,
        )


def test_the_rust_crate_reads_the_workers(answers):
    for worker in answers["workers"]["btc"]["workers"].values():
        read(
            worker,
            state=text,
            last_share=u64,
            hash_rate_unit=unit,
            hash_rate_scoring=f64,
            hash_rate_5m=f64,
            hash_rate_60m=f64,
            hash_rate_24h=f64,
            shares_5m=u64,
            shares_60m=u64,
            shares_24h=u64,
        )


# --- a Go exporter (nicosmuts/braiins-pool-exporter): int64 exact, decimals string or number


def test_the_go_exporter_reads_the_stats(answers):
    stats = answers["stats"]["btc"]
    read(
        stats,
        hash_rate_unit=unit,
        pool_active_workers=int64,
        pool_5m_hash_rate=text_or_number,
        pool_60m_hash_rate=text_or_number,
        pool_24h_hash_rate=text_or_number,
        update_ts=int64,
        fpps_rate=text_or_number,
    )
    for block in stats["blocks"].values():
        read(
            block,
            date_found=int64,
            mining_duration=int64,
            total_shares=text_or_number,
            state=text,
            confirmations_left=int64,
            value=text_or_number,
            user_reward=text_or_number,
            pool_scoring_hash_rate=text_or_number,
        )


def test_the_go_exporter_reads_the_profile_of_every_coin(answers):
    """Every key but `username` is a coin with an object."""
    profile = dict(answers["profile"])
    text(profile.pop("username"))
    assert set(profile) == {"btc"}
    decimals = (
        "all_time_reward", "hash_rate_5m", "hash_rate_60m", "hash_rate_24h",
        "hash_rate_yesterday", "current_balance", "today_reward", "estimated_reward",
        "shares_5m", "shares_60m", "shares_24h", "shares_yesterday",
    )  # fmt: skip
    for coin in profile.values():
        read(coin, **dict.fromkeys(decimals, text_or_number))
        counts = ("low_workers", "off_workers", "ok_workers", "dis_workers")
        read(coin, **dict.fromkeys(counts, int64))


def test_the_go_exporter_reads_the_rewards(answers):
    for day in answers["rewards"]["btc"]["daily_rewards"]:
        read(day, date=int64, shares=text_or_number, calculation_date=int64)
        for price in day["share_prices"]:
            read(price, from_ts=int64, to_ts=int64, share_price=text_or_number)


def test_the_go_exporter_reads_the_payouts(answers):
    assert answers["payouts"]["lightning"] == []
    for payout in answers["payouts"]["onchain"]:
        read(
            payout,
            financial_account_name=text,
            requested_at_ts=int64,
            resolved_at_ts=int64,
            status=text,
            amount_sats=int64,
            fee_sats=int64,
            destination=text,
            tx_id=text,
            trigger_type=text,
        )


def test_the_go_exporter_reads_the_days_and_the_blocks(answers):
    for day in answers["hash_rate_daily"]["btc"]:
        read(day, date=int64, hash_rate_unit=unit, hash_rate_24h=text_or_number,
             total_shares=text_or_number)  # fmt: skip
    rewards = answers["block_rewards"]["btc"]
    unit(rewards["hash_rate_unit"])
    for reward in rewards["block_rewards"]:
        read(
            reward,
            block_found_at=int64,
            pool_scoring_hash_rate=text_or_number,
            user_scoring_hash_rate=text_or_number,
            block_value=text_or_number,
            user_reward=text_or_number,
            block_height=int64,
            mining_reward=text_or_number,
            braiinsos_plus_mining_bonus=text_or_number,
            referral_reward=text_or_number,
            referral_bonus=text_or_number,
            confirmations_left=int64,
        )


def test_the_go_exporter_reads_the_workers(answers, bodies):
    """It refuses another unit, blank or long labels, two alike, and more than 1 MiB."""
    workers = answers["workers"]["btc"]["workers"]
    labels = [name.strip() for name in workers]
    assert len(labels) == len(set(labels))
    assert all(0 < len(label) <= 128 for label in labels)
    for worker in workers.values():
        read(worker, hash_rate_unit=unit, last_share=int64, hash_rate_scoring=text_or_number)
        assert worker["state"] in {"ok", "low", "off", "dis"}
    assert all(len(body) < 1 << 20 for body in bodies.values())


# --- Home Assistant integrations


def test_home_assistant_makes_decimals_of_the_balances(answers):
    """`Decimal(x)` breaks on null, and on "" as well."""
    profile = answers["profile"]["btc"]
    for field in ("current_balance", "all_time_reward", "estimated_reward", "today_reward"):
        sats = Decimal(profile.get(field, "0")) * 100_000_000
        assert sats == int(sats)
    assert int(profile.get("ok_workers", 0)) >= 0
    assert float(profile.get("hash_rate_5m", "0")) >= 0


def test_home_assistant_takes_the_first_reward_for_the_newest(answers):
    rewards = answers["rewards"].get("btc", {}).get("daily_rewards", [{}])
    if rewards:
        assert rewards[0]["date"] == max(day["date"] for day in rewards)
        assert Decimal(rewards[0].get("total_reward", "0")) > 0


# --- scripts


def test_a_validator_splits_worker_names_and_looks_units_up(answers):
    """`split(".", 1)[1]` needs a dot; the dictionary has these spellings and no other."""
    factors = {"H/s": 1, "Kh/s": 1e3, "Mh/s": 1e6, "Gh/s": 1e9, "Th/s": 1e12, "Ph/s": 1e15}
    for name, worker in answers["workers"]["btc"]["workers"].items():
        assert name.split(".", 1)[1]
        assert worker["hash_rate_5m"] * factors[worker["hash_rate_unit"]] >= 0


def test_a_telegraf_script_splits_names_in_exactly_two(answers):
    for name in answers["workers"]["btc"]["workers"]:
        _user, _worker = name.split(".")


def test_a_telegraf_script_adds_the_rewards_of_the_older_api(answers):
    profile = answers["profile"]["btc"]
    fields = ("confirmed_reward", "unconfirmed_reward", "estimated_reward", "send_threshold")
    assert sum(float(profile[field]) for field in fields) >= 0
    f64(profile["hash_rate_scoring"])


def test_a_sheet_multiplies_luck_and_looks_for_new_blocks(answers):
    stats = answers["stats"]["btc"]
    for field in ("luck_b10", "luck_b50", "luck_b250", "round_probability"):
        assert float(text(stats[field])) * 100 >= 0
        assert len(stats[field].partition(".")[2]) == 2
    states = {block["state"] for block in stats["blocks"].values()}
    assert states <= {"new", "confirmed", "orphaned"}
    for block in stats["blocks"].values():
        assert (block["state"] == "new") == (block["confirmations_left"] > 0)


def test_javascript_sorts_heights_as_numbers_and_takes_the_fifteenth_for_the_newest(answers):
    blocks = answers["stats"]["btc"]["blocks"]
    if blocks:
        heights = sorted(map(int, blocks))
        newest = blocks[str(heights[14])]
        assert newest["date_found"] == max(block["date_found"] for block in blocks.values())
        assert newest["date_found"] == answers["stats"]["btc"]["round_started"]


def test_javascript_makes_dates_of_unix_seconds(answers):
    stats = answers["stats"]["btc"]
    assert stats["round_started"] * 1000 < 8.64e15
    u32(stats["round_started"])
    u32(stats["round_duration"])
    u32(stats["pool_active_workers"])


def test_javascript_maps_the_daily_hash_rates_as_an_array(answers):
    assert type(answers["hash_rate_daily"]["btc"]) is list
    for day in answers["hash_rate_daily"]["btc"]:
        assert day["date"] % 86_400 == 0
        f64(day["hash_rate_24h"])
        u64(day["total_shares"])


def test_a_dashboard_averages_the_first_fourteen_days(answers):
    days = answers["rewards"]["btc"]["daily_rewards"]
    dates = [day["date"] for day in days]
    assert dates == sorted(dates, reverse=True)
    assert sum(float(day["total_reward"]) for day in days[:14]) >= 0


def test_a_pandas_script_evaluates_the_body_as_python(bodies):
    """So there is no null, true or false anywhere."""
    for body in bodies.values():
        assert eval(body, {"__builtins__": {}}) == json.loads(body)
