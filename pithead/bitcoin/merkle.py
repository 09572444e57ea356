"""Merkle trees as a header sees them, and the branch that leads from a coinbase to the root."""

from collections.abc import Sequence

from pithead.bitcoin.hashing import sha256d


def merkle_root(leaves_wire: Sequence[bytes]) -> bytes:
    """The root over these hashes; the last of an odd row is paired with itself."""
    if not leaves_wire:
        raise ValueError("a merkle tree has at least one leaf")
    row = list(leaves_wire)
    while len(row) > 1:
        row = _row_above(row)
    return row[0]


def coinbase_branch(other_leaves_wire: Sequence[bytes]) -> tuple[bytes, ...]:
    """What the first leaf is hashed with on its way up, from all leaves but that first one."""
    branch = []
    row = list(other_leaves_wire)
    while row:
        branch.append(row[0])
        rest = row[1:]
        row = _row_above(rest) if rest else []
    return tuple(branch)


def fold_branch(leaf_wire: bytes, branch: Sequence[bytes]) -> bytes:
    """The root above a first leaf."""
    for sibling in branch:
        leaf_wire = sha256d(leaf_wire + sibling)
    return leaf_wire


def _row_above(row: list[bytes]) -> list[bytes]:
    if len(row) % 2:
        row = [*row, row[-1]]
    return [sha256d(left + right) for left, right in zip(row[::2], row[1::2], strict=True)]
