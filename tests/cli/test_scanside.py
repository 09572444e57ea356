"""Machines are found among addresses, over real sockets."""

import csv
import io
import json

import pytest
from click.testing import CliRunner

from pithead.cli.main import main
from pithead.miner.api.version import REST_VERSION_TEXT
from tests.served_machines import serving


@pytest.fixture
def machines(tmp_path):
    with serving(tmp_path) as machines:
        yield machines


def scan(*words, code=0):
    shown = CliRunner().invoke(main, ["scan", *words])
    assert shown.exit_code == code, shown.output
    return shown


def test_machines_are_found_among_addresses_that_are_none(machines, unused_tcp_port):
    one, other = machines.start(), machines.start()
    wanted = f"{one.address},127.0.0.1:{unused_tcp_port},{other.address}"
    found = json.loads(scan(wanted, "--json").stdout)
    assert found == [
        {"machine": each.address, "url": each.place.url, "api": REST_VERSION_TEXT}
        for each in (one, other)
    ]
    assert [each.asked for each in (one, other)] == [[("GET", "/version/")]] * 2
    rows = list(csv.DictReader(io.StringIO(scan(wanted, "--csv").stdout)))
    assert rows == found
    assert other.address in scan(wanted).stdout


def test_where_there_is_none_the_exit_code_is_1_and_the_output_still_parses(unused_tcp_port):
    shown = scan(f"127.0.0.1:{unused_tcp_port}", "--json", code=1)
    assert json.loads(shown.stdout) == []
    assert "none of 1 addresses is a machine" in shown.stderr
    assert scan(f"127.0.0.1:{unused_tcp_port}", code=1).stdout == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("10.0.0.0/8",), "16777216 addresses"),
        (("10.0.0.1", "--csv", "--json"), "one of --csv and --json"),
        (("10.0.0.1", "--port", "0"), "--port"),
        ((), "RANGE"),
    ],
)
def test_what_is_wrong_with_the_words_is_told_with_exit_code_2(words, said):
    assert said in scan(*words, code=2).stderr
