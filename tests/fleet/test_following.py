"""A budget of power is held whatever the fleet: the efficient run first, and none of them flaps."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.fleet.following import ALIKE, Change, Follower, Rules, Sight, allotted

EXACT = Rules(margin=0.0, paused_w=0.0)


def machine(name, efficiency=20.0, **changes):
    usual = {
        "power_w": 3000.0, "min_w": 1000, "ceiling_w": 3000, "efficiency_j_th": efficiency,
        "target_w": 3000,
    }  # fmt: skip
    return Sight(name, **{**usual, **changes})


def decide(budget, *sights, rules=EXACT, now=0.0):
    return Follower(rules).decide(budget, sights, now)


def told(decision):
    return {change.name: str(change) for change in decision.changes}


def test_machines_alike_share_and_none_is_paused_while_there_is_enough():
    decision = decide(4000, machine("a"), machine("b"))
    assert told(decision) == {"a": "target 2000 W", "b": "target 2000 W"}
    assert decision.planned_w == 4000
    assert decision.is_feasible


def test_the_less_efficient_gives_way_first():
    decision = decide(4500, machine("old", 40), machine("new", 15))
    assert told(decision) == {"old": "target 1500 W"}
    decision = decide(3500, machine("old", 40), machine("new", 15))
    assert told(decision) == {"old": "pause"}


def test_a_part_of_the_budget_is_kept_aside_and_a_paused_machine_draws_something():
    rules = Rules(margin=0.1, paused_w=100.0)
    decision = decide(3400, machine("old", 40), machine("new", 15), rules=rules)
    assert told(decision) == {"old": "pause", "new": "target 2960 W"}
    assert decision.planned_w == 3060


def test_without_a_budget_everything_runs_as_far_as_it_may():
    paused = machine("a", is_paused=True, target_w=1200, power_w=25.0)
    decision = decide(None, paused, machine("b", target_w=2900, power_w=2900.0))
    assert told(decision) == {"a": "resume at 3000 W", "b": "target 3000 W"}


def test_what_goes_down_has_to_draw_less_before_another_goes_up():
    follower = Follower(EXACT)
    old = machine("old", 40)
    new = machine("new", 15, is_paused=True, power_w=25.0)
    assert told(follower.decide(3000, [old, new], 0.0)) == {"old": "pause"}
    old = replace(old, is_paused=True)
    assert told(follower.decide(3000, [old, new], 10.0)) == {}
    old = replace(old, power_w=0.0)
    new = replace(new, power_w=0.0)
    assert told(follower.decide(3000, [old, new], 20.0)) == {"new": "resume at 3000 W"}


def test_a_machine_goes_down_at_once_and_up_only_after_a_while():
    follower = Follower(Rules(change_seconds=100.0, margin=0.0))
    one = machine("a")
    assert told(follower.decide(2000, [one], 0.0)) == {"a": "target 2000 W"}
    one = replace(one, target_w=2000, power_w=2000.0)
    assert told(follower.decide(3000, [one], 50.0)) == {}
    assert told(follower.decide(1500, [one], 60.0)) == {"a": "target 1500 W"}
    one = replace(one, target_w=1500, power_w=1500.0)
    assert told(follower.decide(3000, [one], 159.0)) == {}
    assert told(follower.decide(3000, [one], 160.0)) == {"a": "target 3000 W"}


def test_slow_ramping_is_waited_for():
    follower = Follower(Rules(change_seconds=10.0, margin=0.0))
    one = machine("a", ramp_s=600.0)
    follower.decide(2000, [one], 0.0)
    one = replace(one, target_w=2000, power_w=2000.0)
    assert told(follower.decide(3000, [one], 599.0)) == {}
    assert told(follower.decide(3000, [one], 600.0)) == {"a": "target 3000 W"}


def test_what_a_machine_draws_over_its_target_for_good_is_taken_off():
    follower = Follower(Rules(change_seconds=10.0, margin=0.0))
    one = machine("a", target_w=2000, power_w=2100.0)
    assert told(follower.decide(2000, [one], 0.0)) == {"a": "target 1900 W"}
    one = replace(one, target_w=1900, power_w=2000.0)
    assert told(follower.decide(2000, [one], 5.0)) == told(follower.decide(2000, [one], 15.0)) == {}


def test_a_machine_that_is_away_is_counted_where_it_was_going():
    away = machine("away", is_here=False, power_w=500.0, target_w=2000)
    decision = decide(4000, away, machine("here"))
    assert told(decision) == {"here": "target 2000 W"}
    assert decision.limits == ("away is away, and counted at 2000 W",)


def test_what_others_have_stopped_is_left_alone_and_scaling_is_told():
    stopped = machine("s", is_ours=False, power_w=25.0)
    decision = decide(9000, stopped, machine("d", scales=True))
    assert told(decision) == {}
    assert decision.planned_w == 3025
    assert decision.limits == (
        "s is neither mining nor paused, and is left alone",
        "d has DPS on, and may lower its target itself",
    )


def test_a_machine_that_tunes_for_a_hashrate_is_left_so_while_there_is_enough():
    one = machine("h", target_w=None, power_w=2600.0)
    assert told(decide(9000, one)) == {}
    assert told(decide(2000, one)) == {"h": "target 2000 W"}


def test_a_budget_that_cannot_be_held_pauses_all_and_is_told():
    decision = decide(20, machine("a"), machine("b"), rules=Rules(paused_w=30.0))
    assert told(decision) == {"a": "pause", "b": "pause"}
    assert not decision.is_feasible
    assert "with all paused they still draw about 60 W" in decision.limits[0]


def test_what_a_paused_machine_was_seen_to_draw_counts():
    follower = Follower(Rules(margin=0.0, paused_w=50.0))
    paused = machine("p", 40, is_paused=True, power_w=20.0)
    decision = follower.decide(3020, [paused, machine("a", 15)], 0.0)
    assert told(decision) == {}
    assert decision.planned_w == 3020


@st.composite
def fleets(draw):
    sights = []
    for number in range(draw(st.integers(1, 6))):
        least = draw(st.integers(200, 1500))
        ceiling = least + draw(st.integers(0, 3000))
        target = draw(st.none() | st.integers(least, ceiling))
        is_paused = draw(st.booleans())
        settled = 25.0 if is_paused else float(draw(st.integers(0, ceiling)))
        sights.append(
            Sight(
                f"m{number}",
                settled,
                least,
                ceiling,
                draw(st.sampled_from([15.0, 15.5, 20.0, 60.0])),
                target,
                is_paused,
                draw(st.booleans()),
                draw(st.booleans()),
                draw(st.sampled_from([0.0, 60.0, 400.0])),
            )
        )
    return sights


budgets = st.integers(0, 25_000)


@given(fleets(), budgets)
@settings(deadline=None)
def test_the_plan_is_never_above_a_budget_that_can_be_held(sights, budget):
    decision = decide(budget, *sights, rules=Rules())
    assert decision.planned_w <= budget + 1e-6 or not decision.is_feasible


@given(fleets(), budgets)
@settings(deadline=None)
def test_where_one_runs_each_more_efficient_one_runs_full_or_had_no_room(sights, room):
    ours = sorted(sights, key=lambda each: (each.efficiency_j_th, each.name))
    plan = allotted(ours, room, dict.fromkeys((each.name for each in ours), 0.0))
    assert sum(plan.values()) <= room
    rest = room - sum(plan.values())
    for place, one in enumerate(ours):
        assert plan[one.name] == 0 or one.min_w <= plan[one.name] <= one.ceiling_w
        if plan[one.name] == 0:
            assert one.min_w > rest
        for better in ours[:place]:
            if plan[one.name] and one.efficiency_j_th > better.efficiency_j_th * ALIKE:
                assert plan[better.name] in (0, better.ceiling_w)


def obey(sight, change, draws):
    """The machine some time later: it draws a part of the way to where it was told to go."""
    target = sight.target_w
    is_paused = sight.is_paused
    if change is not None:
        is_paused = change.target_w is None
        target = sight.target_w if is_paused else change.target_w
    aim = 25.0 if is_paused else float(sight.power_w if target is None else target)
    power = sight.power_w + draws * (aim - sight.power_w)
    return replace(sight, power_w=power, target_w=target, is_paused=is_paused)


@given(
    fleets(),
    st.lists(st.tuples(budgets, st.sampled_from([0.2, 1.0]), st.integers(1, 200)), max_size=20),
)
@settings(deadline=None)
def test_no_machine_goes_up_within_the_minimum_time_of_its_last_change(sights, steps):
    rules = Rules(change_seconds=300.0)
    follower = Follower(rules)
    changed, now = {}, 0.0
    for budget, draws, seconds in steps:
        decision = follower.decide(budget, sights, now)
        changes = {change.name: change for change in decision.changes}
        for sight in sights:
            change = changes.get(sight.name)
            if change is None:
                continue
            assert sight.is_here
            assert sight.is_ours
            if is_up(sight, change):
                assert now - changed.get(sight.name, -1e9) >= max(300.0, sight.ramp_s)
            changed[sight.name] = now
        sights = [obey(sight, changes.get(sight.name), draws) for sight in sights]
        now += seconds


def is_up(sight: Sight, change: Change) -> bool:
    if change.target_w is None:
        return False
    return sight.is_paused or change.target_w > (sight.target_w or sight.power_w)


@given(fleets(), budgets)
@settings(deadline=None)
def test_a_budget_that_stays_comes_to_rest_below_it(sights, budget):
    follower = Follower(Rules(change_seconds=10.0))
    sights = [replace(sight, is_here=True, is_ours=True, ramp_s=0.0) for sight in sights]
    for step in range(40):
        decision = follower.decide(budget, sights, step * 20.0)
        changes = {change.name: change for change in decision.changes}
        sights = [obey(sight, changes.get(sight.name), 1.0) for sight in sights]
    assert not decision.changes
    drawn = sum(sight.power_w for sight in sights)
    assert drawn <= budget or not decision.is_feasible
