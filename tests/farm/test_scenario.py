"""Scenario files: what they come to, and what is said of bad ones."""

import tomllib
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.farm.ambient import STEADY
from pithead.farm.fate import Lot, Planned
from pithead.farm.mishaps import KINDS, BoardDies, FanStops, HotAir, NetworkCut, kind_of
from pithead.farm.scenario import ScenarioError, read_scenario

EXAMPLE = Path(__file__).parents[2] / "examples" / "hot-summer.toml"

SMALL = """
seed = "s"
[[machines]]
name = "rig"
"""


def with_fault(lines):
    return f'{SMALL}\n[[faults]]\nmachines = "rig"\n{lines}'


def test_the_example_is_a_farm_on_which_every_kind_of_fault_comes_down():
    scenario = read_scenario(EXAMPLE.read_text())
    names = [machine.name for machine in scenario.machines]
    assert names == ["hall-0", "hall-1", "hall-2", "attic", "cellar"]
    assert scenario.users == ("alice", "bob")
    told = {kind_of(each.mishap) for machine in scenario.machines for each in machine.lot.script}
    assert told == {kind.__struct_config__.tag for kind in KINDS}
    attic = scenario.machines[3]
    assert attic.model.name == "Antminer S19j Pro"
    assert 2.0 <= attic.lot.offset_c <= 6.0
    assert attic.lot.script[0] == Planned(BoardDies(2), after_s=480, for_s=1200)
    assert Planned(HotAir(8.0), time_of_day_s=46_800, for_s=9000) in scenario.machines[0].lot.script
    assert attic.lot.ambient.at(15 * 3600) == 36.0


def test_the_least_scenario_is_one_machine_in_a_steady_ambient():
    scenario = read_scenario(SMALL)
    (machine,) = scenario.machines
    assert (machine.name, machine.user, machine.lot) == ("rig", "alice", Lot(STEADY, 0.0, ()))


def test_equal_seeds_make_equal_farms_and_others_do_not():
    text = EXAMPLE.read_text()
    assert read_scenario(text) == read_scenario(text)
    other = read_scenario(text.replace('seed = "hot-summer"', 'seed = "cold-summer"'))
    for one, two in zip(read_scenario(text).machines, other.machines, strict=True):
        assert one.lot.offset_c != two.lot.offset_c
        assert (one.seed == two.seed) == (one.name == "cellar")
        assert one.lot.script == two.lot.script


def test_a_time_of_the_day_may_have_seconds_and_a_duration_many_hours():
    text = with_fault('at = "120:00:01"\nkind = "fan_stops"\nfan = 0')
    assert read_scenario(text).machines[0].lot.script == (Planned(FanStops(0), after_s=432_001.0),)
    text = with_fault('daily = "23:59:58"\nfor = "00:00:01"\nkind = "network_cut"\napis = false')
    (planned,) = read_scenario(text).machines[0].lot.script
    assert planned == Planned(NetworkCut(apis=False), time_of_day_s=86_398.0, for_s=1.0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", r"object|table|missing required field `seed`"),
        ("seed = x\n", "this is not TOML: .*line 1"),
        ("a = " + "[" * 5000, "this is not TOML"),
        ("seed = 's'", "missing required field `machines`"),
        ("seed = 's'\nmachines = []", "machines: expected `list` of length >= 1"),
        ("seed = 5\nmachines = [{name='a'}]", "seed: expected `str`, got `int`"),
        (SMALL + "models = 3", r"machines\[0\]: table contains unknown field `models`"),
        (SMALL + "count = 0", r"machines\[0\]\.count: expected `int` >= 1"),
        (SMALL + "model = 'S99'", r"machines\[0\]\.model: 'S99' is none of"),
        (SMALL + "ambient_offset_c = nan", r"machines\[0\]\.ambient_offset_c: expected `float`"),
        (SMALL + "user = 'a.b'", r"machines\[0\]\.user: expected `str` matching regex"),
        (SMALL + "[[machines]]\nname = 'rig'", r"machines\[1\]\.name: .* a machine rig already"),
        (SMALL + "[[machines]]\nname='a'\ncount=10_000", r"machines\[1\]: .* at most 10000"),
        (SMALL + "[ambient]", r"ambient: table missing required field `day`"),
        (SMALL + "[ambient]\nday = {}", r"ambient\.day: expected `table` of length >= 1"),
        (SMALL + "[ambient.day]\n'24:00' = 3", r"ambient\.day: '24:00' is not a time of the day"),
        (SMALL + "[ambient.day]\n'01:00' = 99", r"ambient\.day.*: expected `float` <= 80"),
        (SMALL + "[ambient.day]\n'1:00' = 9", "'1:00' is not a time of the day"),
        (SMALL + "[ambient.day]\n'01:00' = 9\n'01:00:00' = 8", "the same time stands there twice"),
        (with_fault(""), r"faults\[0\]: table missing required field `kind`; the kinds are fan_"),
        (with_fault("at='00:00:01'\nkind='fire'"), r"faults\[0\]\.kind: .* the kinds are fan_"),
        (with_fault("kind='power_cut'"), r"faults\[0\]: needs either `at` or `daily`"),
        (
            with_fault("kind='power_cut'\nat='00:00:01'\ndaily='01:00'\nfor='00:01:00'"),
            "needs either `at` or `daily`",
        ),
        (with_fault("kind='power_cut'\nat='10 min'"), r"faults\[0\]\.at: '10 min' is not hours:"),
        (with_fault("kind='power_cut'\nat='00:00:01'\nfor='00:00:00'"), r"\.for: .* a second"),
        (with_fault("kind='power_cut'\ndaily='01:00'"), r"\.for: a daily fault needs one"),
        (with_fault("kind='power_cut'\nat='00:00:01'\nfan=1"), "contains unknown field `fan`"),
        (with_fault("kind='fan_stops'\nat='00:00:01'"), "missing required field `fan`"),
        (with_fault("kind='fan_stops'\nat='00:00:01'\nfan=4"), r"faults\[0\]: rig: .* no fan 4"),
        (with_fault("kind='hot_air'\nat='00:00:01'\nkelvin=inf"), r"kelvin: .* <= 80"),
        (
            f"{SMALL}[[faults]]\nmachines='x*'\nat='00:00:01'\nkind='power_cut'",
            r"faults\[0\]\.machines: no machine is called 'x\*'",
        ),
        ("#" * (1 << 21), "at most 1048576 characters"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place_in_the_file(text, told):
    with pytest.raises(ScenarioError, match=told):
        read_scenario(text)


VALUES = st.recursive(
    st.one_of(
        st.integers(-5, 70_000), st.floats(), st.booleans(), st.sampled_from(["", "rig", "S21"]),
        st.sampled_from(["00:00:10", "12:30", "fan_stops", "hot_air", "board_dies", "*"]),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)  # fmt: skip


@given(st.data())
def test_a_scenario_with_any_value_replaced_is_read_or_refused(data):
    content = tomllib.loads(EXAMPLE.read_text())
    part = data.draw(st.sampled_from(["seed", "ambient", "machines", "faults"]))
    if part in ("machines", "faults") and data.draw(st.booleans()):
        table = data.draw(st.sampled_from(content[part]))
        table[data.draw(st.sampled_from([*table, "for", "count", "new"]))] = data.draw(VALUES)
    else:
        content[part] = data.draw(VALUES)
    text = toml(content)
    assert tomllib.loads(text)
    with suppress(ScenarioError):
        assert read_scenario(text).machines


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text):
    with pytest.raises(ScenarioError):
        read_scenario(text)


def toml(value):
    """Anything of `VALUES` as TOML: tables in one line."""
    match value:
        case dict() if "seed" in value and "machines" in value:
            return "\n".join(f"{quoted(key)} = {toml(each)}" for key, each in value.items())
        case dict():
            inner = ", ".join(f"{quoted(key)} = {toml(each)}" for key, each in value.items())
            return f"{{{inner}}}"
        case list():
            return f"[{', '.join(map(toml, value))}]"
        case bool():
            return str(value).lower()
        case str():
            return quoted(value)
        case float():
            return repr(value) if value == value and abs(value) != float("inf") else "nan"
        case _:
            return str(value)


def quoted(text):
    inner = "".join(
        char if char.isprintable() and char not in '"\\' else f"\\U{ord(char):08x}"
        for char in text
        if not 0xD800 <= ord(char) <= 0xDFFF
    )
    return f'"{inner}"'
