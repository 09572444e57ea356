"""What a fleet saw is there again after a restart."""

import pytest

from pithead.fleet.book import Book, Wanted
from pithead.fleet.history import MINUTE, QUARTER
from pithead.fleet.keeping import Keeping
from pithead.fleet.ranges import Place
from pithead.fleet.record import FILE, Record, RecordError
from tests.fleet.test_book import sight

DAY = 1_700_000_000 // 86_400 * 86_400
PLACE = Place("10.0.0.7")


class Run:
    """A fleet from its start on; its clock stands still but in `live`."""

    def __init__(self, path, now):
        self.now = now
        self.record = Record.open(path)
        self.book = Book(5.0)
        self.keeping = Keeping(self.book, self.record, lambda: self.now)

    async def begin(self):
        await self.keeping.begin()
        self.book.want([Wanted(PLACE)], self.now)
        return self

    async def live(self, minutes, power):
        for _ in range(minutes):
            self.book.seen(PLACE, sight(watts=power), self.now)
            self.now += MINUTE
            await self.keeping.write()

    def power(self, minutes=60):
        return self.book.track(str(PLACE), self.now, minutes).series["power_w"]


@pytest.fixture
def path(tmp_path):
    return tmp_path / FILE


async def test_minutes_and_quarter_hours_survive_a_restart_and_the_time_between_is_a_hole(path):
    first = await Run(path, DAY).begin()
    await first.live(22, 3000)
    second = await Run(path, DAY + 25 * MINUTE).begin()
    await second.live(5, 1000)
    assert second.power() == [3000] * 22 + [None] * 3 + [1000] * 5 + [None]
    quarters = second.power(2000)
    assert quarters[:1] == [3000]
    assert quarters[1] == pytest.approx((7 * 3000 + 5 * 1000) / 12, rel=1e-3)
    third = await Run(path, DAY + 2 * QUARTER).begin()
    assert third.power(2000)[:2] == pytest.approx(quarters[:2], rel=1e-3)


async def test_nothing_is_known_of_machines_that_are_new(path):
    run = await Run(path, DAY).begin()
    assert run.power() == []


async def test_what_could_not_be_written_is_written_later(path):
    run = await Run(path, DAY).begin()
    write, run.record.write = run.record.write, _refuse
    with pytest.raises(RecordError):
        await run.live(1, 3000)
    run.record.write = write
    await run.live(1, 2000)
    again = await Run(path, run.now).begin()
    assert again.power()[:2] == [3000, 2000]


def _refuse(*_arguments):
    raise RecordError("the disk is full")


async def test_a_fleet_over_a_damaged_file_watches_without_a_past(path):
    run = Run(path, DAY)
    await run.begin()
    await run.live(2, 3000)
    run.record.close()
    for each in path.parent.glob(f"{FILE}*"):
        each.unlink()
    path.write_bytes(b"no database " * 1000)
    await run.keeping.begin()
    assert run.power()[:2] == [3000, 3000]
