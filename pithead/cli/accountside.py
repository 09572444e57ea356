"""`pithead account` and `pithead admin`: who mines at the pool and who runs it.

All of it works on the pool's database, whether the pool runs or not; a running one notices.
"""

from typing import BinaryIO

import click

from pithead.cli.accountbooks import known, moment, opened
from pithead.cli.options import Refused, data_option, general_options
from pithead.cli.signinside import password, second_factor, signing_in
from pithead.pool.admins import Admins
from pithead.pool.credit_proof import check, read_proof
from pithead.pool.credit_tree import BadProof
from pithead.pool.destinations import Destinations
from pithead.pool.groups import Groups
from pithead.pool.notices import CHANNELS, KINDS, Channel, Kind, Notices
from pithead.pool.worker_settings import WorkerSetting

GIGA = 10**9
LONGEST_PROOF = 65_536


@click.group()
def account() -> None:
    """Accounts of the pool: profiles, workers, contacts, groups."""


account.add_command(password)
account.add_command(second_factor)


@account.command(name="list")
@data_option
@general_options
@click.pass_context
def list_accounts(context: click.Context, data: str | None) -> None:
    """Print the name of each account."""
    with opened(context, data) as books:
        for name in books.accounts.users():
            click.echo(name)


@account.command(name="create")
@click.argument("user")
@data_option
@general_options
@click.pass_context
def create_account(context: click.Context, user: str, data: str | None) -> None:
    """Open an account for USER; nothing happens if there is one."""
    with opened(context, data) as books:
        books.accounts.create_user(user)


@account.command()
@click.argument("user")
@data_option
@general_options
@click.pass_context
def show(context: click.Context, user: str, data: str | None) -> None:
    """Print what is set for USER."""
    with opened(context, data) as books:
        known(books, user)
        click.echo(f"sign-in  {signing_in(books.engine, user)}")
        for profile in books.accounts.profiles(user):
            allowed = "web API" if profile.web_api else "no web API"
            used = moment(profile.last_used)
            click.echo(f"profile  {profile.name}  {allowed}  last used {used}")
        for worker, setting in books.workers.of(user).items():
            click.echo(f"worker   {worker}  {_said(setting, books.work_scale)}")
        for contact in Notices(books.engine).contacts_of(user):
            click.echo(f"contact  {contact.channel}  {contact.target}  {' '.join(contact.kinds)}")
        if wish := Destinations(books.engine, books.network).of(user):
            least = f"from {wish.threshold_sats} sat" if wish.threshold_sats else "as the pool does"
            click.echo(f"pay to   {wish.address}  {least}")
        for group, members in Groups(books.engine).all().items():
            if user in members:
                click.echo(f"group    {group}  ({len(members)} members)")


@account.command(name="pay-to")
@click.argument("user")
@click.argument("address", required=False)
@click.option(
    "--threshold", type=click.IntRange(0), default=0, metavar="SATS",
    help="The smallest balance to be paid out; 0 is the pool's own.",
)  # fmt: skip
@data_option
@general_options
@click.pass_context
def pay_to(
    context: click.Context, user: str, address: str | None, threshold: int, data: str | None
) -> None:
    """Pay USER at ADDRESS from the next payout on. Without one, not any more."""
    with opened(context, data) as books:
        known(books, user)
        destinations = Destinations(books.engine, books.network)
        if address is not None:
            destinations.set(user, address, threshold)
        elif not destinations.clear(user):
            raise Refused(f"{user} has no address to be paid at")


def _said(setting: WorkerSetting, scale: int) -> str:
    rate = setting.alert_rate
    limit = "automatic" if rate is None else f"{rate * scale / GIGA:g} Gh/s"
    least = setting.least_difficulty
    shares = "" if least is None else f"  least difficulty {least:g}"
    return f"label {setting.label!r}  alert limit {limit}{shares}"


@account.command()
@click.argument("user")
@click.argument("profile")
@data_option
@general_options
@click.pass_context
def revoke(context: click.Context, user: str, profile: str, data: str | None) -> None:
    """Remove the access PROFILE of USER; its token stops working."""
    with opened(context, data) as books:
        if not books.accounts.revoke(user, profile):
            raise Refused(f"{user} has no access profile {profile!r}")


@account.command()
@click.argument("user")
@click.argument("profile")
@click.option("--web-api/--no-web-api", required=True, help="Whether web APIs may be used with it.")
@data_option
@general_options
@click.pass_context
def allow(context: click.Context, user: str, profile: str, web_api: bool, data: str | None) -> None:
    """Change what the PROFILE of USER allows; its token stays."""
    with opened(context, data) as books:
        if not books.accounts.allow(user, profile, web_api):
            raise Refused(f"{user} has no access profile {profile!r}")


@account.command()
@click.argument("user")
@click.argument("worker")
@click.option("--label", help="A name for people.")
@click.option("--alert-limit", type=float, metavar="GHS", help="In Gh/s; 0 is automatic.")
@click.option(
    "--least-difficulty", type=float, metavar="D",
    help="Of its shares, as the miner sees it; 0 is the pool's own minimum.",
)  # fmt: skip
@data_option
@general_options
@click.pass_context
def worker(
    context: click.Context,
    user: str,
    worker: str,
    label: str | None,
    alert_limit: float | None,
    least_difficulty: float | None,
    data: str | None,
) -> None:
    """Label WORKER of USER, or set its limits.

    They are: below which hashrate it counts as low, and how hard its shares are at the least. A
    running pool heeds that within seconds, also for a worker that is there.

    \b
    Example:
      pithead account worker alice rig1 --label "cellar, left" --alert-limit 90000
    """
    with opened(context, data) as books:
        known(books, user)
        last = books.workers.of(user).get(worker, WorkerSetting())
        rate, least = last.alert_rate, last.least_difficulty
        if alert_limit is not None:
            rate = alert_limit * GIGA / books.work_scale or None
        if least_difficulty is not None:
            least = least_difficulty or None
        said = last.label if label is None else label
        books.workers.put(user, worker, WorkerSetting(said, rate, least))


@account.command()
@click.argument("user")
@click.argument("channel", type=click.Choice(CHANNELS))
@click.argument("target")
@click.option(
    "--of", "kinds", multiple=True, type=click.Choice(KINDS), default=["worker"],
    show_default=True, help="What it is told of. May be given many times.",
)  # fmt: skip
@click.option("--remove", is_flag=True, help="Tell it nothing more.")
@data_option
@general_options
@click.pass_context
def contact(
    context: click.Context,
    user: str,
    channel: Channel,
    target: str,
    kinds: tuple[Kind, ...],
    remove: bool,
    data: str | None,
) -> None:
    """Tell TARGET what happens at USER's workers.

    TARGET is a URL or an address of e-mail. The secret that is printed for a webhook signs what
    it is sent.

    \b
    Examples:
      pithead account contact alice webhook https://example.org/hook --of worker --of block
      pithead account contact alice email alice@example.org
    """
    with opened(context, data) as books:
        known(books, user)
        notices = Notices(books.engine)
        if remove:
            if not notices.remove_contact(user, channel, target):
                raise Refused(f"{user} has no such contact")
            return
        made = notices.put_contact(user, channel, target, kinds)
        if made.secret:
            click.echo(made.secret)


@account.command()
@click.argument("name")
@click.argument("user")
@click.option("--remove", is_flag=True, help="Take the user out of it.")
@data_option
@general_options
@click.pass_context
def group(context: click.Context, name: str, user: str, remove: bool, data: str | None) -> None:
    """Put USER into the group NAME. Hashrates of a group are shown together."""
    with opened(context, data) as books:
        known(books, user)
        groups = Groups(books.engine)
        if not remove:
            groups.put(name, user)
        elif not groups.remove(name, user):
            raise Refused(f"{user} is not in group {name!r}")


@click.command()
@click.argument("file", type=click.File("rb"))
@click.option("--root", help="The root that was published for the day, if you kept it.")
def verify(file: BinaryIO, root: str | None) -> None:
    """Check the proof of a day's credit in FILE.

    A FILE of - is standard input. The proof holds if the work of the user leads to the root of the
    day and is part of its total. Exit code 1 says that it does not.

    \b
    Example:
      curl -H "SlushPool-Auth-Token: TOKEN" \\
        http://127.0.0.1:8080/api/v1/credits/2026-11-20/proof | pithead verify -
    """
    try:
        proof = read_proof(file.read(LONGEST_PROOF))
        check(proof)
        if root is not None and root.lower() != proof.root:
            raise BadProof(f"the proof leads to {proof.root}, not to the root you gave")
    except BadProof as error:
        raise click.ClickException(str(error)) from error
    part = 100 * int(proof.work) / int(proof.total)
    click.echo(f"holds: {proof.user} was credited {proof.work} of {proof.total} ({part:.3f} %) on "
               f"{proof.day}")  # fmt: skip
    click.echo(f"root {proof.root}")


@click.group()
def admin() -> None:
    """Tokens of the pool's admin API."""


@admin.command(name="create")
@click.argument("name")
@data_option
@general_options
@click.pass_context
def create_admin(context: click.Context, name: str, data: str | None) -> None:
    """Make a token for the admin NAME and print it. An older one of that name stops working."""
    with opened(context, data) as books:
        click.echo(Admins(books.engine).create(name))


@admin.command(name="list")
@data_option
@general_options
@click.pass_context
def list_admins(context: click.Context, data: str | None) -> None:
    """Print each admin's name, and when the token was last used."""
    with opened(context, data) as books:
        for each in Admins(books.engine).all():
            click.echo(f"{each.name}  last used {moment(each.last_used)}")


@admin.command(name="revoke")
@click.argument("name")
@data_option
@general_options
@click.pass_context
def revoke_admin(context: click.Context, name: str, data: str | None) -> None:
    """End the token of the admin NAME."""
    with opened(context, data) as books:
        if not Admins(books.engine).revoke(name):
            raise Refused(f"there is no admin {name!r}")
