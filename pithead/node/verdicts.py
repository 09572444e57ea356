"""What nodes say of a block that is handed to them, and what it means for the pool.

`submitblock` answers null or a word (BIP22). The answers of several nodes are put together: one
that has the block is enough, and a refusal counts only where none has it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pithead.node.node import BlockAccepted, BlockRefused, NodeUnavailable, Submission
from pithead.node.rpcwire import RpcError

DESERIALIZATION = -22
"""The code of a call whose block cannot be read."""

NO_PARENT = "prev-blk-not-found"

PARENT_SECONDS = 3_600
"""How long a block waits for its parent: a node that was killed gets its last blocks back from its
peers. Later it would be worth nothing."""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """A node that could not be asked, or did not answer: it may have the block or not."""

    why: str


Verdict = Submission | NoAnswer


def verdict_of(answer: object) -> Verdict:
    """What a node's word means.

    `inconclusive` and `duplicate-inconclusive` are of blocks the node keeps without having put
    them on its best chain: such a block counts until the chain holds another at its height, and
    counts again should its branch win.
    """
    match answer:
        case None:
            return BlockAccepted()
        case "duplicate":
            return BlockAccepted(duplicate=True)
        case "inconclusive" | "duplicate-inconclusive":
            return BlockAccepted(answer.startswith("duplicate"), inconclusive=True)
        case str():
            return BlockRefused(answer)
        case _:
            return NoAnswer(f"submitblock was answered by {repr(answer)[:100]}")


def verdict_of_error(error: RpcError) -> Verdict:
    """What a refused call means: only an unreadable block is the block's fault."""
    if error.code == DESERIALIZATION:
        return BlockRefused(f"undecodable: {error.message}")
    return NoAnswer(str(error))


def together(verdicts: Sequence[Verdict], age_seconds: float) -> Submission:
    """One answer from those of all nodes. Raises NodeUnavailable where it is too early for one.

    `age_seconds` is since the block's own time. That a node lacks the parent says nothing of the
    block, until there has been time to get it.
    """
    accepted = [each for each in verdicts if isinstance(each, BlockAccepted)]
    if accepted:
        return min(accepted, key=lambda each: (each.inconclusive, each.duplicate))
    refused = [each for each in verdicts if isinstance(each, BlockRefused)]
    for each in sorted(refused, key=lambda each: each.reason == NO_PARENT):
        if each.reason != NO_PARENT or age_seconds > PARENT_SECONDS:
            return each
    absent = [each.why for each in verdicts if isinstance(each, NoAnswer)]
    orphaned = ["nodes lack the parent of a block"] if refused else []
    raise NodeUnavailable("; ".join(absent + orphaned) or "there is no node to take a block")
