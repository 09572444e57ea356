"""`pithead account password` and `second-factor`: how an account signs in on the pool's page."""

import sys

import click
from sqlalchemy import Engine

from pithead.cli.accountbooks import known, moment, opened
from pithead.cli.options import Refused, data_option, general_options
from pithead.pool.logins import Logins

MOST_CHARACTERS = 1_000
"""Of a line that is read as a password; more than any that is taken."""


@click.command()
@click.argument("user")
@click.option("--remove", is_flag=True, help="Nobody signs in as USER any more.")
@data_option
@general_options
@click.pass_context
def password(context: click.Context, user: str, remove: bool, data: str | None) -> None:
    """Set the password that USER signs in with on the pool's page.

    It is asked for, or read from standard input where that is no terminal. Every session of USER
    ends. Where codes of an authenticator were asked for they are not any more: their secret could
    be read with the old password alone. USER can turn them on again.
    """
    with opened(context, data) as books:
        known(books, user)
        logins = Logins(books.engine)
        if remove:
            if not logins.remove_password(user):
                raise Refused(f"{user} has no password")
            return
        given = _given()
        had_codes = logins.factors.of(user) is not None
        logins.set_password(user, given)
        if had_codes:
            click.echo(f"{user} signs in without codes of an authenticator from now on", err=True)


def _given() -> str:
    """From a terminal unseen and twice, from anything else its first line."""
    if sys.stdin.isatty():
        asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return asked
    return sys.stdin.readline(MOST_CHARACTERS).rstrip("\r\n")


@click.command(name="second-factor")
@click.argument("user")
@click.option("--remove", is_flag=True, help="USER signs in with the password alone.")
@data_option
@general_options
@click.pass_context
def second_factor(context: click.Context, user: str, remove: bool, data: str | None) -> None:
    """Print whether USER signs in with codes as well.

    USER turns them on, with an authenticator.

    \b
    For one who has lost both the authenticator and the recovery codes:
      pithead account second-factor alice --remove
    """
    with opened(context, data) as books:
        known(books, user)
        if not remove:
            click.echo(signing_in(books.engine, user))
        elif not Logins(books.engine).factors.turn_off(user):
            raise Refused(f"{user} signs in without codes already")


def signing_in(engine: Engine, user: str) -> str:
    """What it takes, in words."""
    logins = Logins(engine)
    if not logins.has_password(user):
        return "no password"
    factor = logins.factors.of(user)
    if factor is None:
        return "password"
    return (f"password and code since {moment(factor.since)}, "
            f"{factor.recovery_codes} recovery codes left")  # fmt: skip
