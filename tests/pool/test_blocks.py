"""Blocks count themselves the same whether or not a store stood in between."""

from pithead.pool.blocks import Blocks
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.events import BlockFound, BlockResolved, ShareAccepted


def found(name):
    return BlockFound(1_000, "alice", "rig0", 101, name, 10**9, 1, b"x")


def test_a_block_the_node_refused_leaves_its_number_to_the_next():
    blocks = Blocks(confirmations=3)
    blocks.found(found("01"), 1_000, 0.0)
    blocks.resolve("01", accepted=False)
    block = blocks.found(found("02"), 2_000, 0.0)
    assert block is not None
    assert block.number == blocks.found_count == 1


async def test_a_store_that_holds_a_refused_block_takes_the_next_of_its_number(tmp_path):
    books = await Bookkeeper.open(tmp_path)
    books.accept([ShareAccepted(999, "alice", "rig0", 5), found("01")])
    assert await books.commit()
    books.accept([BlockResolved(1_500, "01", False, "inconclusive"), found("02")])
    assert await books.commit()
    await books.close()
    again = await Bookkeeper.open(tmp_path)
    assert again.blocks_found == 1
    assert [block.hash_display for block in again.unresolved] == ["02"]
    await again.close()
