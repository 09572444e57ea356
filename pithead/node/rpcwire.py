"""JSON-RPC as bitcoind speaks it: the bytes of a question, and what an answer's bytes mean.

bitcoind answers a failed call with HTTP 404 or 500 and a JSON body, and says in plain text or not
at all what concerns HTTP alone: a wrong password, an address that is not allowed, too much at once.
"""

from typing import TypeVar

import msgspec

from pithead.node.node import NodeUnavailable

Result = TypeVar("Result")

WARMING_UP = -28
"""The code of every call while bitcoind loads its blocks."""

_SHOWN = 200


class RpcError(Exception):
    """The node understood a call and says no. Codes are those of Bitcoin Core's `protocol.h`."""

    def __init__(self, method: str, code: int, message: str) -> None:
        super().__init__(f"{method}: {message} (code {code})")
        self.method = method
        self.code = code
        self.message = message


class _Question(msgspec.Struct):
    id: int
    method: str
    params: tuple[object, ...]
    jsonrpc: str = "1.0"


class _Refusal(msgspec.Struct):
    code: int = 0
    message: str = ""


class _Answer(msgspec.Struct):
    id: int | None = None
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: _Refusal | None = None


def question(number: int, method: str, params: tuple[object, ...]) -> bytes:
    """The body of a call. `number` is what the answer has to carry."""
    return msgspec.json.encode(_Question(number, method, params))


def read_answer(number: int, method: str, status: int, body: bytes, result: type[Result]) -> Result:
    """What the node says to a call, as the type it should have.

    Raises RpcError where it says no, NodeUnavailable where it cannot say or nothing sensible came.
    """
    if (why := _of_http(status)) is not None:
        raise NodeUnavailable(why)
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        if b"Work queue depth exceeded" in body[:_SHOWN]:
            raise NodeUnavailable(_BUSY) from None
        if status == 503:
            raise NodeUnavailable("is shutting down") from None
        raise NodeUnavailable(
            f"answered {method} with HTTP status {status} and what is no JSON-RPC; is it a "
            "bitcoind's RPC port?"
        ) from None
    if answer.error is not None:
        message = answer.error.message[:_SHOWN]
        if answer.error.code == WARMING_UP:
            raise NodeUnavailable(f"is still starting: {message}")
        raise RpcError(method, answer.error.code, message)
    if answer.id != number or status != 200:
        raise NodeUnavailable(f"answered {method} with HTTP status {status} and another's answer")
    try:
        return msgspec.json.decode(answer.result, type=result)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NodeUnavailable(
            f"answered {method} in a form that is not Bitcoin Core's ({error})"
        ) from None


_BUSY = "has too many calls waiting; raise rpcworkqueue in its bitcoin.conf"


def _of_http(status: int) -> str | None:
    """A refusal that is told by the status alone."""
    match status:
        case 401:
            return (
                "does not take the password; check user:password in [node] urls, or that "
                "[node] cookie_files names the .cookie of this node's own data directory"
            )
        case 403:
            return "does not take calls from this machine; add it to rpcallowip in its bitcoin.conf"
        case _:
            return None
