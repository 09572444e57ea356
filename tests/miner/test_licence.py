import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.miner import licence
from pithead.miner.licence import Kind
from pithead.miner.snapshot import MinerStatus
from pithead.miner.system_settings import Contract, LicenceSettings, SystemSettings

NOW = 1_700_000_000.0


def test_a_machine_without_a_licence_is_restricted_after_its_time_and_burns_five_percent():
    settings = LicenceSettings("none")
    fresh = licence.licence_at(settings, NOW, NOW + 10)
    assert (fresh.kind, fresh.burn_bsp, fresh.is_restricted) == (Kind.NONE, 0, False)
    assert fresh.seconds_left == licence.UNLICENSED_SECONDS - 10
    later = licence.licence_at(settings, NOW, NOW + licence.UNLICENSED_SECONDS)
    assert (later.seconds_left, later.burn_bsp, later.is_restricted) == (0, 500, True)


def test_an_expired_licence_burns_fifteen_percent():
    seen = licence.licence_at(LicenceSettings(contract=Contract("a", 100, NOW)), NOW, NOW)
    assert (seen.kind, seen.burn_bsp, seen.is_restricted) == (Kind.EXPIRED, 1500, True)


def test_a_limited_licence_has_no_end_and_burns_nothing():
    seen = licence.licence_at(LicenceSettings("limited"), NOW, NOW + 1e9)
    assert (seen.kind, seen.burn_bsp, seen.is_restricted) == (Kind.LIMITED, 0, False)


@given(bsp=st.integers(0, 10_000))
def test_the_part_of_time_that_is_burnt_is_the_fee(bsp):
    seen = licence.Licence(Kind.VALID, None, 1, bsp)
    burnt = sum(licence.is_burning(seen, NOW + tenth / 10) for tenth in range(6000))
    assert burnt == pytest.approx(6000 * bsp / 10_000, abs=1)


names = st.from_regex(r"[A-Za-z0-9_]{1,32}", fullmatch=True)


@given(names, st.integers(0, 10_000), st.none() | st.integers(1, 10**12 - 1).map(float))
def test_every_contract_can_be_written_as_a_key_and_read_again(name, fee, end):
    contract = Contract(name, fee, end)
    assert licence.read_key(licence.make_key(contract)) == contract


@given(st.data())
def test_a_key_with_one_wrong_sign_is_none(data):
    key = licence.make_key(Contract("Farm", 123, NOW))
    place = data.draw(st.integers(0, len(key) - 1))
    sign = data.draw(st.sampled_from("ABCDEF0123456789-x").filter(lambda each: each != key[place]))
    assert licence.read_key(key[:place] + sign + key[place + 1 :]) is None


@given(st.text(max_size=80))
def test_no_text_breaks_the_reader_of_keys(text):
    licence.read_key(text)


def test_a_contract_that_cannot_be_written_is_refused():
    with pytest.raises(ValueError, match="written"):
        licence.make_key(Contract("two words", 1))


def test_an_expired_key_is_refused():
    key = licence.make_key(Contract("Farm", 1, NOW - 1))
    assert licence.apply_key(LicenceSettings(), key, False, NOW) is None


def test_burnt_shares_reach_no_pool_and_all_others_do(make_rig):
    rig = make_rig()
    pool = rig.pool(first_work=40)
    expired = SystemSettings(licence=LicenceSettings(contract=Contract("a", 100, rig.now)))
    rig.miner.book.replace(msgspec.structs.replace(rig.miner.settings, system=expired))
    rig.run(120)
    assert rig.miner.status is MinerStatus.RESTRICTED
    kept, burnt, counts = 0, 0, [0, 0]
    for _ in range(240):
        before = pool.credited_shares
        is_burning = licence.is_burning(rig.miner.licence(rig.now + 5), rig.now + 5)
        rig.run(5, step=5)
        counts[is_burning] += 1
        if is_burning:
            burnt += pool.credited_shares - before
        else:
            kept += pool.credited_shares - before
    assert counts[True] == 0.15 * 240
    assert burnt == 0
    assert kept > 200
    assert rig.snapshot.pool_stats.accepted_shares == pool.credited_shares
