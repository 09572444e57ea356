"""Every answer to a block understood, and those of several nodes put together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.node.node import BlockAccepted, BlockRefused, NodeUnavailable
from pithead.node.rpcwire import RpcError
from pithead.node.verdicts import (
    PARENT_SECONDS,
    NoAnswer,
    together,
    verdict_of,
    verdict_of_error,
)

AWAY = NoAnswer("away")
LACKS_PARENT = BlockRefused("prev-blk-not-found")
BAD = BlockRefused("bad-cb-amount")


@pytest.mark.parametrize(
    ("answer", "verdict", "remark"),
    [
        (None, BlockAccepted(), ""),
        ("duplicate", BlockAccepted(duplicate=True), "duplicate"),
        ("inconclusive", BlockAccepted(inconclusive=True), "inconclusive"),
        (
            "duplicate-inconclusive",
            BlockAccepted(duplicate=True, inconclusive=True),
            "duplicate-inconclusive",
        ),
    ],
)
def test_a_block_that_the_node_keeps_is_accepted_with_its_word_as_a_remark(answer, verdict, remark):
    assert verdict_of(answer) == verdict
    assert verdict.remark == remark


@pytest.mark.parametrize("word", ["duplicate-invalid", "rejected", "high-hash", "bad-txnmrklroot"])
def test_any_other_word_is_a_refusal_for_that_reason(word):
    assert verdict_of(word) == BlockRefused(word)


@pytest.mark.parametrize("answer", [1, True, {}, ["duplicate"]])
def test_what_is_no_word_is_no_answer(answer):
    assert isinstance(verdict_of(answer), NoAnswer)


def test_a_block_that_cannot_be_read_is_refused_and_other_errors_are_no_answer():
    error = RpcError("submitblock", -22, "Block decode failed")
    assert verdict_of_error(error) == BlockRefused("undecodable: Block decode failed")
    assert isinstance(verdict_of_error(RpcError("submitblock", -1, "?")), NoAnswer)


@pytest.mark.parametrize(
    ("verdicts", "answer"),
    [
        ([BAD, BlockAccepted(inconclusive=True)], BlockAccepted(inconclusive=True)),
        ([BlockAccepted(inconclusive=True), BlockAccepted()], BlockAccepted()),
        ([BlockAccepted(duplicate=True), BlockAccepted()], BlockAccepted()),
        ([AWAY, BAD], BAD),
        ([LACKS_PARENT, BAD], BAD),
        ([LACKS_PARENT, BlockAccepted()], BlockAccepted()),
    ],
)
def test_one_node_that_has_the_block_is_enough(verdicts, answer):
    assert together(verdicts, 0.0) == answer


@pytest.mark.parametrize("verdicts", [[LACKS_PARENT], [LACKS_PARENT, AWAY]])
def test_a_block_waits_for_its_parent_for_an_hour(verdicts):
    with pytest.raises(NodeUnavailable, match="lack the parent"):
        together(verdicts, PARENT_SECONDS)
    assert together(verdicts, PARENT_SECONDS + 1) == LACKS_PARENT


def test_without_an_answer_nothing_is_known_however_late():
    for verdicts in ([], [AWAY, AWAY]):
        with pytest.raises(NodeUnavailable):
            together(verdicts, 1e9)


WORDS = (
    st.none() | st.sampled_from(["duplicate", "inconclusive", "high-hash"]) | st.text(max_size=9)
)


@given(st.lists(WORDS.map(verdict_of) | st.just(AWAY), min_size=1, max_size=5))
def test_a_block_is_refused_only_where_no_node_has_it(verdicts):
    has_it = any(isinstance(each, BlockAccepted) for each in verdicts)
    try:
        answer = together(verdicts, 0.0)
    except NodeUnavailable:
        assert not has_it
    else:
        assert isinstance(answer, BlockAccepted) == has_it
        assert answer in verdicts
