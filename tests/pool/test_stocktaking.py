"""What the database alone can count, also while it hangs."""

import threading

import pytest

from pithead.pool import stocktaking
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.counts import Stock
from pithead.pool.events import BlockFound, BlockResolved, ShareAccepted, TipChanged
from pithead.pool.stocktaking import Stocktaking

NOW_MS = 1_700_000_000_000


@pytest.fixture
async def keeper(tmp_path):
    keeper = await Bookkeeper.open(tmp_path)
    yield keeper
    await keeper.close()


@pytest.fixture
def taking(keeper):
    taking = Stocktaking(keeper.store.engine)
    yield taking
    taking.close()


def a_block(height, name):
    return [
        ShareAccepted(NOW_MS + height, "alice", "rig", 100),
        BlockFound(NOW_MS + height, "alice", "rig", height, name * 64, 50, 100, b"x"),
        BlockResolved(NOW_MS + height, name * 64, True, ""),
    ]


async def test_blocks_are_counted_by_what_became_of_them(keeper, taking):
    keeper.accept([*a_block(10, "a"), *a_block(11, "b"), TipChanged(NOW_MS + 12, 11, "c" * 64)])
    await keeper.commit()
    assert await taking.take() == Stock(0, {"new": 1, "orphaned": 1})


async def test_a_database_that_hangs_holds_up_one_thread_and_nobody_who_asks(taking, monkeypatch):
    hanging, asked = threading.Event(), []

    def hang():
        asked.append(1)
        hanging.wait(60)
        return Stock(3, {})

    monkeypatch.setattr(taking, "_ask", hang)
    monkeypatch.setattr(stocktaking, "PATIENCE_SECONDS", 0.01)
    assert [await taking.take() for _ in range(3)] == [None] * 3
    assert asked == [1]
    hanging.set()
    monkeypatch.setattr(stocktaking, "PATIENCE_SECONDS", 60)
    assert await taking.take() == Stock(3, {})
