"""How an operator wants the books kept."""

from dataclasses import dataclass

from pithead.pool.durability import SEGMENT_BYTES, Durability
from pithead.pool.scoring import TIME_CONSTANT_SECONDS


@dataclass(frozen=True, slots=True)
class BookkeeperSettings:
    """How the books are kept."""

    scoring_seconds: float = TIME_CONSTANT_SECONDS
    confirmations: int = 100
    database: str = ""
    """The URL of a PostgreSQL database; "" is a file in the pool's directory."""
    replica: str = ""
    """The URL of a replica of it, for questions about the past; "": the database itself."""
    front_end: str = "pool"
    """Names this process among those that write to one store."""
    token: int = 0
    """Of the lease under which the books are kept, 0 where there is none: who has a smaller one
    writes no more."""
    durability: Durability = "write"
    segment_bytes: int = SEGMENT_BYTES
    journal_days: float = 2.0
    """How long the journal is kept once the store has it, to be told again."""
    commit_seconds: float = 1.0
    """Wall seconds between commits at least, and until one that failed is tried again."""
