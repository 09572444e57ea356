"""Rules of rewards in a running pool: recorded, kept over a crash, and told by their parts."""

import pytest

from pithead.pool.bookkeeper_settings import BookkeeperSettings
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.books import Books, BooksSettings
from pithead.pool.events import (
    BlockFound,
    BlockResolved,
    PriceSeen,
    ReferralSet,
    RulesChanged,
    ShareAccepted,
    TipChanged,
)
from pithead.pool.rewards import Rules
from pithead.pool.sharelog import ShareLog

DAY = 86_400
NOON = 1_700_000_000 // DAY * DAY + DAY // 2
SETTINGS = BookkeeperSettings(confirmations=3, commit_seconds=3_600)
RULES = Rules(fee_ppm=20_000, bonus_ppm=10_000, referral_ppm=5_000)


async def opened(directory):
    return await Bookkeeper.open(directory, SETTINGS)


async def crash(keeper):
    """As after kill -9: nothing more is committed; only locks that die with a process go."""
    keeper._log.close()

    async def never():
        return False

    keeper.commit = never
    await keeper.close()


def share(at, user="alice", work=1_000, braiins_os=True):
    return ShareAccepted(int(at * 1000), user, "rig1", work, braiins_os)


def block(at, height, name="aa", accepted=True):
    return [
        BlockFound(at * 1000, "alice", "rig1", height, name, 100_000_000, 900, b"x", True),
        BlockResolved(at * 1000, name, accepted, ""),
        TipChanged(at * 1000, height, name),
    ]


def tips(at, heights):
    return [TipChanged((at + n) * 1000, height, f"tip{height}") for n, height in enumerate(heights)]


def journal(directory):
    log = ShareLog(directory / "journal", "pool")
    events = [event for _, event in log.replay(None)]
    log.close()
    return events


async def test_rules_are_recorded_when_they_change_and_only_then(tmp_path):
    keeper = await opened(tmp_path)
    assert not keeper.govern(Rules(), NOON)
    assert keeper.govern(RULES, NOON)
    assert not keeper.govern(RULES, NOON + 1)
    await crash(keeper)
    assert journal(tmp_path) == [RulesChanged(NOON * 1000, RULES)]
    keeper = await opened(tmp_path)
    assert keeper.rules == RULES
    await keeper.close()
    keeper = await opened(tmp_path)
    assert keeper.rules == RULES
    await keeper.close()


@pytest.mark.parametrize("crashes", [False, True])
async def test_a_reward_is_told_by_its_parts_by_block_and_by_day(tmp_path, crashes):
    keeper = await opened(tmp_path)
    keeper.govern(RULES, NOON)
    keeper.refer("alice", "bob", NOON)
    keeper.accept([share(NOON), share(NOON, "carol", 1_000, False), *block(NOON + 1, 7)])
    if crashes:
        await crash(keeper)
        keeper = await opened(tmp_path)
    keeper.accept(tips(NOON + 2, (8, 9)) + tips(NOON + DAY, (10,)))
    await keeper.commit()
    today = NOON // DAY * DAY
    (alice,) = await keeper.daily_rewards("alice", today, today)
    assert alice.mining_sats == 49_000_000
    assert alice.bos_plus_sats == 980_000  # the fee on her reward, all of it Braiins OS
    assert (alice.referral_bonus_sats, alice.referral_reward_sats) == (490_000, 0)
    assert alice.total_sats == 50_470_000 == keeper.profile("alice", NOON).all_time_sats
    (bob,) = await keeper.daily_rewards("bob", today, today)
    assert (bob.total_sats, bob.referral_reward_sats, bob.work) == (245_000, 245_000, 0)
    (carol,) = await keeper.daily_rewards("carol", today, today)
    assert (carol.total_sats, carol.bos_plus_sats) == (49_000_000, 0)
    (reward,) = await keeper.block_rewards("alice", today, today)
    assert (reward.mining_sats, reward.bos_plus_sats) == (49_000_000, 980_000)
    assert (reward.referral_bonus_sats, reward.referral_reward_sats) == (490_000, 0)
    assert reward.block.user_reward_sats == 50_470_000
    assert reward.user_scoring_rate * 2 == pytest.approx(reward.block.pool_scoring_rate)
    (reward,) = await keeper.block_rewards("bob", today, today)
    assert (reward.referral_reward_sats, reward.user_scoring_rate) == (245_000, 0)
    await keeper.close()


async def test_a_referrer_who_never_mined_is_paid_after_a_restart_too(tmp_path):
    keeper = await opened(tmp_path)
    keeper.govern(RULES, NOON)
    keeper.accept([share(NOON)])
    keeper.refer("alice", "zoe", NOON)
    await keeper.close()
    keeper = await opened(tmp_path)
    keeper.accept(block(NOON + 1, 7))
    assert keeper.profile("zoe", NOON + 1).unconfirmed_sats == 490_000
    assert keeper.profile("zoe", NOON + 1).today_sats == 490_000
    await keeper.close()


def test_an_orphaned_block_takes_back_every_part_and_gives_it_again_when_it_returns():
    books = Books(BooksSettings(confirmations=3))
    history = [
        RulesChanged(NOON * 1000, RULES),
        ReferralSet(NOON * 1000, "alice", "bob"),
        share(NOON),
        *block(NOON + 1, 7),
    ]
    books.apply_all(history)
    given = dict(books.ledger.balances)
    assert given["user:bob:unconfirmed"] == 490_000
    assert sum(given.values()) == 0
    books.apply(TipChanged((NOON + 2) * 1000, 7, "bb"))
    assert set(books.ledger.balances.values()) == {0}
    books.apply(TipChanged((NOON + 3) * 1000, 7, "aa"))
    assert books.ledger.balances == given
    books.apply_all(tips(NOON + 4, (8, 9)))
    assert books.ledger.balance("user:alice:confirmed") == given["user:alice:unconfirmed"]


async def test_fpps_pays_a_day_when_it_is_over_whatever_blocks_it_brought(tmp_path):
    keeper = await opened(tmp_path)
    keeper.govern(Rules(scheme="fpps"), NOON)
    keeper.accept([PriceSeen(NOON * 1000, 7, 90_000_000, 10_000_000, 1_000)])
    keeper.accept([share(NOON + 1, work=50), share(NOON + 2, "bob", 50, False)])
    assert keeper.profile("alice", NOON + 3).estimated_sats == 4_900_000
    assert keeper.profile("alice", NOON + 3).today_sats == 4_900_000
    await crash(keeper)
    keeper = await opened(tmp_path)
    keeper.accept([*block(NOON + 4, 8), *tips(NOON + DAY, (9,))])
    await keeper.commit()
    today = NOON // DAY * DAY
    assert await keeper.daily_rewards("alice", today, today) == []  # its block waits
    keeper.accept(tips(NOON + DAY, (10, 11)))
    await keeper.commit()
    (alice,) = await keeper.daily_rewards("alice", today, today)
    assert (alice.mining_sats, alice.bos_plus_sats) == (4_900_000, 98_000)
    (bob,) = await keeper.daily_rewards("bob", today, today)
    assert (bob.mining_sats, bob.bos_plus_sats) == (4_900_000, 0)
    profile = keeper.profile("alice", NOON + DAY)
    assert (profile.confirmed_sats, profile.today_sats) == (4_998_000, 0)
    (reward,) = await keeper.block_rewards("alice", today, today)
    assert (reward.block.user_reward_sats, reward.user_scoring_rate > 0) == (0, True)
    await keeper.close()


async def test_turning_from_fpps_pays_the_day_so_far_and_to_it_begins_with_nothing(tmp_path):
    keeper = await opened(tmp_path)
    keeper.accept([share(NOON, work=70)])
    keeper.govern(Rules(scheme="fpps"), NOON)
    keeper.accept([PriceSeen(NOON * 1000, 7, 100_000_000, 0, 1_000), share(NOON + 1, work=10)])
    keeper.govern(Rules(scheme="solo"), NOON + 2)
    assert keeper.profile("alice", NOON + 2).confirmed_sats == 980_000 + 19_600
    keeper.accept(block(NOON + 3, 7))
    assert keeper.profile("alice", NOON + 3).unconfirmed_sats == 98_000_000 + 1_960_000
    await keeper.close()


async def test_days_of_a_pool_that_was_down_are_there_once_the_chain_has_gone_on(tmp_path):
    keeper = await opened(tmp_path)
    keeper.accept([share(NOON), *block(NOON + 1, 7)])
    await crash(keeper)
    keeper = await opened(tmp_path)
    today, later = NOON // DAY * DAY, NOON + 5 * DAY
    assert await keeper.daily_rewards("alice", today, later) == []
    keeper.accept(tips(later, (500,)))
    await keeper.commit()
    (day,) = await keeper.daily_rewards("alice", today, later)
    assert (day.day, day.mining_sats, day.calculated_at) == (today, 98_000_000, later)
    (rate,) = await keeper.daily_hashrate("alice", today, later)
    assert (rate.day, rate.work) == (today, 1_000)
    await keeper.close()
