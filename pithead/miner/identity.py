"""What tells one machine of a model from its sisters, and names for what it is given."""

import dataclasses
import hashlib
from collections.abc import Iterable
from functools import partial
from itertools import count

import msgspec

from pithead.hardware.models import MachineModel
from pithead.miner.configuration import PoolGroup
from pithead.miner.snapshot import BosVersion, Identity

BOS_VERSION = BosVersion(
    current="2026-08-11-0-3c5d7e9a-26.08-plus",
    major="2022-09-13-0-11012d53-22.08-plus",
    bos_plus=True,
)
"""The firmware this daemon answers as."""

DEFAULT_HOSTNAME = "Antminer"
_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def identity_of(model: MachineModel, seed: str) -> Identity:
    """The same seed gives the same machine, in every run. What is no mining hardware has no serial
    numbers."""
    serial = partial(_word, seed, alphabet=_CAPITALS, length=17)
    boards = range(model.boards)
    return Identity(
        uid=_word(seed, "uid", _LETTERS, 16),
        hostname=DEFAULT_HOSTNAME,
        mac_address=_mac(seed),
        serial_number=serial("machine") if model.is_tunable else None,
        psu_serial_number=serial("psu") if model.is_tunable else None,
        board_serial_numbers=tuple(
            serial(f"board/{number}") if model.is_tunable else "" for number in boards
        ),
    )


def version_named(current: str | None) -> BosVersion:
    """The firmware of a machine that was upgraded to another; None: it was not."""
    if current is None:
        return BOS_VERSION
    return dataclasses.replace(BOS_VERSION, current=current, bos_plus=current.endswith("-plus"))


def named_groups(
    groups: Iterable[PoolGroup], seed: str, given: int
) -> tuple[tuple[PoolGroup, ...], int]:
    """The groups with a uid for each and for each of their pools, and how many are given by then.

    No uid is given twice; the same ones come in the same order for the same seed.
    """
    numbers = count(given + 1)
    named = []
    for index, group in enumerate(groups):
        pools = tuple(
            pool if pool.uid else msgspec.structs.replace(pool, uid=_uid(seed, next(numbers)))
            for pool in group.pools
        )
        named.append(msgspec.structs.replace(group, pools=pools, uid=group.uid or str(index)))
    return tuple(named), next(numbers) - 1


def _uid(seed: str, number: int) -> str:
    return _word(seed, f"uid/{number}", _LETTERS, 16)


def _mac(seed: str) -> str:
    """A locally administered address: no maker owns it."""
    return ":".join(f"{byte:02x}" for byte in b"\x02" + _digest(seed, "mac")[:5])


def _word(seed: str, part: str, alphabet: str, length: int) -> str:
    return "".join(alphabet[byte % len(alphabet)] for byte in _digest(seed, part)[:length])


def _digest(seed: str, part: str) -> bytes:
    return hashlib.sha256(f"{seed}/{part}".encode()).digest()
