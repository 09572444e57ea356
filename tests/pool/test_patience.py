from hypothesis import given
from hypothesis import strategies as st

from pithead.pool.patience import Patience


def test_it_is_over_after_so_many_bad_requests():
    patience = Patience(3, 10.0, 0.0)
    for _ in range(2):
        patience.lose(1, 1.0)
    assert not patience.is_over
    patience.lose(1, 1.0)
    assert patience.is_over


def test_it_comes_back_with_time_and_never_beyond_its_measure():
    patience = Patience(3, 10.0, 0.0)
    patience.lose(2, 0.0)
    patience.lose(1, 1000.0)
    patience.lose(1, 1000.0)
    assert not patience.is_over
    patience.lose(1, 1000.0)
    assert patience.is_over


def test_a_clock_set_back_forgives_nothing():
    patience = Patience(2, 10.0, 5000.0)
    patience.lose(1, 5000.0)
    patience.lose(1, 0.0)
    assert patience.is_over


@given(walls=st.lists(st.floats(0.0, 5.0), max_size=50))
def test_requests_further_apart_than_forgiving_never_end_it(walls):
    patience, wall = Patience(2, 10.0, 0.0), 0.0
    for more in walls:
        wall += 10.0 + more
        patience.lose(1, wall)
        assert not patience.is_over
