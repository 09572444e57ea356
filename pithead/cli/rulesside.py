"""`pithead pool rules`: how rewards are shared out, looked at and changed."""

from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import click
import msgspec

from pithead.cli.options import (
    Refused,
    configured,
    data_option,
    general_options,
    told_in_a_sentence,
)
from pithead.pool.database import database_of, open_database
from pithead.pool.rewards import Rules, SchemeName
from pithead.pool.rule_terms import changed, rules_of, terms_of
from pithead.pool.rulebook import Rulebook, Wanted

MOST_SHOWN = 10


@click.command()
@click.option("--scheme", "reward_scheme", type=click.Choice(get_args(SchemeName)))
@click.option("--fee", "fee_percent", type=float, metavar="PERCENT", help="The pool's part.")
@click.option(
    "--refund", "braiins_os_refund_percent", type=float, metavar="PERCENT",
    help="Of the fee, what work done by Braiins OS gets back.",
)  # fmt: skip
@click.option(
    "--referral-bonus", "referral_bonus_percent", type=float, metavar="PERCENT",
    help="Of their reward, what referred users get on top.",
)  # fmt: skip
@click.option(
    "--referral-reward", "referral_reward_percent", type=float, metavar="PERCENT",
    help="Of their reward, what whoever referred them gets.",
)  # fmt: skip
@click.option("--referral-days", type=int, metavar="N", help="How long referrals count.")
@click.option("--window", "pplns_window", type=float, metavar="BLOCKS", help="Of pplns.")
@click.option("--as-configured", is_flag=True, help="The configuration's rules again.")
@data_option
@general_options
@click.pass_context
def rules(
    context: click.Context, /, as_configured: bool, data: str | None, **change: str | float | None
) -> None:
    """Show the rules of rewards; with options, change them.

    They change from now on, and what is left out stays. A pool that runs puts them in force within
    seconds, for what comes after that moment. They hold over restarts, until
    --as-configured or until the rules in the configuration change.

    \b
    Examples:
      pithead pool rules
      pithead pool rules --scheme pplns --fee 1.5
      pithead pool rules --as-configured
    """
    said = any(value is not None for value in change.values())
    if said and as_configured:
        raise click.UsageError("--as-configured takes no other rules beside it")
    config = configured(context, data__directory=data)
    with told_in_a_sentence():
        engine = open_database(
            database_of(Path(config.data.directory) / "pool", config.pool.database)
        )
        try:
            book = Rulebook(engine)
            if as_configured and not book.take_back():
                raise Refused("the rules are the configuration's already")
            if said:
                book.choose(changed(book.wanted().rules or rules_of(config.pool), change))
            _show(book, book.wanted(), rules_of(config.pool))
        except ValueError as error:
            raise Refused(str(error)) from error
        finally:
            engine.dispose()


def _show(book: Rulebook, wanted: Wanted, configured: Rules) -> None:
    whose = "configuration" if wanted.chosen is None else "chosen"
    click.echo(f"wanted ({whose})  {_said(wanted.rules or configured)}")
    for past in book.past()[:MOST_SHOWN]:
        since = datetime.fromtimestamp(past.time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
        click.echo(f"since {since}  {_said(past.rules)}")


def _said(rules: Rules) -> str:
    terms: dict[str, object] = msgspec.to_builtins(terms_of(rules))
    return "  ".join(f"{name} {value}" for name, value in terms.items())
