"""Commands are found where they are, and nothing else is loaded for them."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from pithead.cli.lazily import LazyGroup
from pithead.cli.main import main


def every_command(group, path=()):
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from every_command(command, (*path, name))


def test_every_command_is_there_by_its_own_name_and_says_what_it_does():
    for path, command in every_command(main):
        assert command is not None, path
        assert command.name == path[-1]
        assert command.help, path


def test_a_command_that_is_not_there_is_refused():
    result = CliRunner().invoke(main, ["scann"])
    assert (result.exit_code, "No such command" in result.output) == (2, True)


def test_commands_here_and_elsewhere_stand_together():
    group = LazyGroup("g", commands_at={"verify": "accountside:verify"})
    group.add_command(click.Command("here"))
    assert group.list_commands(click.Context(group)) == ["here", "verify"]


@pytest.mark.parametrize("words", [["--version"], ["scan", "--help"], ["completion", "bash"]])
def test_what_asks_no_chain_does_not_load_one(words):
    code = (
        "import sys; sys.argv = ['pithead', *sys.argv[1:]]\n"
        "from pithead.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print([name for name in ('sqlalchemy', 'pbk', 'graphql') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True)
    assert said.stdout.splitlines()[-1] == "[]", said.stderr
