"""Ranges of nonces to hash, as data that can go to another process, and their execution."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from pithead.bitcoin.hashing import sha256d
from pithead.native import scan

NO_TICKETS = 0
"""The ticket target of who counts hashes otherwise: no ticket is looked for."""


class ScanRequest(NamedTuple):
    """`length` nonces from `start_nonce` on, each under the same header."""

    header: bytes
    """80 bytes; the nonce in it does not matter."""
    start_nonce: int
    length: int
    ticket_target: int
    """The easy target that chips report by; only the number of those is wanted."""
    share_target: int


class ScanResult(NamedTuple):
    tickets: int
    """How many nonces met the ticket target."""
    shares: tuple[tuple[int, int], ...]
    """Nonce and hash, as a number, of those that met the share target."""


class Engine(Protocol):
    """Something that executes scans without holding up the event loop."""

    async def scan(self, requests: Sequence[ScanRequest]) -> list[ScanResult]:
        """One result per request, in order."""

    async def close(self) -> None: ...


def execute(request: ScanRequest) -> ScanResult:
    """Hash the whole range. Tickets are many and shares few, so two scans beat one and a sieve."""
    header, start, count = request.header, request.start_nonce, request.length
    ticket_target = request.ticket_target
    tickets = 0 if ticket_target == NO_TICKETS else len(scan(header, start, count, ticket_target))
    nonces = scan(header, start, count, request.share_target)
    return ScanResult(tickets, tuple((nonce, hash_value(header, nonce)) for nonce in nonces))


def execute_all(requests: Sequence[ScanRequest]) -> list[ScanResult]:
    return [execute(request) for request in requests]


def hash_value(header: bytes, nonce: int) -> int:
    """The hash of a header with this nonce, as the number that targets are compared with."""
    return int.from_bytes(sha256d(header[:76] + nonce.to_bytes(4, "little")), "little")
