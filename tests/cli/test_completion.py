"""Shells complete the words of the command line."""

import shutil
import subprocess

import pytest
from click.testing import CliRunner

from pithead.cli.completion import SHELLS
from pithead.cli.main import main


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_is_printed_that_asks_pithead_itself(shell):
    shown = CliRunner().invoke(main, ["completion", shell])
    assert shown.exit_code == 0, shown.output
    assert f"_PITHEAD_COMPLETE={shell}_complete" in shown.stdout


def complete(*words):
    variables = {
        "_PITHEAD_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(words),
        "COMP_CWORD": str(len(words) - 1),
    }
    shown = CliRunner().invoke(main, [], env=variables, prog_name="pithead")
    return {line.partition(",")[2] for line in shown.stdout.splitlines()}


def test_commands_and_the_names_of_what_there_is_are_completed():
    assert {"scan", "top", "miner", "fleet", "completion"} <= complete("pithead", "")
    assert complete("pithead", "miner", "get", "power") == {"power", "power-target"}
    assert complete("pithead", "miner", "do", "re") == {"resume", "restart", "reboot"}
    assert "--budget-watt" in complete("pithead", "fleet", "follow", "--budget")


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_reads_its_script():
    script = CliRunner().invoke(main, ["completion", "bash"]).stdout
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_another_shell_is_refused():
    assert CliRunner().invoke(main, ["completion", "csh"]).exit_code == 2
