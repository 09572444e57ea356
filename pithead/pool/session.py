"""The pool's end of one Stratum connection: bytes in, bytes and events out.

A session knows its miner (extranonce, workers, version mask) and how much work each job it was
offered asks of a share; jobs, extranonces and admission it shares with the other sessions of its
front end. Nothing is pushed before the miner has subscribed and authorised, and what is pushed
goes after the replies of the same turn: the line after a request is always its answer.
"""

from msgspec.structs import replace

from pithead.pool.aims import Aims
from pithead.pool.events import Event, ShareAccepted
from pithead.pool.extranonce import ExtranoncesExhausted, Lease
from pithead.pool.floors import Floors
from pithead.pool.front import Front
from pithead.pool.jobs import Measure, OpenJob
from pithead.pool.names import Worker, read_worker, runs_braiins_os, wished_difficulty
from pithead.pool.patience import Patience
from pithead.pool.refusals import Refusals, Remedy
from pithead.pool.shares import block_found, refusal_line, rejection, solution_of, weigh
from pithead.pool.turn import Desk, Turn
from pithead.pool.vardiff import Aim, Vardiff, work_of_difficulty
from pithead.stratum.lines import LineBuffer, LineTooLong
from pithead.stratum.messages import (
    NO_ID,
    Envelope,
    ErrorCode,
    Malformed,
    NotStratum,
    StratumError,
    error_line,
    open_envelope,
    result_line,
    true_line,
)
from pithead.stratum.negotiation import negotiate
from pithead.stratum.pushes import RECONNECT_LINE, difficulty_line
from pithead.stratum.requests import (
    Authorize,
    Configure,
    ExtranonceSubscribe,
    Ping,
    Submit,
    Subscribe,
    SuggestDifficulty,
    read_request,
    read_submit_line,
)
from pithead.work.share import Reason

NO_CEILING = 1 << 256
TLS_HANDSHAKE = b"\x16"
"""The first byte of a TLS client; no JSON begins so, and no line of it would ever end."""


class Session:
    """One connection. `now` is farm time in seconds, `wall` any clock of real seconds."""

    __slots__ = (
        "_aims", "_braiins_os", "_events", "_floors", "_front", "_job", "_job_before", "_lease",
        "_lines", "_mask", "_news_at", "_news_of", "_offered", "_offered_at", "_offered_parent",
        "_opened_at", "_patience", "_refusals", "_suggested", "_suggested_at", "_vardiff",
        "_wants_job", "_workers",
    )  # fmt: skip

    def __init__(self, front: Front, now: float, wall: float) -> None:
        self._front = front
        self._lines = LineBuffer(front.settings.line_limit)
        self._vardiff = Vardiff(front.vardiff, now)
        self._aims = Aims()
        self._braiins_os = False
        self._lease: Lease | None = None
        self._workers: dict[str, Worker] = {}
        self._floors = Floors()
        self._mask = 0
        self._job: OpenJob | None = None  # the one offered last
        self._job_before: OpenJob | None = None
        self._offered = -1
        self._offered_at = now
        self._offered_parent = b""
        self._wants_job = False
        self._events: list[Event] = []
        self._opened_at = self._news_at = self._suggested_at = wall
        self._news_of = -1
        self._suggested = 0
        self._patience = Patience(front.settings.patience, front.settings.forgiving_seconds, wall)
        self._refusals = Refusals()

    @property
    def is_ready(self) -> bool:
        """Subscribed and authorised: it may be given work."""
        return self._lease is not None and bool(self._workers)

    @property
    def work(self) -> int:
        """Of a share, as it is wanted now."""
        return self._vardiff.work

    @property
    def workers(self) -> frozenset[tuple[str, str]]:
        """Who mines over this connection: users with the names of their workers."""
        return frozenset((worker.user, worker.name) for worker in self._workers.values())

    @property
    def users(self) -> set[str]:
        """Whose workers these are."""
        return {worker.user for worker in self._workers.values()}

    def receive(self, data: bytes, now: float, wall: float) -> Turn:
        """Take bytes from the miner: answers in order, then what there is to push."""
        if self._lease is None and data.startswith(TLS_HANDSHAKE):
            return Turn(b"", [], "not Stratum")
        close_reason: str | None = None
        replies: list[bytes] = []
        try:
            lines = self._lines.feed(data)
        except LineTooLong as overflow:
            lines = overflow.lines
            close_reason = str(overflow)
        for line in lines:
            try:
                replies.append(self._take(line, now, wall))
            except NotStratum:
                close_reason = "not Stratum"
                break
            if self._patience.is_over:
                close_reason = "too many bad requests"
                break
        if close_reason is None:
            replies.append(self.renewal(now))
        events, self._events = self._events, []
        if events:
            self._refusals.note(events, wall)
        return Turn(b"".join(replies), events, close_reason)

    def offer(self, job: OpenJob, now: float) -> bytes:
        """A job's lines, a new difficulty first; none if the miner is not ready or has as new."""
        if job.sequence <= self._offered or not self.is_ready:
            return b""
        parent = job.template.prev_hash_wire
        if parent == self._offered_parent:
            line, work = job.line, self._vardiff.retarget(job.block_work, now)
        else:
            line, work = job.clean_line, self._vardiff.hurried(job.block_work, now)
        aim = self._aims.change(work, job.sequence, self._front.book.oldest_sequence)
        self._job, self._job_before = job, self._job
        self._offered = job.sequence
        self._offered_at = now
        self._offered_parent = parent
        return line if aim is None else difficulty_line(aim.difficulty) + line

    def tick(self, now: float, wall: float) -> Turn:
        """Look at the deadlines; to be called about once a second of wall time."""
        settings = self._front.settings
        if not self.is_ready:
            late = wall - self._opened_at > settings.login_seconds
            return Turn(close_reason="no subscription and authorisation in time" if late else None)
        match self._refusals.due(wall):
            case Remedy.NEW_WORK:
                return Turn(self._new_work(now, clean=True))
            case Remedy.RECONNECT:
                return Turn(RECONNECT_LINE)
            case Remedy.CLOSE:
                return Turn(close_reason="nothing but refused shares")
        if self._floors.is_old(self._front.floors):
            self._settle_floor()
            return Turn(self.renewal(now))
        if self._news_of != self._offered:
            self._news_of = self._offered
            self._news_at = wall
        is_quiet = wall - self._news_at > settings.quiet_seconds
        if is_quiet or now - self._offered_at > settings.refresh_seconds:
            self._news_at = wall
            return Turn(self._new_work(now, clean=False))
        return Turn()

    def end(self, now: float) -> None:
        """The connection is gone: its extranonce may go to somebody else, in time."""
        if self._lease is not None:
            is_used = self._offered >= 0
            self._front.extranonces.release(self._lease, now, is_used, self._vardiff.work)
            self._lease = None

    def _new_work(self, now: float, clean: bool) -> bytes:
        """A job this miner has not had, at the difficulty wanted now; nothing before the first."""
        self._wants_job = False
        if clean:
            self._offered_parent = b""
        job = self._front.book.unlike(self._offered, now)
        return b"" if job is None else self.offer(job, now)

    # Requests

    def _take(self, line: bytes, now: float, wall: float) -> bytes:
        """Answer one line; a request without an id gets none. Raises NotStratum."""
        if (share := read_submit_line(line)) is not None:
            request_id, submit = share
            reply = self._submit(request_id, submit, now)
            return b"" if request_id == NO_ID else reply
        try:
            envelope = open_envelope(line)
        except Malformed as error:
            self._patience.lose(1, wall)
            return error_line(NO_ID, error.code, error.reason)
        if envelope.method is None:  # an answer, though nothing was asked
            return b""
        try:
            reply = self._answer(envelope, envelope.method, now, wall)
        except StratumError as error:
            is_name = error.code is ErrorCode.UNAUTHORIZED
            self._patience.lose(self._front.settings.refused_name_cost if is_name else 1, wall)
            reply = error_line(envelope.id, error.code, error.reason)
        return b"" if bytes(envelope.id) == NO_ID else reply

    def _answer(self, envelope: Envelope, method: str, now: float, wall: float) -> bytes:
        """Answer anything but a good submit. Raises StratumError."""
        try:
            request = read_request(method, envelope.params)
        except Malformed:
            if method == "mining.submit":
                self._reject_malformed(now)
            if method != "mining.authorize":
                raise
            request = Authorize("", "")  # a name like any bad one
        match request:
            case Subscribe():
                return result_line(envelope.id, self._subscribe(request, now))
            case Authorize():
                self._authorize(request)
            case Configure():
                return result_line(envelope.id, self._configure(request))
            case SuggestDifficulty():
                self._suggest(request, wall)
            case ExtranonceSubscribe():
                pass  # this pool never changes it, so there is nothing to promise
            case Submit():  # in an unusual spelling
                return self._submit(bytes(envelope.id), request, now)
            case Ping():
                return result_line(envelope.id, "pong")
            case _:
                raise StratumError(ErrorCode.OTHER, "Unsupported method")
        return true_line(envelope.id)

    def _subscribe(self, request: Subscribe, now: float) -> object:
        self._braiins_os = runs_braiins_os(request.user_agent)
        if self._lease is None:
            try:
                self._lease = self._front.extranonces.lease(request.session_id, now)
            except ExtranoncesExhausted:
                self._patience.lose_all()
                raise StratumError(ErrorCode.OTHER, "The pool is full") from None
            self._wants_job = True
            if self._lease.work and not self._suggested:
                self._vardiff.suggest(self._lease.work, self._ceiling)
        session_id = self._lease.session_id
        return [
            [["mining.set_difficulty", session_id], ["mining.notify", session_id]],
            self._lease.extranonce1.hex(),
            self._front.book.extranonce2_size,
        ]

    def _authorize(self, request: Authorize) -> None:
        worker = read_worker(request.name)
        settings = self._front.settings
        has_room = request.name in self._workers or len(self._workers) < settings.most_workers
        if worker is None or not has_room or not self._front.admit(worker.user):
            raise StratumError(ErrorCode.UNAUTHORIZED, "Unauthorized worker")
        if not self._workers:
            self._wants_job = True
        self._workers[request.name] = worker
        self._keep_above(request.name, wished_difficulty(request.password))

    def _configure(self, request: Configure) -> dict[str, bool | str]:
        agreement = negotiate(request, self._front.settings.version_mask)
        if agreement.version_mask is not None:
            self._mask = agreement.version_mask
        if agreement.minimum_difficulty is not None:
            self._keep_above("", agreement.minimum_difficulty)
        return agreement.answer

    def _suggest(self, request: SuggestDifficulty, wall: float) -> None:
        if wall - self._suggested_at >= 60.0:
            self._suggested_at = wall
            self._suggested = 0
        self._suggested += 1
        if self._suggested > self._front.settings.suggestions_per_minute:
            raise StratumError(ErrorCode.OTHER, "Suggested too often")
        difficulty = request.difficulty
        self._vardiff.suggest(
            work_of_difficulty(difficulty) if difficulty > 0 else 1, self._ceiling
        )
        self._wants_job = True

    def _keep_above(self, wisher: str, difficulty: int | float | None) -> None:
        """Honour the least difficulty of a worker, or of the device ("")."""
        self._floors.wish(wisher, difficulty)
        self._settle_floor()

    def _settle_floor(self) -> None:
        if self._floors.settle(self._front.floors, self._workers.values()):
            self._vardiff.raise_floor(self._floors.least, self._ceiling)
            self._wants_job = True

    @property
    def _ceiling(self) -> int:
        """No share is asked to prove more than a block."""
        latest = self._front.book.latest
        return NO_CEILING if latest is None else latest.block_work

    # Shares

    def desk(self) -> Desk | None:
        """What plain shares of the last two jobs are held to; None where each must be looked at.

        It holds while the jobs count, or until the next line that is no such share.
        """
        if self._job is None or self._lease is None or self._lines.holds_part:
            return None
        measures = tuple(
            job.measure(aim.target, self._front.book.extranonce2_size)
            for job in (self._job, self._job_before)
            if job is not None and not job.is_forgotten and (aim := self._aims.of(job.sequence))
        )
        return (measures, self._lease.extranonce1, self._workers, self._mask) if measures else None

    def earned(self, worker: Worker, measure: Measure, now: float, events: list[Event]) -> bool:
        """Book a share that met `desk`; True where `renewal` has something to push afterwards."""
        self._credit(worker, measure.work, measure.block_work, now, events)
        self._refusals.end()
        return self._wants_job or self._is_due

    def refused(
        self, worker: Worker, measure: Measure, now: float, wall: float, events: list[Event]
    ) -> bool:
        """The same for one that met `desk` for a job that has turned stale."""
        events.append(rejection(worker, Reason.STALE, measure.work, now))
        self._refusals.note(events[-1:], wall)
        return self._wants_job or self._is_due

    @property
    def _is_due(self) -> bool:
        return self._offered < self._front.book.due_sequence

    def renewal(self, now: float) -> bytes:
        """The lines of a new job where one is wanted, or due."""
        if not (self._wants_job or self._is_due) or not self.is_ready:
            return b""
        return self._new_work(now, clean=self._wants_job)

    def _credit(
        self, worker: Worker, work: int, block_work: int, now: float, events: list[Event]
    ) -> None:
        events.append(
            ShareAccepted(int(now * 1000), worker.user, worker.name, work, self._braiins_os)
        )
        if self._vardiff.credit(work, now) and self._vardiff.rise(block_work):
            self._wants_job = True

    def _submit(self, request_id: bytes, submit: Submit, now: float) -> bytes:
        """Judge a share, book it and answer it."""
        lease = self._lease
        if lease is None:
            return refusal_line(request_id, Reason.NOT_SUBSCRIBED)
        worker = self._workers.get(submit.name)
        if worker is None:
            return refusal_line(request_id, Reason.UNAUTHORIZED)
        job = self._front.book.find(submit.job_id)
        aim = None if job is None else self._aims.of(job.sequence)
        if job is None or aim is None:
            self._reject(worker, Reason.UNKNOWN_JOB, self._vardiff.work, now)
            return refusal_line(request_id, Reason.UNKNOWN_JOB)
        reason = self._judge(submit, worker, job, aim, lease.extranonce1, now)
        return true_line(request_id) if reason is None else refusal_line(request_id, reason)

    def _judge(
        self, submit: Submit, worker: Worker, job: OpenJob, aim: Aim, extranonce1: bytes, now: float
    ) -> Reason | None:
        """Book a share of a known job; why it earns nothing, or None where it does."""
        if len(submit.extranonce2) != self._front.book.extranonce2_size:
            self._reject(worker, Reason.MALFORMED, aim.work, now)
            return Reason.MALFORMED
        solution = solution_of(submit, job, self._mask)
        keeps_mask = not (submit.version_bits or 0) & ~self._mask
        weighed = weigh(job, extranonce1, solution, aim.target, keeps_mask)
        if weighed.reason is None:
            self._credit(worker, aim.work, job.block_work, now, self._events)
        else:
            self._reject(worker, weighed.reason, aim.work, now)
        if weighed.solved:
            found = block_found(worker, job, extranonce1, solution, weighed.hash_wire, now)
            self._events.append(replace(found, braiins_os=self._braiins_os))
        return weighed.reason

    def _reject_malformed(self, now: float) -> None:
        """Book a share that cannot be read: whose it was, nobody can say; the first worker's."""
        if worker := next(iter(self._workers.values()), None):
            self._reject(worker, Reason.MALFORMED, self._vardiff.work, now)

    def _reject(self, worker: Worker, reason: Reason, work: int, now: float) -> None:
        self._events.append(rejection(worker, reason, work, now))
