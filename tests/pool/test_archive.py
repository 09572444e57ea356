"""The journal's past is kept for as long as it is wanted, and can be told again from there."""

import itertools
import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.pool import archive
from pithead.pool.archive import Archive, extracts, position_of
from pithead.pool.audit import told_again
from pithead.pool.books import BooksSettings
from pithead.pool.database import DATABASE, one_moment, open_database
from pithead.pool.sharelog import KEPT, ShareLog, segments_in, start_of
from pithead.pool.store import Store
from tests.pool.histories import events_of as random_events
from tests.pool.histories import steps
from tests.pool.test_bookkeeping import NOW, a_history, shares

DAY = 86_400
NUMBERS = itertools.count()


class Pool:
    """Journal, books, store and archive of a pool whose days a test turns."""

    def __init__(self, directory, days, settings=None):
        self.directory, self.days = directory, days
        self.wall = NOW
        self.settings = settings or BooksSettings(confirmations=3)
        self.engine = open_database(directory / DATABASE)
        self.store = Store(self.engine, "pool")
        self.start()

    def start(self):
        self.books, position = self.store.load(self.settings)
        self.log = ShareLog(self.directory / "journal", "pool", above=position)
        self.log._segment_bytes = 500
        self.commit()
        self.archive = Archive(self.log, self.days, self.engine, self.settings, lambda: self.wall)
        self.archive.begin(self.log.position)

    def stop(self):
        self.log.close()

    def commit(self):
        self.store.commit(self.books.changes(), self.log.position)

    def day(self, events):
        """A day of the world, with one commit for every ten events."""
        for start in range(0, len(events), 10):
            some = events[start : start + 10]
            self.log.append(some)
            self.books.apply_all(some)
            self.commit()
            self.archive.tend(self.log.position)
            self.wall += DAY * len(some) / len(events)

    @property
    def kept(self):
        return extracts(self.log.directory, "pool")

    def check(self, start=None):
        with one_moment(self.engine) as now:
            scratch = self.directory / f"scratch{next(NUMBERS)}.sqlite"
            return told_again(
                now, start or self.kept[0], self.log.directory, "pool", BooksSettings(), scratch
            )


@pytest.fixture
def make(tmp_path):
    pools = []

    def make(*how):
        pools.append(Pool(tmp_path, *how))
        return pools[-1]

    yield make
    for pool in pools:
        pool.stop()
        pool.engine.dispose()


def events_of(day):
    return shares(NOW + day * DAY, 50) + shares(NOW + day * DAY + 60, 50, "bob")


@pytest.mark.slow
def test_between_two_and_three_days_of_the_journal_are_there_to_be_told(make):
    pool = make(2)
    pool.day(a_history())
    for day in range(1, 8):
        pool.day(events_of(day))
        assert pool.check() == []
        ages = [pool.wall - path.stat().st_mtime for path in pool.kept]
        assert min(ages) <= 1.1 * DAY
        assert ages[0] >= 2 * DAY or day < 3
        assert ages[0] <= 3.2 * DAY
        first, *_ = segments_in(pool.log.directory, "pool", with_kept=True)
        epoch, sequence = position_of(pool.kept[0])
        assert first.parent.name == KEPT
        assert start_of(first) <= (epoch, sequence + 1)
    assert len(pool.kept) <= 4
    assert len(list((pool.log.directory / KEPT).glob("*.journal"))) < 60


def test_a_start_goes_on_from_what_is_kept(make):
    pool = make(2)
    pool.day(a_history())
    before = pool.kept
    pool.stop()
    pool.start()
    assert pool.kept == before
    pool.day(events_of(1))
    assert pool.check() == []


@pytest.mark.parametrize("other", [BooksSettings(600.0, 3), BooksSettings(1_200.0, 4)])
def test_other_settings_begin_the_past_anew_as_it_does_not_lead_to_them(make, other):
    pool = make(2)
    pool.day(a_history())
    pool.stop()
    pool.settings = other
    pool.start()
    assert [position_of(path) for path in pool.kept] == [pool.log.position]
    pool.day(events_of(1))
    assert pool.check() == []


def test_a_damaged_extract_begins_it_anew(make):
    pool = make(2)
    pool.day(a_history())
    pool.stop()
    pool.kept[0].write_bytes(b"a letter")
    pool.start()
    assert len(pool.kept) == 1
    pool.day(events_of(1))
    assert pool.check() == []


def test_who_wants_no_past_keeps_none(make):
    pool = make(2)
    pool.day(a_history())
    assert list((pool.log.directory / KEPT).iterdir())
    pool.stop()
    pool.days = 0
    pool.start()
    pool.day(events_of(1))
    assert list((pool.log.directory / KEPT).iterdir()) == []
    assert len(segments_in(pool.log.directory, "pool")) == 1


def test_an_extract_holds_little_of_a_long_past(make):
    """Not the ledger, not the days: what has grown stays where it is."""
    pool = make(2)
    for day in range(6):
        pool.day(events_of(day))
    sizes = [path.stat().st_size for path in pool.kept]
    assert max(sizes) < 5_000


def test_a_store_changed_behind_the_pools_back_is_found_in_any_row(make):
    pool = make(2)
    pool.day(a_history())
    pool.day(events_of(1))
    with pool.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE days SET work = '7' WHERE user = 'bob'")
    (told,) = pool.check()
    assert told.startswith("days bob ")
    assert "work is 7 and should be 60000" in told


def test_the_past_makes_way_on_a_disk_that_is_nearly_full_and_begins_anew_later(make, monkeypatch):
    pool = make(2)
    pool.day(a_history())
    free = shutil.disk_usage(pool.directory)._replace(free=archive.LEAST_FREE_BYTES - 1)
    with monkeypatch.context() as full:
        full.setattr(archive.shutil, "disk_usage", lambda path: free)
        pool.day(events_of(1))
        assert list((pool.log.directory / KEPT).iterdir()) == []
    pool.day(events_of(2))
    assert len(pool.kept) == 1
    assert pool.check() == []


def test_what_was_half_written_when_its_writer_was_killed_is_cleared_away(make):
    pool = make(2)
    half = pool.log.directory / KEPT / ".pool.00000001.0000000000000007.books.4711.part"
    half.write_bytes(b"half")
    pool.stop()
    pool.start()
    assert not half.exists()
    assert len(pool.kept) == 1


@pytest.mark.slow
@given(steps, st.data())
@settings(max_examples=15, deadline=None)
def test_whatever_happens_the_journal_leads_to_every_row_from_every_extract(
    tmp_path_factory, steps, data
):
    """Clocks that are set back, blocks that leave the chain, other rules; lives of any length."""
    events = random_events(steps)
    pool = Pool(tmp_path_factory.mktemp("pool"), 2)
    for start in range(0, len(events), 7):
        pool.day(events[start : start + 7])
        if data.draw(st.booleans(), label="starts anew"):
            pool.stop()
            pool.start()
    for path in pool.kept:
        assert pool.check(path) == []
    pool.stop()
    pool.engine.dispose()
