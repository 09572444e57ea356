"""The chain followed by hash: random reorganisations, against what a reader must hear."""

import asyncio
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.node import trail as trails
from pithead.node.node import NodeUnavailable
from pithead.node.trail import Link, Trail
from pithead.pool.blocks import Blocks
from pithead.pool.events import BlockFound


class Chain:
    """Blocks by name; every name is its branch and height."""

    def __init__(self):
        self.links = {"g0": Link(0, "g0", "", 0)}
        self.best = self.links["g0"]
        self.asked = []

    def extend(self, branch, parent=None):
        parent = parent or self.best.hash_display
        below = self.links[parent]
        name = f"{branch}{below.height + 1}"
        link = self.links[name] = Link(below.height + 1, name, parent, 60 * below.height)
        self.best = link
        return link

    def grow(self, branch, count, parent=None):
        for _ in range(count):
            self.extend(branch, parent)
            parent = None
        return self.best

    async def link_of(self, name):
        self.asked.append(name)
        return self.links[name]


@dataclass
class Reader:
    chain: Chain
    trail: Trail

    def hears(self):
        return asyncio.run(self.trail.follow(self.chain.best, self.chain.link_of))

    def names(self):
        return [tip.hash_display for tip in self.hears()]


@pytest.fixture
def chain():
    chain = Chain()
    chain.grow("a", 5)
    return chain


def test_who_knows_nothing_hears_the_tip_alone_and_each_block_after_it(chain):
    reader = Reader(chain, Trail({}))
    assert reader.names() == ["a5"]
    assert reader.names() == []
    chain.grow("a", 3)
    tips = reader.hears()
    assert [(tip.hash_display, tip.is_best) for tip in tips] == [
        ("a6", False), ("a7", False), ("a8", True),
    ]  # fmt: skip


def test_who_was_away_hears_what_came_since(chain):
    assert Reader(chain, Trail({1: "a1", 2: "a2"})).names() == ["a3", "a4", "a5"]
    assert chain.asked == ["a4", "a3"]


def test_who_was_away_while_the_chain_changed_hears_from_the_fork_on(chain):
    assert Reader(chain, Trail({2: "a2", 3: "b3", 4: "b4"})).names() == ["a3", "a4", "a5"]


def test_another_branch_is_told_from_its_first_block_on(chain):
    reader = Reader(chain, Trail({1: "a1"}))
    reader.hears()
    chain.grow("b", 3, parent="a3")
    assert reader.names() == ["b4", "b5", "b6"]
    chain.best = chain.links["a5"]
    chain.grow("a", 2)
    assert reader.names() == ["a4", "a5", "a6", "a7"]


def test_a_chain_that_goes_back_is_told_by_its_tip(chain):
    reader = Reader(chain, Trail({1: "a1"}))
    reader.hears()
    chain.best = chain.links["a3"]
    assert reader.names() == ["a3"]
    chain.extend("b")
    assert reader.names() == ["b4"]


def test_nothing_below_what_is_known_is_asked_for(chain):
    assert Reader(chain, Trail({3: "x3"})).names() == ["a3", "a4", "a5"]
    assert Reader(chain, Trail({9: "x9"})).names() == ["a5"]


def test_a_walk_has_an_end(chain, monkeypatch):
    monkeypatch.setattr(trails, "MOST_STEPS", 3)
    assert Reader(chain, Trail({0: "g0"})).names() == ["a3", "a4", "a5"]


def test_a_walk_that_fails_tells_nothing_and_is_made_again(chain):
    async def fail(name):
        raise NodeUnavailable("away")

    trail = Trail({1: "a1"})
    with pytest.raises(NodeUnavailable):
        asyncio.run(trail.follow(chain.best, fail))
    assert Reader(chain, trail).names() == ["a2", "a3", "a4", "a5"]


MOVES = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 6), st.integers(0, 4)),
    min_size=1, max_size=12,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(MOVES, st.integers(0, 2**12 - 1))
def test_the_pools_blocks_are_orphaned_exactly_while_the_chain_holds_others(moves, heard):
    """Branches grow and shrink; the reader looks only now and then. The pool found every `a`."""
    chain = Chain()
    blocks = Blocks(confirmations=1000)
    trail = Trail({0: "g0"})
    for number, (branch, back, count) in enumerate(moves):
        parent = chain.best
        for _ in range(min(back, parent.height)):
            parent = chain.links[parent.parent_display]
        unlike = f"{branch}{number}-"
        chain.best = parent
        for link in [chain.extend(unlike) for _ in range(count)]:
            if branch == "a":
                found = BlockFound(0, "u", "w", link.height, link.hash_display, 1, 1, b"")
                blocks.found(found, 0, 1.0)
                blocks.resolve(link.hash_display, accepted=True)
        if heard >> number & 1:
            for tip in asyncio.run(trail.follow(chain.best, chain.link_of)):
                blocks.tip(tip.height, tip.hash_display)
                blocks.settle(0)
            assert orphans(blocks) == expected(blocks, chain)


def orphans(blocks):
    return {name for name, block in blocks._blocks.items() if block.state == "orphaned"}


def expected(blocks, chain):
    """Blocks of the pool at whose height the chain has another; above the tip nothing changed."""
    main, link = {}, chain.best
    while link.parent_display:
        main[link.height] = link.hash_display
        link = chain.links[link.parent_display]
    before = orphans(blocks)
    return {
        name
        for name, block in blocks._blocks.items()
        if (main[block.height] != name if block.height in main else name in before)
    }
