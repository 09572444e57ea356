"""Whose journal is replayed, and whose is only kept aside."""

import os
import time

import pytest

from pithead.pool.bookkeeper_settings import BookkeeperSettings
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.fence import NotLeader
from pithead.pool.terms import FORMER, mark, set_aside
from tests.pool.test_bookkeeping import NOW, crash, shares

DAY = 86_400


def aside(directory):
    former = directory / FORMER
    return sorted(os.listdir(former)) if former.exists() else []


async def keeper_of(directory, token):
    set_aside(directory, 2)
    settings = BookkeeperSettings(token=token, commit_seconds=3_600)
    keeper = await Bookkeeper.open(directory, settings)
    mark(directory, token)
    return keeper


def work(keeper):
    return sum(each.work_24h for each in keeper.workers("alice", NOW + 60))


async def test_the_journal_of_a_pool_that_was_alone_is_replayed_by_the_first_term(tmp_path):
    alone = await Bookkeeper.open(tmp_path, BookkeeperSettings(commit_seconds=3_600))
    alone.accept(shares(NOW, 3))
    counted = work(alone)
    await crash(alone)
    first = await keeper_of(tmp_path, 1)
    assert work(first) == counted > 0
    assert aside(tmp_path) == []
    await first.close()


async def test_what_a_term_did_not_commit_is_left_to_the_exchange_by_the_next(tmp_path):
    first = await keeper_of(tmp_path, 1)
    first.accept(shares(NOW, 3))
    assert await first.commit()
    counted = work(first)
    first.accept(shares(NOW + 5, 4))
    await crash(first)
    second = await keeper_of(tmp_path, 2)
    assert work(second) == counted
    assert len(aside(tmp_path)) == 1
    await second.close()


async def test_a_former_keeper_ends_with_not_leader_instead_of_trying_for_ever(tmp_path):
    first = await Bookkeeper.open(tmp_path / "a", BookkeeperSettings(
        token=1, database="", commit_seconds=0.01
    ))  # fmt: skip
    (tmp_path / "b").mkdir()
    for each in (tmp_path / "a").glob("pool.sqlite*"):
        (tmp_path / "b" / each.name).symlink_to(each)
    second = await Bookkeeper.open(tmp_path / "b", BookkeeperSettings(token=2))
    first.accept(shares(NOW, 3))
    with pytest.raises(NotLeader):
        await first.failed()
    with pytest.raises(NotLeader):
        await first.secure()
    with pytest.raises(NotLeader):
        await first.close()
    assert work(second) == 0
    await second.close()


def test_of_the_journals_aside_the_newest_stays_and_the_others_for_their_days(tmp_path):
    former = tmp_path / FORMER
    for days_ago in (5, 1):
        (former / f"{time.time_ns() - days_ago * DAY * 10**9:020}").mkdir(parents=True)
    for days, left in ((2, 2), (0, 1)):
        (tmp_path / "journal").mkdir()
        mark(tmp_path, 1)
        set_aside(tmp_path, days)
        assert len(aside(tmp_path)) == left
        assert not (tmp_path / "journal").exists()
