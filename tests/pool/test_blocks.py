"""Blocks count themselves the same whether or not a store stood in between."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.pool import blocks as holding
from pithead.pool.blocks import Blocks, Credit
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


class LookingAtAll(Blocks):
    """Settles by a look at every block, each time."""

    def settle(self, time_ms):
        fates = []
        for block in self._order:
            if not block.resolved or block.state == "confirmed":
                continue
            there = self.chain.get(block.height)
            if block.state == "new" and there not in (None, block.hash_display):
                block.state = "orphaned"
                fates.append((block, "orphaned"))
            elif block.state == "orphaned" and there == block.hash_display:
                block.state = "new"
                fates.append((block, "reinstated"))
            if block.state == "new" and self.left(block) == 0:
                block.state, block.settled_ms = "confirmed", time_ms
                fates.append((block, "matured"))
        self._touched.update((block.hash_display, block) for block, _ in fates)
        return fates


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["found", "accepted", "refused", "tip", "other tip", "loaded"]),
        st.integers(0, 12),
    ),
    max_size=80,
)


def applied(blocks, step, number, made, time_ms):
    """One step of a history; blocks are found one or two above the tip, or beside it."""
    name = f"{made:02x}"
    match step:
        case "found":
            event = replace_height(found(name), max(1, blocks.tip_height + 2 - number % 4))
            blocks.found(event, time_ms, 0.0)
        case "accepted" | "refused":
            waiting = blocks.unresolved()
            if waiting:
                block = waiting[number % len(waiting)]
                blocks.resolve(block.hash_display, step == "accepted")
        case "tip":  # one of the pool's own, where there is one
            height = max(1, blocks.tip_height + 2 - number % 5)
            own = [each.hash_display for each in blocks._order if each.height == height]
            blocks.tip(height, own[number % len(own)] if own else f"other {number}")
        case "other tip":
            blocks.tip(max(1, blocks.tip_height + 1 - number % 3), f"other {number}")
    return [(block.hash_display, fate) for block, fate in blocks.settle(time_ms)]


def replace_height(event, height):
    return BlockFound(
        event.time_ms, event.user, event.worker, height, event.hash_display, event.value_sats,
        event.block_work, event.block,
    )  # fmt: skip


def loaded(blocks, kind):
    """As a store gives them back."""
    return kind(
        blocks._confirmations, [replace(block) for block in blocks._order], blocks.chain,
        blocks.tip_height, blocks.round_started_ms, blocks.round_work,
    )  # fmt: skip


@given(STEPS, st.integers(1, 4))
@settings(max_examples=150, deadline=None)
def test_fates_are_those_that_a_look_at_every_block_finds(steps, confirmations):
    quick, slow = Blocks(confirmations), LookingAtAll(confirmations)
    for made, (step, number) in enumerate(steps):
        if step == "loaded":
            quick, slow = loaded(quick, Blocks), loaded(slow, LookingAtAll)
        told = [applied(each, step, number, made, made) for each in (quick, slow)]
        assert told[0] == told[1]
        assert [each.row() for each in quick._order] == [each.row() for each in slow._order]
        assert quick.chain == slow.chain
    assert quick.drain() == slow.drain()


def history(blocks, count):
    """So many blocks found, accepted and in the chain, one on the other."""
    for number in range(count):
        height = blocks.tip_height + 1
        name = f"{height:064x}"
        block = blocks.found(replace_height(found(name), height), number, 0.0)
        block.credits = {"alice": Credit(1, 1.0)}
        blocks.resolve(name, accepted=True)
        blocks.tip(height, name)
        blocks.settle(number)


def test_what_is_past_is_forgotten_and_no_more(monkeypatch):
    monkeypatch.setattr(holding, "LUCK", 20)
    monkeypatch.setattr(holding, "SHOWN", 5)
    blocks = Blocks(confirmations=3)
    history(blocks, 100)
    assert blocks.found_count == 100
    assert len(blocks._order) == len(blocks._blocks) == 21
    assert sum(bool(block.credits) for block in blocks._order) == 8  # shown, or not past yet
    assert len(blocks.luck()) == 20
    assert sum(map(len, blocks._at.values())) == 2  # all but these have matured
    assert len(blocks._growing) == 2


def test_a_block_without_an_answer_is_never_forgotten(monkeypatch):
    monkeypatch.setattr(holding, "LUCK", 20)
    blocks = Blocks(confirmations=3)
    blocks.found(replace_height(found("first"), 1), 0, 0.0)
    history(blocks, 100)
    assert [block.hash_display for block in blocks.unresolved()] == ["first"]
    blocks.resolve("first", accepted=True)
    history(blocks, 3)
    assert len(blocks._order) == 21


def test_the_round_of_a_refused_block_goes_to_the_block_after_it_wherever_it_stood():
    blocks = Blocks(confirmations=3)
    for number in range(5):
        blocks.round_work += 10
        blocks.found(found(f"{number:02x}"), number, 0.0)
    blocks.resolve("02", accepted=False)
    assert [block.round_work for block in blocks._order] == [10, 10, 20, 10]
    assert blocks.found_count == 5
    blocks.resolve("04", accepted=False)
    assert blocks.round_work == 10
    assert blocks.found_count == 4
