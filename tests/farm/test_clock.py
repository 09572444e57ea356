import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.farm.clock import FarmClock

PRESENT = 1_800_000_000.0


class Wall:
    def __init__(self):
        self.now = PRESENT

    def __call__(self):
        return self.now


@pytest.fixture
def wall():
    return Wall()


def test_farm_time_runs_speed_times_as_fast_as_the_walls(wall):
    clock = FarmClock(PRESENT - 86_400, 60, wall)
    wall.now += 10
    assert clock.now() == PRESENT - 86_400 + 600


def test_at_speed_one_from_the_present_farm_time_is_the_walls(wall):
    clock = FarmClock(PRESENT, 1, wall)
    wall.now += 12.5
    assert clock.now() == wall.now


def test_a_fast_farm_that_reaches_the_present_goes_on_at_its_pace_and_says_so_once(wall):
    told = []
    clock = FarmClock(PRESENT - 100, 11, wall, at_present=told.append)
    wall.now += 5
    assert clock.now() == PRESENT - 45
    wall.now += 6
    assert clock.now() == wall.now
    assert (clock.speed, told) == (1, [wall.now])
    wall.now += 7
    assert clock.now() == wall.now
    assert len(told) == 1


def test_a_farm_ahead_of_the_present_does_not_run_faster_than_the_wall(wall):
    clock = FarmClock(PRESENT + 50, 100, wall)
    wall.now += 1
    assert clock.now() <= PRESENT + 51
    wall.now += 10
    assert clock.now() <= PRESENT + 61


def test_the_clock_waits_for_the_slowest_of_those_who_hash_and_loses_that_time(wall):
    clock = FarmClock(PRESENT - 86_400, 100, wall, lead=2)
    start = clock.now()
    clock.reached("a", start)
    clock.reached("b", start + 50)
    wall.now += 1
    assert clock.now() == start + 2
    assert clock.is_waiting
    clock.reached("a", start + 2)
    assert clock.now() == start + 2
    wall.now += 0.01
    assert clock.now() == pytest.approx(start + 3)
    assert not clock.is_waiting


def test_who_leaves_is_not_waited_for(wall):
    clock = FarmClock(PRESENT - 86_400, 100, wall)
    start = clock.now()
    clock.reached("a", start)
    clock.leave("a")
    clock.leave("nobody")
    wall.now += 1
    assert clock.now() == start + 100


@pytest.mark.parametrize("speed", [0, -1, float("nan")])
def test_a_speed_that_is_none_is_refused(wall, speed):
    with pytest.raises(ValueError, match="speed"):
        FarmClock(PRESENT, speed, wall)


@given(
    speed=st.floats(0.1, 10_000),
    age=st.floats(0, 1e6),
    walls=st.lists(st.floats(-5, 100), max_size=30),
    reaches=st.lists(st.floats(0, 1000), max_size=30),
)
def test_farm_time_never_goes_back_nor_past_the_present(speed, age, walls, reaches):
    wall = Wall()
    clock = FarmClock(PRESENT - age, speed, wall)
    seen = highest = PRESENT - age
    top = wall.now
    for index, move in enumerate(walls):
        wall.now += move
        top = max(top, wall.now)
        if index < len(reaches):
            highest += reaches[index]
            clock.reached("a", highest)
        now = clock.now()
        assert seen <= now <= top + 1e-6
        seen = now
