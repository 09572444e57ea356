"""The pool's rounds, the blocks that ended them, and what became of those in the chain."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from operator import attrgetter
from typing import Literal, NamedTuple

from pithead.pool.changes import BlockRow
from pithead.pool.events import BlockFound
from pithead.pool.readings import BlockReading, BlockState

SHOWN = 15
LUCK = 250
REMEMBERED_TIPS = 2_000
"""Heights whose hash is kept to tell orphans: far more than any confirmations asked for."""

Fate = Literal["matured", "orphaned", "reinstated", "refused"]


class Credit(NamedTuple):
    """What a block gave a user; a score that earned nothing is kept as well."""

    sats: int
    """All of it; the three last are what of it is no mining reward."""
    scoring_rate: float
    refund: int = 0
    bonus: int = 0
    referral: int = 0


@dataclass(slots=True)
class Block:
    """A block the pool found, from the moment its proof was judged."""

    number: int
    """In the order the pool found them."""
    height: int
    hash_display: str
    found_ms: int
    user: str
    worker: str
    value_sats: int
    fee_sats: int
    block_work: int
    round_started_ms: int
    round_work: int
    pool_rate: float
    state: BlockState = "new"
    resolved: bool = False
    """Whether the node has answered."""
    settled_ms: int = 0
    raw: bytes = b""
    credits: dict[str, Credit] = field(default_factory=dict)
    """By user; forgotten here, not in the store, once nothing asks for them."""

    @property
    def sats_by_user(self) -> dict[str, int]:
        return {user: credit.sats for user, credit in self.credits.items() if credit.sats}

    def row(self) -> BlockRow:
        return BlockRow(
            self.number, self.hash_display, self.height, self.found_ms, self.user, self.worker,
            self.value_sats, self.fee_sats, self.block_work, self.round_started_ms,
            self.round_work, self.pool_rate, self.state, self.resolved, self.settled_ms, self.raw,
        )  # fmt: skip

    @classmethod
    def of(cls, row: BlockRow, credits: dict[str, Credit]) -> "Block":
        return cls(
            row.number, row.height, row.hash_display, row.found_ms, row.user, row.worker,
            row.value_sats, row.fee_sats, row.block_work, row.round_started_ms, row.round_work,
            row.pool_rate, row.state, row.resolved, row.settled_ms, row.raw, credits,
        )  # fmt: skip

    def found_event(self) -> BlockFound:
        return BlockFound(
            self.found_ms, self.user, self.worker, self.height, self.hash_display,
            self.value_sats, self.block_work, self.raw,
        )  # fmt: skip


def reading_of(row: Block | BlockRow, left: int, user_sats: int) -> BlockReading:
    """A block as an API sees it."""
    found_at, started = row.found_ms // 1000, row.round_started_ms // 1000
    return BlockReading(
        row.height, row.hash_display, found_at, max(0, found_at - started), row.round_work,
        row.block_work, row.state, left, row.value_sats, row.pool_rate,
        0 if row.state == "orphaned" else user_sats,
    )  # fmt: skip


def confirmations_left(height: int, tip_height: int, confirmations: int) -> int:
    return max(0, confirmations - max(0, tip_height - height + 1))


class Blocks:
    """All blocks that may still change, and as many others as are shown or count for luck."""

    def __init__(
        self,
        confirmations: int,
        blocks: Iterable[Block] = (),
        chain: Mapping[int, str] | None = None,
        tip_height: int = 0,
        round_started_ms: int = 0,
        round_work: int = 0,
    ) -> None:
        """`blocks` in the order they were found."""
        self._confirmations = confirmations
        self._order = list(blocks)
        """As they were found, so by number as well."""
        self._blocks = {block.hash_display: block for block in self._order}
        self._at: dict[int, dict[str, Block]] = {}
        """Those the node has answered for that have not matured, by height and hash."""
        self._growing: list[int] = []
        """The heights of the new ones among them, and perhaps others: a heap, the lowest first."""
        self._due: list[Block] = []
        """Those that the last event may have decided."""
        for block in self._order:
            if block.resolved and block.state != "confirmed":
                self._await(block)
        self._touched: dict[str, Block] = {}
        self._refused: list[str] = []
        self.chain = dict(chain or {})
        self.tip_height = tip_height
        self.round_started_ms = round_started_ms
        self.round_work = round_work

    def found(self, event: BlockFound, time_ms: int, pool_rate: float) -> Block | None:
        """Ends the round; None for a block that is known already."""
        if event.hash_display in self._blocks:
            return None
        block = Block(
            self.found_count + 1, event.height, event.hash_display, time_ms, event.user,
            event.worker, event.value_sats, 0, event.block_work, self.round_started_ms,
            self.round_work, pool_rate, raw=event.block,
        )  # fmt: skip
        self._blocks[block.hash_display] = self._touched[block.hash_display] = block
        self._order.append(block)
        self.round_started_ms, self.round_work = time_ms, 0
        self._forget()
        return block

    def resolve(self, hash_display: str, accepted: bool) -> Block | None:
        """The node has answered; None if it has before, or for a block that is not the pool's."""
        block = self._blocks.get(hash_display)
        if block is None or block.resolved:
            return None
        block.resolved = True
        block.raw = b""
        self._touched[hash_display] = block
        if accepted:
            self._await(block)
            self._due.append(block)
        else:
            self._give_back_round(block)
            del self._blocks[hash_display], self._touched[hash_display]
            self._refused.append(hash_display)
        return block

    def _await(self, block: Block) -> None:
        """From now on the chain decides."""
        self._at.setdefault(block.height, {})[block.hash_display] = block
        heappush(self._growing, block.height)

    def _give_back_round(self, block: Block) -> None:
        """The work of a refused block's round belongs to the round that follows it."""
        place = bisect_left(self._order, block.number, key=attrgetter("number"))
        del self._order[place]
        if place == len(self._order):
            self.round_started_ms = block.round_started_ms
            self.round_work += block.round_work
        else:
            following = self._order[place]
            following.round_started_ms = block.round_started_ms
            following.round_work += block.round_work
            self._touched[following.hash_display] = following

    def tip(self, height: int, hash_display: str) -> None:
        """The chain ends here now."""
        if height == self.tip_height + 1:
            self.chain.pop(height - REMEMBERED_TIPS, None)
        else:
            self.chain = {
                known: name
                for known, name in self.chain.items()
                if height - REMEMBERED_TIPS < known < height
            }
        self.chain[height] = hash_display
        self.tip_height = height
        self._due += self._at.get(height, {}).values()

    def settle(self, time_ms: int) -> list[tuple[Block, Fate]]:
        """What became of the blocks that had not matured; each change is told once.

        A block counts as orphaned when the chain is known to hold another at its height.
        """
        due, self._due = {block.number: block for block in self._due}, []
        while self._growing and self._growing[0] <= self.tip_height - self._confirmations + 1:
            old = self._at.get(heappop(self._growing), {})
            due.update((block.number, block) for block in old.values())
        fates = [(block, fate) for _, block in sorted(due.items()) for fate in self._fates(block)]
        for block, fate in fates:
            self._touched[block.hash_display] = block
            if fate == "matured":
                block.settled_ms = time_ms
        return fates

    def _fates(self, block: Block) -> Iterator[Fate]:
        """What the chain says of a block now that it did not say before."""
        there = self.chain.get(block.height)
        if block.state == "new" and there not in (None, block.hash_display):
            block.state = "orphaned"
            yield "orphaned"
        elif block.state == "orphaned" and there == block.hash_display:
            block.state = "new"
            heappush(self._growing, block.height)
            yield "reinstated"
        if block.state == "new" and self.left(block) == 0:
            block.state = "confirmed"
            self._leave(block)
            yield "matured"

    def _leave(self, block: Block) -> None:
        """The chain has decided."""
        beside = self._at.get(block.height, {})
        beside.pop(block.hash_display, None)
        if not beside:
            self._at.pop(block.height, None)

    def drain(self) -> tuple[list[BlockRow], list[str]]:
        """(blocks new or changed since the last call, hashes of those refused)."""
        touched, self._touched = self._touched, {}
        refused, self._refused = self._refused, []
        return [block.row() for block in touched.values()], refused

    # Reading

    def left(self, block: Block) -> int:
        if block.state == "orphaned":
            return 0
        return confirmations_left(block.height, self.tip_height, self._confirmations)

    def latest(self, user: str) -> Sequence[BlockReading]:
        """The last 15, newest first, with the rewards of `user`."""
        newest = self._order[: -SHOWN - 1 : -1]
        return [
            reading_of(block, self.left(block), block.credits.get(user, Credit(0, 0.0)).sats)
            for block in newest
        ]

    def luck(self) -> Sequence[tuple[int, int]]:
        """(block work, round work) of the last 250, newest first."""
        return [(each.block_work, each.round_work) for each in self._order[: -LUCK - 1 : -1]]

    @property
    def found_count(self) -> int:
        """How many the pool has found, those aside that the node refused at once.

        Follows from the blocks that are held, as these are what a store gives back.
        """
        return self._order[-1].number if self._order else 0

    def unresolved(self) -> list[Block]:
        return [block for block in self._order if not block.resolved]

    def _forget(self) -> None:
        """Drop what is past changing: credits beyond the shown, blocks beyond those of luck.

        In the order they were found: one that is not past keeps those after it as well.
        """
        count = 0
        for block in self._order[: -LUCK - 1]:
            if not self._is_past(block):
                break
            self._leave(block)
            del self._blocks[block.hash_display]
            count += 1
        del self._order[:count]
        for block in self._order[-LUCK - 1 : -SHOWN - 1]:
            if self._is_past(block):
                block.credits = {}

    def _is_past(self, block: Block) -> bool:
        deep = self.tip_height - block.height > 2 * self._confirmations
        return block.resolved and deep and block.state != "new"
