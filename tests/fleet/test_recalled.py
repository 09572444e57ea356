"""Rows of an earlier run are the rings that the run itself had."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.fleet.history import LENGTHS, MINUTE, Ring
from pithead.fleet.points import packed, unpacked
from pithead.fleet.recalled import Recalled

BEGIN = 1_700_000_040 // MINUTE * MINUTE
rows = st.dictionaries(
    st.integers(0, 30), st.dictionaries(st.sampled_from([3, 5, 8]), st.integers(0, 2000))
)


@given(rows)
@settings(max_examples=40, deadline=None)
def test_rings_that_are_recalled_are_those_that_were_kept(rows):
    recalled = Recalled(MINUTE, [3, 5])
    rings = {number: Ring(MINUTE, LENGTHS[MINUTE]) for number in (3, 5)}
    for minute, machines in sorted(rows.items()):
        moment = BEGIN + minute * MINUTE
        points = {
            number: (float(value), None, 1.0, None, 2.0) for number, value in machines.items()
        }
        recalled.add(moment, unpacked(packed(points)))
        for number in rings.keys() & points.keys():
            rings[number].add(points[number], moment)
    now = BEGIN + 40 * MINUTE
    for number, ring in rings.items():
        assert recalled.ring(number).track(now, 60) == ring.track(now, 60)
