"""Events in, readings out, through journal, books and store; and back after a crash."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
from math import exp

import pytest
from sqlalchemy.exc import DBAPIError

from pithead.pool import bookkeeping, database, store
from pithead.pool.bookkeeper_settings import BookkeeperSettings
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.events import BlockFound, BlockResolved, ShareAccepted, TipChanged
from pithead.pool.groups import Groups
from pithead.pool.sharelog import JournalDamaged, JournalFull

NOW = 1_700_000_000
DAY = 86_400
SETTINGS = BookkeeperSettings(confirmations=3, commit_seconds=3_600)


def shares(start, count, user="alice", worker="rig1", work=1_000):
    return [ShareAccepted((start + n) * 1000, user, worker, work) for n in range(count)]


def found(at, height, value=5_000_000_000):
    return BlockFound(
        at * 1000, "alice", "rig1", height, f"{height:064x}", value, 60_000, b"block %d" % height
    )


def a_history():
    events = shares(NOW, 60) + shares(NOW, 30, "bob")
    for height in range(100, 106):
        at = NOW + height
        events += [
            ShareAccepted(at * 1000, "bob", "rack.7", 5_000),
            found(at, height),
            BlockResolved(at * 1000, f"{height:064x}", True, ""),
            TipChanged(at * 1000, height, f"{height:064x}"),
        ]
    return sorted(events, key=lambda event: event.time_ms)


async def opened(directory, settings=SETTINGS):
    return await Bookkeeper.open(directory, settings)


async def crash(keeper):
    """As after kill -9: nothing more is committed; only locks that die with a process go."""
    keeper._log.close()
    keeper.commit = never
    await keeper.close()


async def never():
    return False


def by_name(workers):
    return sorted(workers, key=lambda worker: worker.name)


def readings(keeper, now):
    users = ("alice", "bob")
    return (
        [keeper.pool(user, now) for user in users],
        [keeper.profile(user, now) for user in users],
        [by_name(keeper.workers(user, now)) for user in users],
    )


@pytest.mark.usefixtures("either_engine")
async def test_shares_and_blocks_become_readings(tmp_path):
    keeper = await opened(tmp_path)
    keeper.accept(a_history())
    now = NOW + 110
    pool = keeper.pool("alice", now)
    assert keeper.blocks_found == 6
    assert pool.windows.work_5m == 60_000 + 30_000 + 6 * 5_000
    assert pool.active_workers == 3
    assert [block.height for block in pool.blocks] == [105, 104, 103, 102, 101, 100]
    assert [block.state for block in pool.blocks] == ["new", "new"] + 4 * ["confirmed"]
    assert [block.confirmations_left for block in pool.blocks] == [2, 1, 0, 0, 0, 0]
    assert pool.luck_blocks[0] == (60_000, 5_000)
    assert pool.round_started == NOW + 105
    alice, bob = keeper.profile("alice", now), keeper.profile("bob", now)
    assert alice.unconfirmed_sats + bob.unconfirmed_sats == 2 * 4_900_000_000
    assert alice.confirmed_sats + bob.confirmed_sats == 4 * 4_900_000_000
    assert alice.today_sats == alice.all_time_sats > 0
    assert {worker.name for worker in keeper.workers("bob", now)} == {"rig1", "rack.7"}
    await keeper.close()


@pytest.mark.usefixtures("either_engine")
async def test_nothing_is_lost_or_counted_twice_by_a_crash_at_any_moment(tmp_path):
    history = a_history()
    undisturbed = await opened(tmp_path / "undisturbed")
    undisturbed.accept(history)
    for cut in (1, 60, 91, 92, 93, 100, len(history)):
        directory = tmp_path / str(cut)
        keeper = await opened(directory)
        keeper.accept(history[: cut // 2])
        await keeper.commit()
        keeper.accept(history[cut // 2 : cut])
        await crash(keeper)
        again = await opened(directory)
        again.accept(history[cut:])
        assert readings(again, NOW + 120) == readings(undisturbed, NOW + 120)
        await again.close()
        last = await opened(directory)
        assert readings(last, NOW + 120) == readings(undisturbed, NOW + 120)
        await last.close()
    await undisturbed.close()


@pytest.mark.usefixtures("either_engine")
async def test_a_block_without_an_answer_comes_back_after_a_crash(tmp_path):
    keeper = await opened(tmp_path)
    keeper.accept([*shares(NOW, 1), found(NOW, 7)])
    await keeper.commit()
    await crash(keeper)
    keeper = await opened(tmp_path)
    assert keeper.unresolved == [found(NOW, 7)]
    keeper.accept([BlockResolved(NOW * 1000, f"{7:064x}", False, "bad-txns")])
    assert keeper.pool("alice", NOW).blocks == []
    assert keeper.profile("alice", NOW).unconfirmed_sats == 0
    await keeper.close()
    keeper = await opened(tmp_path)
    assert keeper.unresolved == []
    assert keeper.pool("alice", NOW).round_work == 1_000
    await keeper.close()


async def test_a_locked_database_waits_in_the_journal(tmp_path, monkeypatch):
    monkeypatch.setattr(
        bookkeeping, "open_database", lambda path: database.open_database(path, busy_seconds=0.01)
    )
    keeper = await opened(tmp_path)
    with sqlite3.connect(tmp_path / database.DATABASE) as other:
        other.execute("BEGIN IMMEDIATE")
        keeper.accept(shares(NOW, 10))
        assert not await keeper.commit()
        keeper.accept(shares(NOW + 10, 10))
        assert not await keeper.commit()
        assert keeper.pool("alice", NOW + 20).windows.work_5m == 20_000
        other.rollback()
    other.close()
    assert await keeper.commit()
    assert await keeper.commit()
    await crash(keeper)
    keeper = await opened(tmp_path)
    assert keeper.pool("alice", NOW + 20).windows.work_5m == 20_000
    await keeper.close()


async def test_a_database_that_is_locked_at_the_start_or_is_none_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(
        bookkeeping, "open_database", lambda path: database.open_database(path, busy_seconds=0.01)
    )
    await (await opened(tmp_path)).close()
    with sqlite3.connect(tmp_path / database.DATABASE) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DBAPIError, match="locked"):
            await opened(tmp_path)
        other.rollback()
    other.close()
    await (await opened(tmp_path)).close()
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / database.DATABASE).write_bytes(b"a letter to the editor\n" * 500)
    with pytest.raises(DBAPIError, match="not a database"):
        await opened(tmp_path / "none")


async def test_a_database_of_another_version_is_told_and_left_alone(tmp_path):
    with sqlite3.connect(tmp_path / database.DATABASE) as other:
        other.execute("CREATE TABLE schema (version BIGINT PRIMARY KEY)")
        other.execute("INSERT INTO schema VALUES (99)")
    with pytest.raises(database.StoreError, match="99"):
        await opened(tmp_path)
    assert other.execute("SELECT count(*) FROM sqlite_master WHERE type='table'").fetchone() == (1,)
    other.close()


async def test_books_that_could_not_be_opened_let_go_of_everything(tmp_path):
    keeper = await opened(tmp_path)
    keeper.accept(shares(NOW, 1))
    keeper.accept(shares(NOW, 1))
    await crash(keeper)
    path = max((tmp_path / "journal").glob("*.journal"), key=lambda path: path.stat().st_size)
    whole = path.read_bytes()
    path.write_bytes(whole[:12] + b"\xff" + whole[13:])
    for _ in range(2):
        with pytest.raises(JournalDamaged):
            await opened(tmp_path)
    path.write_bytes(whole)
    keeper = await opened(tmp_path)
    assert keeper.pool("alice", NOW).windows.work_5m == 2_000
    await keeper.close()


async def test_a_pool_where_nothing_happens_writes_nothing(tmp_path, monkeypatch):
    keeper = await opened(tmp_path)
    commits = []
    write = keeper.store.commit
    monkeypatch.setattr(keeper.store, "commit", lambda *what: commits.append(what) or write(*what))
    assert await keeper.commit()
    assert commits == []
    keeper.accept(shares(NOW, 1))
    assert await keeper.commit()
    assert await keeper.commit()
    assert len(commits) == 1
    await keeper.close()


def many(second, work=1_000):
    return [ShareAccepted(second * 1000, "alice", f"rig{n}", work) for n in range(20)]


@pytest.mark.usefixtures("either_engine")
async def test_shares_that_come_while_changes_are_taken_belong_to_the_next_commit(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(bookkeeping, "SNAPSHOT_SLICE", 3)
    monkeypatch.setattr(store, "CHUNK", 7)
    keeper = await opened(tmp_path)
    keeper.accept(many(NOW))
    commits = [asyncio.create_task(keeper.commit())]
    for second in range(1, 4):
        await asyncio.sleep(0)
        keeper.accept(many(NOW + second))
        assert keeper.pool("alice", NOW + 4).windows.work_5m == 20_000
        commits.append(asyncio.create_task(keeper.commit()))
    assert all(await asyncio.gather(*commits))
    assert keeper.pool("alice", NOW + 4).windows.work_5m == 80_000
    expected = readings(keeper, NOW + 100)
    await crash(keeper)
    again = await opened(tmp_path)
    assert readings(again, NOW + 100) == expected
    await again.close()


async def test_segments_that_cannot_be_deleted_hold_up_no_commit(tmp_path, monkeypatch):
    def refuse(position, keep):
        raise OSError("read-only file system")

    keeper = await opened(tmp_path)
    with monkeypatch.context() as broken:
        broken.setattr(keeper._log, "forget", refuse)
        for at in (NOW, NOW + 10):
            keeper.accept(shares(at, 10))
            assert await keeper.commit()
    await keeper.close()
    again = await opened(tmp_path)
    assert again.pool("alice", NOW + 20).windows.work_5m == 20_000
    await again.close()


@pytest.mark.usefixtures("either_engine")
async def test_a_commit_that_is_cancelled_half_way_loses_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(bookkeeping, "SNAPSHOT_SLICE", 3)
    keeper = await opened(tmp_path)
    keeper.accept(many(NOW))
    taking = asyncio.create_task(keeper.commit())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    taking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await taking
    keeper.accept(many(NOW + 1))
    expected = readings(keeper, NOW + 100)
    assert expected[0][0].windows.work_5m == 40_000
    assert await keeper.commit()
    await crash(keeper)
    again = await opened(tmp_path)
    assert readings(again, NOW + 100) == expected
    await again.close()


async def test_a_full_journal_counts_nothing(tmp_path):
    keeper = await opened(tmp_path)
    keeper._log.close()
    with pytest.raises(JournalFull):
        keeper.accept(shares(NOW, 1))
    assert keeper.pool("alice", NOW).windows.work_5m == 0
    keeper.commit = never
    await keeper.close()


@pytest.mark.usefixtures("either_engine")
async def test_days_appear_when_they_are_over_and_settled(tmp_path):
    keeper = await opened(tmp_path)
    keeper.accept(a_history())
    today = NOW // DAY * DAY
    await keeper.commit()
    assert await keeper.daily_hashrate("bob", today, today) == []
    keeper.accept([TipChanged((today + DAY + 60) * 1000, 106, f"{106:064x}")])
    await keeper.commit()
    (day,) = await keeper.daily_hashrate("bob", today, today + DAY)
    assert (day.day, day.work) == (today, 30_000 + 30_000)
    expected = sum(
        event.work * (1 - exp(-(today + DAY - event.time_ms / 1000) / 1_200)) / DAY
        for event in a_history()
        if isinstance(event, ShareAccepted) and event.user == "bob"
    )
    assert day.scoring_rate == pytest.approx(expected, rel=1e-9)
    groups = Groups(keeper.store.engine)
    assert await keeper.daily_hashrate("bob", today, today, of_group=True) == [day]
    for user in ("alice", "bob"):
        groups.put("farm", user)
    (alice,) = await keeper.daily_hashrate("alice", today, today)
    for user in ("alice", "bob"):
        (both,) = await keeper.daily_hashrate(user, today, today, of_group=True)
        assert both.work == alice.work + day.work
        assert both.scoring_rate == pytest.approx(alice.scoring_rate + day.scoring_rate)
    assert await keeper.daily_rewards("bob", today, today + DAY) == []
    keeper.accept([TipChanged((today + DAY + 90) * 1000, 107, f"{107:064x}")])
    await keeper.commit()
    (rewards,) = await keeper.daily_rewards("bob", today, today + DAY)
    profile = keeper.profile("bob", today + DAY + 90)
    assert rewards.mining_sats == profile.confirmed_sats == profile.all_time_sats
    assert (rewards.work, rewards.calculated_at) == (60_000, today + DAY + 90)
    assert profile.today_sats == 0
    listed = await keeper.block_rewards("bob", today, today)
    assert [reward.block.height for reward in listed] == list(range(100, 106))
    assert sum(reward.mining_sats for reward in listed) == rewards.mining_sats
    assert all(reward.block.user_reward_sats == reward.mining_sats for reward in listed)
    assert await keeper.block_rewards("bob", today + DAY, today + DAY) == []
    await keeper.close()


WRITER = """
import asyncio, sys
from pathlib import Path
from pithead.pool.bookkeeper_settings import BookkeeperSettings
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.events import ShareAccepted

async def main():
    settings = BookkeeperSettings(commit_seconds=0.02, segment_bytes=30_000)
    keeper, count = await Bookkeeper.open(Path(sys.argv[1]), settings), 0
    while True:
        keeper.accept([ShareAccepted(1_700_000_000_000, "alice", "rig1", 1)] * 5)
        count += 5
        print(count, flush=True)
        await asyncio.sleep(0)

asyncio.run(main())
"""


def last_answer_before_a_kill(directory, answers):
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(directory)], stdout=subprocess.PIPE, text=True
    )
    while answers:
        answered = writer.stdout.readline()
        answers -= answered.strip().isdigit()  # there may be a line of the log
    writer.send_signal(signal.SIGKILL)
    answered += writer.stdout.read()
    writer.stdout.close()
    assert writer.wait() == -signal.SIGKILL
    return int([line for line in answered.split("\n") if line.isdigit()][-1])


@pytest.mark.slow
@pytest.mark.parametrize("answers", [1, 300, 3_000])
async def test_kill_9_between_commits_loses_no_answered_share_and_counts_none_twice(
    tmp_path, answers
):
    last = last_answer_before_a_kill(tmp_path, answers)
    for _ in range(2):
        keeper = await opened(tmp_path)
        assert keeper.pool("alice", NOW).windows.work_5m - last in (0, 5)
        await keeper.close()
