"""Whether a node can be mined on, and which of several is followed."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from pithead.bitcoin.network import MAINNET, REGTEST, Network

CHAIN_NAMES = {"main": MAINNET.name}
"""What bitcoind calls a network, where it is another name than here."""

MOST_BEHIND = 3
"""Blocks whose header a node has and which it has not got: a moment's lag, or a node that is
catching up."""


class ChainAnswer(msgspec.Struct, frozen=True):
    """What `getblockchaininfo` gives, as far as it is needed."""

    chain: str
    blocks: int
    headers: int
    bestblockhash: str
    chainwork: str
    initialblockdownload: bool


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """One look at a node."""

    network_name: str
    height: int
    headers: int
    best_display: str
    chain_work: int
    """Expected hashes of its whole best chain."""
    is_downloading: bool
    peers: int


def status_of(answer: ChainAnswer, peers: int) -> NodeStatus:
    """Raises ValueError where the work is no number."""
    return NodeStatus(
        CHAIN_NAMES.get(answer.chain, answer.chain),
        answer.blocks,
        answer.headers,
        answer.bestblockhash,
        int(answer.chainwork, 16),
        answer.initialblockdownload,
        peers,
    )


def objection(status: NodeStatus, network: Network) -> str | None:
    """Why this node is not mined on; None where it is. Regtest has one node and no past."""
    if status.network_name != network.name:
        return f"is on {status.network_name}, [node] network is {network.name}"
    if network is REGTEST:
        return None
    if status.is_downloading:
        return f"is in its initial download (block {status.height} of {status.headers})"
    if status.peers == 0:
        return "has no peers: nobody would hear of its blocks"
    if status.headers - status.height > MOST_BEHIND:
        return f"is catching up (block {status.height} of {status.headers})"
    return None


def rank(statuses: Sequence[NodeStatus | None], followed_display: str) -> list[int]:
    """The places of those that can be mined on (not None), the one to follow first.

    Most work wins; among equals one whose tip is the one followed, so that two branches as heavy
    as each other do not take turns; then the order of the configuration.
    """
    fit = [(place, status) for place, status in enumerate(statuses) if status is not None]
    fit.sort(key=lambda each: (-each[1].chain_work, each[1].best_display != followed_display))
    return [place for place, _ in fit]
