"""One pool as a miner sees it: its connection, its work, and what it said of our shares.

Knows no socket: a shell opens a connection while `wants_link` says so, closes it when `is_over`,
and carries the bytes. `now` is farm time, `wall` any clock of real seconds.
"""

from pithead.hardware.device import Found, Work
from pithead.miner.configuration import PoolTarget
from pithead.miner.pool_url import PoolAddress, read_pool_url
from pithead.miner.tally import Tally
from pithead.stratum.client import ClientConnection
from pithead.stratum.events import (
    AuthorizationRefused,
    Authorized,
    ClientEvent,
    JobReceived,
    ProtocolBroken,
    ReconnectRequested,
    SubmitAccepted,
    SubmitRejected,
    Submitted,
    Subscribed,
)
from pithead.stratum.messages import ErrorCode

USER_AGENT = "bosminer-plus-tuner 0.9.0-pithead"
"""As Braiins OS names itself: pools know it by the first word."""
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
"""Between two attempts to connect; doubled at each failure in a row."""
WORKS_KEPT = 32
"""Jobs of one connection whose shares may still be handed in."""
SUBMITS_KEPT = 4096
"""Shares without an answer, as many as the connection itself remembers."""


class Upstream:
    def __init__(self, target: PoolTarget, total: Tally, work_scale: int, jitter: float) -> None:
        """`jitter`, 0 to 1, parts the reconnects of miners that lost this pool together."""
        self.target = target
        self.tally = Tally()
        self.problem: str | None = None
        """Why it is not alive, in words; None while it is."""
        self.work: Work | None = None
        """The newest work of this pool."""
        self.address: PoolAddress | None = None
        self._tallies = (self.tally, total)
        self._scale = work_scale
        self._jitter = jitter
        self._client: ClientConnection | None = None
        self._session_id: str | None = None
        self._is_authorized = False
        self._over: str | None = None
        self._failures = 0
        self._retry_at = float("-inf")
        self._given: dict[Work, JobReceived] = {}
        self._unanswered: dict[int, tuple[int, float]] = {}
        self._read_address()

    def _read_address(self) -> None:
        try:
            self.address = read_pool_url(self.target.url)
        except ValueError as error:
            self.problem = str(error)
            return
        if not self.address.is_supported:
            self.problem = f"{self.address.scheme} is not supported yet"

    @property
    def is_alive(self) -> bool:
        """Connected, authorized and has given work."""
        return self._is_authorized and self.work is not None

    @property
    def is_over(self) -> bool:
        """The connection is of no more use and has to be closed."""
        return self._over is not None

    def wants_link(self, now: float) -> bool:
        """A connection is wanted, or wanted still."""
        if self.address is None or not self.address.is_supported or self._over is not None:
            return False
        return self._client is not None or now >= self._retry_at

    # --- the connection ---

    def opened(self, wall: float) -> None:
        """The connection stands."""
        self._client = ClientConnection(
            self.target.user, self.target.password, USER_AGENT, self._session_id
        )
        self._client.start(wall)

    def received(self, data: bytes, now: float, wall: float) -> None:
        if self._client is not None:
            self._take_all(self._client.receive(data, wall), now)

    def tick(self, now: float, wall: float) -> None:
        """Look at the deadlines; to be called about once a second of wall time."""
        if self._client is not None:
            self._take_all(self._client.tick(wall), now)

    def outgoing(self) -> bytes:
        """What is to be written to the pool; asking takes it."""
        return b"" if self._client is None else self._client.data_to_send()

    def lost(self, reason: str, now: float) -> None:
        """The connection is gone, or could not be made. Its work is void; what the pool said to
        shares without an answer nobody will know."""
        self.problem = self._over or reason
        self._failures = 1 if self.is_alive else self._failures + 1
        pause = min(FIRST_PAUSE_SECONDS * 2 ** min(self._failures - 1, 10), LONGEST_PAUSE_SECONDS)
        self._retry_at = max(self._retry_at, now + pause * (1 + self._jitter) / 2)
        self._client = self.work = self._over = None
        self._is_authorized = False
        self._given.clear()
        self._unanswered.clear()

    # --- work and shares ---

    def submit(self, found: Found, now: float) -> None:
        """Hand in a share, or count it as stale where its work is no longer worth anything."""
        target = found.work.share_target
        for tally in self._tallies:
            tally.found(target, found.hash_value, self._scale)
        given = self._given.get(found.work)
        if self._client is None or given is None:
            for tally in self._tallies:
                tally.stale(target)
            return
        submitted = self._client.submit(given, found.solution)
        self._unanswered[submitted.request_id] = (target, now)
        while len(self._unanswered) > SUBMITS_KEPT:
            del self._unanswered[next(iter(self._unanswered))]

    def _take_all(self, events: list[ClientEvent], now: float) -> None:
        for event in events:
            self._take(event, now)

    def _take(self, event: ClientEvent, now: float) -> None:
        match event:
            case Subscribed(session_id=session_id):
                self._session_id = session_id
            case Authorized():
                self._is_authorized = True
            case JobReceived():
                self._take_job(event)
            case SubmitAccepted(submit=submit):
                self._settle(submit, None)
            case SubmitRejected(submit=submit, code=code):
                self._settle(submit, code)
            case AuthorizationRefused(reason=reason):
                self._over = f"refused: {reason}"
            case ReconnectRequested(where=where):
                # The same place only: a pool that names another may not be the one that speaks.
                self._over = "the pool asked to connect again"
                self._retry_at = now + where.wait_seconds
            case ProtocolBroken(reason=reason):
                self._over = reason
            case _:
                pass
        if self.is_alive:
            self.problem = None

    def _take_job(self, given: JobReceived) -> None:
        if given.clean:
            self._given.clear()
        work = Work(given.job, given.extranonce1, given.extranonce2_size, given.target)
        self.work = work
        self._given[work] = given
        if len(self._given) > WORKS_KEPT:
            del self._given[next(iter(self._given))]
        for tally in self._tallies:
            tally.last_target = given.target

    def _settle(self, submit: Submitted, refusal: int | None) -> None:
        known = self._unanswered.pop(submit.request_id, None)
        if known is None:
            return
        target, found_at = known
        for tally in self._tallies:
            if refusal is None:
                tally.accepted(target, found_at)
            elif refusal == ErrorCode.JOB_NOT_FOUND:
                tally.stale(target)
            else:
                tally.rejected(target)
