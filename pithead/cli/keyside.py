"""`pithead miner token`, `password` and `archive-password`: what opens a machine and its archives.

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
from pithead.miner.api.archive_password import archive_password
from pithead.miner.api.keys import Keys, keys_in

name_option = click.option(
    "--name", metavar="MACHINE", help="Of a farm, such as miner-0.  [default: miner.name]"
)


def _directory(context: click.Context, name: str | None, data: str | None) -> Path:
    """Of a machine that has run at least once. Raises Refused."""
    config = configured(context, data__directory=data)
    machines = Path(config.data.directory) / "miners"
    chosen = name or config.miner.name
    with told_in_a_sentence():
        known = sorted(each.name for each in machines.iterdir()) if machines.is_dir() else []
    if chosen not in known:
        there = f"; there are {', '.join(known[:10])}" if known else ""
        raise Refused(f"{machines} has no machine {chosen!r}{there}; choose one with --name")
    return machines / chosen


def _keys(context: click.Context, name: str | None, data: str | None) -> Keys:
    return keys_in(_directory(context, name, data), lambda: 0.0)


@click.group()
def token() -> None:
    """Tokens of a machine for tools that cannot log in.

    They last until they are revoked.
    """


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


@token.command(name="list")
@name_option
@data_option
@general_options
@click.pass_context
def list_tokens(context: click.Context, name: str | None, data: str | None) -> None:
    """Print how the SHA-256 of each token begins, the oldest first.

    Nothing more of them is kept.

    \b
    Which is whose:
      printf %s TOKEN | sha256sum
    """
    with told_in_a_sentence():
        for mark in _keys(context, name, data).lasting.marks():
            click.echo(mark)


@token.command()
@click.argument("mark", required=False)
@name_option
@data_option
@general_options
@click.pass_context
def revoke(context: click.Context, mark: str | None, name: str | None, data: str | None) -> None:
    """End the token that `list` shows as MARK, or all of them. The password stays."""
    with told_in_a_sentence():
        lasting = _keys(context, name, data).lasting
        if mark is None:
            lasting.revoke_all()
        elif not lasting.revoke(mark):
            raise Refused(f"there is no token {mark!r}; `pithead miner token list` shows them")


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


@click.command(name="archive-password")
@name_option
@data_option
@general_options
@click.pass_context
def show_archive_password(context: click.Context, name: str | None, data: str | None) -> None:
    """Print what opens the support archives of a machine."""
    with told_in_a_sentence():
        try:
            click.echo(archive_password(_directory(context, name, data)))
        except ValueError as damaged:
            raise Refused(str(damaged)) from damaged
