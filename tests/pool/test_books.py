"""Books are a function of their events: money adds up, and a store in between changes nothing."""

from collections import defaultdict

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.pool.blocks import REMEMBERED_TIPS, Block, Credit
from pithead.pool.books import Books, BooksSettings
from pithead.pool.database import open_database
from pithead.pool.events import (
    BlockFound,
    BlockResolved,
    Event,
    MonitoringChanged,
    PriceSeen,
    Reached,
    ReferralSet,
    RulesChanged,
    ShareAccepted,
    ShareRejected,
    TipChanged,
    WorkerForgotten,
    spelled,
)
from pithead.pool.position import Position
from pithead.pool.rewards import Rules
from pithead.pool.standing import Standing
from pithead.pool.store import Store

NOW = 1_700_000_000
USERS = ("alice", "bob", "carol")
SETTINGS = BooksSettings(confirmations=3)
RULES = [
    Rules(scheme=scheme, fee_ppm=fee, bonus_ppm=5_000, referral_ppm=2_500, window_ppm=window)
    for scheme in ("pplns", "fpps", "solo", "score")
    for fee, window in ((20_000, 2_000_000), (0, 70_000))
]

steps = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *["share"] * 3,
                "block",
                "tip",
                "answer",
                "refuse",
                "reorg",
                "rules",
                "price",
                "refer",
                "reach",
                "forget",
            ]
        ),
        st.sampled_from([0, 1, 400, 20_000, 61_000, 3_600_000, 30_000_000, -900, -3_600_000]),
        st.sampled_from(USERS),
        st.integers(1, 2**50),
    ),
    min_size=1,
    max_size=60,
)


def events_of(steps):
    """A history that a pool could see: clocks jump, blocks are refused and orphaned."""
    time_ms, height, events, open_blocks = NOW * 1000, 100, [], []
    for number, (kind, step, user, work) in enumerate(steps):
        time_ms += step
        match kind:
            case "share":
                events.append(ShareAccepted(time_ms, user, f"rig{work % 2}", work, work % 3 == 0))
            case "rules":
                events.append(RulesChanged(time_ms, RULES[work % len(RULES)]))
            case "price":
                events.append(PriceSeen(time_ms, height + 1, 10**9, work % 10**9, 2**44 + work % 9))
            case "reach":
                events.append(Reached(time_ms, f"front-{work % 2}", 1 + number // 20, work))
            case "forget":
                events.append(WorkerForgotten(time_ms, user, f"rig{work % 2}"))
            case "refer":
                events.append(ReferralSet(time_ms, user, USERS[work % 3]))
            case "block":
                name = f"{number:064x}"
                open_blocks.append(name)
                events.append(ShareAccepted(time_ms, user, "rig0", work))
                events.append(
                    BlockFound(
                        time_ms,
                        user,
                        "rig0",
                        height + 1,
                        name,
                        10**9 + work,
                        work,
                        b"x",
                        work % 3 == 0,
                    )
                )
            case "tip":
                height += 1
                name = open_blocks[-1] if open_blocks and work % 2 else f"f{number:063x}"
                events.append(TipChanged(time_ms, height, name))
            case "answer" | "refuse" if open_blocks:
                name = open_blocks.pop(0)
                events.append(BlockResolved(time_ms, name, kind == "answer", ""))
            case "reorg":
                events.append(TipChanged(time_ms, height, f"e{number:063x}"))
    return events


def applied(events):
    books = Books(SETTINGS)
    for event in events:
        books.apply(event)
    return books


busy_steps = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *["share"] * 40,
                "block",
                "tip",
                "answer",
                "refuse",
                "rules",
                "price",
                "refer",
                "forget",
            ]
        ),
        st.sampled_from([*[0] * 20, 1, 7, 400, -1, -900, 1_000, 61_000, 30_000_000, -3_600_000]),
        st.sampled_from(USERS),
        st.integers(1, 2**50),
    ),
    min_size=20,
    max_size=80,
)


@given(busy_steps, st.data())
@settings(max_examples=60, deadline=None)
def test_events_taken_together_leave_what_they_leave_one_by_one(busy_steps, data):
    events = events_of(busy_steps)
    cut = data.draw(st.integers(0, len(events)), label="second batch from")
    together = Books(SETTINGS)
    together.apply_all(events[:cut])
    together.apply_all(events[cut:])
    one_by_one = applied(events)
    now = max(event.time_ms for event in events) / 1000
    assert seen(together, now + 100) == seen(one_by_one, now + 100)
    left, right = together.changes(), one_by_one.changes()
    for changes in (left, right):  # which go to a store, in any order
        for rows in (changes.meters, changes.points, changes.gone, changes.credits):
            rows.sort()
    assert left == right


def by_name(workers):
    return sorted(workers, key=lambda worker: worker.name)


def seen(books, now):
    standing = Standing(books)
    standing.template_value_sats = 10**9
    return (
        [standing.pool(user, now) for user in USERS],
        [standing.profile(user, now) for user in USERS],
        [by_name(standing.workers(user, now)) for user in USERS],
        {account: sats for account, sats in books.ledger.balances.items() if sats},
    )


@given(steps)
def test_every_satoshi_is_owed_kept_or_taken_back(steps):
    books = applied(events_of(steps))
    balances = books.ledger.balances
    assert sum(balances.values()) == 0
    standing = [block for block in books.blocks.latest("alice") if block.state != "orphaned"]
    if len(books.blocks.luck()) <= 15:
        assert -books.ledger.balance("income:block") == sum(block.value_sats for block in standing)
    for user in USERS:
        profile = Standing(books).profile(user, NOW)
        assert profile.confirmed_sats >= 0
        assert profile.unconfirmed_sats >= 0
        assert profile.today_sats >= 0


@given(steps)
@settings(deadline=None)
def test_what_users_get_of_a_block_and_what_the_pool_keeps_is_its_value(steps):
    books = applied(events_of(steps))
    values = {
        event.hash_display: event.value_sats
        for event in events_of(steps)
        if isinstance(event, BlockFound)
    }
    lines = defaultdict(int)
    for entry in books.changes().entries:
        is_users = entry.account.startswith("user:") and entry.account.endswith(":unconfirmed")
        if entry.kind in ("found", "reinstated") and (is_users or entry.account == "pool:fee"):
            lines[entry.number, entry.hash_display] += entry.sats
    for (_, name), sats in lines.items():
        assert sats == values[name]


@given(steps)
@settings(max_examples=40, deadline=None)
def test_telling_a_history_again_from_its_journal_leaves_the_same_ledger(steps):
    events = events_of(steps)
    told = msgspec.msgpack.decode(
        msgspec.msgpack.encode([spelled(event) for event in events]),
        type=list[Event],
        strict=False,
    )
    again, first = applied(told), applied(events)
    assert again.changes().entries == first.changes().entries
    assert again.ledger.balances == first.ledger.balances


@given(steps, st.data())
@settings(max_examples=25, deadline=None)
def test_books_from_a_store_equal_undisturbed_ones(tmp_path_factory, steps, data):
    events = events_of(steps)
    at = data.draw(st.integers(0, len(events)), label="crash after")
    engine = open_database(tmp_path_factory.mktemp("store") / "pool.sqlite")
    store, books = Store(engine, "pool"), Books(SETTINGS)
    for number, event in enumerate(events, 1):
        books.apply(event)
        if number % 9 == 0:
            store.commit(books.changes(), Position(1, number))
    engine2 = open_database(tmp_path_factory.mktemp("store") / "pool.sqlite")
    crashed = Store(engine2, "pool")
    writer = Books(SETTINGS)
    for number, event in enumerate(events[:at], 1):
        writer.apply(event)
        if number % 9 == 0:
            crashed.commit(writer.changes(), Position(1, number))
    again, position = crashed.load(SETTINGS)
    for event in events[position.sequence if position else 0 :]:
        again.apply(event)
    now = max(event.time_ms for event in events) / 1000 if events else NOW
    undisturbed = applied(events)
    for later in (0, 100, 5_000, 90_000):
        assert seen(again, now + later) == seen(undisturbed, now + later)
    store.commit(books.changes(), Position(1, len(events)))
    crashed.commit(again.changes(), Position(1, len(events)))
    assert dump(engine2) == dump(engine)
    engine.dispose()
    engine2.dispose()


def dump(engine):
    with engine.connect() as connection:
        names = [
            row[0]
            for row in connection.exec_driver_sql(
                "SELECT name FROM sqlite_master WHERE type='table'"
            )
        ]
        return {
            name: sorted(map(tuple, connection.exec_driver_sql(f"SELECT * FROM {name}")))
            for name in names
        }


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


@given(steps, st.integers(1, 5))
def test_changes_taken_in_slices_are_those_taken_at_once(steps, most):
    whole, sliced = applied(events_of(steps)), applied(events_of(steps))
    changes = sliced.begin_changes()
    while sliced.move_meters(changes, most):
        pass
    assert changes == whole.changes()
    assert not sliced.changes().meters


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
