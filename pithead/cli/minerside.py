"""`pithead miner get`, `set` and `do`: machines are asked and told, through their REST API."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import click
import msgspec

from pithead.cli.choosing import (
    Asking,
    Machine,
    chosen,
    limits_of,
    login_of,
    login_options,
    waiting_options,
)
from pithead.cli.options import Refused, data_option, general_options
from pithead.cli.output import Form, form_of, form_options, progress, show
from pithead.fleet.amounts import Row, flattened
from pithead.fleet.calling import for_each
from pithead.fleet.client import BASE_PATH, MachineClient, MachineError, shared_http
from pithead.fleet.orders import (
    ACTIONS,
    MOST_CHARACTERS,
    SETTINGS,
    Order,
    for_machine,
    order_to_set,
)
from pithead.fleet.readings import READINGS, Reading

SOME_FAILED = 1
"""The exit code."""

Command = TypeVar("Command", bound=Callable[..., Any])

_ENDING = """
\b
RANGE: 10.0.0.0/24, 10.0.0.5-60, an address or a name, with :PORT where it is not 80, or the
name of a machine of the farm in the data directory; several with commas.
Without RANGE: all machines of that farm.

\b
Exit codes: 0 every machine did, 1 some did not, 2 the command is wrong and nothing was done.
"""


def _listed(names: Sequence[tuple[str, str]]) -> str:
    width = max(len(name) for name, _ in names)
    return "\n".join(["\b", *(f"{name:{width}}  {says}" for name, says in names)])


def _machine_options(command: Command) -> Command:
    """Which machines, what opens them, how they are called, and how the result is shown."""
    asking = login_options(waiting_options(form_options(command)))
    return data_option(general_options(asking))


def _asked(context: click.Context, range_: str | None, given: dict[str, Any]) -> list[Machine]:
    login = login_of(given["user"], given["password"], given["token"])
    asking = Asking(login, given["port"], limits_of(given["timeout"]), given["parallel"])
    return chosen(context, range_, given["data"], asking)


@click.command(
    epilog=_ENDING,
    help=f"""Ask machines for WHAT and print it.

\b
Examples:
  pithead miner get summary
  pithead miner get pools 10.0.0.0/24 --csv
  MINER_PASSWORD=secret pithead miner get power 10.0.0.7 --json

WHAT is one of:

{_listed([(name, reading.tells) for name, reading in READINGS.items()])}
""",
)
@click.argument("what", metavar="WHAT", type=click.Choice(list(READINGS)))
@click.argument("range_", metavar="[RANGE]", required=False)
@_machine_options
@click.pass_context
def get(
    context: click.Context,
    /,
    what: str,
    range_: str | None,
    as_csv: bool,
    as_json: bool,
    **given: Any,
) -> None:
    form = form_of(as_csv, as_json)
    reading = READINGS[what]

    async def read(client: MachineClient) -> list[Row]:
        return await _read(client, reading)

    machines = _asked(context, range_, given)
    _report(machines, _each(machines, read, given, "asked"), form)


async def _read(client: MachineClient, reading: Reading) -> list[Row]:
    return reading.rows(
        *[await client.ask_as(kind, "GET", path) for path, kind in reading.asks]
    )  # fmt: skip


@click.command(
    name="set",
    epilog=_ENDING,
    help=f"""Set WHAT to VALUE on machines. `-` reads the value from standard input.

\b
Examples:
  pithead miner set power-target 3000 10.0.0.5-60
  pithead miner set power-target 80% --dry-run
  pithead miner set pools "stratum+tcp://pool.lan:3333 alice.{{name}}"
  pithead miner set cooling-mode "auto target_temperature=60" miner-0,miner-1

WHAT, and what VALUE may be:

{_listed([(name, setting.takes) for name, setting in SETTINGS.items()])}
""",
)
@click.argument("what", metavar="WHAT", type=click.Choice(list(SETTINGS)))
@click.argument("value", metavar="VALUE")
@click.argument("range_", metavar="[RANGE]", required=False)
@click.option("--dry-run", is_flag=True, help="Show what would be sent where, and send nothing.")
@_machine_options
@click.pass_context
def set_(
    context: click.Context, /, what: str, value: str, range_: str | None, dry_run: bool,
    as_csv: bool, as_json: bool, **given: Any,
) -> None:  # fmt: skip
    if value == "-":
        value = sys.stdin.read(MOST_CHARACTERS + 1).rstrip("\n")
    try:
        order = order_to_set(what, value)
    except ValueError as error:
        raise Refused(str(error)) from error
    machines = _asked(context, range_, given)
    _carry_out(order, machines, given, dry_run, form_of(as_csv, as_json))


@click.command(
    name="do",
    epilog=_ENDING,
    help=f"""Tell machines to do something at once.

\b
Examples:
  pithead miner do pause 10.0.0.5-60
  pithead miner do reboot miner-3 --dry-run

ACTION is one of:

{_listed([(name, action.does) for name, action in ACTIONS.items()])}
""",
)
@click.argument("action", metavar="ACTION", type=click.Choice(list(ACTIONS)))
@click.argument("range_", metavar="[RANGE]", required=False)
@click.option("--dry-run", is_flag=True, help="Show what would be sent where, and send nothing.")
@click.option("--yes", is_flag=True, help="Do what cannot be taken back without asking.")
@_machine_options
@click.pass_context
def do(
    context: click.Context, /, action: str, range_: str | None, dry_run: bool, yes: bool,
    as_csv: bool, as_json: bool, **given: Any,
) -> None:  # fmt: skip
    chosen_action = ACTIONS[action]
    machines = _asked(context, range_, given)
    form = form_of(as_csv, as_json)
    if chosen_action.is_grave and not (yes or dry_run):
        question = f"{action} on {len(machines)} machines ({chosen_action.does})?"
        if not click.confirm(question, err=True):
            raise Refused("not confirmed; nothing was done")
    _carry_out(chosen_action.order, machines, given, dry_run, form)


def _carry_out(
    order: Order, machines: list[Machine], given: dict[str, Any], dry_run: bool, form: Form
) -> None:
    if dry_run:
        show([_told(machine, for_machine(order, machine.name)) for machine in machines], form)
        return
    names = {machine.place: machine.name for machine in machines}

    async def tell(client: MachineClient) -> list[Row]:
        own = for_machine(order, names[client.place])
        answer = await client.ask(own.verb, own.path, own.body)
        return [{"result": "done", "answer": _answered(answer)}]

    _report(machines, _each(machines, tell, given, "told"), form)


def _told(machine: Machine, order: Order) -> Row:
    body = "" if order.body is msgspec.UNSET else msgspec.json.encode(order.body).decode()
    url = f"{machine.place.url}{BASE_PATH}{order.path}"
    return {"machine": machine.name, "verb": order.verb, "url": url, "body": body}


def _answered(answer: Any) -> str:
    """What it says is so now, in one line."""
    if isinstance(answer, dict):
        return " ".join(f"{name}={value}" for name, value in flattened(answer).items())
    return (
        "" if answer is None or isinstance(answer, bool) else msgspec.json.encode(answer).decode()
    )


def _each(
    machines: list[Machine],
    work: Callable[[MachineClient], Awaitable[list[Row]]],
    given: dict[str, Any],
    title: str,
) -> list[list[Row] | MachineError]:
    limits, at_once = limits_of(given["timeout"]), given["parallel"]

    async def all_of_them() -> list[list[Row] | MachineError]:
        async with shared_http(at_once) as http:

            async def one(machine: Machine) -> list[Row]:
                return await work(MachineClient(machine.place, machine.login, limits, http))

            with progress(title, len(machines)) as done:
                return await for_each(machines, one, at_once, done)

    return asyncio.run(all_of_them())


def _report(machines: list[Machine], results: list[list[Row] | MachineError], form: Form) -> None:
    rows: list[Row] = []
    failed = 0
    for machine, result in zip(machines, results, strict=True):
        if isinstance(result, MachineError):
            failed += 1
            rows.append({"machine": machine.name, "error": result.message})
        else:
            rows += [{"machine": machine.name, **row} for row in result]
    show(rows, form)
    if failed:
        click.echo(f"{failed} of {len(machines)} machines failed", err=True)
        raise SystemExit(SOME_FAILED)
