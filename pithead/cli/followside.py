"""`pithead fleet follow`: machines are kept within a budget of power, from now on."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from pithead.cli.choosing import (
    Asking,
    Machine,
    chosen,
    limits_of,
    login_of,
    login_options,
    waiting_options,
)
from pithead.cli.ending import told_to_stop
from pithead.cli.logs import start_logging
from pithead.cli.options import Refused, configured, data_option, general_options
from pithead.cli.output import printable
from pithead.fleet.budgets import MOST_BYTES, Budget, Steps, read_steps
from pithead.fleet.client import MachineClient, shared_http
from pithead.fleet.connections import Connections
from pithead.fleet.following import Follower, Rules
from pithead.fleet.plot import Sample, as_svg, as_text
from pithead.fleet.steering import Round, Steered, Steering, UpTo

Command = TypeVar("Command", bound=Callable[..., Any])

NOT_HELD = 1
"""The exit code where, at the end, more was drawn than the budget, or not all was put back."""
MOST_SAMPLES = 20_000
"""Of a plot: a day of a look every five seconds."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the options came to."""

    budget: Budget
    rules: Rules
    up_to: UpTo
    every: float
    seconds: float | None
    restore: bool
    plot: Path | None
    plots_here: bool
    at_once: int
    timeout: float


def _number(
    name: str, usual: float, unit: str, meaning: str, least: float = 0.0, most: float | None = None
) -> Callable[[Command], Command]:
    """An option that takes a number from `least` to `most`."""
    return click.option(
        name, type=click.FloatRange(least, most), default=usual, show_default=True, metavar=unit,
        help=meaning,
    )  # fmt: skip


def _steps_file(name: str, meaning: str) -> Callable[[Command], Command]:
    return click.option(name, type=click.Path(path_type=Path), metavar="FILE", help=meaning)


@click.command()
@click.argument("range_", metavar="[RANGE]", required=False)
@click.option("--budget-watt", type=click.FloatRange(0), metavar="W", help="At all times.")
@_steps_file("--budget-csv", "Lines of time,watt.")
@_steps_file("--price-csv", "Lines of time,price; with --limit.")
@click.option("--limit", type=float, metavar="PRICE", help="Above this price nothing runs.")
@_number("--every", 10.0, "SECONDS", "Between two looks.", least=0.1, most=3600)
@_number(
    "--change-every", 300.0, "SECONDS", "No machine goes up within so long of its last change."
)
@_number("--margin", 3.0, "PERCENT", "Of the budget, not planned for.", most=50)
@_number(
    "--paused-watt", 50.0, "W", "What a paused machine draws, until it was seen to.", most=1000
)
@click.option(
    "--up-to",
    type=click.Choice(["former", "default", "max"]),
    default="former",
    show_default=True,
    help="The highest power target a machine gets.",
)
@click.option(
    "--for",
    "seconds",
    type=click.FloatRange(0),
    metavar="SECONDS",
    help="Then end.  [default: until Ctrl-C]",
)
@click.option("--restore", is_flag=True, help="At the end put back targets, pauses and all.")
@click.option(
    "--plot",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.svg",
    help="Write budget and power drawn over time.",
)
@click.option("--plot-terminal", is_flag=True, help="Draw them here with each line.")
@login_options
@waiting_options
@data_option
@general_options
@click.pass_context
def follow(context: click.Context, /, range_: str | None, **given: Any) -> None:
    """Keep machines within a budget of power.

    The most efficient run first, machines alike share, and those there is no power for are paused.
    What is over the budget goes down at once. A machine goes up only when nothing was changed on it
    for a while, and when the others draw less indeed. A machine that is away counts with the power
    it drew last. DPS is left on where it is; it may lower a target further.

    \b
    Files: a line per moment, in order, valid until the next one, the last for good:
      time,watt
      2026-01-01T00:00Z,120000
      2026-01-01T06:00+01:00,90000
    Prices likewise, such as an hourly day-ahead price. A time without a zone is UTC. Before its
    first line a file has no say. What several options say all holds.

    \b
    RANGE is as in `pithead miner get`; without it all machines of the farm.

    \b
    Exit codes: 0 ended within the budget; 1 not, or not all was restored; 2 the command is wrong.

    \b
    Examples:
      pithead fleet follow 10.0.0.0/24 --budget-watt 90000
      pithead fleet follow --budget-csv grid.csv --plot power.svg
      pithead fleet follow --price-csv spot.csv --limit 80 --restore
    """
    plan = _plan(given)
    asking = Asking(
        login_of(given["user"], given["password"], given["token"]), given["port"],
        limits_of(given["timeout"]), given["parallel"],
    )  # fmt: skip
    machines = chosen(context, range_, given["data"], asking)
    start_logging(configured(context, data__directory=given["data"]).log)
    if not asyncio.run(_follow(machines, plan)):
        raise SystemExit(NOT_HELD)


def _plan(given: dict[str, Any]) -> Plan:
    """Raises Refused."""
    prices = _steps(given["price_csv"])
    if (prices is None) != (given["limit"] is None):
        raise Refused("--price-csv and --limit go together")
    steps = _steps(given["budget_csv"])
    if steps is None and prices is None and given["budget_watt"] is None:
        raise Refused("say a budget: --budget-watt, --budget-csv, or --price-csv with --limit")
    plot = given["plot"]
    if plot is not None and not plot.absolute().parent.is_dir():
        raise Refused(f"{plot} cannot be written: there is no such directory")
    return Plan(
        budget=Budget(given["budget_watt"], steps, prices, given["limit"] or 0.0),
        rules=Rules(given["change_every"], given["margin"] / 100, paused_w=given["paused_watt"]),
        up_to=given["up_to"],
        every=given["every"],
        seconds=given["seconds"],
        restore=given["restore"],
        plot=plot,
        plots_here=given["plot_terminal"],
        at_once=given["parallel"],
        timeout=given["timeout"],
    )


def _steps(path: Path | None) -> Steps | None:
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            return read_steps(file.read(MOST_BYTES + 1))
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise Refused(f"{path}: {error}") from error


async def _follow(machines: list[Machine], plan: Plan) -> bool:
    """Whether the budget held at the end, and all was put back."""
    limits = limits_of(plan.timeout)
    async with shared_http(plan.at_once) as http:
        steered = [Steered(each.name, _client(each, limits, http)) for each in machines]
        steering = Steering(steered, Follower(plan.rules), plan.up_to, plan.at_once)
        with told_to_stop() as told:
            held = await _rounds(steering, plan, told)
        failed = await steering.restore() if plan.restore else []
    for sentence in failed:
        click.echo(f"not restored: {printable(sentence)}", err=True)
    return held and not failed


def _client(machine: Machine, limits: Any, http: Connections) -> MachineClient:
    return MachineClient(machine.place, machine.login, limits, http)


async def _rounds(steering: Steering, plan: Plan, told: asyncio.Event) -> bool:
    samples: deque[Sample] = deque(maxlen=MOST_SAMPLES)
    began = time.monotonic()
    said: tuple[str, ...] | None = None
    while True:
        came = await steering.round(plan.budget.at(time.time()), time.monotonic())
        samples.append(Sample(time.time(), came.drawn_w, came.budget_w))
        said = _say(came, said)
        if plan.plots_here:
            click.echo(as_text(samples))
        if plan.plot is not None:
            _write(plan.plot, as_svg(samples))
        over = plan.seconds is not None and time.monotonic() - began >= plan.seconds
        if not over and not told.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(told.wait(), plan.every)
        if over or told.is_set():
            return came.budget_w is None or came.drawn_w <= came.budget_w


def _say(came: Round, said: tuple[str, ...] | None) -> tuple[str, ...]:
    """A line for the look, and what stands in the way where that is news."""
    budget = "no budget" if came.budget_w is None else f"budget {came.budget_w:.0f} W"
    changes = ", ".join(f"{each.name} {each}" for each in came.decision.changes) or "no change"
    moment = datetime.now(UTC).strftime("%H:%M:%S")
    click.echo(f"{moment} {budget}, drawn {came.drawn_w:.0f} W: {printable(changes)}")
    sentences = (*came.decision.limits, *came.failures)
    if sentences != said:
        for sentence in sentences:
            click.echo(f"{moment}   {printable(sentence)}", err=True)
    return sentences


def _write(path: Path, text: str) -> None:
    """A full disk ends no budget."""
    try:
        path.write_text(text)
    except OSError as error:
        click.echo(f"{path}: {error.strerror}", err=True)
