"""The credits of a day as a tree that a user can check: a Merkle tree whose nodes add up.

Each leaf is a user's work of the day, each node commits to its children's hashes and to the sum
of their work, so the root commits to who was credited what and to the total of it: a pool that
leaves a user out, or counts work that nobody is credited with, cannot show proofs that lead to
the root it published. The prefixes of leaves and nodes keep one from being taken for the other,
as in RFC 6962, section 2.1; a salt for each leaf keeps a user's work from being guessed from a
hash that another user's proof contains.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import NamedTuple

LEAF, NODE, LINK = b"\x00", b"\x01", b"\x02"
WORK_BYTES = 32
SALT_BYTES = 16
MOST_STEPS = 64
"""More than any tree that fits into a computer has."""


class Node(NamedTuple):
    """A hash (32 bytes) and the work beneath it (expected hashes on the wire)."""

    hash: bytes
    work: int


class Step(NamedTuple):
    """A neighbour on the way from a leaf to the root."""

    node: Node
    is_left: bool
    """Whether it stands to the left of what is known by then."""


class BadProof(ValueError):
    """What is wrong with a proof."""


def leaf_salt(day_salt: bytes, user: str) -> bytes:
    """Known to the pool, and to whoever is given the proof."""
    return hmac.new(day_salt, user.encode(), hashlib.sha256).digest()[:SALT_BYTES]


def leaf(day: int, user: str, work: int, salt: bytes) -> Node:
    """`day` counts from 1970-01-01, UTC."""
    name = user.encode()
    content = day.to_bytes(4, "big") + len(name).to_bytes(2, "big") + name + _bytes_of(work) + salt
    return Node(_hash(LEAF + content), work)


def join(left: Node, right: Node) -> Node:
    content = b"".join((left.hash, _bytes_of(left.work), right.hash, _bytes_of(right.work)))
    return Node(_hash(NODE + content), left.work + right.work)


def link(before: bytes, day: int, root: Node) -> bytes:
    """Ties a day to all before it: none can be changed later without changing every link since."""
    return _hash(LINK + before + day.to_bytes(4, "big") + root.hash + _bytes_of(root.work))


class CreditTree:
    """The tree of one day. Users stand in the order of their names' bytes."""

    def __init__(self, day: int, works: Mapping[str, int], day_salt: bytes) -> None:
        """`works` has at least one user."""
        self._places = {user: place for place, user in enumerate(sorted(works, key=str.encode))}
        rows = [[leaf(day, user, works[user], leaf_salt(day_salt, user)) for user in self._places]]
        while len(rows[-1]) > 1:
            rows.append(_above(rows[-1]))
        self._rows = rows

    @property
    def root(self) -> Node:
        return self._rows[-1][0]

    def proof(self, user: str) -> Sequence[Step]:
        """From the user's leaf up. KeyError for one who had no work that day."""
        place = self._places[user]
        steps = []
        for row in self._rows[:-1]:
            neighbour = place ^ 1
            if neighbour < len(row):
                steps.append(Step(row[neighbour], is_left=neighbour < place))
            place //= 2
        return steps


def root_of(start: Node, steps: Sequence[Step]) -> Node:
    """Where a proof leads. Raises BadProof for one that no tree can have."""
    if len(steps) > MOST_STEPS:
        raise BadProof(f"a proof has at most {MOST_STEPS} steps")
    node = start
    for step in steps:
        if step.node.work < 0 or len(step.node.hash) != 32:
            raise BadProof("a step of the proof is no node")
        node = join(step.node, node) if step.is_left else join(node, step.node)
    return node


def _above(row: Sequence[Node]) -> list[Node]:
    """One that has no neighbour goes up as it is."""
    pairs = [join(row[place], row[place + 1]) for place in range(0, len(row) - 1, 2)]
    return pairs + ([row[-1]] if len(row) % 2 else [])


def _bytes_of(work: int) -> bytes:
    return work.to_bytes(WORK_BYTES, "big")


def _hash(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
