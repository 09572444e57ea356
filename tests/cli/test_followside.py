"""Machines are kept within a budget from the command line, and put back at the end."""

import json
import time
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from pithead.cli.main import main
from tests.served_machines import serving


@pytest.fixture
def machines(tmp_path):
    with serving(tmp_path) as machines:
        yield machines


@pytest.fixture
def follow(tmp_path):
    def follow(*words, code=0):
        words = ["fleet", "follow", *words, "--data", str(tmp_path)]
        shown = CliRunner().invoke(main, words)
        assert shown.exit_code == code, shown.output
        return shown

    return follow


def line(seconds_from_now, value):
    moment = datetime.fromtimestamp(time.time() + seconds_from_now, UTC)
    return f"{moment.isoformat()},{value}\n"


def test_a_budget_is_shared_out_drawn_and_put_back(machines, follow, tmp_path):
    one, other = machines.start(120), machines.start(120)
    plot = tmp_path / "power.svg"
    shown = follow(
        f"{one.address},{other.address}", "--budget-watt", "4000", "--margin", "0",
        "--for", "0", "--restore", "--plot", str(plot), "--plot-terminal", code=1,
    )  # fmt: skip
    assert f"{one.address} target 19" in shown.stdout
    assert "drawn  " in shown.stdout
    for each in (one, other):
        assert ("PUT", "/performance/power-target") in each.asked
        assert ("PUT", "/performance/mode") in each.asked
        told = CliRunner().invoke(main, ["miner", "get", "power", each.address, "--json"])
        assert json.loads(told.stdout)[0]["target_w"] == 3500
    assert ElementTree.fromstring(plot.read_text()).tag.endswith("svg")


def test_above_the_limit_of_the_price_all_are_paused(machines, follow, tmp_path):
    one = machines.start(120)
    prices = tmp_path / "prices.csv"
    prices.write_text("time,price\n" + line(-3600, 50) + line(-60, 90.5) + line(3600, 40))
    words = (one.address, "--price-csv", str(prices), "--for", "0")
    assert "budget 0 W" in follow(*words, "--limit", "90", code=1).stdout
    assert one.asked[-1] == ("PUT", "/actions/pause")
    shown = follow(*words, "--limit", "91")
    assert "no budget" in shown.stdout
    assert f"{one.address} resume at 3500 W" in shown.stdout


def test_a_machine_that_is_away_is_told_and_the_others_are_steered(
    machines, follow, unused_tcp_port
):
    one = machines.start(120)
    away = f"127.0.0.1:{unused_tcp_port}"
    shown = follow(f"{one.address},{away}", "--budget-watt", "9000", "--for", "0")
    assert f"{away}: cannot be reached" in shown.stderr
    assert "no change" in shown.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "say a budget"),
        (("--price-csv", "here.csv"), "go together"),
        (("--limit", "5", "--budget-watt", "5"), "go together"),
        (("--budget-csv", "/nowhere/at.all"), "No such file"),
        (("--budget-csv", "/dev/null"), "no line with a time"),
        (("--budget-watt", "5", "--plot", "/nowhere/a.svg"), "no such directory"),
        (("--budget-watt", "-5"), "--budget-watt"),
    ],
)
def test_a_wrong_command_does_nothing_with_exit_code_2(follow, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here.csv").write_text(line(0, 1))
    assert said in follow("10.0.0.1", *words, code=2).stderr
