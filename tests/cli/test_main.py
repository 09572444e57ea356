"""The command line as a person meets it: helps, refusals, tokens."""

import sqlite3
import tomllib

import click
import pytest
from click.testing import CliRunner

from pithead.cli.main import main
from pithead.pool.accounts import Accounts


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("PITHEAD_CONFIG", "PITHEAD_POOL_STRATUM_PORT"):
        monkeypatch.delenv(name, raising=False)
    return lambda *arguments: CliRunner().invoke(main, arguments)


def test_the_help_lists_every_command(run):
    shown = run("--help")
    assert shown.exit_code == 0
    for command in ("up", "pool", "miner", "farm", "token", "config"):
        assert f"\n  {command} " in shown.output


@pytest.mark.parametrize("command", ["up", "pool", "miner", "farm", "config"])
def test_every_command_explains_itself(run, command):
    shown = run(command, "--help")
    assert shown.exit_code == 0
    assert "Usage:" in shown.output


def groups(command, *path):
    if isinstance(command, click.Group):
        yield path
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from groups(command.get_command(context, name), *path, name)


def test_no_list_of_commands_is_cut_in_the_usual_terminal():
    for path in groups(main):
        shown = CliRunner().invoke(main, [*path, "--help"], terminal_width=80).output
        commands = shown.partition("\nCommands:\n")[2].splitlines()
        assert commands, path
        assert not [each for each in commands if each.endswith("...")], path


def test_the_example_configuration_is_toml_that_the_program_takes(run, tmp_path):
    shown = run("config")
    assert tomllib.loads(shown.output)["pool"]["stratum_port"] == 3333
    (tmp_path / "pithead.toml").write_text(shown.output)
    assert run("token", "create", "alice").exit_code == 0


def test_an_unknown_key_is_named_with_its_file_and_nothing_is_started(run, tmp_path):
    (tmp_path / "farm.toml").write_text("[pool]\nstratum_prot = 3333\n")
    shown = run("--config", "farm.toml", "up")
    assert shown.exit_code == 2
    assert "farm.toml" in shown.output
    assert "stratum_prot" in shown.output
    assert "stratum_port" in shown.output
    assert not (tmp_path / "pithead-data").exists()


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("pool.stratum_port=70000", "stratum_port"),
        ("farm.miners=many", "miners"),
        ("nonsense", "section.key=value"),
        ("farm.models=Antminer S99", "S99"),
    ],
)
def test_a_bad_value_is_named(run, setting, words):
    shown = run("--set", setting, "up")
    assert shown.exit_code == 2
    assert words in shown.output


@pytest.mark.parametrize("command", ["up", "pool", "miner", "farm"])
def test_general_options_may_stand_behind_the_command_too(run, tmp_path, command):
    shown = run(command, "--set", "pool.stratum_port=70000")
    assert shown.exit_code == 2
    assert "stratum_port" in shown.output
    (tmp_path / "farm.toml").write_text("[pool]\nstratum_prot = 3333\n")
    assert "stratum_prot" in run(command, "--config", "farm.toml").output


def test_of_two_settings_of_a_key_the_later_one_holds(run):
    right, wrong = ("--set", "log.level=info"), ("--set", "log.level=loud")
    assert "loud" in run(*right, "token", "create", *wrong, "alice", "--data", "state").output
    assert run(*wrong, "token", "create", *right, "alice", "--data", "state").exit_code == 0


def test_a_bad_variable_of_the_environment_is_named(run, monkeypatch):
    monkeypatch.setenv("PITHEAD_POOL_STRATUM_PORT", "x")
    shown = run("up")
    assert shown.exit_code == 2
    assert "PITHEAD_POOL_STRATUM_PORT" in shown.output


def test_a_payout_address_of_another_network_is_refused_before_anything_listens(run):
    address = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
    shown = run(
        "--set",
        f"pool.payout_address={address}",
        "--set",
        "pool.api_port=0",
        "--set",
        "admin.port=0",
        "pool",
    )
    assert shown.exit_code == 2
    assert "payout_address" in shown.output


def test_a_token_is_printed_once_and_kept_as_a_digest(run, tmp_path):
    shown = run("token", "create", "alice", "--data", "state")
    token = shown.stdout.strip()
    assert shown.exit_code == 0
    assert len(token) >= 32
    database = tmp_path / "state" / "pool" / "pool.sqlite"
    with sqlite3.connect(database) as connection:
        stored = "\n".join(map(str, connection.execute("SELECT * FROM tokens")))
    connection.close()
    assert token not in stored
    assert "alice" in stored


def test_a_new_token_of_a_profile_takes_the_place_of_the_old_one(run):
    old = run("token", "create", "alice", "--data", "state").stdout.strip()
    other = run("token", "create", "alice", "--profile", "home", "--data", "state").stdout.strip()
    new = run("token", "create", "alice", "--data", "state").stdout.strip()
    assert len({old, other, new}) == 3


def test_an_account_that_a_token_opens_is_said_beside_it(run):
    first = run("token", "create", "alice", "--data", "state")
    assert first.stderr == "opened account alice\n"
    assert run("token", "create", "alice", "--data", "state").stderr == ""
    mistyped = run("token", "create", "alcie", "--profile", "no/name", "--data", "state")
    assert mistyped.exit_code == 2
    assert run("account", "list", "--data", "state").stdout == "alice\n"


@pytest.mark.parametrize("name", ["", "a.b", "x" * 200, "a b", "<script>"])
def test_a_name_that_could_not_mine_gets_no_token(run, name):
    shown = run("token", "create", name, "--data", "state")
    assert shown.exit_code == 2
    assert Accounts.__name__ not in shown.output


def test_a_database_that_is_none_and_a_directory_in_the_way_are_told_in_a_sentence(run, tmp_path):
    (tmp_path / "state" / "pool").mkdir(parents=True)
    (tmp_path / "state" / "pool" / "pool.sqlite").write_bytes(b"no database" * 1000)
    damaged = run("token", "create", "alice", "--data", "state")
    assert damaged.exit_code == 1
    assert damaged.output == (
        "Error: the pool's database, pool.sqlite in the data directory: file is not a database\n"
    )
    (tmp_path / "file").write_text("in the way")
    blocked = run("token", "create", "alice", "--data", "file")
    assert blocked.exit_code == 1
    assert blocked.output == "Error: file/pool: Not a directory\n"


def test_a_pool_with_a_damaged_database_does_not_start_and_says_so(run, tmp_path):
    (tmp_path / "state" / "pool").mkdir(parents=True)
    (tmp_path / "state" / "pool" / "pool.sqlite").write_bytes(b"no database" * 1000)
    shown = run(
        "pool",
        "--data",
        "state",
        "--set",
        "pool.api_port=0",
        "--set",
        "pool.stratum_port=0",
        "--set",
        "admin.port=0",
    )
    assert shown.exit_code == 1
    assert shown.output.endswith("file is not a database\n")


def test_a_database_of_another_version_is_told_in_a_sentence(run, tmp_path):
    directory = tmp_path / "state" / "pool"
    assert run("token", "create", "alice", "--data", "state").exit_code == 0
    with sqlite3.connect(directory / "pool.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '999'")
    connection.close()
    shown = run("token", "create", "alice", "--data", "state")
    assert shown.exit_code == 2
    assert "999" in shown.output
