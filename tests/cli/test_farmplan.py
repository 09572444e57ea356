"""From the configuration to the machines of a farm."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from pithead.cli.config import ConfigError, load
from pithead.cli.farmplan import plan_of
from pithead.cli.main import main
from pithead.farm.fate import ORDINARY, Planned
from pithead.farm.mishaps import PowerCut

URL = "stratum+tcp://127.0.0.1:1"

TEXT = """
seed = "s"
[[machines]]
name = "hall"
count = 2
user = "carol"
[[machines]]
name = "attic"
model = "S19 XP"
user = "dave"
[[faults]]
machines = "attic"
at = "00:00:10"
kind = "power_cut"
"""


def plan(**flags):
    return plan_of(load({f"farm.{key}": value for key, value in flags.items()}, {}).farm)


def test_without_a_scenario_machines_are_as_many_as_configured_and_nothing_befalls_them():
    asked = plan(miners=3, users="bob,alice,bob")
    assert asked.users == ("bob", "alice")
    assert [place.worker for place in asked.places(URL)] == [
        "bob.miner-0", "alice.miner-1", "bob.miner-2",
    ]  # fmt: skip
    assert {place.lot for place in asked.places(URL)} == {ORDINARY}


def test_a_scenario_says_which_machines_there_are_and_where(tmp_path):
    file = tmp_path / "farm.toml"
    file.write_text(TEXT)
    asked = plan(scenario=str(file), first_address="127.0.5.1", miners=50)
    assert asked.users == ("carol", "dave")
    places = asked.places(URL)
    assert [(place.name, place.address, place.worker) for place in places] == [
        ("hall-0", "127.0.5.1", "carol.hall-0"),
        ("hall-1", "127.0.5.2", "carol.hall-1"),
        ("attic", "127.0.5.3", "dave.attic"),
    ]
    assert {place.pool_url for place in places} == {URL}
    machine = places[2].plan(tmp_path)
    assert machine.model.name == "Antminer S19 XP"
    assert machine.seed == "s/attic"
    assert machine.lot.script == (Planned(PowerCut(), after_s=10.0),)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read: No such file"),
        (b"\xff", "is not text in UTF-8"),
        (b"seed = 1", "missing required field `machines`|seed: expected `str`"),
    ],
)
def test_a_scenario_that_cannot_be_used_is_told_with_its_name(tmp_path, content, told):
    file = tmp_path / "farm.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=rf"farm\.toml: ({told})"):
        plan(scenario=str(file))


@pytest.mark.parametrize("command", ["up", "farm"])
def test_a_bad_scenario_starts_nothing(tmp_path, command):
    file, data = tmp_path / "farm.toml", tmp_path / "data"
    file.write_text(TEXT.replace("power_cut", "fire"))
    told = CliRunner().invoke(main, [command, "--scenario", str(file), "--data", str(data)])
    assert told.exit_code == 2
    assert "faults[0].kind: invalid value 'fire'" in told.output
    assert [path.name for path in data.rglob("*") if path.stat().st_size] == []


def test_the_ambient_of_a_single_machine_is_a_setting_with_limits():
    assert load({"miner.ambient_c": "-12.5"}, {}).miner.ambient_c == -12.5
    told = CliRunner().invoke(main, ["miner", "--ambient", "200"])
    assert told.exit_code == 2
    assert "[miner] ambient_c" in told.output


def test_the_example_of_the_help_is_there():
    help_text = CliRunner().invoke(main, ["up", "--help"]).output
    name = next(word for word in help_text.split() if word.endswith(".toml"))
    assert plan(scenario=str(Path(__file__).parents[2] / name)).places(URL)
