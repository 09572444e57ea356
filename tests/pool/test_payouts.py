"""Payouts in the books: what is due moves once, and comes back only where nothing arrives."""

from hypothesis import given
from hypothesis import strategies as st

from pithead.pool.events import PayoutLine, PayoutPlanned, PayoutResolved
from pithead.pool.ledger import Ledger
from pithead.pool.payouts import Payouts


def planned(txid, sats=1_000, user="alice", fee=50):
    return PayoutPlanned(5, txid, b"raw", fee, [PayoutLine(user, "bcrt1q", sats)])


def resolved(txid, confirmed):
    return PayoutResolved(9, txid, confirmed, "")


steps = st.lists(
    st.tuples(st.sampled_from(["plan", "paid", "lost"]), st.integers(0, 3)), max_size=30
)


@given(steps)
def test_a_payout_counts_once_whatever_is_told_twice_or_out_of_turn(steps):
    ledger = Ledger({"user:alice:confirmed": 10**6, "income:block": -(10**6)})
    payouts, states = Payouts(), {}
    for kind, number in steps:
        txid = f"{number:064x}"
        if kind == "plan":
            if states.get(txid) in ("paid", "lost"):
                continue  # a txid is a hash: no plan has that of an earlier one
            payouts.apply(planned(txid), 1, ledger)
            states[txid] = "plan"
        else:
            payouts.apply(resolved(txid, kind == "paid"), 2, ledger)
            if states.get(txid) == "plan":
                states[txid] = kind
    counts = {kind: list(states.values()).count(kind) for kind in ("plan", "paid", "lost")}
    out = counts["plan"] + counts["paid"]
    assert sum(ledger.balances.values()) == 0
    assert ledger.balance("user:alice:confirmed") == 10**6 - 1_000 * out
    assert ledger.balance("user:alice:paying") == 1_000 * counts["plan"]
    assert ledger.balance("user:alice:paid") == 1_000 * counts["paid"]
    assert -ledger.balance("pool:fee") == ledger.balance("network:fee") == 50 * out
    assert [each.txid_display for each in payouts.underway] == [
        txid for txid, state in states.items() if state == "plan"
    ]


def test_a_payout_is_queued_then_confirmed_or_failed_in_the_store():
    payouts, ledger = Payouts(), Ledger()
    payouts.apply(planned("aa"), 1, ledger)
    (row,), (line,) = payouts.drain()
    assert (row.state, row.resolved_ms, row.raw) == ("queued", 0, b"raw")
    assert (line.txid_display, line.user, line.sats) == ("aa", "alice", 1_000)
    payouts.apply(resolved("aa", False), 2, ledger)
    ((row,), lines) = payouts.drain()
    assert (row.state, row.resolved_ms, lines) == ("failed", 9, [])
