"""Whether this computer suits the pool that is configured. Nothing is made or changed."""

import os
import resource
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from pithead.cli.certificate import CertificateBad, valid_until
from pithead.cli.finding import Finding, ok, problem, warning
from pithead.cli.nodeside import NodeNotUsable, payout_script
from pithead.cli.sections import Config
from pithead.native import HAS_NATIVE
from pithead.pool.database import StoreError, database_of, version_of
from pithead.pool.migrations import HEAD

GIB = 1 << 30
LEAST_FREE, ENOUGH_FREE = 1 * GIB, 5 * GIB
OWN_FILES = 200
"""Descriptors that are no miner's: journal, database, APIs."""
EARLIEST = 1_767_225_600
"""2026-01-01: this program is younger."""
SLACK_SECONDS = 60
EXPIRES_SOON_SECONDS = 14 * 86_400


def data_directory(config: Config) -> Iterator[Finding]:
    path = Path(config.data.directory).absolute()
    present = next(each for each in (path, *path.parents) if each.exists())
    if not present.is_dir():
        yield problem("data", f"{present} is no directory; choose one with data.directory.")
        return
    if not os.access(present, os.W_OK | os.X_OK):
        yield problem(
            "data", f"{present} cannot be written by this user; change its owner, or choose "
            "another directory with data.directory.",
        )  # fmt: skip
        return
    free = shutil.disk_usage(present).free
    room = f"{path} has {free / GIB:.1f} GiB free"
    if free < LEAST_FREE:
        yield problem("data", f"{room}; without room no share can be kept. Make room.")
    elif free < ENOUGH_FREE:
        yield warning("data", f"{room}; that will not last long. Make room soon.")
    else:
        yield ok("data", f"{room} and can be written.")


def open_files(config: Config) -> Iterator[Finding]:
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    needed = config.pool.max_connections + OWN_FILES
    if limit != resource.RLIM_INFINITY and limit < needed:
        yield problem(
            "open files", f"{limit} files and connections may be open, and pool.max_connections "
            f"= {config.pool.max_connections} takes {needed}; raise the limit (`ulimit -n {needed}`"
            f", or LimitNOFILE={needed} in the systemd unit) or lower pool.max_connections.",
        )  # fmt: skip
    else:
        yield ok("open files", f"{needed} are needed at most, and allowed.")


def clock(config: Config, wall: float) -> Iterator[Finding]:
    if wall < EARLIEST:
        yield problem(
            "clock", f"it says {_date(wall)}, which is past; set it, and run NTP (`timedatectl "
            "set-ntp true`).",
        )  # fmt: skip
        return
    journal = Path(config.data.directory) / "pool" / "journal"
    latest = max((each.stat().st_mtime for each in journal.glob("*.journal")), default=0.0)
    if latest > wall + SLACK_SECONDS:
        yield problem(
            "clock", f"it says {_date(wall)}, but the journal was written at {_date(latest)}; the "
            "clock was turned back, or was wrong then. Set it right before the pool starts.",
        )  # fmt: skip
    else:
        yield ok("clock", f"it says {_date(wall)}.")


def native(config: Config) -> Iterator[Finding]:
    if HAS_NATIVE:
        yield ok("native", "shares are hashed by the compiled extension.")
    else:
        yield warning(
            "native", "the compiled extension is not in use, so shares cost several times the "
            "processor time; install a C compiler and the Python headers and install pithead "
            "again (it needs a processor with SHA instructions).",
        )  # fmt: skip


def payout_address(config: Config) -> Iterator[Finding]:
    try:
        payout_script(config)
    except NodeNotUsable as error:
        yield problem("payout address", f"{error}. Set pool.payout_address.")
        return
    where = config.pool.payout_address or "the embedded chain's own wallet"
    yield ok("payout address", f"blocks pay to {where}.")


def certificate(config: Config, wall: float) -> Iterator[Finding]:
    section = config.pool
    if not section.tls_certificate:
        return
    try:
        until = valid_until(Path(section.tls_certificate), Path(section.tls_key), wall)
    except CertificateBad as error:
        yield problem("certificate", f"{error}; renew it, no restart is needed.")
        return
    days = (until - wall) / 86_400
    text = f"{section.tls_certificate} is valid until {_date(until)}"
    if until - wall < EXPIRES_SOON_SECONDS:
        yield warning("certificate", f"{text}, {days:.0f} days from now; renew it.")
    else:
        yield ok("certificate", f"{text}.")


def database(config: Config) -> Iterator[Finding]:
    where = database_of(Path(config.data.directory) / "pool", config.pool.database)
    if isinstance(where, Path) and not where.exists():
        yield ok("database", f"{where} is made when the pool starts.")
        return
    try:
        version = version_of(where)
    except StoreError as error:
        yield problem("database", f"{error}.")
        return
    except DBAPIError as error:
        why = " ".join(str(error.orig).split())
        told = (
            f"{where} cannot be used ({why}); see that this user may write it and its directory."
            if isinstance(where, Path)
            else f"it does not answer ({why}); start it, or put pool.database right."
        )
        yield problem("database", told)
        return
    if version is None:
        yield ok("database", "it answers and is empty; the pool makes its tables.")
    elif version > HEAD:
        yield problem(
            "database", f"it is of version {version}, and this program knows {HEAD}; install the "
            "newer pithead.",
        )  # fmt: skip
    elif version < HEAD:
        yield warning(
            "database", f"it is of version {version}; the next start brings it to {HEAD}. Make a "
            "backup before (`pithead pool backup FILE`).",
        )  # fmt: skip
    else:
        yield ok("database", f"it answers and is up to date (version {version}).")


def _date(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
