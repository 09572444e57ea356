"""Payouts from plan to end, in the books: what a user is owed is paid once, or owed again.

A plan is a signed transaction, whole, written to the journal before the network sees it. From then
on the money is on its way: whatever becomes of the process, the same transaction is sent again, and
no other pays it, until it has its confirmations or its coins are another's for good.
"""

from collections.abc import Iterable

from pithead.pool.changes import PayoutLineRow, PayoutRow
from pithead.pool.events import PayoutPlanned, PayoutResolved
from pithead.pool.ledger import Ledger


class Payouts:
    """Those that are on their way, and when the last one was planned."""

    def __init__(self, underway: Iterable[PayoutPlanned] = (), last_ms: int = 0) -> None:
        self._underway = {each.txid_display: each for each in underway}
        self.last_ms = last_ms
        """Farm time of the newest plan; 0 where there was none."""
        self._rows: dict[str, PayoutRow] = {}
        self._lines: list[PayoutLineRow] = []

    @property
    def underway(self) -> list[PayoutPlanned]:
        return list(self._underway.values())

    def apply(self, event: PayoutPlanned | PayoutResolved, time_ms: int, ledger: Ledger) -> None:
        """A plan that is known, or an end of what is not under way, changes nothing."""
        match event:
            case PayoutPlanned():
                self._plan(event, time_ms, ledger)
            case PayoutResolved():
                self._resolve(event, time_ms, ledger)

    def drain(self) -> tuple[list[PayoutRow], list[PayoutLineRow]]:
        rows, self._rows = self._rows, {}
        lines, self._lines = self._lines, []
        return list(rows.values()), lines

    def _plan(self, event: PayoutPlanned, time_ms: int, ledger: Ledger) -> None:
        txid = event.txid_display
        if txid in self._underway:
            return
        self._underway[txid] = event
        self.last_ms = time_ms
        ledger.book_payout(time_ms, txid, _sats(event), event.fee_sats)
        self._rows[txid] = PayoutRow(
            txid, event.time_ms, event.fee_sats, event.manual, event.raw, "queued", 0, ""
        )
        self._lines += [
            PayoutLineRow(txid, line.user, line.address, line.sats) for line in event.lines
        ]

    def _resolve(self, event: PayoutResolved, time_ms: int, ledger: Ledger) -> None:
        txid = event.txid_display
        plan = self._underway.pop(txid, None)
        if plan is None:
            return
        if event.confirmed:
            ledger.book_paid(time_ms, txid, _sats(plan))
        else:
            ledger.book_unpaid(time_ms, txid, _sats(plan), plan.fee_sats)
        state = "confirmed" if event.confirmed else "failed"
        self._rows[txid] = PayoutRow(
            txid, plan.time_ms, plan.fee_sats, plan.manual, plan.raw, state, event.time_ms,
            event.reason,
        )  # fmt: skip


def _sats(plan: PayoutPlanned) -> dict[str, int]:
    sats: dict[str, int] = {}
    for line in plan.lines:
        sats[line.user] = sats.get(line.user, 0) + line.sats
    return sats
