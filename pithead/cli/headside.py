"""The pool where its books and its node are, for front ends that are processes of their own."""

import socket
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Self

from pithead.cli.sections import PoolSection
from pithead.cli.stratumside import assemble
from pithead.node.node import Node
from pithead.pool.accounts import Accounts
from pithead.pool.admission import tell_users
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.exchange import Exchange
from pithead.pool.extranonce import Extranonces
from pithead.pool.floor_news import tell_floors
from pithead.pool.floors import AccountFloors
from pithead.pool.head import Head
from pithead.pool.intake import PATIENCE_SECONDS, Intake
from pithead.pool.relay import NodeDesk, RelayedNode


@dataclass(slots=True)
class HeadPart:
    """Has no port for miners; from `open` to `stop`. The exchange is its owner's to close."""

    pool: Head

    @classmethod
    async def open(
        cls,
        section: PoolSection,
        payout_script: bytes,
        node: Node,
        bookkeeper: Bookkeeper,
        accounts: Accounts,
        clock: Callable[[], float],
        wall: Callable[[], float],
        exchange: Exchange,
        floors: AccountFloors,
        secure: Callable[[], Awaitable[bool]] | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> Self:
        """Take the first template, then answer the front ends and take what they have kept; for
        a node, too, where that is not another process's.

        `secure` as `Intake` has it: where a successor has not the journal of this process. The
        work of one front end waits so long for what another has from before it.
        """
        met = bookkeeper.meet(clock, patience_seconds)
        own = None if isinstance(node, RelayedNode) else NodeDesk(node, exchange)
        head = assemble(
            section, payout_script, Extranonces(b""), own or node, bookkeeper, accounts.admit,
            clock, wall, partial(Head, exchange),
        )  # fmt: skip
        assert isinstance(head, Head)
        async with AsyncExitStack() as undo:
            undo.push_async_callback(head.stop)
            await head.start()
            if own is not None:
                await own.serve()
            await tell_users(exchange, accounts.users)
            await tell_floors(exchange, floors)
            head.attend(Intake(exchange, head.take, met, clock, secure, head.offer).run())
            undo.pop_all()
        return cls(head)

    def sockets(self) -> dict[str, socket.socket]:
        """None."""
        return {}

    async def stop(self, come_again: bool = False) -> None:
        await self.pool.stop(come_again)
