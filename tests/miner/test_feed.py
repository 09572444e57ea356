import pytest

from pithead.hardware.device import Found, Harvest, Work
from pithead.miner.configuration import PoolTarget
from pithead.miner.feed import WORKS_REMEMBERED, Feed
from pithead.miner.tally import Tally
from pithead.miner.upstream import Upstream
from pithead.work.job import Job
from pithead.work.share import Solution


class RecordingDevice:
    def __init__(self):
        self.assigned = []

    def assign(self, work):
        self.assigned.append(work)


def make_work():
    job = Job("1", bytes(32), b"", b"", (), 1, 0x207FFFFF, 0)
    return Work(job, b"", 8, 1 << 250)


def make_upstream(work=None):
    upstream = Upstream(PoolTarget("a:1", "u"), Tally(), 1, 0.0)
    upstream.work = work
    return upstream


@pytest.fixture
def device():
    return RecordingDevice()


def test_work_is_assigned_once_and_replaced_by_newer_work(device):
    feed = Feed(device)
    upstream = make_upstream(first := make_work())
    feed.follow(upstream)
    feed.follow(upstream)
    upstream.work = second = make_work()
    feed.follow(upstream)
    assert device.assigned == [first, second]


def test_equal_jobs_of_two_notifications_are_two_works():
    assert make_work() != make_work()


def test_without_a_source_the_device_stops_once(device):
    feed = Feed(device)
    feed.follow(None)
    feed.follow(make_upstream(work := make_work()))
    assert feed.has_work
    feed.follow(None)
    feed.follow(None)
    assert device.assigned == [work, None]
    assert not feed.has_work


def test_a_share_goes_to_the_pool_whose_work_it_is_though_another_is_followed_now(device):
    feed = Feed(device)
    one, two = make_upstream(make_work()), make_upstream(make_work())
    feed.follow(one)
    feed.follow(two)
    found = Found(one.work, Solution(bytes(8), 0, 1, 1), 5)
    assert feed.submit(Harvest(0, 1.0, (found,)).found, 0.0) == [one]
    assert one.tally.stale_shares == 1  # its connection is not open
    assert two.tally.stale_shares == 0


def test_a_share_of_work_from_long_ago_is_nobodys(device):
    feed = Feed(device)
    upstream = make_upstream(old := make_work())
    feed.follow(upstream)
    for _ in range(WORKS_REMEMBERED):
        upstream.work = make_work()
        feed.follow(upstream)
    assert feed.submit([Found(old, Solution(bytes(8), 0, 1, 1), 5)], 0.0) == []


def test_work_that_has_another_turn_is_not_old(device):
    feed = Feed(device)
    upstream, other = make_upstream(work := make_work()), make_upstream()

    def work_of_another():
        other.work = make_work()
        feed.follow(other)

    feed.follow(upstream)
    for _ in range(WORKS_REMEMBERED - 1):
        work_of_another()
    feed.follow(upstream)
    work_of_another()
    assert feed.submit([Found(work, Solution(bytes(8), 0, 1, 1), 5)], 0.0) == [upstream]
