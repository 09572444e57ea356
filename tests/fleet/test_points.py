"""Rows of history: what goes in comes out, near enough, and noise is refused."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.fleet.history import SERIES
from pithead.fleet.points import packed, unpacked

amounts = st.none() | st.floats(-1e6, 1e6, width=32)
values = st.tuples(*[amounts] * len(SERIES))


@given(st.dictionaries(st.integers(0, 2**32 - 1), values, max_size=20))
def test_what_is_packed_is_unpacked_within_a_four_thousandth(points):
    told = unpacked(packed(points)).points()
    assert told.keys() == points.keys()
    for number, each in points.items():
        for value, kept in zip(each, told[number], strict=True):
            assert (value is None) == (kept is None)
            assert value is None or kept == pytest.approx(value, rel=2.5e-4, abs=1e-37)


@pytest.mark.parametrize("value", [1e39, -1e39, 3.4e38])
def test_what_is_too_much_for_a_number_stays_the_same_row(value):
    assert set(unpacked(packed({7: (value, None, 1.0, 2.0, 3.0)})).points()) == {7}


@given(st.binary(max_size=200), st.booleans())
def test_noise_is_a_row_or_refused(noise, is_pressed):
    try:
        row = unpacked(zlib.compress(noise) if is_pressed else noise)
    except ValueError:
        return
    assert len(row.points()) <= len(noise)


def test_a_row_that_would_fill_the_memory_is_refused():
    with pytest.raises(ValueError, match="cut off"):
        unpacked(zlib.compress(bytes(10_000_000)))
