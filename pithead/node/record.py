"""One block of the embedded chain, with what the chain's own journal knows of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BlockRecord:
    block: bytes
    block_work: int
    """Expected hashes of the target that was in force for it."""
    solve_ms: int
    """Farm time since the block before it came, or since the chain was opened if that is less."""
