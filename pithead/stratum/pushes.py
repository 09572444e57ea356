"""What a pool sends unasked: jobs, difficulties and the rest, written for miners and read by them.

| method                  | parameters                                                          |
|-------------------------|---------------------------------------------------------------------|
| mining.notify           | job id, previous hash with each 4-byte word reversed, coinbase      |
|                         | before and after the extranonces, branch, version, bits, time, clean |
| mining.set_difficulty   | a number; it holds for the jobs that follow                         |
| mining.set_version_mask | 8 hex digits                                                        |
| mining.set_extranonce   | extranonce1, size of extranonce2; holds for the jobs that follow    |
| client.show_message     | a text for people                                                   |
| client.reconnect        | host, port, seconds to wait; nothing means the same place, now      |
| client.get_version      | none; the only one of these that is a question, with `mining.ping`  |

Version, bits and time are big-endian hex of exactly 8 digits.
"""

from dataclasses import dataclass

import msgspec

from pithead.bitcoin.target import DIFFICULTY_1_TARGET
from pithead.stratum.messages import Malformed, open_part, push_line
from pithead.stratum.requests import finite_number
from pithead.work.job import Job

MOST_BRANCHES = 32
"""A block of 2**32 transactions: more than any chain has room for."""

LONGEST_JOB_ID = 128
LONGEST_EXTRANONCE = 16
LONGEST_TEXT = 1024
LONGEST_HOST = 253
"""The longest name that DNS has."""

LONGEST_WAIT_SECONDS = 3600
"""Before a reconnect."""


@dataclass(frozen=True, slots=True)
class Notify:
    job: Job
    clean: bool
    """Earlier jobs are worthless now."""


@dataclass(frozen=True, slots=True)
class SetDifficulty:
    difficulty: int | float
    """Above zero."""


@dataclass(frozen=True, slots=True)
class SetVersionMask:
    mask: int


@dataclass(frozen=True, slots=True)
class SetExtranonce:
    extranonce1: bytes
    extranonce2_size: int


@dataclass(frozen=True, slots=True)
class ShowMessage:
    text: str


@dataclass(frozen=True, slots=True)
class Reconnect:
    host: str | None
    """None means the same host."""
    port: int | None
    wait_seconds: float


@dataclass(frozen=True, slots=True)
class GetVersion:
    pass


@dataclass(frozen=True, slots=True)
class Ping:
    pass


Push = (
    Notify
    | SetDifficulty
    | SetVersionMask
    | SetExtranonce
    | ShowMessage
    | Reconnect
    | GetVersion
    | Ping
)


class _NotifyParams(msgspec.Struct, array_like=True):
    job_id: str
    prev_hash: str
    coinbase_prefix: str
    coinbase_suffix: str
    branch: list[str]
    version: str
    bits: str
    time: str
    clean: bool = False


class _ExtranonceParams(msgspec.Struct, array_like=True):
    extranonce1: str
    extranonce2_size: int


class _ReconnectParams(msgspec.Struct, array_like=True):
    host: str | None = None
    port: int | str | None = None
    wait_seconds: int | float | str | None = None


class _OneNumber(msgspec.Struct, array_like=True):
    value: int | float | str


class _OneText(msgspec.Struct, array_like=True):
    value: str


_notify = msgspec.json.Decoder(_NotifyParams)
_extranonce = msgspec.json.Decoder(_ExtranonceParams)
_reconnect = msgspec.json.Decoder(_ReconnectParams)
_one_number = msgspec.json.Decoder(_OneNumber)
_one_text = msgspec.json.Decoder(_OneText)


def notify_line(job: Job, clean: bool) -> bytes:
    return push_line(
        "mining.notify",
        [
            job.job_id,
            swap_words(job.prev_hash_wire).hex(),
            job.coinbase_prefix.hex(),
            job.coinbase_suffix.hex(),
            [sibling.hex() for sibling in job.branch],
            f"{job.version:08x}",
            f"{job.bits:08x}",
            f"{job.time:08x}",
            clean,
        ],
    )


def difficulty_line(difficulty: int | float) -> bytes:
    return push_line("mining.set_difficulty", [difficulty])


def version_mask_line(mask: int) -> bytes:
    return push_line("mining.set_version_mask", [f"{mask:08x}"])


def extranonce_line(extranonce1: bytes, extranonce2_size: int) -> bytes:
    return push_line("mining.set_extranonce", [extranonce1.hex(), extranonce2_size])


def message_line(text: str) -> bytes:
    return push_line("client.show_message", [text])


def reconnect_line(host: str, port: int, wait_seconds: int) -> bytes:
    return push_line("client.reconnect", [host, port, wait_seconds])


RECONNECT_LINE = push_line("client.reconnect", [])
"""To the same place; cgminer takes no other without asking."""


def swap_words(data: bytes) -> bytes:
    """Reverse the bytes of each 4-byte word; doing it twice gives `data` again."""
    return b"".join(data[start : start + 4][::-1] for start in range(0, len(data), 4))


def read_push(method: str, params: msgspec.Raw) -> Push | None:
    """The push behind a method and its raw parameters; None for a method unknown here.

    Raises Malformed for anything out of form or out of bounds: a pool is a stranger too.
    """
    match method:
        case "mining.notify":
            return _read_notify(params)
        case "mining.set_difficulty":
            return SetDifficulty(_positive(finite_number(open_part(_one_number, params).value)))
        case "mining.set_version_mask":
            return SetVersionMask(_word(open_part(_one_text, params).value))
        case "mining.set_extranonce":
            fields = open_part(_extranonce, params)
            return read_extranonce(fields.extranonce1, fields.extranonce2_size)
        case "client.show_message":
            return ShowMessage(open_part(_one_text, params).value[:LONGEST_TEXT])
        case "client.reconnect":
            return _read_reconnect(params)
        case "client.get_version":
            return GetVersion()
        case "mining.ping":
            return Ping()
        case _:
            return None


def read_extranonce(extranonce1: str, extranonce2_size: int) -> SetExtranonce:
    """Check an extranonce offer; cgminer takes 2 to 16 bytes of extranonce2, one is rare."""
    raw = _hex(extranonce1)
    if len(raw) > LONGEST_EXTRANONCE or not 1 <= extranonce2_size <= LONGEST_EXTRANONCE:
        raise Malformed("an extranonce out of bounds")
    return SetExtranonce(raw, extranonce2_size)


def _read_notify(params: msgspec.Raw) -> Notify:
    fields = open_part(_notify, params)
    if len(fields.job_id) > LONGEST_JOB_ID or len(fields.branch) > MOST_BRANCHES:
        raise Malformed("a job out of bounds")
    job = Job(
        job_id=fields.job_id,
        prev_hash_wire=swap_words(_hash(fields.prev_hash)),
        coinbase_prefix=_hex(fields.coinbase_prefix),
        coinbase_suffix=_hex(fields.coinbase_suffix),
        branch=tuple(_hash(sibling) for sibling in fields.branch),
        version=_word(fields.version),
        bits=_word(fields.bits),
        time=_word(fields.time),
    )
    return Notify(job, fields.clean)


def _read_reconnect(params: msgspec.Raw) -> Reconnect:
    fields = open_part(_reconnect, params)
    try:
        port = int(fields.port) if fields.port else None
        wait = float(fields.wait_seconds or 0)
    except (ValueError, OverflowError):
        raise Malformed("not a port and a time") from None
    if (port is not None and not 0 < port < 65536) or not 0 <= wait <= LONGEST_WAIT_SECONDS:
        raise Malformed("a reconnect out of bounds")
    if fields.host and (len(fields.host) > LONGEST_HOST or not fields.host.isprintable()):
        raise Malformed("not a host")
    return Reconnect(fields.host or None, port, wait)


def _positive(difficulty: int | float) -> int | float:
    if not 0 < difficulty <= DIFFICULTY_1_TARGET:
        raise Malformed("a difficulty out of bounds")
    return difficulty


def _word(text: str) -> int:
    if len(text) > 8:
        raise Malformed("more than 8 hex digits")
    return int.from_bytes(_hex(text.zfill(8)), "big")


def _hash(text: str) -> bytes:
    raw = _hex(text)
    if len(raw) != 32:
        raise Malformed("a hash has 32 bytes")
    return raw


def _hex(text: str) -> bytes:
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raise Malformed("not hexadecimal") from None
    if 2 * len(raw) != len(text):
        raise Malformed("not hexadecimal")
    return raw
