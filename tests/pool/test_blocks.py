"""Blocks count themselves the same whether or not a store stood in between."""

from pithead.pool.blocks import Blocks
from pithead.pool.events import BlockFound


def found(name):
    return BlockFound(1_000, "alice", "rig0", 101, name, 10**9, 1, b"x")


def test_a_block_the_node_refused_leaves_its_number_to_the_next():
    blocks = Blocks(confirmations=3)
    blocks.found(found("01"), 1_000, 0.0)
    blocks.resolve("01", accepted=False)
    block = blocks.found(found("02"), 2_000, 0.0)
    assert block is not None
    assert block.number == blocks.found_count == 1
