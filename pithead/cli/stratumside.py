"""The Stratum ports of a pool and what their sessions have in common, as they are configured."""

import os
import secrets
import socket
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec
import structlog

from pithead.cli.datadir import write_whole
from pithead.cli.handover import claim
from pithead.cli.sections import PoolSection
from pithead.node.node import Node
from pithead.pool.crowd import CrowdSettings
from pithead.pool.extranonce import Extranonces, Resting, Server
from pithead.pool.floors import AccountFloors
from pithead.pool.front import Front
from pithead.pool.gate import Gate
from pithead.pool.jobs import JobBook, JobSettings
from pithead.pool.keeper import Keeper
from pithead.pool.listener import Listener
from pithead.pool.pool import Pool, PoolSettings
from pithead.pool.session import Session
from pithead.pool.tls import Certificate, CertificateError
from pithead.pool.vardiff import VardiffSettings

log = structlog.get_logger(__name__)

KEY_FILE = "session.key"
"""Seals the session ids: whoever has it can take over the extranonces of others."""

RESTING_FILE = "sessions.json"
"""The extranonces that rested when the pool was stopped."""

PLAIN, TLS = "stratum", "stratum-tls"
"""What the ports are called where one process hands them to another."""

_resting = msgspec.json.Decoder(list[Resting])


class PortNotBound(Exception):
    """A Stratum port or its certificate cannot be used; the message says what to do."""


@dataclass(slots=True)
class StratumPart:
    """The pool with its Stratum ports, from `open` to `stop`."""

    pool: Pool
    listener: Listener
    tls: Listener | None
    extranonces: Extranonces
    directory: Path

    @classmethod
    async def open(
        cls,
        section: PoolSection,
        payout_script: bytes,
        directory: Path,
        node: Node,
        keeper: Keeper,
        admit: Callable[[str], bool],
        clock: Callable[[], float],
        wall: Callable[[], float],
        inherited: dict[str, socket.socket] | None = None,
        make: Callable[..., Pool] = Pool,
        server: Server | None = None,
        floors: AccountFloors | None = None,
    ) -> Self:
        """Take the first template, then listen. Raises PortNotBound.

        `inherited` are sockets that listen already, by name; those that are used are taken out.
        `server` says which of several servers this is, where the section does not.
        """
        inherited = {} if inherited is None else inherited
        gate = Gate(certificate_of(section))
        server = server or Server(section.server_bits, section.server_number)
        extranonces = _extranonces(section, server, directory, clock())
        pool = assemble(
            section, payout_script, extranonces, node, keeper, admit, clock, wall, make, floors
        )
        async with AsyncExitStack() as undo:
            undo.push_async_callback(pool.stop)
            await pool.start()
            listener = Listener(pool, section.stratum_host, section.stratum_port, gate)
            plain = claim(inherited, PLAIN, section.stratum_port)
            await _listen(listener, section, "stratum_port", plain)
            undo.push_async_callback(listener.stop)
            tls = None
            if section.tls_certificate:
                tls = Listener(pool, section.stratum_host, section.stratum_tls_port, gate, True)
                for_tls = claim(inherited, TLS, section.stratum_tls_port)
                await _listen(tls, section, "stratum_tls_port", for_tls)
            undo.pop_all()
        return cls(pool, listener, tls, extranonces, directory)

    @property
    def address(self) -> tuple[str, int]:
        return self.listener.address

    @property
    def tls_address(self) -> tuple[str, int] | None:
        return None if self.tls is None else self.tls.address

    def sockets(self) -> dict[str, socket.socket]:
        """The listening sockets once more, for a process that takes over."""
        ports = {PLAIN: self.listener}
        if self.tls is not None:
            ports[TLS] = self.tls
        return {name: listener.duplicate() for name, listener in ports.items()}

    async def stop(self, come_again: bool = False) -> None:
        """No new connections, then none at all; each session may be resumed."""
        async with AsyncExitStack() as last_first:
            last_first.callback(self._save_resting)
            last_first.push_async_callback(self.pool.stop, come_again)
            if self.tls is not None:
                last_first.push_async_callback(self.tls.stop)
            last_first.push_async_callback(self.listener.stop)

    def _save_resting(self) -> None:
        """What cannot be written is no loss: the ids themselves say almost as much."""
        try:
            encoded = msgspec.json.encode(self.extranonces.resting())
            write_whole(self.directory / RESTING_FILE, encoded)
        except OSError as error:
            log.warning("sessions lose their difficulty in the restart", error=error.strerror)


def certificate_of(section: PoolSection) -> Certificate | None:
    """What TLS is spoken with, if it is spoken. Raises PortNotBound."""
    if not section.tls_certificate:
        return None
    try:
        return Certificate(Path(section.tls_certificate), Path(section.tls_key))
    except CertificateError as error:
        raise PortNotBound(f"[pool] tls_certificate and tls_key: {error}") from error


async def _listen(
    listener: Listener, section: PoolSection, key: str, inherited: socket.socket | None
) -> None:
    try:
        await listener.start(inherited)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise PortNotBound(
            f"{section.stratum_host}:{getattr(section, key)} cannot be bound ({why}); is "
            f"it running already? Choose another with --set pool.{key}=PORT"
        ) from error


def _extranonces(section: PoolSection, server: Server, directory: Path, now: float) -> Extranonces:
    extranonces = Extranonces(
        _session_key(directory), server, section.extranonce1_bytes, born_at=now
    )
    file = directory / RESTING_FILE
    try:
        extranonces.rest(_resting.decode(file.read_bytes()))
        file.unlink()
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        log.warning("the sessions of the last run are not known", file=str(file), error=str(error))
    return extranonces


def _session_key(directory: Path) -> bytes:
    """The same in every life of this pool; made in the first."""
    file = directory / KEY_FILE
    try:
        key = file.read_bytes()
        if len(key) == 32:
            return key
        log.warning("the key of the session ids is damaged and made anew", file=str(file))
    except FileNotFoundError:
        pass
    key = secrets.token_bytes(32)
    write_whole(file, key)
    return key


def assemble(
    section: PoolSection,
    payout_script: bytes,
    extranonces: Extranonces,
    node: Node,
    keeper: Keeper,
    admit: Callable[[str], bool],
    clock: Callable[[], float],
    wall: Callable[[], float],
    make: Callable[..., Pool],
    floors: AccountFloors | None = None,
) -> Pool:
    """A pool, or what `make` makes of the same things."""
    jobs = JobBook(
        JobSettings(
            payout_script=payout_script,
            tag=section.coinbase_tag.encode(),
            extranonce1_size=section.extranonce1_bytes,
            extranonce2_size=section.extranonce2_bytes,
        ),
        first_sequence=int(time.time() * 1000),
    )
    front = Front(
        book=jobs,
        extranonces=extranonces,
        admit=admit,
        vardiff=VardiffSettings(
            shares_per_minute=section.shares_per_minute,
            first_work=section.first_share_work,
            least_work=section.least_share_work,
        ),
        floors=floors or AccountFloors(),
    )
    return make(
        node=node,
        jobs=jobs,
        bookkeeper=keeper,
        open_session=lambda now, wall_now: Session(front, now, wall_now),
        clock=clock,
        wall=wall,
        settings=_settings(section),
    )


def _settings(section: PoolSection) -> PoolSettings:
    return PoolSettings(
        max_connections=section.max_connections,
        crowd=CrowdSettings(
            section.max_connections_per_address,
            section.max_connections_per_subnet,
            section.bytes_per_second_per_connection,
            section.bytes_per_second_per_address,
            section.bytes_per_second_per_subnet,
        ),
        trusted_proxies=frozenset(section.trusted_proxies),
        stale_seconds=section.stale_seconds,
    )
