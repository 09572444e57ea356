"""Past days from the store, alike on both engines."""

from fractions import Fraction

import pytest

from pithead.pool.blocks import SHOWN
from pithead.pool.bookkeeper_settings import BookkeeperSettings
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.events import (
    BlockFound,
    BlockResolved,
    PayoutLine,
    PayoutPlanned,
    PayoutResolved,
    PriceSeen,
    ReferralSet,
    RulesChanged,
    ShareAccepted,
    TipChanged,
)
from pithead.pool.rewards import Rules

DAY = 86_400
NOON = 1_700_000_000 // DAY * DAY + DAY // 2
DAYS = 4


def block(at, height, accepted=True):
    name = f"{height:064x}"
    return [
        BlockFound(at * 1000, "alice", "rig1", height, name, 100_000_000, 2**79, b"x", True),
        BlockResolved(at * 1000, name, accepted, ""),
        TipChanged(at * 1000, height, name),
    ]


def history():
    """Four days: two blocks on each, an orphan on the second, the last of them waiting."""
    events = [
        RulesChanged(NOON * 1000, Rules(bonus_ppm=10_000, referral_ppm=5_000)),
        ReferralSet(NOON * 1000, "alice", "zoe"),
    ]
    height = 10
    for day in range(DAYS):
        at = NOON + day * DAY
        for part in range(2):
            height += 1
            events += [
                ShareAccepted((at + part) * 1000, "alice", "rig1", 1_000 + day, True),
                ShareAccepted((at + part) * 1000, "bob", "rig1", 1_000, False),
                *block(at + part, height),
            ]
            if (day, part) == (1, 0):
                events.append(TipChanged((at + part) * 1000, height, "ff" * 32))
    return events


async def opened(tmp_path, database):
    url = database if isinstance(database, str) else ""
    return await Bookkeeper.open(
        tmp_path / "books", BookkeeperSettings(confirmations=3, commit_seconds=3_600, database=url)
    )


@pytest.fixture
async def keeper(tmp_path, database):
    keeper = await opened(tmp_path, database)
    keeper.accept(history())
    await keeper.commit()
    yield keeper
    await keeper.close()


async def test_days_appear_newest_first_with_their_parts_once_no_block_waits(keeper):
    today = NOON // DAY * DAY
    days = await keeper.daily_rewards("alice", today, today + 9 * DAY)
    assert [(day.day - today) // DAY for day in days] == [2, 1, 0]
    whole, orphaned = days[2], days[1]
    assert whole.mining_sats + whole.bos_plus_sats + whole.referral_bonus_sats == whole.total_sats
    assert whole.referral_bonus_sats == whole.mining_sats // 100
    assert whole.bos_plus_sats == whole.mining_sats * 2 // 100
    assert orphaned.mining_sats < whole.mining_sats * Fraction(2, 3)
    zoe = await keeper.daily_rewards("zoe", today, today)
    assert [each.referral_reward_sats for each in zoe] == [whole.mining_sats // 200]
    blocks = await keeper.block_rewards("alice", today, today + 9 * DAY)
    assert len(blocks) == 2 * DAYS - 1  # without the orphan
    assert [each.block.found_at for each in blocks] == sorted(
        each.block.found_at for each in blocks
    )


async def test_a_store_gives_back_schemes_odds_and_payouts(keeper, tmp_path, database):
    line = PayoutLine("alice", "bcrt1q", 5_000)
    at = (NOON + DAYS * DAY) * 1000
    keeper.accept(
        [
            PayoutPlanned(at, "aa", b"\x00\xff", 100, [line], True),
            PayoutResolved(at + 1_000, "aa", True, ""),
            PayoutPlanned(at + 2_000, "bb", b"raw", 100, [line]),
            RulesChanged(at + 3_000, Rules(scheme="pplns")),
            ShareAccepted(at + 4_000, "bob", "rig1", 2**70, False),
            RulesChanged(at + 5_000, Rules(scheme="fpps")),
            PriceSeen(at + 6_000, 99, 10**8, 10**6, 2**79),
            ShareAccepted(at + 7_000, "bob", "rig1", 2**75, True),
        ]
    )
    now = at / 1000 + 8
    seen = (
        keeper.profile("bob", now), keeper.withholding(), keeper.rules,
        keeper.payouts_underway, keeper.last_payout_ms, dict(keeper.ledger_balances),
    )  # fmt: skip
    await keeper.close()
    again = await opened(tmp_path, database)
    assert seen == (
        again.profile("bob", now), again.withholding(), again.rules,
        again.payouts_underway, again.last_payout_ms, dict(again.ledger_balances),
    )  # fmt: skip
    day = at // 1000 // DAY * DAY
    payouts = await again.payouts("alice", day, day)
    assert [(each.txid_display, each.state) for each in payouts] == [
        ("bb", "queued"),
        ("aa", "confirmed"),
    ]
    await again.close()


async def test_what_blocks_brought_is_known_however_late_it_is_written(tmp_path, database):
    """As when the database was away for long, or a long journal is told again."""
    keeper = await opened(tmp_path, database)
    for day in range(3 * SHOWN):
        at = NOON + day * DAY
        keeper.accept([ShareAccepted(at * 1000, "alice", "rig1", 1_000), *block(at, 11 + day)])
    await keeper.commit()
    today = NOON // DAY * DAY
    days = await keeper.daily_rewards("alice", today, today + 3 * SHOWN * DAY)
    whole = keeper.profile("alice", NOON + 3 * SHOWN * DAY).confirmed_sats
    assert sum(day.total_sats for day in days) == whole
    assert len({day.total_sats for day in days}) == 1
    await keeper.close()
