"""`pithead miner token` and `pithead miner password`: what opens a machine, from the command line.

They work on the machine's files, whether it runs or not; a running one notices.
"""

from pathlib import Path

import click

from pithead.cli.options import (
    Refused,
    configured,
    data_option,
    general_options,
    told_in_a_sentence,
)
from pithead.miner.api.keys import Keys, keys_in

name_option = click.option(
    "--name", metavar="MACHINE", help="Of a farm, such as miner-0.  [default: miner.name]"
)


def _keys(context: click.Context, name: str | None, data: str | None) -> Keys:
    """Of a machine that has run at least once. Raises Refused."""
    config = configured(context, data__directory=data)
    machines = Path(config.data.directory) / "miners"
    chosen = name or config.miner.name
    with told_in_a_sentence():
        known = sorted(each.name for each in machines.iterdir()) if machines.is_dir() else []
    if chosen not in known:
        there = f"; there are {', '.join(known[:10])}" if known else ""
        raise Refused(f"{machines} has no machine {chosen!r}{there}; choose one with --name")
    return keys_in(machines / chosen, lambda: 0.0)


@click.group()
def token() -> None:
    """Tokens of a machine for tools that cannot log in: they last until they are revoked."""


@token.command(name="create")
@name_option
@data_option
@general_options
@click.pass_context
def create_token(context: click.Context, name: str | None, data: str | None) -> None:
    """Make a token and print it; send it in the Authorization header.

    \b
    Example:
      curl -H "Authorization: $(pithead miner token create --name miner-0)" \\
        http://127.0.1.1/api/v1/miner/details
    """
    with told_in_a_sentence():
        click.echo(_keys(context, name, data).lasting.make())


@token.command()
@name_option
@data_option
@general_options
@click.pass_context
def revoke(context: click.Context, name: str | None, data: str | None) -> None:
    """End all tokens that were made here. The password stays."""
    with told_in_a_sentence():
        _keys(context, name, data).lasting.revoke_all()


@click.group()
def password() -> None:
    """The password of a machine's user root."""


@password.command()
@name_option
@data_option
@general_options
@click.pass_context
def reset(context: click.Context, name: str | None, data: str | None) -> None:
    """Remove the password, as when new, and end every login and token."""
    with told_in_a_sentence():
        _keys(context, name, data).remove_all()
