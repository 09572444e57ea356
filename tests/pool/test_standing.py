"""What is said of many workers at once is what is said of each."""

from collections import Counter

from pithead.pool import standing
from pithead.pool.books import Books, BooksSettings
from pithead.pool.events import MonitoringChanged, ShareAccepted
from pithead.pool.standing import KEPT_SECONDS, Standing

NOW = 1_700_000_000
WORKERS = 40


def mined():
    """Two hours of workers old and new, some of which slow down, stop or are not watched."""
    books = Books(BooksSettings())
    for minute in range(120):
        for number in range(WORKERS):
            begins, ends = number % 4 * 35, 120 - number % 3 * 3
            work = 1 if minute > 110 and number % 5 == 0 else 1_000
            if begins <= minute < ends:
                at = (NOW + minute * 60) * 1000
                books.apply(ShareAccepted(at, "alice", f"rig{number}", work))
    books.apply(MonitoringChanged((NOW + 7_199) * 1000, "alice", "rig3", False))
    return books


def counts(profile):
    return {
        "ok": profile.ok_workers, "low": profile.low_workers,
        "off": profile.off_workers, "dis": profile.dis_workers,
    }  # fmt: skip


def test_the_counts_of_states_are_those_of_the_workers_one_by_one():
    told = Standing(mined())
    for later in (0, 100, 250, 400):
        now = NOW + 7_200 + later
        states = Counter(worker.state for worker in told.workers("alice", now))
        assert {**dict.fromkeys(("ok", "low", "off", "dis"), 0), **states} == counts(
            told.profile("alice", now)
        )
    assert states["off"] > 0
    told.alert_rates = {("alice", "rig4"): 1e9}
    by_name = {worker.name: worker.state for worker in told.workers("alice", NOW + 7_200)}
    assert by_name["rig4"] == "low"
    assert counts(told.profile("alice", NOW + 7_200)) == {
        **dict.fromkeys(("ok", "low", "off", "dis"), 0), **Counter(by_name.values()),
    }  # fmt: skip


def test_counts_of_many_workers_are_a_few_seconds_old_at_most(monkeypatch):
    monkeypatch.setattr(standing, "SLICE", 10)
    books = mined()
    told, now = Standing(books), NOW + 7_200.0
    before, active = counts(told.profile("alice", now)), told.pool("", now).active_workers
    assert sum(before.values()) == WORKERS
    assert 0 < active < WORKERS
    books.apply(ShareAccepted(int(now) * 1000, "alice", "another", 1_000))
    assert counts(told.profile("alice", now + KEPT_SECONDS - 0.1)) == before
    assert told.pool("", now + KEPT_SECONDS - 0.1).active_workers == active
    assert sum(counts(told.profile("alice", now + KEPT_SECONDS)).values()) == WORKERS + 1
    assert told.pool("", now + KEPT_SECONDS).active_workers == active + 1


def test_slices_hold_every_worker_once(monkeypatch):
    monkeypatch.setattr(standing, "SLICE", 7)
    told = Standing(mined())
    slices = list(told.some_workers("alice", NOW + 7_200))
    assert [len(each) for each in slices] == [7, 7, 7, 7, 7, 5]
    assert [each for some in slices for each in some] == told.workers("alice", NOW + 7_200)
    assert list(told.some_workers("nobody", NOW)) == []
