"""`pithead pool missing-payouts`: what the wallet paid and the books lack is booked."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import click
from sqlalchemy import select

from pithead.cli.datadir import DataDirectory
from pithead.cli.logs import start_logging
from pithead.cli.nodeside import network_of
from pithead.cli.options import (
    Refused,
    configured,
    data_option,
    general_options,
    told_in_a_sentence,
)
from pithead.cli.payoutside import core_wallet
from pithead.cli.poolside import books_settings
from pithead.cli.sections import Config
from pithead.node.payments import PaymentRefused, SentBefore
from pithead.pool import schema
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.destinations import Destinations
from pithead.pool.ledger import confirmed
from pithead.pool.missing import Missing, missing

MARGIN_SECONDS = 86_400
"""How far before the newest event of the books is looked: clocks may differ."""


class Sending(Protocol):
    async def sent_since(self, second: int) -> list[SentBefore]: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    found: Sequence[Missing]
    below: dict[str, int]
    """Users who were paid more than the books know of, once these are booked: satoshis below
    zero."""


async def look(config: Config, keeper: Bookkeeper, wallet: Sending, is_booked: bool) -> Outcome:
    """Doing it twice is doing it once: what is booked is known. Raises PaymentRefused,
    NodeUnavailable, JournalFull."""
    engine = keeper.store.engine
    wishes = Destinations(engine, network_of(config.node)).all()
    with engine.connect() as connection:
        known = set(connection.scalars(select(schema.payouts.c.txid_display)))
        known |= {each.txid_display for each in keeper.payouts_underway}
        last_ms = connection.scalar(select(schema.state.c.last_ms)) or 0
    sent = await wallet.sent_since(max(0, last_ms // 1000 - MARGIN_SECONDS))
    found = missing(sent, known, {user: each.address for user, each in wishes.items()})
    balances = dict(keeper.ledger_balances)
    for line in (line for each in found for line in each.lines):
        account = confirmed(line.user)
        balances[account] = balances.get(account, 0) - line.sats
    if is_booked:
        plans = [each.plan(max(each.sent.time * 1000, last_ms)) for each in found if each.lines]
        if plans:
            keeper.accept(plans)
    paid = {line.user for each in found for line in each.lines}
    return Outcome(
        found, {user: -sats for user in sorted(paid) if (sats := balances[confirmed(user)]) < 0}
    )


async def _run(config: Config, is_booked: bool) -> Outcome:
    keeper = await Bookkeeper.open(
        Path(config.data.directory) / "pool", books_settings(config.pool, None)
    )
    try:
        wallet, rpc = core_wallet(config)
        try:
            return await look(config, keeper, wallet, is_booked)
        finally:
            await rpc.close()
    finally:
        await keeper.close()


@click.command(name="missing-payouts")
@click.option("--book", "is_booked", is_flag=True, help="Book them; without it they are shown.")
@data_option
@general_options
@click.pass_context
def missing_payouts(context: click.Context, is_booked: bool, data: str | None) -> None:
    """Find payouts of the wallet that the books lack.

    They lack them after a backup without its journal. They are told by the addresses of users. The
    pool must not be running. Its next start follows those that were booked
    until they have their confirmations.

    \b
    Example:
      pithead pool missing-payouts --set payouts.wallet=pool
      pithead pool missing-payouts --set payouts.wallet=pool --book
    """
    config = configured(context, data__directory=data)
    if config.node.kind != "bitcoind" or not config.payouts.wallet:
        raise Refused("say which wallet of bitcoind paid: --set payouts.wallet=NAME")
    start_logging(config.log)
    with told_in_a_sentence(), DataDirectory(Path(config.data.directory)):
        try:
            outcome = asyncio.run(_run(config, is_booked))
        except PaymentRefused as error:
            raise Refused(str(error)) from error
    _show(outcome, is_booked)


def _show(outcome: Outcome, is_booked: bool) -> None:
    for each in outcome.found:
        when = datetime.fromtimestamp(each.sent.time, UTC).strftime("%Y-%m-%d %H:%M")
        sats = sum(paid for _, paid in each.sent.payments)
        click.echo(f"{each.sent.txid_display}  {when}  {sats} sat  {_said(each, is_booked)}")
    for user, sats in outcome.below.items():
        click.echo(f"{user} was paid {sats} sat more than the books know of: what it earns next "
                   "makes up for that", err=True)  # fmt: skip
    if not outcome.found:
        click.echo("the books know all that the wallet has sent")
    elif not is_booked and any(each.lines for each in outcome.found):
        click.echo("nothing was booked; --book does it")


def _said(each: Missing, is_booked: bool) -> str:
    if not each.lines:
        return f"left alone: {each.doubt}"
    users = len({line.user for line in each.lines})
    return f"{'booked' if is_booked else 'to be booked'} for {users} users"
