"""What a miner asks of a pool: the parameters of each method, decoded strictly.

Numbers that travel as hex are exactly as long as the protocol says: `0x`, spaces and trailing
junk would otherwise give one share many spellings.
"""

from dataclasses import dataclass
from math import isfinite
from struct import Struct
from typing import Literal

import msgspec

from pithead.bitcoin.target import difficulty_from_target
from pithead.stratum.messages import NO_ID, Malformed, open_part

MOST_EXTENSIONS = 16
"""More extensions than BIP310 defines, few enough to answer each."""

_WORD_DIGITS = 8
_NO_BITS = "00000000"
_three_words = Struct(">III")
_Number = int | float | str


@dataclass(frozen=True, slots=True)
class Subscribe:
    user_agent: str
    session_id: str | None
    """Of an earlier connection, to get the same extranonce1 again."""


@dataclass(frozen=True, slots=True)
class Authorize:
    name: str
    password: str


@dataclass(frozen=True, slots=True)
class Configure:
    """BIP310. The options keep their raw JSON: each extension has its own types."""

    extensions: tuple[str, ...]
    options: dict[str, msgspec.Raw]


class Submit(msgspec.Struct, frozen=True, gc=False):
    """A share as it came, its hex already bytes and numbers."""

    name: str
    job_id: str
    extranonce2: bytes
    time: int
    nonce: int
    version_bits: int | None


@dataclass(frozen=True, slots=True)
class SuggestDifficulty:
    difficulty: int | float
    """Finite, but of any sign: the pool clamps it."""


@dataclass(frozen=True, slots=True)
class ExtranonceSubscribe:
    pass


@dataclass(frozen=True, slots=True)
class Ping:
    pass


Request = (
    Subscribe | Authorize | Configure | Submit | SuggestDifficulty | ExtranonceSubscribe | Ping
)


class _SubscribeParams(msgspec.Struct, array_like=True):
    user_agent: str | None = None
    session_id: str | None = None


class _AuthorizeParams(msgspec.Struct, array_like=True):
    name: str
    password: str | int | float | None = None


class _ConfigureParams(msgspec.Struct, array_like=True):
    extensions: list[str] = []
    options: dict[str, msgspec.Raw] = {}


class _SubmitParams(msgspec.Struct, array_like=True, forbid_unknown_fields=True, gc=False):
    name: str
    job_id: str
    extranonce2: str
    time: str
    nonce: str
    version_bits: str | None = None


class _SubmitLine(msgspec.Struct, gc=False):
    method: Literal["mining.submit"]
    params: _SubmitParams
    id: msgspec.Raw = msgspec.Raw(NO_ID)


class _OneNumber(msgspec.Struct, array_like=True):
    value: _Number


class _OneText(msgspec.Struct, array_like=True):
    value: str


_subscribe = msgspec.json.Decoder(_SubscribeParams)
_authorize = msgspec.json.Decoder(_AuthorizeParams)
_configure = msgspec.json.Decoder(_ConfigureParams)
_submit = msgspec.json.Decoder(_SubmitParams)
_submit_line = msgspec.json.Decoder(_SubmitLine)
_one_number = msgspec.json.Decoder(_OneNumber)
_one_text = msgspec.json.Decoder(_OneText)


def read_request(method: str, params: msgspec.Raw) -> Request | None:
    """The request behind a method and its raw parameters; None for a method unknown here.

    Raises Malformed for parameters that are not what the method asks for.
    """
    match method:
        case "mining.submit":
            return read_submit(params)
        case "mining.subscribe":
            subscribe = open_part(_subscribe, params)
            return Subscribe(subscribe.user_agent or "", subscribe.session_id)
        case "mining.authorize":
            authorize = open_part(_authorize, params)
            password = "" if authorize.password is None else str(authorize.password)
            return Authorize(authorize.name, password)
        case "mining.configure":
            return _read_configure(params)
        case "mining.suggest_difficulty":
            return SuggestDifficulty(finite_number(open_part(_one_number, params).value))
        case "mining.suggest_target":
            return _read_suggested_target(params)
        case "mining.extranonce.subscribe":
            return ExtranonceSubscribe()
        case "mining.ping":
            return Ping()
        case _:
            return None


def read_submit_line(line: bytes) -> tuple[bytes, Submit] | None:
    """The id and the share of a line that is plainly a good submit; the hot path of a pool.

    None for every other line: whatever it is, the general way through an envelope says it better.
    """
    if b'"mining.submit"' not in line or not line.isascii():
        return None
    try:
        whole = _submit_line.decode(line)
        submit = _read_fields(whole.params)
    except (ValueError, RecursionError, Malformed):
        return None
    request_id = bytes(whole.id)
    return None if request_id[0] in b"{[" else (request_id, submit)


def read_submit(params: msgspec.Raw) -> Submit:
    """A share from its raw parameters. Raises Malformed."""
    return _read_fields(open_part(_submit, params))


def _read_fields(fields: _SubmitParams) -> Submit:
    """One conversion for all the hex: what `fromhex` skips or adds shows in the length."""
    time, bits = fields.time, fields.version_bits
    if len(time) != _WORD_DIGITS or len(fields.nonce) != _WORD_DIGITS:
        raise Malformed("time and nonce have 8 hex digits")
    if bits is None:
        digits = time + fields.nonce + _NO_BITS + fields.extranonce2
    elif len(bits) == _WORD_DIGITS:
        digits = time + fields.nonce + bits + fields.extranonce2
    else:
        raise Malformed("version bits have 8 hex digits")
    try:
        raw = bytes.fromhex(digits)
    except ValueError:
        raise Malformed("not hexadecimal") from None
    if 2 * len(raw) != len(digits):  # fromhex skips spaces
        raise Malformed("not hexadecimal")
    words = _three_words.unpack_from(raw)
    return Submit(
        fields.name,
        fields.job_id,
        raw[12:],
        words[0],
        words[1],
        None if bits is None else words[2],
    )


def finite_number(value: int | float | str) -> int | float:
    """A number that may be spelled as a string. Raises Malformed for anything not finite."""
    if isinstance(value, int):
        return value if abs(value) < 1 << 256 else float("1e77")
    try:
        number = float(value)
    except ValueError:
        raise Malformed("not a number") from None
    if not isfinite(number):
        raise Malformed("not a finite number")
    return number


def _read_configure(params: msgspec.Raw) -> Configure:
    fields = open_part(_configure, params)
    if len(fields.extensions) > MOST_EXTENSIONS:
        raise Malformed(f"more than {MOST_EXTENSIONS} extensions")
    return Configure(tuple(fields.extensions), fields.options)


def _read_suggested_target(params: msgspec.Raw) -> SuggestDifficulty:
    text = open_part(_one_text, params).value
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raise Malformed("not hexadecimal") from None
    if len(text) != 64 or len(raw) != 32 or not any(raw):
        raise Malformed("a target has 64 hex digits and is above zero")
    return SuggestDifficulty(difficulty_from_target(int.from_bytes(raw, "big")))
