"""From the bytes of a request to its commands. Pure."""

from dataclasses import dataclass

import msgspec

from pithead.miner.cgminer.codes import Code, Refused

LONGEST_REQUEST = 16_384
"""Bytes: more than any client sends."""
MOST_COMMANDS = 32
"""In one request: more than there are."""
_ENDS = b"\n\x00"


@dataclass(frozen=True, slots=True)
class Request:
    commands: tuple[str, ...]
    parameter: str | None
    is_joined: bool
    """Asked as `a+b`: the answer has one entry for each."""


def is_whole(data: bytes) -> bool:
    """Whether there is no need to wait for more: clients end a request with a newline, a NUL, or
    nothing at all."""
    if data[-1:] in (b"\n", b"\x00"):
        return True
    if not data.endswith(b"}"):
        return False
    try:
        msgspec.json.decode(data, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def read_request(data: bytes) -> Request:
    """Raises Refused."""
    if len(data) > LONGEST_REQUEST:
        raise Refused(Code.INVALID_JSON, "Invalid JSON")
    try:
        decoded = msgspec.json.decode(data.rstrip(_ENDS))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Refused(Code.INVALID_JSON, "Invalid JSON") from None
    command = decoded.get("command") if isinstance(decoded, dict) else None
    if not isinstance(command, str) or not command:
        raise Refused(Code.MISSING_COMMAND, "Missing JSON 'command'")
    names = tuple(dict.fromkeys(name for name in command.split("+") if name))
    if not names or len(names) > MOST_COMMANDS:
        raise Refused(Code.INVALID_COMMAND, "Invalid command")
    return Request(names, _parameter(decoded.get("parameter")), "+" in command)


def _parameter(value: object) -> str | None:
    """Numbers and text are taken alike; anything else is none."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None
