"""The licence of the firmware: whether there is one, how long, and what it costs. Pure.

A contract key says what was agreed and carries a checksum against slips of the pen; it takes effect
at the next start of the mining process. A fee is paid in work: for that part of each cycle the
shares found are burnt.
"""

import hashlib
import re
from dataclasses import dataclass
from enum import Enum, auto

import msgspec

from pithead.miner.system_settings import Contract, LicenceSettings

UNLICENSED_SECONDS = 24 * 3600.0
"""A machine without a licence mines so long before it is restricted; an estimate."""
UNLICENSED_BURN_BSP = 500
EXPIRED_BURN_BSP = 1500
"""Burnt in restricted mode: 5 % without a licence, 15 % after one has expired."""
WHOLE_BSP = 10_000
CYCLE_SECONDS = 600.0
FOREVER = 2**32 - 1
"""Seconds shown for what has no end."""

STANDARD_NAME = "Standard"
_KEY = re.compile(r"([A-Za-z0-9_]{1,32})-([0-9]{1,5})-([0-9]{1,12})-([0-9A-F]{8})", re.ASCII)


class Kind(Enum):
    NONE = auto()
    LIMITED = auto()
    VALID = auto()
    EXPIRED = auto()


@dataclass(frozen=True, slots=True)
class Licence:
    kind: Kind
    contract: Contract | None
    """None: the firmware's own terms."""
    seconds_left: int
    """Until restricted mode, where there is a time for it."""
    burn_bsp: int
    """The part of the work that is burnt now."""

    @property
    def is_restricted(self) -> bool:
        return self.kind is Kind.EXPIRED or (self.kind is Kind.NONE and self.seconds_left == 0)


def licence_at(settings: LicenceSettings, started: float, now: float) -> Licence:
    """The licence in force; the mining process runs since `started`."""
    contract = settings.contract
    if contract is not None:
        if contract.ends_at is None:
            return Licence(Kind.VALID, contract, FOREVER, contract.fee_bsp)
        left = max(0, min(FOREVER, int(contract.ends_at - now)))
        if left > 0:
            return Licence(Kind.VALID, contract, left, contract.fee_bsp)
        return Licence(Kind.EXPIRED, contract, 0, EXPIRED_BURN_BSP)
    match settings.kind:
        case "valid":
            return Licence(Kind.VALID, None, FOREVER, 0)
        case "limited":
            return Licence(Kind.LIMITED, None, FOREVER, 0)
        case "none":
            left = max(0, int(started + UNLICENSED_SECONDS - now))
            return Licence(Kind.NONE, None, left, 0 if left else UNLICENSED_BURN_BSP)


def is_burning(licence: Licence, now: float) -> bool:
    """Whether what is found now is burnt: the first part of each cycle."""
    return now % CYCLE_SECONDS < CYCLE_SECONDS * licence.burn_bsp / WHOLE_BSP


def apply_key(
    settings: LicenceSettings, key: str, keep_existing: bool, now: float
) -> LicenceSettings | None:
    """The settings with the contract of a key waiting for the next start; None: it is no key, or
    one that has expired."""
    contract = read_key(key)
    if contract is None or (contract.ends_at is not None and contract.ends_at <= now):
        return None
    if keep_existing and (settings.contract or settings.next_contract) is not None:
        return settings
    return msgspec.structs.replace(settings, next_contract=contract)


def start_of_process(settings: LicenceSettings) -> LicenceSettings:
    """What waits for the start is in force."""
    if settings.next_contract is None:
        return settings
    return msgspec.structs.replace(settings, contract=settings.next_contract, next_contract=None)


def make_key(contract: Contract) -> str:
    """`NAME-FEE-END-CHECKSUM`; a name is letters, digits and underscores."""
    body = f"{contract.name}-{contract.fee_bsp}-{int(contract.ends_at or 0)}"
    key = f"{body}-{_checksum(body)}"
    if read_key(key) is None:
        raise ValueError(f"{contract} cannot be written as a key")
    return key


def read_key(key: str) -> Contract | None:
    """What a key says; None where it is none."""
    found = _KEY.fullmatch(key.strip())
    if found is None:
        return None
    name, fee, end, checksum = found.groups()
    if checksum != _checksum(f"{name}-{fee}-{end}") or int(fee) > WHOLE_BSP:
        return None
    return Contract(name, int(fee), float(end) if int(end) else None)


def _checksum(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:8].upper()
