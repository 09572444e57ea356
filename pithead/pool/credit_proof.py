"""The proof of a day's credit as it is handed to a user, and how anybody checks it."""

from datetime import UTC, date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from pithead.pool.credit_tree import BadProof, CreditTree, Node, Step, leaf, leaf_salt, root_of

Hash = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$", description="SHA-256 as hex.")]
Work = Annotated[
    str, Meta(pattern=r"^[0-9]{1,77}$", description="Expected hashes on the wire, decimal.")
]
Day = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description="UTC.")]

LIMIT = 2**256


class CreditsChanged(Exception):
    """A day's credits are not what was published of them: its proofs would lead nowhere."""


class CreditDay(Struct, frozen=True):
    """What the pool published of a day: it cannot be changed without changing every later link."""

    day: Day
    root: Hash
    work: Annotated[str, Meta(description="Of all users together; see `Work`.")]
    users: int
    link: Annotated[str, Meta(description="Ties the day to all before it; SHA-256 as hex.")]
    work_scale: int
    """Hashes shown for every hash on the wire."""


class ProofStep(Struct, frozen=True):
    """A neighbour on the way up."""

    side: Literal["left", "right"]
    hash: Hash
    work: Work


class CreditProof(Struct, frozen=True):
    """That a user's work of a day is in the root that was published."""

    day: Day
    user: Annotated[str, Meta(min_length=1, max_length=128)]
    work: Work
    salt: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$")]
    steps: Annotated[list[ProofStep], Meta(max_length=64, description="From the leaf up.")]
    root: Hash
    total: Work


def day_number(day: str) -> int:
    """Days from 1970-01-01. ValueError for what is no day since then."""
    number = (date.fromisoformat(day) - date(1970, 1, 1)).days
    if number < 0:
        raise ValueError("the day lies before 1970")
    return number


def day_name(number: int) -> str:
    return datetime.fromtimestamp(number * 86_400, UTC).date().isoformat()


def prove(day: int, works: dict[str, int], salt: bytes, user: str) -> CreditProof:
    """KeyError for a user without work that day."""
    tree = CreditTree(day, works, salt)
    steps = [
        ProofStep("left" if step.is_left else "right", step.node.hash.hex(), str(step.node.work))
        for step in tree.proof(user)
    ]
    return CreditProof(
        day_name(day), user, str(works[user]), leaf_salt(salt, user).hex(), steps,
        tree.root.hash.hex(), str(tree.root.work),
    )  # fmt: skip


def check(proof: CreditProof) -> None:
    """Raises BadProof unless the user's work leads to the root and the total that it names."""
    work, total = int(proof.work), int(proof.total)
    steps = [
        Step(Node(bytes.fromhex(step.hash), int(step.work)), step.side == "left")
        for step in proof.steps
    ]
    if work + sum(step.node.work for step in steps) >= LIMIT:
        raise BadProof("more work than there can be")
    try:
        start = leaf(day_number(proof.day), proof.user, work, bytes.fromhex(proof.salt))
    except ValueError as error:
        raise BadProof(f"the day is wrong: {error}") from error
    found = root_of(start, steps)
    if found.work != total:
        raise BadProof(f"the work of the proof adds up to {found.work}, not {total}")
    if found.hash.hex() != proof.root:
        raise BadProof("the proof does not lead to the root")


def read_proof(text: bytes) -> CreditProof:
    """Raises BadProof for what is none."""
    try:
        return msgspec.json.decode(text, type=CreditProof)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadProof(f"not a proof: {error}") from error
