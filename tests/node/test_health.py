"""Which nodes are mined on, which one is followed, and why others are not."""

from dataclasses import replace

import pytest

from pithead.bitcoin.network import MAINNET, NETWORKS, REGTEST, SIGNET, TESTNET4
from pithead.node.health import ChainAnswer, NodeStatus, objection, rank, status_of

GOOD = NodeStatus("mainnet", 900_000, 900_000, "aa", 1 << 90, is_downloading=False, peers=8)


def test_bitcoinds_names_of_networks_are_understood():
    for chain, network in {"main": MAINNET, "testnet4": TESTNET4, "signet": SIGNET}.items():
        answer = ChainAnswer(chain, 1, 1, "aa", "ff", False)
        status = status_of(answer, 1)
        assert objection(status, network) is None
        assert status.chain_work == 255


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"network_name": "test"}, "is on test"),
        ({"is_downloading": True, "height": 5}, "initial download"),
        ({"peers": 0}, "no peers"),
        ({"height": 899_996}, "catching up"),
    ],
)
def test_a_node_that_is_not_mined_on_is_told_with_the_reason(changes, words):
    assert objection(GOOD, MAINNET) is None
    assert words in objection(replace(GOOD, **changes), MAINNET)


def test_a_node_may_be_a_few_blocks_behind_its_headers():
    assert objection(replace(GOOD, height=899_997), MAINNET) is None


def test_regtest_needs_no_peers_and_no_past():
    alone = replace(GOOD, network_name="regtest", is_downloading=True, peers=0)
    assert objection(alone, REGTEST) is None
    for network in set(NETWORKS.values()) - {REGTEST}:
        assert objection(replace(alone, network_name=network.name), network) is not None


def test_the_most_work_is_followed_then_the_branch_followed_then_the_first():
    heavy, light = replace(GOOD, chain_work=9, best_display="x"), replace(GOOD, chain_work=8)
    assert rank([light, None, heavy], "") == [2, 0]
    assert rank([replace(heavy, best_display="y"), heavy], "x") == [1, 0]
    assert rank([heavy, heavy], "x") == [0, 1]
    assert rank([heavy, heavy], "z") == [0, 1]
    assert rank([None, None], "x") == []
