"""What a pool needs of whoever keeps what it credits: the books, or an outbox to them."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from pithead.pool.events import BlockFound, Event
from pithead.work.template import Template


class Keeper(Protocol):
    def accept(self, events: Sequence[Event]) -> None:
        """Keep a batch for good. Raises JournalFull: nothing can be answered."""

    def template(self, template: Template) -> None:
        """What a block would bring now, and how hard it is."""

    @property
    def chain(self) -> Mapping[int, str]:
        """The last of the blocks it was told of, hashes by height."""

    @property
    def unresolved(self) -> Sequence[BlockFound]:
        """Blocks that the node has not answered for: after a crash they are offered again."""
