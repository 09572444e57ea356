"""The envelope of every message."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.stratum.messages import (
    ErrorCode,
    Malformed,
    NotStratum,
    error_line,
    open_envelope,
    open_part,
    push_line,
    request_line,
    result_line,
    true_line,
)


def test_an_envelope_keeps_its_parts_as_they_came():
    envelope = open_envelope(b'{"params": [1, "a"], "id": 7.50, "method": "mining.x"}')
    assert envelope.method == "mining.x"
    assert bytes(envelope.id) == b"7.50"
    assert bytes(envelope.params) == b'[1, "a"]'


def test_what_is_missing_is_null_and_an_empty_list():
    envelope = open_envelope(b"{}")
    assert (envelope.method, bytes(envelope.id)) == (None, b"null")
    assert bytes(envelope.params) == b"[]"


@pytest.mark.parametrize(
    "line", [b"", b"x", b"[]", b"7", b'"x"', b"{", b'{"id":\xff}', b'{"method":7}', b'{"a":"\xff"}']
)
def test_what_is_no_object_of_a_request_is_no_stratum(line):
    with pytest.raises(NotStratum):
        open_envelope(line)


@pytest.mark.parametrize("depth", [4_000, 30_000])
@pytest.mark.parametrize("name", ["params", "id", "other"])
def test_nesting_without_end_is_malformed_or_passed_over_and_no_fault(name, depth):
    """How deep the decoder goes before it gives up depends on the interpreter."""
    line = b'{"%s":%s}' % (name.encode(), b"[" * depth + b"]" * depth)
    try:
        envelope = open_envelope(line)
    except Malformed:
        return
    assert name != "id"
    with pytest.raises(Malformed):
        open_part(msgspec.json.Decoder(list[str]), envelope.params if name == "params" else b"7")


def test_a_part_of_the_wrong_type_is_malformed_in_the_decoders_words():
    with pytest.raises(Malformed, match="Expected `int`"):
        open_part(msgspec.json.Decoder(int), msgspec.Raw(b'"x"'))


def test_answers_carry_the_id_as_it_came_and_errors_are_arrays_of_three():
    assert true_line(b"12") == b'{"id":12,"result":true,"error":null}\n'
    assert result_line(b'"a"', ["x", 1]) == b'{"id":"a","result":["x",1],"error":null}\n'
    line = error_line(b"1e400", ErrorCode.UNAUTHORIZED, 'no "way"')
    assert line == b'{"id":1e400,"result":false,"error":[24,"no \\"way\\"",null]}\n'


def test_requests_have_a_number_and_pushes_have_null():
    assert json.loads(request_line(3, "m", ["a"])) == {"id": 3, "method": "m", "params": ["a"]}
    assert json.loads(push_line("m", [1])) == {"id": None, "method": "m", "params": [1]}


@given(st.binary(max_size=200))
def test_no_line_leads_to_any_other_error(line):
    try:
        envelope = open_envelope(line)
    except (NotStratum, Malformed):
        return
    json.loads(bytes(envelope.id))
