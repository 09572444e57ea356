"""Why an operation was not done, in words that are the same on every transport.

RpcError
- BadRequest: the body is not what it claims to be (JSON)
- Unauthenticated: no live token, or wrong credentials
- NotFound: nothing has this uid or path
- Busy: another system task runs
- PreconditionFailed: a constraint or the machine's state forbids it
- TooLarge: more bytes than are taken
- UnsupportedMedia: a body of another kind than asked for
- InvalidArgument: well-formed, but of the wrong shape, type or value
- TooMany: tried too often
- Unimplemented: not supported on this hardware
- Unavailable: not now, the machine restarts or reconfigures

A failed operation has changed nothing; the message is one sentence for the operator.
"""

from dataclasses import dataclass

NOT_HERE = "this machine does not support the operation"


class RpcError(Exception):
    """See the module's text."""


class BadRequest(RpcError):
    pass


class Unauthenticated(RpcError):
    pass


class NotFound(RpcError):
    pass


class Busy(RpcError):
    pass


class PreconditionFailed(RpcError):
    pass


class TooLarge(RpcError):
    pass


class UnsupportedMedia(RpcError):
    pass


class InvalidArgument(RpcError):
    pass


class TooMany(RpcError):
    pass


class Unimplemented(RpcError):
    pass


class Unavailable(RpcError):
    pass


@dataclass(frozen=True, slots=True)
class Codes:
    """What an error is called on each transport."""

    http: int
    grpc: str


CODES: dict[type[RpcError], Codes] = {
    BadRequest: Codes(400, "INVALID_ARGUMENT"),
    Unauthenticated: Codes(401, "UNAUTHENTICATED"),
    NotFound: Codes(404, "NOT_FOUND"),
    Busy: Codes(409, "ABORTED"),
    PreconditionFailed: Codes(412, "FAILED_PRECONDITION"),
    TooLarge: Codes(413, "RESOURCE_EXHAUSTED"),
    UnsupportedMedia: Codes(415, "INVALID_ARGUMENT"),
    InvalidArgument: Codes(422, "INVALID_ARGUMENT"),
    TooMany: Codes(429, "RESOURCE_EXHAUSTED"),
    Unimplemented: Codes(501, "UNIMPLEMENTED"),
    Unavailable: Codes(500, "UNAVAILABLE"),
}


def codes_of(error: RpcError) -> Codes:
    """Also for kinds that were derived elsewhere."""
    return next(CODES[kind] for kind in type(error).__mro__ if kind in CODES)
