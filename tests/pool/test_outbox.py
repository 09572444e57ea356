"""From a front end's journal to the books: nothing lost, nothing twice, whoever dies in between."""

import asyncio
import contextlib
from time import monotonic

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.events import BlockFound, BlockResolved, ShareAccepted, TipChanged
from pithead.pool.intake import Intake
from pithead.pool.localexchange import LocalExchange, LocalHub
from pithead.pool.outbox import Outbox
from pithead.pool.sharelog import JournalFull, read_segment, segments_in

NOW = 1_700_000_000.0
BEGAN = monotonic()


def clock():
    return NOW + monotonic() - BEGAN


def share(work, worker="rig"):
    return ShareAccepted(int(NOW * 1000), "alice", worker, work)


def block(name, size):
    return BlockFound(int(NOW * 1000), "alice", "rig", 5, name, 50, 10, bytes(size))


class Accounting:
    """The process of the books: hub, books and intake."""

    def __init__(self, directory, clock=clock):
        self.directory, self.clock = directory, clock
        self.is_full = False

    async def start(self):
        self.keeper = await Bookkeeper.open(self.directory / "pool")
        self.hub = await LocalHub.open(self.directory)
        self.intake = Intake(self.hub, self.take, self.keeper.meet(self.clock, 5.0), self.clock)
        self.running = asyncio.create_task(self.intake.run())
        return self

    def take(self, events):
        if self.is_full:
            return False
        self.keeper.accept(events)
        return True

    async def stop(self):
        self.running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.running
        await self.hub.close()
        await self.keeper.close()

    def credited(self):
        return {each.name: each.work_24h for each in self.keeper.workers("alice", NOW)}


@contextlib.asynccontextmanager
async def accounting(directory, **changes):
    made = await Accounting(directory, **changes).start()
    try:
        yield made
    finally:
        await made.stop()


@contextlib.asynccontextmanager
async def front_end(directory, name="one", segment_bytes=4 << 20, last_words=10.0):
    exchange = LocalExchange(directory)
    outbox = Outbox.open(directory / name, name, exchange, clock, segment_bytes=segment_bytes)
    try:
        yield outbox
    finally:
        await outbox.close(last_words)
        await exchange.close()


async def is_idle(outbox):
    async with asyncio.timeout(20):
        await outbox.idle()


async def test_what_is_credited_here_is_in_the_books_there(tmp_path):
    async with accounting(tmp_path) as books, front_end(tmp_path) as outbox:
        for work in range(1, 101):
            outbox.accept([share(work)])
        await is_idle(outbox)
        assert books.credited() == {"rig": 5050}
        assert books.keeper.reached["one"].sequence == 100


async def test_the_chain_and_the_words_of_the_node_are_not_for_the_books(tmp_path):
    async with accounting(tmp_path) as books, front_end(tmp_path) as outbox:
        outbox.accept([TipChanged(1, 5, "aa"), BlockResolved(1, "aa", True, "")])
        outbox.accept([share(3)])
        await is_idle(outbox)
        assert books.keeper.reached["one"].sequence == 1
        assert books.keeper.chain == {}


async def test_while_the_books_are_away_shares_wait_on_disk_and_then_come_in_order(tmp_path):
    async with front_end(tmp_path, segment_bytes=500) as outbox:
        for work in range(1, 201):
            outbox.accept([share(work)])
        await asyncio.sleep(0.05)
        assert not outbox.is_idle
        assert len(segments_in(tmp_path / "one", "one")) > 5
        async with accounting(tmp_path) as books:
            await is_idle(outbox)
            assert books.credited() == {"rig": 20_100}
            outbox.accept([share(1)])
            await is_idle(outbox)
            assert len(segments_in(tmp_path / "one", "one")) <= 2


async def test_what_a_front_end_left_is_given_by_its_next_life(tmp_path):
    async with front_end(tmp_path, last_words=0.0) as outbox:
        outbox.accept([share(5), share(7)])
    async with accounting(tmp_path) as books, front_end(tmp_path) as outbox:
        outbox.accept([share(1)])
        await is_idle(outbox)
        assert books.credited() == {"rig": 13}


async def test_what_is_given_twice_counts_once_also_after_both_began_anew(tmp_path):
    for _ in range(3):
        async with accounting(tmp_path) as books, front_end(tmp_path) as outbox:
            outbox.accept([share(10)])
            await is_idle(outbox)
    assert len(segments_in(tmp_path / "one", "one")) <= 3
    async with accounting(tmp_path) as books:
        assert books.credited() == {"rig": 30}


async def test_a_front_end_that_lost_its_directory_is_not_taken_for_known(tmp_path):
    async with accounting(tmp_path) as books:
        for work in (1, 10):
            async with front_end(tmp_path) as outbox:
                outbox.accept([share(work), share(work)])
                await is_idle(outbox)
            for file in (tmp_path / "one").iterdir():
                file.unlink()
            await asyncio.sleep(1.1)  # the epoch is of the second
        assert books.credited() == {"rig": 22}


async def test_books_whose_journal_is_full_take_it_when_there_is_room(tmp_path, monkeypatch):
    monkeypatch.setattr("pithead.pool.intake.JOURNAL_RETRY_SECONDS", 0.01)
    async with accounting(tmp_path) as books, front_end(tmp_path) as outbox:
        books.is_full = True
        outbox.accept([share(5)])
        await asyncio.sleep(0.05)
        assert books.credited() == {}
        books.is_full = False
        await is_idle(outbox)
        assert books.credited() == {"rig": 5}


async def test_blocks_of_full_size_found_at_once_all_arrive(tmp_path):
    async with accounting(tmp_path) as books, front_end(tmp_path) as outbox:
        found = [block(f"{number:064x}", 4_000_000) for number in range(3)]
        outbox.accept([share(1), *found, share(2)])
        await is_idle(outbox)
        assert books.keeper.blocks_found == 3
        assert books.credited() == {"rig": 3}


async def test_a_share_of_long_ago_does_not_set_the_books_back(tmp_path):
    later = NOW + 7_200
    async with accounting(tmp_path, clock=lambda: later) as books, front_end(tmp_path) as outbox:
        books.keeper.accept([ShareAccepted(int(later * 1000), "alice", "other", 3)])
        outbox.accept([share(5)])
        await is_idle(outbox)
        workers = books.keeper.workers("alice", later)
        assert {each.name: each.work_60m for each in workers} == {"other": 3, "rig": 5}


async def test_a_journal_that_cannot_be_written_says_so(tmp_path):
    async with front_end(tmp_path, last_words=0.0):
        with pytest.raises(JournalFull):
            Outbox.open(tmp_path / "one", "one", LocalExchange(tmp_path), clock)


async def test_with_a_shared_exchange_nothing_is_done_before_the_store_has_it(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("pithead.pool.intake.SECURE_SECONDS", 0.01)
    keeper = await Bookkeeper.open(tmp_path / "pool")
    hub = await LocalHub.open(tmp_path)
    answers = [False, False, True]

    async def secure():
        return answers.pop(0) and await keeper.secure()

    def take(events):
        keeper.accept(events)
        return True

    running = asyncio.create_task(Intake(hub, take, keeper.meet(clock, 5.0), clock, secure).run())
    async with front_end(tmp_path) as outbox:
        outbox.accept([share(5)])
        await is_idle(outbox)
        assert answers == []
        assert keeper.behind == 0
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await hub.close()
    await keeper.close()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["shares", "shares", "shares", "books die", "front end dies", "rest"]),
        st.sampled_from(["one", "two"]),
        st.lists(st.integers(1, 1000), min_size=1, max_size=5),
    ),
    max_size=14,
)


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_whoever_dies_and_comes_back_the_books_are_as_if_nobody_had(tmp_path_factory, steps):
    async def play():
        directory = tmp_path_factory.mktemp("pool")
        expected = {}
        books = await Accounting(directory).start()
        ends = {}

        async def begin(name):
            exchange = LocalExchange(directory)
            ends[name] = (
                Outbox.open(directory / name, name, exchange, clock, segment_bytes=200),
                exchange,
            )

        async def die(name):
            outbox, exchange = ends.pop(name)
            await outbox.close(0.0)
            await exchange.close()

        for name in ("one", "two"):
            await begin(name)
        for what, name, works in steps:
            match what:
                case "shares":
                    for work in works:
                        ends[name][0].accept([share(work, name)])
                        expected[name] = expected.get(name, 0) + work
                case "books die":
                    await books.stop()
                    books = await Accounting(directory).start()
                case "front end dies":
                    await die(name)
                    await begin(name)
                case "rest":
                    await asyncio.sleep(0.01)
        for name in ("one", "two"):
            await is_idle(ends[name][0])
        assert books.credited() == expected
        for name in ("one", "two"):
            await die(name)
        await books.stop()

    asyncio.run(play())


async def test_what_waits_is_read_back_from_the_file_in_pieces(tmp_path):
    async with front_end(tmp_path, last_words=0.0) as outbox:
        for _ in range(20):
            outbox.accept([share(1)] * 2_000)
        (segment,) = segments_in(tmp_path / "one", "one")
        assert sum(len(each.events) for each in read_segment(segment)) == 40_000
        async with accounting(tmp_path) as books:
            await is_idle(outbox)
            assert books.credited() == {"rig": 40_000}
