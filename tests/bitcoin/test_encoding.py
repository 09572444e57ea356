import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.bitcoin.encoding import (
    MAX_COMPACT_SIZE,
    DecodeError,
    Reader,
    compact_size,
    with_length,
)


@pytest.mark.parametrize(
    ("number", "encoded"),
    [
        (0, "00"),
        (252, "fc"),
        (253, "fdfd00"),
        (255, "fdff00"),
        (0xFFFF, "fdffff"),
        (0x10000, "fe00000100"),
        (MAX_COMPACT_SIZE, "fe00000002"),
    ],
)
def test_a_count_takes_its_shortest_form_and_reads_back(number, encoded):
    assert compact_size(number).hex() == encoded
    reader = Reader(bytes.fromhex(encoded))
    assert reader.compact_size() == number
    reader.end()


@pytest.mark.parametrize("encoded", ["fdfc00", "feffff0000", "ffffffffff00000000"])
def test_a_longer_form_than_needed_is_refused(encoded):
    with pytest.raises(DecodeError, match="longer"):
        Reader(bytes.fromhex(encoded)).compact_size()


@pytest.mark.parametrize("encoded", ["fe01000002", "ff0000000001000000"])
def test_a_count_beyond_the_largest_message_is_refused(encoded):
    with pytest.raises(DecodeError, match="count"):
        Reader(bytes.fromhex(encoded)).compact_size()


def test_more_items_than_the_rest_could_hold_are_refused_before_they_are_read():
    with pytest.raises(DecodeError, match="cannot follow"):
        Reader(bytes.fromhex("fdffff") + bytes(100)).count(41)


def test_bytes_left_over_are_an_error():
    reader = Reader(b"ab")
    reader.take(1)
    with pytest.raises(DecodeError, match="1 bytes too many at 1"):
        reader.end()


def test_peeking_takes_nothing():
    reader = Reader(b"\x07")
    assert (reader.peek(), reader.unsigned(1)) == (7, 7)
    with pytest.raises(DecodeError):
        reader.peek()


@given(st.integers(0, 2**64 - 1))
def test_every_count_reads_back_or_is_refused_as_too_large(number):
    reader = Reader(compact_size(number))
    if number > MAX_COMPACT_SIZE:
        with pytest.raises(DecodeError):
            reader.compact_size()
    else:
        assert reader.compact_size() == number


@given(st.binary(max_size=12))
def test_no_bytes_make_the_reader_of_counts_fail_otherwise(data):
    reader = Reader(data)
    try:
        number = reader.compact_size()
    except DecodeError:
        return
    assert compact_size(number) == data[: reader.position]


@given(st.binary(max_size=600))
def test_sized_bytes_read_back(data):
    assert Reader(with_length(data) + b"more").sized_bytes() == data
