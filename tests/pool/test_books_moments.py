"""What the books say at single moments: workers that fall silent, blocks lost, clocks that jump."""

from pithead.pool.blocks import REMEMBERED_TIPS, Block, Credit
from pithead.pool.books import Books
from pithead.pool.events import (
    BlockFound,
    BlockResolved,
    MonitoringChanged,
    RulesChanged,
    ShareAccepted,
    ShareRejected,
    TipChanged,
)
from pithead.pool.ledger import unconfirmed
from pithead.pool.rewards import Rules
from pithead.pool.standing import Standing
from tests.pool.histories import NOW, SETTINGS, applied


def steady(start, seconds, work=1_000, worker="rig1", every=4):
    return [
        ShareAccepted((start + n) * 1000, "alice", worker, work) for n in range(0, seconds, every)
    ]


def state_of(books, now):
    (worker,) = Standing(books).workers("alice", now)
    return worker.state


def test_a_worker_is_ok_low_below_70_percent_off_in_silence_and_dis_unwatched():
    books = applied(steady(NOW, 2 * 3_600))
    now = NOW + 2 * 3_600
    assert state_of(books, now) == "ok"
    for event in steady(now, 600, work=500):
        books.apply(event)
    assert state_of(books, now + 600) == "low"
    assert state_of(books, now + 600 + 300) == "off"
    books.apply(MonitoringChanged((now + 900) * 1000, "alice", "rig1", False))
    assert state_of(books, now + 900) == "dis"
    assert Standing(books).profile("alice", now + 900).dis_workers == 1


def test_a_worker_without_an_hour_of_data_is_ok_however_slow_it_gets():
    books = applied(steady(NOW, 1_800) + steady(NOW + 1_800, 1_700, work=100))
    assert state_of(books, NOW + 3_500) == "ok"
    for event in steady(NOW + 3_500, 400, work=100):
        books.apply(event)
    assert state_of(books, NOW + 3_900) == "low"


def test_a_refused_block_gives_its_round_and_its_rewards_back():
    books = applied(
        [
            *steady(NOW, 100),
            BlockFound((NOW + 100) * 1000, "alice", "rig1", 7, "aa", 10**9, 9, b""),
            *steady(NOW + 100, 100),
            BlockResolved((NOW + 200) * 1000, "aa", False, "bad"),
        ]
    )
    pool = Standing(books).pool("alice", NOW + 200)
    assert (pool.round_work, pool.round_started, pool.blocks) == (50_000, NOW, [])
    assert set(books.ledger.balances.values()) == {0}


def test_a_block_of_somebody_whose_shares_all_were_stale_is_the_finders_where_all_mine_alone():
    events = [
        RulesChanged(NOW * 1000, Rules(scheme="solo", fee_ppm=0)),
        BlockFound(NOW * 1000, "carol", "rig", 101, "b1", 10**9, 50, b"x", False),
        BlockResolved(NOW * 1000, "b1", True, ""),
    ]
    books = applied(events)
    assert books.ledger.balance(unconfirmed("carol")) == 10**9
    assert Standing(books).profile("carol", NOW).today_sats == 10**9
    assert list(Standing(books).workers("carol", NOW)) == []


def test_a_block_is_orphaned_by_another_at_its_height_and_may_come_back():
    books = applied(
        [
            *steady(NOW, 100),
            BlockFound((NOW + 100) * 1000, "alice", "rig1", 7, "aa", 10**9, 9, b""),
            BlockResolved((NOW + 100) * 1000, "aa", True, ""),
            TipChanged((NOW + 101) * 1000, 7, "aa"),
            TipChanged((NOW + 110) * 1000, 7, "bb"),
        ]
    )
    block = Standing(books).pool("alice", NOW + 110).blocks[0]
    assert (block.state, block.user_reward_sats, block.confirmations_left) == ("orphaned", 0, 0)
    assert books.ledger.balance("user:alice:unconfirmed") == 0
    books.apply(TipChanged((NOW + 120) * 1000, 7, "aa"))
    assert Standing(books).pool("alice", NOW + 120).blocks[0].user_reward_sats == 980_000_000
    books.apply(TipChanged((NOW + 130) * 1000, 9, "dd"))
    assert books.ledger.balance("user:alice:confirmed") == 980_000_000


def test_rejects_are_counted_for_workers_that_are_known_alone():
    books = applied(
        [
            ShareRejected(NOW * 1000, "stranger", "x", "stale", 7),
            *steady(NOW, 1),
            ShareRejected(NOW * 1000, "alice", "rig1", "stale", 7),
        ]
    )
    assert set(books.meters.users) == {"alice"}
    assert books.meters.users["alice"].workers["rig1"].rejected == 7


def test_time_jumps_of_an_hour_each_way_keep_rates_sane_and_money_whole():
    books = applied(steady(NOW, 7_200))
    before = Standing(books).profile("alice", NOW + 7_200).windows
    for event in steady(NOW + 3_600, 600):
        books.apply(event)
    back = Standing(books).profile("alice", NOW + 4_200).windows
    assert back.work_5m == before.work_5m
    assert 0 < back.scoring_rate <= before.scoring_rate * 1.01
    for event in steady(NOW + 7_800, 600):
        books.apply(event)
    forth = Standing(books).profile("alice", NOW + 8_400).windows
    assert forth.work_5m == before.work_5m
    assert 0 < forth.scoring_rate <= before.scoring_rate
    assert forth.work_60m <= before.work_60m


def test_a_clock_behind_the_books_shows_the_last_rates_that_were_true():
    books = applied(steady(NOW, 7_200))
    standing = Standing(books)
    last = books.last_ms / 1000
    for lag in (1, 30, 61, 3_600, 10 * 86_400):
        assert standing.profile("alice", last - lag) == standing.profile("alice", last)
        assert standing.workers("alice", last - lag) == standing.workers("alice", last)
        assert standing.pool("alice", last - lag) == standing.pool("alice", last)


def test_a_worker_that_fell_silent_keeps_its_name_but_no_history():
    books = applied(steady(NOW, 7_200))
    books.changes()
    for day in range(1, 5):
        books.apply(TipChanged((NOW + day * 86_400) * 1000, day, "aa"))
    (worker,) = books.meters.users["alice"].workers.values()
    assert len(worker.tally) == 0
    assert len(books.changes().gone) > 0
    for event in steady(NOW + 5 * 86_400, 600):
        books.apply(event)
    (reading,) = Standing(books).workers("alice", NOW + 5 * 86_400 + 600)
    assert (reading.work_5m, reading.work_24h) == (75_000, 150_000)


def test_hashes_of_the_chain_are_kept_for_a_bounded_number_of_heights():
    blocks = Books(SETTINGS).blocks
    for height in range(1, 30_000, 7):
        blocks.tip(height, "aa")
    assert max(blocks.chain) == 29_996
    assert min(blocks.chain) > 29_996 - REMEMBERED_TIPS


def test_a_block_survives_the_way_through_its_row():
    block = Block(
        3, 7, "aa", NOW, "alice", "rig1", 10, 1, 9, NOW - 5, 4, 2.5, credits={"bob": Credit(9, 1.5)}
    )
    assert Block.of(block.row(), block.credits) == block


def test_a_manual_limit_holds_from_the_first_hour_and_in_place_of_the_average():
    standing = Standing(applied(steady(NOW, 600)))
    (worker,) = standing.workers("alice", NOW + 600)
    assert worker.state == "ok"
    standing.alert_rates["alice", "rig1"] = worker.work_5m / 300 * 1.01
    assert standing.workers("alice", NOW + 600)[0].state == "low"
    assert standing.profile("alice", NOW + 600).low_workers == 1
    standing.alert_rates["alice", "rig1"] = worker.work_5m / 300
    assert standing.workers("alice", NOW + 600)[0].state == "ok"
