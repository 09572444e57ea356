"""What every Stratum message shares: the JSON-RPC envelope, ids, answers and error codes.

Decoding has two steps: the envelope with its parts left raw, then the parts by the type that the
method asks for. So the id is known, and echoed byte for byte, whatever the parameters are.
"""

from enum import IntEnum
from typing import TypeVar

import msgspec

NO_ID = b"null"

_Part = TypeVar("_Part")


class ErrorCode(IntEnum):
    """The codes Stratum V1 pools have in common."""

    OTHER = 20
    JOB_NOT_FOUND = 21
    DUPLICATE_SHARE = 22
    LOW_DIFFICULTY = 23
    UNAUTHORIZED = 24
    NOT_SUBSCRIBED = 25


class StratumError(Exception):
    """A request that gets an error for an answer; the connection goes on.

    - Malformed: the parts are not what the method asks for (code 20).
    """

    def __init__(self, code: ErrorCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Malformed(StratumError):
    """The parameters have the wrong number, type or form."""

    def __init__(self, reason: str) -> None:
        super().__init__(ErrorCode.OTHER, reason)


class NotStratum(Exception):
    """The line is no JSON object at all: the peer speaks something else."""


class Envelope(msgspec.Struct, gc=False):
    """One line of either direction. Answers have no method, pushes no id."""

    method: str | None = None
    id: msgspec.Raw = msgspec.Raw(NO_ID)
    params: msgspec.Raw = msgspec.Raw(b"[]")
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: msgspec.Raw = msgspec.Raw(b"null")


_envelope = msgspec.json.Decoder(Envelope)


def open_envelope(line: bytes) -> Envelope:
    """Decode a line as far as its parts. Raises NotStratum, or Malformed for one nested too deep.

    The decoder steps over raw parts without looking at their text, so UTF-8 is checked here;
    its recursion is bounded by the interpreter's limit.
    """
    try:
        if not line.isascii():
            line.decode()
        envelope = _envelope.decode(line)
    except RecursionError:
        raise Malformed("nested too deep") from None
    except ValueError as error:
        raise NotStratum(str(error)) from error
    if bytes(envelope.id)[:1] in b"{[":
        raise Malformed("an id is a number, a string or null")
    return envelope


def open_part(decoder: msgspec.json.Decoder[_Part], part: msgspec.Raw) -> _Part:
    """Decode one raw part of an envelope. Raises Malformed with the decoder's own words."""
    try:
        return decoder.decode(part)
    except RecursionError:
        raise Malformed("nested too deep") from None
    except ValueError as error:
        raise Malformed(str(error)) from error


def request_line(request_id: int, method: str, params: object) -> bytes:
    """A request that expects an answer."""
    return msgspec.json.encode({"id": request_id, "method": method, "params": params}) + b"\n"


def push_line(method: str, params: object) -> bytes:
    """A message that expects none."""
    return msgspec.json.encode({"id": None, "method": method, "params": params}) + b"\n"


def result_line(request_id: msgspec.Raw | bytes, result: object) -> bytes:
    """The answer to a request; `request_id` is the text of its id."""
    return b'{"id":%b,"result":%b,"error":null}\n' % (request_id, msgspec.json.encode(result))


def true_line(request_id: msgspec.Raw | bytes) -> bytes:
    """The commonest answer, made without an encoder."""
    return b'{"id":%b,"result":true,"error":null}\n' % request_id


def error_line(request_id: msgspec.Raw | bytes, code: ErrorCode, reason: str) -> bytes:
    """A refusal. The error is an array of three: firmwares read its second element by index."""
    words = msgspec.json.encode(reason)
    return b'{"id":%b,"result":false,"error":[%d,%b,null]}\n' % (request_id, code, words)
