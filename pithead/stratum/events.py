"""What a pool's lines mean to a miner: the events of a client connection."""

from dataclasses import dataclass

from pithead.stratum.pushes import Reconnect
from pithead.work.job import Job
from pithead.work.share import Solution


@dataclass(frozen=True, slots=True)
class Subscribed:
    extranonce1: bytes
    extranonce2_size: int
    session_id: str | None
    """For the next connection, to get the same extranonce1 again."""


@dataclass(frozen=True, slots=True)
class Authorized:
    pass


@dataclass(frozen=True, slots=True)
class AuthorizationRefused:
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class DifficultyChanged:
    """Holds for the jobs that follow."""

    difficulty: int | float
    target: int
    work: int
    """Expected hashes of a share."""


@dataclass(frozen=True, slots=True)
class JobReceived:
    """A job with all that was in force when it came: what a miner needs to work on it."""

    job: Job
    target: int
    work: int
    """Expected hashes of a share of this job."""
    extranonce1: bytes
    extranonce2_size: int
    version_mask: int
    """The bits of the version a miner may change; 0 without version rolling."""
    clean: bool
    """Work on earlier jobs is lost from now on."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """A share on its way."""

    request_id: int
    job_id: str
    solution: Solution
    work: int


@dataclass(frozen=True, slots=True)
class SubmitAccepted:
    submit: Submitted


@dataclass(frozen=True, slots=True)
class SubmitRejected:
    submit: Submitted
    code: int
    """0 where the pool gave none."""
    reason: str


@dataclass(frozen=True, slots=True)
class ExtranonceChanged:
    """Holds for the jobs that follow."""

    extranonce1: bytes
    extranonce2_size: int


@dataclass(frozen=True, slots=True)
class ReconnectRequested:
    """The pool wants this miner elsewhere; whether to go is the miner's to decide."""

    where: Reconnect


@dataclass(frozen=True, slots=True)
class MessageShown:
    text: str


@dataclass(frozen=True, slots=True)
class ProtocolBroken:
    """The connection is of no more use; nothing follows."""

    reason: str


ClientEvent = (
    Subscribed
    | Authorized
    | AuthorizationRefused
    | DifficultyChanged
    | JobReceived
    | SubmitAccepted
    | SubmitRejected
    | ExtranonceChanged
    | ReconnectRequested
    | MessageShown
    | ProtocolBroken
)
