"""Double entry: every satoshi the pool owns or owes stands in two places that add up to zero.

income:block            what blocks brought, negative
pool:fee                what the pool keeps; below zero where it has paid shares beyond its blocks
user:NAME:unconfirmed   owed once the block has its confirmations
user:NAME:confirmed     owed
user:NAME:paying        in a payout that is on its way
user:NAME:paid          paid out
network:fee             what payouts cost in fees
"""

from collections.abc import Mapping

from pithead.pool.changes import EntryRow

INCOME = "income:block"
FEE = "pool:fee"
NETWORK = "network:fee"


def unconfirmed(user: str) -> str:
    return f"user:{user}:unconfirmed"


def confirmed(user: str) -> str:
    return f"user:{user}:confirmed"


def paying(user: str) -> str:
    return f"user:{user}:paying"


def paid(user: str) -> str:
    return f"user:{user}:paid"


class Ledger:
    """Balances by account, and the entries that made them since they were last drained."""

    def __init__(self, balances: Mapping[str, int] | None = None, entries: int = 0) -> None:
        self._balances = dict(balances or {})
        self._entries = entries
        self._new: list[EntryRow] = []

    @property
    def entries(self) -> int:
        """How many were ever booked."""
        return self._entries

    @property
    def balances(self) -> Mapping[str, int]:
        return self._balances

    def balance(self, account: str) -> int:
        return self._balances.get(account, 0)

    def book_found(
        self, time_ms: int, block: str, fee_sats: int, credits: Mapping[str, int]
    ) -> None:
        """A block brings its value: a part to the pool, the rest owed to users, not yet due."""
        self._book(time_ms, "found", block, _shares(fee_sats, credits))

    def book_lost(
        self, time_ms: int, kind: str, block: str, fee_sats: int, credits: Mapping[str, int]
    ) -> None:
        """Takes back what `book_found` gave: the node refused the block, or it was orphaned."""
        lines = {account: -sats for account, sats in _shares(fee_sats, credits).items()}
        self._book(time_ms, kind, block, lines)

    def book_matured(self, time_ms: int, block: str, credits: Mapping[str, int]) -> None:
        """What a block gave its users is due."""
        lines = {unconfirmed(user): -sats for user, sats in credits.items()}
        lines |= {confirmed(user): sats for user, sats in credits.items()}
        self._book(time_ms, "matured", block, lines)

    def book_day(self, time_ms: int, day: str, credits: Mapping[str, int]) -> None:
        """What the pool pays for a day's work whatever blocks it brought: due at once."""
        lines = {confirmed(user): sats for user, sats in credits.items()}
        lines[FEE] = -sum(lines.values())
        self._book(time_ms, "day", day, lines)

    def book_payout(
        self, time_ms: int, payout: str, sats: Mapping[str, int], fee_sats: int
    ) -> None:
        """What was due is on its way; the pool bears the fee of the network."""
        lines = {confirmed(user): -each for user, each in sats.items()}
        lines |= {paying(user): each for user, each in sats.items()}
        lines |= {FEE: -fee_sats, NETWORK: fee_sats}
        self._book(time_ms, "payout", payout, lines)

    def book_paid(self, time_ms: int, payout: str, sats: Mapping[str, int]) -> None:
        """It has arrived."""
        lines = {paying(user): -each for user, each in sats.items()}
        lines |= {paid(user): each for user, each in sats.items()}
        self._book(time_ms, "paid", payout, lines)

    def book_unpaid(
        self, time_ms: int, payout: str, sats: Mapping[str, int], fee_sats: int
    ) -> None:
        """It never will arrive: what `book_payout` did is taken back."""
        lines = {paying(user): -each for user, each in sats.items()}
        lines |= {confirmed(user): each for user, each in sats.items()}
        lines |= {FEE: fee_sats, NETWORK: -fee_sats}
        self._book(time_ms, "unpaid", payout, lines)

    def drain(self) -> tuple[list[EntryRow], dict[str, int]]:
        """(new lines, balances they changed)."""
        new, self._new = self._new, []
        return new, {row.account: self._balances[row.account] for row in new}

    def _book(self, time_ms: int, kind: str, block: str, lines: Mapping[str, int]) -> None:
        if sum(lines.values()) != 0:
            raise ValueError(f"an entry that does not add up: {kind} of {block}")
        self._entries += 1
        for account, sats in lines.items():
            if sats:
                self._balances[account] = self.balance(account) + sats
                self._new.append(EntryRow(self._entries, account, sats, time_ms, kind, block))


def _shares(fee_sats: int, credits: Mapping[str, int]) -> dict[str, int]:
    lines = {unconfirmed(user): sats for user, sats in credits.items()}
    lines[FEE] = fee_sats
    lines[INCOME] = -sum(lines.values())
    return lines
