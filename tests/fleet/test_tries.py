"""How often somebody may be wrong about a password."""

from pithead.fleet.tries import BURST, MOST_ADDRESSES, SECONDS_EACH, Tries


def test_some_wrong_ones_are_free_then_each_costs_time():
    tries = Tries()
    for _ in range(BURST):
        assert tries.wait("a", 0.0) == 0.0
        tries.wrong("a", 0.0)
    assert tries.wait("a", 0.0) == SECONDS_EACH
    assert tries.wait("a", SECONDS_EACH) == 0.0
    assert tries.wait("b", 0.0) == 0.0


def test_a_clock_that_is_set_back_forgives_nothing():
    tries = Tries()
    for _ in range(BURST):
        tries.wrong("a", 1000.0)
    assert tries.wait("a", 0.0) == SECONDS_EACH


def test_addresses_are_not_kept_without_end():
    tries = Tries()
    for number in range(MOST_ADDRESSES + 50):
        tries.wrong(str(number), 0.0)
    assert len(tries._wrong) == MOST_ADDRESSES
