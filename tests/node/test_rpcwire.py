"""The bytes of JSON-RPC: whatever comes is a result, a refusal or no answer, and nothing else."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.node.node import NodeUnavailable
from pithead.node.rpcwire import RpcError, question, read_answer

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)


def test_a_question_names_its_method_and_params():
    assert json.loads(question(3, "getblockheader", ("00", True))) == {
        "jsonrpc": "1.0", "id": 3, "method": "getblockheader", "params": ["00", True],
    }  # fmt: skip


def test_an_error_of_the_newer_protocol_comes_with_status_200_and_is_one():
    body = b'{"jsonrpc":"2.0","error":{"code":-5,"message":"Block not found"},"id":1}'
    with pytest.raises(RpcError, match="Block not found"):
        read_answer(1, "getblock", 200, body, str)


@given(st.integers(100, 599), st.binary(max_size=200))
def test_any_bytes_are_an_answer_or_none(status, body):
    with suppress(NodeUnavailable, RpcError):
        read_answer(1, "getblockcount", status, body, int)


@given(st.fixed_dictionaries({}, optional={"id": JSON, "result": JSON, "error": JSON}))
def test_any_json_is_an_answer_or_none(content):
    with suppress(NodeUnavailable, RpcError):
        result = read_answer(1, "getblockcount", 200, json.dumps(content).encode(), int)
        assert result == content["result"]
