"""The port between a pool and a chain: templates out, blocks in, tips as they change.

The pool knows no more of a chain than this. The embedded chain (`kernel`) and bitcoind stand
behind it, and each is held to the same conformance tests.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from pithead.bitcoin.network import Network
from pithead.work.template import Template


@dataclass(frozen=True, slots=True)
class Tip:
    """The last block of the best chain."""

    height: int
    hash_display: str
    time: int
    """The header's time, unix seconds."""
    is_best: bool = True
    """False for a block that is told only because the chain goes through it."""


@dataclass(frozen=True, slots=True)
class BlockAccepted:
    """The node has the block and it is part of the best chain, or was so before (`duplicate`)."""

    duplicate: bool = False
    inconclusive: bool = False
    """Kept, but another branch is the best chain: the tips that follow say what becomes of it."""

    @property
    def remark(self) -> str:
        """In the words of BIP22; empty where there is nothing to say."""
        words = ("duplicate" if self.duplicate else "", "inconclusive" if self.inconclusive else "")
        return "-".join(filter(None, words))


@dataclass(frozen=True, slots=True)
class BlockRefused:
    """The node judged the block invalid; `reason` is the node's own word (`bad-cb-amount`)."""

    reason: str


Submission = BlockAccepted | BlockRefused


class NodeUnavailable(Exception):
    """The node cannot answer now: the same question may be asked again later."""


class Node(Protocol):
    """A chain as a pool sees it. Every method but `tips` may raise `NodeUnavailable`."""

    network: Network

    async def template(self) -> Template:
        """A fresh template on the present tip."""

    async def submit(self, block: bytes) -> Submission:
        """Hand over a whole serialised block and wait for the node's judgement."""

    async def tip(self) -> Tip:
        """The present tip."""

    def tips(self, known: Mapping[int, str] | None = None) -> AsyncIterator[Tip]:
        """The present tip at once, then every new one; ends when the node is closed.

        Blocks between two tips are told as well, the lowest first, and so are those since the
        last block that is both in the chain and among `known` (hashes by height).
        """

    async def block_hash_display(self, height: int) -> str | None:
        """The hash of the best chain's block at this height, None above the tip."""

    async def close(self) -> None:
        """Write everything down and let go of the chain."""
