import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.bitcoin.script import pay_to_pubkey_hash, pay_to_witness, push
from pithead.bitcoin.transaction import Transaction, TxIn, TxOut
from pithead.node.sigops import most_sigops_cost

CHECKSIG, CHECKMULTISIG = b"\xac", b"\xae"


def cost(script=b"", witness=(), output=b"\x51"):
    spent = TxIn(bytes([1]) * 32, 0, script=script, witness=witness)
    return most_sigops_cost(Transaction(2, (spent,), (TxOut(1, output),)))


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({}, 1),
        ({"output": pay_to_pubkey_hash(bytes(20))}, 1 + 4),
        ({"output": CHECKMULTISIG}, 1 + 80),
        ({"output": pay_to_witness(0, b"\xac" * 20)}, 1),
        ({"script": push(CHECKSIG + CHECKSIG)}, 1 + 8),
        ({"script": b"\x4c\x01\xac"}, 1 + 4),
        ({"script": b"\x4d\x01\x00\xac"}, 1 + 4),
        ({"script": b"\x4e\x01\x00\x00\x00\xac"}, 1 + 4),
        ({"witness": (b"\xac" * 9, b"\x51")}, 1),
        ({"witness": (CHECKSIG + CHECKMULTISIG,)}, 21),
    ],
)
def test_checks_count_by_where_they_stand(where, expected):
    assert cost(**where) == expected


def test_what_follows_a_push_over_the_end_is_not_counted():
    assert cost(output=b"\xac\x4b\xac\xac") == 1 + 4


@given(st.binary(max_size=200), st.binary(max_size=200), st.binary(max_size=200))
def test_no_script_counts_more_than_all_its_bytes_could(script, item, output):
    most = 80 * (2 * len(script) + len(output)) + 20 * len(item) + 1
    assert 1 <= cost(script, (item,), output) <= most
