"""Which of the wallet's transactions are payouts that the books lack."""

from hypothesis import given
from hypothesis import strategies as st

from pithead.node.payments import SentBefore
from pithead.pool.events import PayoutLine
from pithead.pool.missing import missing

ADDRESSES = {
    "alice": "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080",
    "bob": "bcrt1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qzf4jry",
}


def sent(txid, sats, time=1_700_000_100):
    payments = [(ADDRESSES[user], each) for user, each in sats.items()]
    return SentBefore(txid, txid.encode(), 200, time, payments)


def test_what_pays_users_alone_is_theirs_and_comes_in_the_order_of_time():
    late = sent("aa", {"alice": 5_000}, 20)
    early = sent("bb", {"alice": 7_000, "bob": 9_000}, 10)
    first, second = missing([late, early], set(), ADDRESSES)
    assert (first.sent, second.sent) == (early, late)
    assert first.lines == [
        PayoutLine("alice", ADDRESSES["alice"], 7_000), PayoutLine("bob", ADDRESSES["bob"], 9_000),
    ]  # fmt: skip
    plan = first.plan(10_000)
    assert (plan.txid_display, plan.raw, plan.fee_sats, plan.time_ms) == ("bb", b"bb", 200, 10_000)


def test_what_is_known_is_not_missing():
    assert missing([sent("aa", {"alice": 5_000})], {"aa"}, ADDRESSES) == []


def test_an_address_of_two_users_or_of_none_or_no_payment_at_all_is_in_doubt():
    shared = ADDRESSES | {"carol": ADDRESSES["alice"]}
    (found,) = missing([sent("aa", {"alice": 5_000, "bob": 1})], set(), shared)
    assert (found.lines, found.doubt[:14]) == ((), "alice and caro")
    (found,) = missing([SentBefore("aa", b"", 1, 1, [("", 5)])], set(), ADDRESSES)
    assert "no user" in found.doubt
    (found,) = missing([SentBefore("aa", b"", 1, 1, [])], set(), ADDRESSES)
    assert "nobody" in found.doubt


payments = st.lists(
    st.tuples(st.sampled_from([*ADDRESSES.values(), "elsewhere"]), st.integers(1, 10**9)),
    max_size=4,
)


@given(st.lists(st.tuples(payments, st.integers(0, 99)), max_size=5), st.sets(st.integers(0, 4)))
def test_every_satoshi_of_a_payout_is_somebodys_or_none_is(transactions, known):
    every = [
        SentBefore(str(number), b"", 1, time, paid)
        for number, (paid, time) in enumerate(transactions)
    ]
    names = {str(number) for number in known}
    found = missing(every, names, ADDRESSES)
    assert {each.sent.txid_display for each in found} == {
        each.txid_display for each in every
    } - names
    for each in found:
        told = sum(line.sats for line in each.lines)
        whole = sum(sats for _, sats in each.sent.payments)
        assert (told == whole and not each.doubt) if each.lines else each.doubt
        assert all(ADDRESSES[line.user] == line.address for line in each.lines)
