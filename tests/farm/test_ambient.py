import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.farm.ambient import Ambient

DAY = Ambient(((6.0, 10.0), (15.0, 28.0), (21.0, 16.0)))
MIDNIGHT = 1_700_006_400.0


@pytest.mark.parametrize(
    ("hour", "celsius"),
    [(6, 10), (9, 16), (15, 28), (18, 22), (21, 16), (0, 14), (3, 12), (5.999, 10)],
)
def test_between_two_points_the_ambient_is_on_a_straight_line_over_midnight_as_well(hour, celsius):
    assert DAY.at(MIDNIGHT + 3600 * hour) == pytest.approx(celsius, abs=0.01)
    assert DAY.at(MIDNIGHT + 3600 * (hour + 24)) == pytest.approx(celsius, abs=0.01)


def test_one_point_is_a_steady_ambient():
    assert {Ambient(((7.0, 19.5),)).at(MIDNIGHT + 3600 * hour) for hour in range(24)} == {19.5}


POINTS = st.lists(
    st.tuples(st.integers(0, 23).map(float), st.floats(-40, 60)),
    min_size=1,
    unique_by=lambda point: point[0],
).map(lambda points: tuple(sorted(points)))


@given(POINTS, st.floats(0, 2e9))
def test_the_ambient_never_leaves_what_its_points_span(points, now):
    lowest, highest = min(c for _, c in points), max(c for _, c in points)
    assert lowest - 1e-9 <= Ambient(points).at(now) <= highest + 1e-9


@given(POINTS, st.floats(0, 2e9))
def test_the_ambient_does_not_jump(points, now):
    ambient = Ambient(points)
    assert abs(ambient.at(now + 0.1) - ambient.at(now)) < 0.1
