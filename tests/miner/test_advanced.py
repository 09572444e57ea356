import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.miner import advanced
from pithead.miner.condition import Cause, Phase
from pithead.miner.refusals import BadSetting
from pithead.miner.snapshot import MinerStatus


def test_changes_are_kept_and_none_clears():
    kept = advanced.changed({}, {"timezone": "Europe/Prague", "delayed_start_s": 60})
    assert kept == {"timezone": "Europe/Prague", "delayed_start_s": 60}
    assert advanced.changed(kept, {"timezone": None}) == {"delayed_start_s": 60}


@pytest.mark.parametrize(
    "changes",
    [
        {"timezone": "Europe/Prag"},
        {"timezone": "../etc/passwd"},
        {"timezone": 7},
        {"delayed_start_s": -1},
        {"delayed_start_s": 3601},
        {"delayed_start_s": True},
        {"delayed_start_s": 1.5},
        {"delayed_start_s": "60"},
        {"allow_disabling_hashboards_on_nopic_miners": 1},
        {"no_such": 1},
        {"no_such": None},
    ],
)
def test_one_bad_value_refuses_all(changes):
    kept = {"delayed_start_s": 5}
    with pytest.raises(BadSetting):
        advanced.changed(kept, {"dead_pools_timeout_s": 100} | changes)
    assert kept == {"delayed_start_s": 5}


values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10)


@given(st.dictionaries(st.sampled_from(sorted(advanced.SETTINGS)), values))
def test_what_is_taken_fits_the_schema_and_what_is_not_is_refused(changes):
    try:
        kept = advanced.changed({}, changes)
    except BadSetting:
        return
    properties = advanced.schema()["properties"]
    for name, value in kept.items():
        kind = {"boolean": bool, "integer": int, "string": str}[properties[name]["type"]]
        assert type(value) is kind
        assert properties[name].get("minimum", value) <= value
        assert properties[name].get("maximum", value) >= value


def test_the_defaults_of_the_schema_are_those_in_effect():
    properties = advanced.schema()["properties"]
    assert advanced.effective({}) == {name: each["default"] for name, each in properties.items()}


def changed(rig, **settings):
    rig.miner.change_system(advanced=advanced.changed({}, settings))


def test_a_delayed_start_hashes_later_and_says_until_when(make_rig):
    rig = make_rig()
    rig.pool()
    changed(rig, delayed_start_s=90)
    rig.run(30)
    condition = rig.miner.standing.condition
    assert condition.phase is Phase.STARTING
    assert condition.verdict.cause is Cause.DELAYED_START
    assert (condition.verdict.until, condition.verdict.until_is_exact) == (rig.now + 60, True)
    assert rig.hashes == 0
    rig.run(90)
    assert rig.miner.status is MinerStatus.NORMAL
    assert rig.hashes > 0


def test_dead_pools_are_waited_for_as_long_as_was_set(make_rig):
    rig = make_rig()
    rig.pool()
    rig.run(30)
    changed(rig, dead_pools_timeout_s=300)
    rig.take_down(1)
    rig.run(280)
    assert rig.miner.status is MinerStatus.NORMAL
    rig.run(40)
    assert rig.miner.status is MinerStatus.SUSPENDED
