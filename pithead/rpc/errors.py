"""Why an operation was not done, in words that are the same on every transport.

RpcError; `CODES` says what each means
- BadRequest
- Unauthenticated
- NotFound
- Busy
- PreconditionFailed
- TooLarge
- UnsupportedMedia
- InvalidArgument
- TooMany
- Unimplemented
- Unavailable

A failed operation has changed nothing; the message is one sentence for the operator.
"""

from dataclasses import dataclass

NOT_HERE = "this machine does not support the operation"


class RpcError(Exception):
    """One of `CODES`."""


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
    def __init__(self, message: str, retry_after_s: int | None = None) -> None:
        """`retry_after_s`: when it may be tried again; None: that is not known."""
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Unimplemented(RpcError):
    pass


class Unavailable(RpcError):
    pass


@dataclass(frozen=True, slots=True)
class Codes:
    """What an error is called on each transport, and what it means."""

    http: int
    grpc: str
    meaning: str


CODES: dict[type[RpcError], Codes] = {
    BadRequest: Codes(400, "INVALID_ARGUMENT", "The body is not the JSON it claims to be."),
    Unauthenticated: Codes(401, "UNAUTHENTICATED", "No live token, or wrong credentials."),
    NotFound: Codes(404, "NOT_FOUND", "Nothing has this uid or path."),
    Busy: Codes(409, "ABORTED", "Another system task runs."),
    PreconditionFailed: Codes(
        412, "FAILED_PRECONDITION", "A constraint or the machine's state forbids it."
    ),
    TooLarge: Codes(413, "RESOURCE_EXHAUSTED", "More bytes than are taken."),
    UnsupportedMedia: Codes(415, "INVALID_ARGUMENT", "A body of another kind than asked for."),
    InvalidArgument: Codes(
        422, "INVALID_ARGUMENT", "Well-formed, but of the wrong shape, type or value."
    ),
    TooMany: Codes(429, "RESOURCE_EXHAUSTED", "Tried too often."),
    Unimplemented: Codes(501, "UNIMPLEMENTED", "Not supported on this hardware."),
    Unavailable: Codes(500, "UNAVAILABLE", "Not now: the machine restarts or reconfigures."),
}


def codes_of(error: RpcError) -> Codes:
    """Also for kinds that were derived elsewhere."""
    return next(CODES[kind] for kind in type(error).__mro__ if kind in CODES)
