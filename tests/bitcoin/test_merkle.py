import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.bitcoin.hashing import display_from_wire, sha256d, wire_from_display
from pithead.bitcoin.merkle import coinbase_branch, fold_branch, merkle_root

# Block 100000 of the main chain.
TXIDS = [
    "8c14f0db3df150123e6f3dbbf30f8b955a8249b62ac1d1ff16284aefa3d06d87",
    "fff2525b8931402dd09222c50775608f75787bd2b87e56995a7bdd30f79702c4",
    "6359f0868171b1d194cbee1af2f16ea598ae8fad666d9b012c8ed2b79a236ec4",
    "e9a66845e05d5abc0ad04ec80f774a7e585c6e8db975962d069a522137b80c1d",
]
ROOT = "f3e94742aca4b5ef85488dc37c06c3282295ffec960994b2c0d5ac2a25a95766"


def leaves(count):
    return [sha256d(number.to_bytes(4, "little")) for number in range(count)]


def test_the_four_transactions_of_block_100000_have_its_root():
    txids_wire = [wire_from_display(txid) for txid in TXIDS]
    assert display_from_wire(merkle_root(txids_wire)) == ROOT
    branch = coinbase_branch(txids_wire[1:])
    assert len(branch) == 2
    assert display_from_wire(fold_branch(txids_wire[0], branch)) == ROOT


@pytest.mark.parametrize(
    ("others", "depth"), [(0, 0), (1, 1), (2, 2), (3, 2), (4, 3), (7, 3), (8, 4), (4095, 12)]
)
def test_the_branch_leads_to_the_root_of_the_whole_tree(others, depth):
    all_leaves = leaves(others + 1)
    branch = coinbase_branch(all_leaves[1:])
    assert len(branch) == depth
    assert fold_branch(all_leaves[0], branch) == merkle_root(all_leaves)


@given(st.integers(1, 70))
def test_the_branch_leads_to_the_root_for_any_number_of_leaves(count):
    all_leaves = leaves(count)
    assert fold_branch(all_leaves[0], coinbase_branch(all_leaves[1:])) == merkle_root(all_leaves)


def test_the_last_of_an_odd_row_is_its_own_partner():
    first, second, third = leaves(3)
    assert merkle_root([first, second, third]) == merkle_root([first, second, third, third])


def test_a_tree_without_leaves_has_no_root():
    with pytest.raises(ValueError, match="at least one"):
        merkle_root([])
