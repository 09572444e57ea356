"""`pithead scan`: which addresses are machines with the Braiins OS public REST API."""

import asyncio

import click

from pithead.cli.choosing import limits_of, places, waiting_options
from pithead.cli.output import form_of, form_options, progress, show
from pithead.fleet.amounts import Row
from pithead.fleet.calling import find_machines
from pithead.fleet.ranges import Place

NONE_FOUND = 1
"""The exit code."""


@click.command()
@click.argument("range_", metavar="RANGE")
@waiting_options
@form_options
def scan(
    range_: str, port: int, timeout: float, parallel: int, as_csv: bool, as_json: bool
) -> None:
    """Find the machines in RANGE. It asks for the version of their API, without a login.

    \b
    RANGE: 10.0.0.0/24, 10.0.0.5-10.0.0.60, 10.0.0.5-60, an address or a name,
    with :PORT behind it where it is not 80; several with commas.

    \b
    Exit codes: 0 machines were found, 1 none was, 2 RANGE or an option is wrong.

    \b
    Examples:
      pithead scan 10.0.0.0/24
      pithead scan 127.0.1.1-20:8081 --csv > machines.csv
      pithead scan 10.0.0.0/20 --parallel 500 --timeout 2 --json | jq -r '.[].url'
    """
    form = form_of(as_csv, as_json)
    wanted = places(range_, port)
    with progress("asked", len(wanted)) as done:
        found = asyncio.run(find_machines(wanted, limits_of(timeout), parallel, done))
    show([_row(place, version) for place, version in found], form)
    if not found:
        click.echo(f"none of {len(wanted)} addresses is a machine", err=True)
        raise SystemExit(NONE_FOUND)


def _row(place: Place, version: str) -> Row:
    return {"machine": str(place), "url": place.url, "api": version}
