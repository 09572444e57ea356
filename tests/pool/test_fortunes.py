"""Expected blocks of each user against those found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.pool.bookkeeper_settings import BookkeeperSettings
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.events import BlockFound, BlockResolved, PriceSeen, ShareAccepted
from pithead.pool.fortunes import Fortunes

NOW = 1_700_000_000


def test_work_counts_by_the_difficulty_of_its_time():
    fortunes = Fortunes()
    fortunes.credit("alice", 500)  # before anybody knows the work of a block
    fortunes.price(1_000)
    fortunes.credit("alice", 500)
    fortunes.price(2_000)
    fortunes.credit("alice", 1_000)
    assert fortunes.of("alice").expected_blocks == pytest.approx(1.5)
    assert fortunes.of("nobody").expected_blocks == 0


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 10**12)), max_size=20))
def test_fortunes_from_their_rows_are_the_same(credits):
    fortunes, kept = Fortunes((), 10**9), {}
    for number, (user, work) in enumerate(credits):
        fortunes.credit(user, work)
        fortunes.price(10**9 + number // 3)
        if number % 4 == 0:
            fortunes.found(user)
            kept |= {row.user: row for row in fortunes.drain()}
    kept |= {row.user: row for row in fortunes.drain()}
    assert Fortunes(kept.values(), fortunes.block_work).all() == fortunes.all()


async def test_who_withholds_blocks_stands_first_also_after_a_restart(tmp_path):
    settings = BookkeeperSettings(confirmations=3, commit_seconds=3_600)
    keeper = await Bookkeeper.open(tmp_path, settings)
    events = [PriceSeen(NOW * 1000, 7, 1, 0, 1_000)]
    for n in range(100):
        events += [ShareAccepted((NOW + n) * 1000, user, "rig", 100) for user in ("eve", "bob")]
    for n in range(9):
        name = f"{n:064x}"
        events.append(BlockFound((NOW + 100) * 1000, "bob", "rig", 7 + n, name, 10, 1_000, b""))
        events.append(BlockResolved((NOW + 100) * 1000, name, n != 8, ""))
    keeper.accept(events)
    found = keeper.withholding()
    assert [(each.user, each.expected_blocks, each.found_blocks) for each in found] == [
        ("eve", 10.0, 0),
        ("bob", 10.0, 8),
    ]
    assert found[0].probability < 1e-4 < 0.3 < found[1].probability
    assert [band.blocks for band in keeper.luck_bands()] == [8, 8, 8]
    await keeper.close()
    keeper = await Bookkeeper.open(tmp_path, settings)
    assert keeper.withholding() == found
    await keeper.close()
