"""Machines are asked and told from the command line, over real sockets."""

import csv
import io
import json

import pytest
from click.testing import CliRunner

from pithead.cli.farmfile import FARM_FILE, FarmFile, MinerEntry, PoolEntry, write_farm_file
from pithead.cli.main import main
from pithead.fleet.orders import ACTIONS, SETTINGS
from pithead.fleet.readings import READINGS
from tests.served_machines import serving


@pytest.fixture
def machines(tmp_path):
    with serving(tmp_path) as machines:
        yield machines


@pytest.fixture
def pair(machines):
    return machines.start(120), machines.start(120)


@pytest.fixture
def run(tmp_path):
    def run(*words, code=0, **arguments):
        words = ["miner", *words, "--data", str(tmp_path)]
        shown = CliRunner().invoke(main, words, **arguments)
        assert shown.exit_code == code, shown.output
        return shown

    return run


@pytest.fixture
def farm(tmp_path, pair):
    """The file of a farm with the pair; the second has a password."""
    passwords = ("", "secret")
    miners = [
        MinerEntry(name=f"miner-{n}", model="S21", rest=each.place.url, password=passwords[n])
        for n, each in enumerate(pair)
    ]
    write_farm_file(tmp_path / FARM_FILE, FarmFile(PoolEntry("", ""), [], miners))
    shown = CliRunner().invoke(main, ["miner", "set", "password", "secret", pair[1].address])
    assert shown.exit_code == 0, shown.output


def test_a_range_is_asked_and_shown_as_a_table_csv_and_json(pair, run):
    both = ",".join(each.address for each in pair)
    rows = json.loads(run("get", "summary", both, "--json").stdout)
    assert [row["machine"] for row in rows] == [each.address for each in pair]
    assert {row["status"] for row in rows} == {"normal"}
    assert all(row["hashrate_ths"] > 0 for row in rows)
    read = list(csv.DictReader(io.StringIO(run("get", "status", both, "--csv").stdout)))
    assert [row["status"] for row in read] == ["normal", "normal"]
    table = run("get", "pools", both).stdout
    assert table.count("alice.rig") == 2
    assert "machine" in table.splitlines()[0]


def test_without_a_range_it_is_the_farm_of_the_data_directory_with_its_passwords(farm, run):
    rows = json.loads(run("get", "status", "--json").stdout)
    assert [row["machine"] for row in rows] == ["miner-0", "miner-1"]
    (row,) = json.loads(run("get", "status", "miner-1", "--json").stdout)
    assert row["machine"] == "miner-1"


def test_what_is_set_is_set_on_all_and_told_for_each(pair, farm, run):
    rows = json.loads(run("set", "power-target", "2500", "--json").stdout)
    assert rows == [
        {"machine": f"miner-{n}", "result": "done", "answer": "watt=2500"} for n in range(2)
    ]
    assert [each["target_w"] for each in json.loads(run("get", "power", "--json").stdout)] == [
        2500, 2500,
    ]  # fmt: skip


def test_each_machine_gets_a_worker_of_its_own(farm, run):
    run("set", "pools", "stratum+tcp://127.0.0.1:1 bob.{name}")
    users = [row["user"] for row in json.loads(run("get", "pools", "--json").stdout)]
    assert users == ["bob.miner-0", "bob.miner-1"]


def test_a_dry_run_shows_what_would_be_sent_where_and_sends_nothing(pair, farm, run):
    asked = [len(each.asked) for each in pair]
    rows = json.loads(run("set", "power-target", "80%", "--dry-run", "--json").stdout)
    assert rows[0] == {
        "machine": "miner-0",
        "verb": "PATCH",
        "url": f"{pair[0].place.url}/api/v1/performance/power-target/relative",
        "body": '{"percentage":80.0,"reference":1}',
    }
    run("do", "factory-reset", "--dry-run")
    assert [len(each.asked) for each in pair] == asked


def test_a_machine_that_refuses_or_is_away_is_told_and_the_others_did(pair, run, unused_tcp_port):
    three = f"{pair[0].address},127.0.0.1:{unused_tcp_port},{pair[1].address}"
    shown = run("set", "power-target", "2500", three, "--json", code=1)
    results = [row.get("result", row.get("error")) for row in json.loads(shown.stdout)]
    assert results == ["done", "cannot be reached", "done"]
    assert "1 of 3 machines failed" in shown.stderr
    shown = run("set", "power-target", "1", pair[0].address, code=1)
    assert "outside the limits of this machine: 980 to 8155 W" in shown.stdout


def test_a_wrong_password_is_told(farm, run):
    shown = run("get", "status", "miner-1", "--password", "wrong", code=1)
    assert "401" in shown.stdout
    run("get", "status", "miner-1", env={"MINER_PASSWORD": "secret"})


def test_actions_are_done_and_grave_ones_are_confirmed(pair, farm, run):
    run("do", "pause")
    assert {row["status"] for row in json.loads(run("get", "status", "--json").stdout)} == {
        "paused"
    }
    shown = run("do", "forget-profiles", "miner-0", input="n\n", code=2)
    assert "nothing was done" in shown.stderr
    assert ("DELETE", "/performance/tuned-profiles") not in pair[0].asked
    run("do", "forget-profiles", "miner-0", "--yes")
    assert ("DELETE", "/performance/tuned-profiles") in pair[0].asked


def test_a_value_may_come_from_standard_input(farm, run):
    run("set", "hostname", "-", "miner-0", input="from-stdin\n")
    (row,) = json.loads(run("get", "hostname", "miner-0", "--json").stdout)
    assert row["hostname"] == "from-stdin"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("get", "everything"), "'everything'"),
        (("get", "status"), "no RANGE is given"),
        (("get", "status", "10.0.0.300"), "no IPv4 address"),
        (("set", "power-target", "much", "10.0.0.1"), "takes watts"),
        (("set", "power-target"), "VALUE"),
        (("do", "dance"), "'dance'"),
        (("get", "status", "10.0.0.1", "--csv", "--json"), "one of"),
    ],
)
def test_a_wrong_command_does_nothing_with_exit_code_2(run, words, said):
    assert said in run(*words, code=2).stderr


def test_the_help_names_all_there_is():
    for command, names in (("get", READINGS), ("set", SETTINGS), ("do", ACTIONS)):
        shown = CliRunner().invoke(main, ["miner", command, "--help"]).output
        assert all(f"  {name} " in shown for name in names)
        assert "Exit codes: 0" in shown
