"""`pithead doctor`: what is wrong with a deployment, in sentences."""

import asyncio
import time
from collections.abc import Sequence

import click
import msgspec
from msgspec import Struct
from structlog.testing import capture_logs

from pithead.cli import checkup, reach
from pithead.cli.finding import Finding
from pithead.cli.options import configured, data_option, general_options
from pithead.cli.sections import Config

MARKS = {"ok": "ok     ", "warning": "WARNING", "problem": "PROBLEM"}


class Report(Struct, frozen=True):
    """What `--json` prints."""

    ok: bool
    findings: Sequence[Finding]


async def examine(config: Config, wall: float) -> list[Finding]:
    """Look at everything; what cannot be told without another thing is told all the same."""
    return [
        *checkup.data_directory(config),
        *checkup.open_files(config),
        *[found async for found in reach.ports(config)],
        *checkup.clock(config, wall),
        *await asyncio.to_thread(lambda: list(checkup.database(config))),
        *[found async for found in reach.nodes(config, wall)],
        *checkup.payout_address(config),
        *checkup.certificate(config, wall),
        *checkup.native(config),
    ]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@data_option
@general_options
@click.pass_context
def doctor(context: click.Context, as_json: bool, data: str | None) -> None:
    """Check that a pool can run, or runs, as configured here.

    It says what to put right, and changes nothing. Exit code 1 says that there is a problem, 0
    that there is none.
    """
    config = configured(context, data__directory=data)
    with capture_logs():  # what is found is told below, and nothing else
        findings = asyncio.run(examine(config, time.time()))
    problems = sum(each.level == "problem" for each in findings)
    if as_json:
        click.echo(msgspec.json.encode(Report(not problems, findings)))
    else:
        for each in findings:
            click.echo(f"{MARKS[each.level]} {each.part}: {each.text}")
        plural = "" if problems == 1 else "s"
        click.echo(f"{problems} problem{plural}" if problems else "no problem was found")
    context.exit(1 if problems else 0)
