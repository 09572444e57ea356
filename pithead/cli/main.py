"""The command `pithead`: what can be asked of it, and the help for it.

What a command needs is imported when it is called: `pithead scan` is there at once, and does not
wait for a chain and a pool to be loaded.
"""

from collections.abc import Coroutine
from typing import Any

import click
import structlog

from pithead.cli.cannotstart import LeadsNoMore
from pithead.cli.lazily import LazyGroup
from pithead.cli.options import (
    General,
    Refused,
    configured,
    data_option,
    expected,
    general_options,
    outside,
    told,
)
from pithead.cli.running import run_to_the_end
from pithead.cli.sections import Config
from pithead.cli.traces import traces

log = structlog.get_logger(__name__)


@click.group(
    cls=LazyGroup,
    commands_at={
        "account": "accountside:account", "admin": "accountside:admin",
        "verify": "accountside:verify", "doctor": "doctor:doctor", "scan": "scanside:scan",
        "top": "topside:top", "completion": "completion:completion",
    },
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)  # fmt: skip
@general_options
@click.version_option(package_name="pithead")
def main() -> None:
    """A mining pool, a miner daemon and a farm to try them with.

    `pithead up` starts a whole farm on this machine: an embedded chain, a pool and simulated
    miners, behind the Braiins Pool web API and the Braiins OS REST API.
    """


def _run(config: Config, work: Coroutine[Any, Any, None]) -> None:
    """Run a part until it ends or is told to; expected failures become one sentence."""
    try:
        with traces(config.telemetry):
            run_to_the_end(work)
    except LeadsNoMore as error:
        raise click.ClickException(str(error)) from error
    except Exception as error:
        if isinstance(error, expected()):
            raise Refused(str(error)) from error
        if not isinstance(error, outside()):
            raise
        log.error("stopped", exc_info=error)
        raise click.ClickException(told(error)) from error
    finally:
        work.close()  # where it was not begun


scenario_option = click.option(
    "--scenario", metavar="FILE", help="The machines and what befalls them, from a TOML file."
)


@main.command(name="up")
@data_option
@general_options
@click.option("--miners", type=int, metavar="N", help="How many machines.  [default: 3]")
@scenario_option
@click.option("--speed", type=float, metavar="X", help="Farm time runs X times faster.")
@click.pass_context
def up_(
    context: click.Context,
    data: str | None,
    miners: int | None,
    scenario: str | None,
    speed: float | None,
) -> None:
    """Start a farm on loopback: chain, pool and miners. Ctrl-C stops it.

    \b
    Examples:
      pithead up
      pithead up --miners 20 --data /tmp/farm
      pithead up --speed 60            (a day in 24 minutes)
      pithead up --scenario examples/hot-summer.toml
    """
    from pithead.cli import up

    config = configured(
        context, data__directory=data, farm__miners=miners, farm__scenario=scenario,
        farm__speed=speed,
    )  # fmt: skip
    _run(config, up.run(config))


@main.group(
    cls=LazyGroup,
    commands_at={
        "backup": "storeside:backup", "restore": "storeside:restore", "check": "storeside:check",
        "rules": "rulesside:rules", "missing-payouts": "missingside:missing_payouts",
    },
    invoke_without_command=True,
)  # fmt: skip
@data_option
@general_options
@click.option(
    "--take-over", is_flag=True,
    help="Take the place of the pool that runs on the same directory: no connection is refused.",
)  # fmt: skip
@click.option(
    "--role", type=click.Choice(["stratum", "accounting", "node", "api"]),
    help="Be one part of a pool on several machines, joined by NATS ([exchange]): a Stratum "
    "front end; the books with both APIs (of these all but one wait); the node, where node.role "
    "says so (all but one wait); or the web API alone.",
)  # fmt: skip
@click.pass_context
def pool(context: click.Context, data: str | None, take_over: bool, role: str | None) -> None:
    """Run the pool alone: chain, Stratum port and web API."""
    if context.invoked_subcommand is not None:
        if data is not None:  # said before the name of what is to be done there
            context.ensure_object(General).settings += (f"data.directory={data}",)
        return
    if role and take_over:
        raise click.UsageError("--role and --take-over exclude each other")
    from pithead.cli import poolside, roleside

    config = configured(context, data__directory=data)
    _run(config, roleside.run(config, role) if role else poolside.run(config, take_over))


@main.group(
    cls=LazyGroup,
    commands_at={
        "token": "keyside:token", "password": "keyside:password",
        "archive-password": "keyside:show_archive_password", "get": "minerside:get",
        "set": "minerside:set_", "do": "minerside:do",
    },
    invoke_without_command=True,
)  # fmt: skip
@data_option
@general_options
@click.option("--model", metavar="NAME", help='Its model, such as "Antminer S19 XP"; or cpu.')
@click.option("--pool", "url", metavar="URL", help="The pool it starts with.")
@click.option("--user", metavar="USER.WORKER", help="Its user there.")
@click.option("--ambient", type=float, metavar="CELSIUS", help="Round it.  [default: 25]")
@click.pass_context
def miner(
    context: click.Context,
    data: str | None,
    model: str | None,
    url: str | None,
    user: str | None,
    ambient: float | None,
) -> None:
    """Run one machine alone; with a command, ask and tell machines.

    Alone it has its REST API, and is a simulated one or this computer itself.

    \b
    Examples:
      pithead miner --model "Antminer S19 XP"
      pithead miner --model cpu --user alice.desk
      pithead miner get summary 10.0.0.0/24
    """
    if context.invoked_subcommand is not None:
        if data is not None:  # said before the name of what is to be done there
            context.ensure_object(General).settings += (f"data.directory={data}",)
        return
    from pithead.cli import farmside

    config = configured(
        context, data__directory=data, miner__model=model, miner__pool_url=url,
        miner__pool_user=user, miner__ambient_c=ambient,
    )  # fmt: skip
    _run(config, farmside.run_miner(config))


@main.command()
@data_option
@general_options
@click.option("--miners", type=int, metavar="N", help="How many machines.  [default: 3]")
@scenario_option
@click.option("--pool", "url", metavar="URL", help="The pool they start with.")
@click.pass_context
def farm(
    context: click.Context,
    data: str | None,
    miners: int | None,
    scenario: str | None,
    url: str | None,
) -> None:
    """Run simulated machines alone, against a pool that is there."""
    from pithead.cli import farmside

    config = configured(
        context, data__directory=data, farm__miners=miners, farm__scenario=scenario,
        miner__pool_url=url,
    )  # fmt: skip
    _run(config, farmside.run_farm(config))


@main.group(
    cls=LazyGroup,
    commands_at={"password": "fleetside:password", "follow": "followside:follow"},
)
def fleet() -> None:
    """Many machines at once, through their own REST APIs."""


@fleet.command()
@click.argument("ranges", nargs=-1, metavar="[RANGE]...")
@data_option
@general_options
@click.option("--port", type=int, metavar="PORT", help="Of the pages.  [default: 8090]")
@click.pass_context
def serve(
    context: click.Context, ranges: tuple[str, ...], data: str | None, port: int | None
) -> None:
    """Serve a page of all machines, and one for each.

    They are those of RANGE, or of the farm.

    \b
    Examples:
      pithead fleet serve                      (the farm of ./pithead-data)
      pithead fleet serve 10.0.0.0/24
      pithead fleet serve 127.0.1.1-40:8081 miner-3.lan
    """
    from pithead.cli import fleetside

    config = configured(context, data__directory=data, fleet__port=port)
    _run(config, fleetside.run(config, ",".join(ranges)))


@main.group()
def token() -> None:
    """Access tokens of the pool's web API."""


@token.command()
@click.argument("user")
@click.option("--profile", default="default", show_default=True, help="The access profile.")
@data_option
@general_options
@click.pass_context
def create(context: click.Context, user: str, profile: str, data: str | None) -> None:
    """Make a token for USER and print it. An older one of the same profile stops working.

    USER gets an account where there is none; that is said beside it. The pool may be running: it
    takes the token at once.
    """
    from pithead.cli.accountbooks import opened

    with opened(context, data) as books:
        is_new = not books.accounts.has(user)
        click.echo(books.accounts.create_token(user, profile))
    if is_new:
        click.echo(f"opened account {user}", err=True)


@main.command()
@click.option("--markdown", "as_page", is_flag=True, help="As the page of the documentation.")
def config(as_page: bool) -> None:
    """Print an example of the configuration file.

    Every key is in it, with its default and what it means.
    """
    from pithead.cli.config import example
    from pithead.cli.reference import markdown

    click.echo(markdown() if as_page else example(), nl=False)


if __name__ == "__main__":
    main()
