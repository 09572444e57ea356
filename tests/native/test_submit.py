"""What the extension reads of a share, the general decoder reads alike; the rest it leaves."""

import json
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.native import read_submit, twin
from pithead.stratum import requests
from pithead.stratum.requests import Submit

needs_native = pytest.mark.skipif(
    read_submit is twin.read_submit, reason="no extension on this machine"
)

SHARE = ["alice.rig", "1a", "0000000000000001", "65000000", "1234abCD"]

texts = st.one_of(
    st.sampled_from(["", "0" * 8, "FFffFFff", "1234567", "0x123456", " 1234567", "12 34 5 6", "é"]),
    st.text("0123456789abcdef", max_size=70),
    st.text(max_size=8),
)
ids = st.one_of(
    st.integers(-5, 2**70), st.none(), texts, st.floats(allow_nan=False), st.booleans(),
    st.lists(st.none(), max_size=1),
)  # fmt: skip
params = st.one_of(
    st.lists(texts, max_size=7),
    st.tuples(texts, texts, texts, st.just("65000000"), st.just("00000000")).map(list),
    st.just([*SHARE, None]),
    st.just([*SHARE, "1fffe000"]),
)
requests_of_any_kind = st.fixed_dictionaries(
    {},
    optional={
        "id": ids,
        "method": st.sampled_from(["mining.submit", "mining.authorize", "", None]),
        "params": params,
        "jsonrpc": st.just("2.0"),
    },
).flatmap(lambda members: st.permutations(list(members.items())).map(dict))


def general(line):
    """The same line without the extension."""
    with patch.object(requests, "read_submit", twin.read_submit):
        return requests.read_submit_line(line)


def spelled(request, ascii_only=False, separators=(",", ":")):
    return json.dumps(request, ensure_ascii=ascii_only, separators=separators).encode()


@needs_native
@pytest.mark.parametrize(
    "request_line",
    [
        spelled({"id": 4, "method": "mining.submit", "params": SHARE}),
        spelled({"params": SHARE, "id": "x-1", "method": "mining.submit"}),
        spelled({"id": None, "method": "mining.submit", "params": [*SHARE, None]}),
        spelled({"id": 0, "method": "mining.submit", "params": [*SHARE, "1fffe000"]}),
        spelled({"id": 4, "method": "mining.submit", "params": SHARE}, separators=(" , ", " : ")),
        b'\t{"id": 4, "method": "mining.submit","params":["a","b","","00000000","00000000"]}\r',
    ],
)
def test_a_plain_share_is_read_by_the_extension_as_by_the_general_decoder(request_line):
    plain = read_submit(request_line, Submit)
    assert plain is not None
    assert plain == general(request_line)


@needs_native
@given(requests_of_any_kind, st.booleans(), st.sampled_from([(",", ":"), (", ", ": ")]))
def test_a_line_of_any_kind_is_left_or_read_alike(request, ascii_only, separators):
    line = spelled(request, ascii_only, separators)
    plain = read_submit(line, Submit)
    assert plain is None or plain == general(line)


@needs_native
@given(st.data())
def test_a_share_with_bytes_gone_changed_or_twice_is_left_or_read_alike(data):
    line = spelled({"id": 41, "method": "mining.submit", "params": [*SHARE, "1fffe000"]})
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(line)))
        end = data.draw(st.integers(start, min(start + 3, len(line))))
        middle = data.draw(st.sampled_from([b"", b'"', b"0", b" ", b",", b"\\", b"\0", b"null"]))
        line = line[:start] + middle + line[end:]
    plain = read_submit(line, Submit)
    assert plain is None or plain == general(line)


@needs_native
@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b'{"id":1,"method":"mining.submit","params":["a","b","c"',
        spelled({"method": "mining.submit", "params": SHARE}),
        spelled({"id": 1.5, "method": "mining.submit", "params": SHARE}),
        spelled({"id": 1, "method": "mining.submit", "params": ["a\n", *SHARE[1:]]}),
        spelled({"id": 1, "method": "mining.submit", "params": [*SHARE, "0", "0"]}),
        b'{"id":1,"id":2,' + spelled({"method": "mining.submit", "params": SHARE})[1:],
        spelled(
            {"id": 1, "method": "mining.submit", "params": [*SHARE[:2], "00" * 33, *SHARE[3:]]}
        ),
    ],
)
def test_what_is_unusual_is_left(line):
    assert read_submit(line, Submit) is None


@needs_native
def test_a_maker_that_raises_is_heard():
    line = spelled({"id": 4, "method": "mining.submit", "params": SHARE})
    with pytest.raises(TypeError):
        read_submit(line, lambda name: name)
    with pytest.raises(TypeError):
        read_submit("text", Submit)
    with pytest.raises(TypeError):
        read_submit(line)


def test_without_the_extension_every_line_is_left():
    line = spelled({"id": 4, "method": "mining.submit", "params": SHARE})
    assert twin.read_submit(line, Submit) is None
    assert general(line) == (
        b"4", Submit("alice.rig", "1a", bytes(7) + b"\1", 0x65000000, 0x1234ABCD, None)
    )  # fmt: skip
