"""Lines out of a stream: whole, split, several at once, and never too much."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.stratum.lines import SERVER_LINE_LIMIT, LineBuffer, LineTooLong


def lines_of(pieces, limit=SERVER_LINE_LIMIT):
    """Every line the pieces give, and whether the stream ended in an overflow."""
    buffer = LineBuffer(limit)
    lines = []
    for piece in pieces:
        try:
            lines += buffer.feed(piece)
        except LineTooLong as overflow:
            return lines + overflow.lines, True
    return lines, False


def test_two_lines_in_one_segment_are_two_lines():
    assert LineBuffer().feed(b'{"id":1}\n{"id":2}\n') == [b'{"id":1}', b'{"id":2}']


def test_one_line_over_ten_segments_is_one_line():
    buffer = LineBuffer()
    whole = b'{"id":1,"method":"mining.subscribe"}'
    for byte in whole:
        assert buffer.feed(bytes([byte])) == []
        assert buffer.holds_part
    assert buffer.feed(b"\n") == [whole]
    assert not buffer.holds_part


def test_carriage_returns_empty_lines_and_a_leading_mark_are_dropped():
    assert LineBuffer().feed(b"\xef\xbb\xbfone\r\n\r\n\n\ntwo\r\n") == [b"one", b"two"]


def test_a_byte_order_mark_later_in_the_stream_stays():
    assert LineBuffer().feed(b"one\n\xef\xbb\xbftwo\n") == [b"one", b"\xef\xbb\xbftwo"]


def test_a_line_of_exactly_the_limit_passes_and_one_byte_more_does_not():
    assert LineBuffer(10).feed(b"x" * 10 + b"\n") == [b"x" * 10]
    with pytest.raises(LineTooLong):
        LineBuffer(10).feed(b"x" * 11)


def test_lines_before_the_one_that_is_too_long_are_not_lost():
    with pytest.raises(LineTooLong) as caught:
        LineBuffer(10).feed(b"one\ntwo\n" + b"x" * 11)
    assert caught.value.lines == [b"one", b"two"]


def test_a_megabyte_without_a_line_feed_is_refused_at_the_limit():
    buffer = LineBuffer()
    for _ in range(SERVER_LINE_LIMIT // 1024):
        assert buffer.feed(b"x" * 1024) == []
    with pytest.raises(LineTooLong):
        buffer.feed(b"x")


@given(
    stream=st.lists(st.sampled_from([b"a", b"bc", b"\n", b"\r", b"\r\n", b"\xef\xbb\xbf", b"{}"])),
    cuts=st.lists(st.integers(0, 60)),
)
def test_how_the_stream_was_split_makes_no_difference(stream, cuts):
    whole = b"".join(stream)
    edges = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
    pieces = [whole[start:end] for start, end in pairwise(edges)]
    assert lines_of(pieces, limit=6) == lines_of([whole], limit=6)
