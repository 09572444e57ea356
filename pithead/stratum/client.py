"""The miner's end of a Stratum connection: bytes in, events out, and shares on their way.

    configure ──> subscribe ──> (answered) ──> extranonce.subscribe, authorize ──> jobs

A pool is a stranger too: lines, jobs, texts and unanswered requests are bounded, and whatever is
out of form ends the connection with ProtocolBroken instead of being guessed at.
"""

from enum import Enum, auto

import msgspec

from pithead.bitcoin.target import expected_hashes, target_from_difficulty
from pithead.stratum.answers import Refusal, read_refusal, read_subscription, read_version_mask
from pithead.stratum.events import (
    AuthorizationRefused,
    Authorized,
    ClientEvent,
    DifficultyChanged,
    ExtranonceChanged,
    JobReceived,
    MessageShown,
    ProtocolBroken,
    ReconnectRequested,
    SubmitAccepted,
    SubmitRejected,
    Submitted,
    Subscribed,
)
from pithead.stratum.lines import CLIENT_LINE_LIMIT, LineBuffer, LineTooLong
from pithead.stratum.messages import (
    NO_ID,
    Envelope,
    Malformed,
    NotStratum,
    open_envelope,
    request_line,
    result_line,
)
from pithead.stratum.negotiation import VERSION_ROLLING_MASK
from pithead.stratum.pushes import (
    GetVersion,
    Notify,
    Ping,
    Push,
    Reconnect,
    SetDifficulty,
    SetExtranonce,
    SetVersionMask,
    ShowMessage,
    read_push,
)
from pithead.work.share import Solution

MOST_UNANSWERED = 4096
"""Shares a pool may leave unanswered; older ones are forgotten, nobody will ever say of them."""

SILENCE_SECONDS = 90.0
"""cgminer's patience with a pool that sends nothing."""

LOGIN_SECONDS = 60.0


class _Question(Enum):
    CONFIGURE = auto()
    SUBSCRIBE = auto()
    EXTRANONCE = auto()
    AUTHORIZE = auto()


class ClientConnection:
    """One connection to one pool. `now` is any clock of real seconds: it only measures silence."""

    def __init__(
        self,
        user: str,
        password: str,
        user_agent: str,
        session_id: str | None = None,
        version_mask: int = VERSION_ROLLING_MASK,
    ) -> None:
        self._user = user
        self._password = password
        self._user_agent = user_agent
        self._session_id = session_id
        self._asked_mask = version_mask
        self._lines = LineBuffer(CLIENT_LINE_LIMIT)
        self._outgoing: list[bytes] = []
        self._next_id = 1
        self._asked: dict[bytes, _Question | Submitted] = {}
        self._extranonce: SetExtranonce | None = None
        self._target = target_from_difficulty(1)
        self._mask = 0
        self._heard_at = self._started_at = 0.0
        self._is_authorized = False
        self._is_broken = False

    def start(self, now: float) -> None:
        """Say hello; to be called once, when the connection stands."""
        self._heard_at = self._started_at = now
        if self._asked_mask:
            options = {
                "version-rolling.mask": f"{self._asked_mask:08x}",
                "version-rolling.min-bit-count": 2,
            }
            self._ask(_Question.CONFIGURE, "mining.configure", [["version-rolling"], options])
        params = [self._user_agent]
        if self._session_id is not None:
            params.append(self._session_id)
        self._ask(_Question.SUBSCRIBE, "mining.subscribe", params)

    def receive(self, data: bytes, now: float) -> list[ClientEvent]:
        """Take bytes from the pool."""
        if self._is_broken:
            return []
        events: list[ClientEvent] = []
        try:
            overflow: LineTooLong | None = None
            try:
                lines = self._lines.feed(data)
            except LineTooLong as too_long:
                lines = too_long.lines
                overflow = too_long
            for line in lines:
                self._heard_at = now
                self._take(open_envelope(line), events)
            if overflow is not None:
                raise overflow
        except (LineTooLong, NotStratum, Malformed) as error:
            events.append(self._break(str(error)))
        return events

    def submit(self, given: JobReceived, solution: Solution) -> Submitted:
        """Hand in a share of a job that this connection received."""
        params: list[str] = [
            self._user,
            given.job.job_id,
            solution.extranonce2.hex(),
            f"{solution.time:08x}",
            f"{solution.nonce:08x}",
        ]
        if given.version_mask:
            params.append(f"{solution.version & given.version_mask:08x}")
        submitted = Submitted(self._next_id, given.job.job_id, solution, given.work)
        self._ask(submitted, "mining.submit", params)
        if len(self._asked) > MOST_UNANSWERED:
            del self._asked[next(iter(self._asked))]
        return submitted

    def tick(self, now: float) -> list[ClientEvent]:
        """Look at the deadlines; to be called about once a second."""
        if self._is_broken:
            return []
        if now - self._heard_at > SILENCE_SECONDS:
            return [self._break(f"silent for {SILENCE_SECONDS:.0f} s")]
        if not self._is_authorized and now - self._started_at > LOGIN_SECONDS:
            return [self._break(f"not let in within {LOGIN_SECONDS:.0f} s")]
        return []

    def data_to_send(self) -> bytes:
        """What is to be written to the pool; asking takes it."""
        data = b"".join(self._outgoing)
        self._outgoing.clear()
        return data

    @property
    def is_broken(self) -> bool:
        return self._is_broken

    def _ask(self, question: _Question | Submitted, method: str, params: object) -> None:
        self._asked[b"%d" % self._next_id] = question
        self._outgoing.append(request_line(self._next_id, method, params))
        self._next_id += 1

    def _break(self, reason: str) -> ProtocolBroken:
        self._is_broken = True
        self._asked.clear()
        return ProtocolBroken(reason)

    def _take(self, envelope: Envelope, events: list[ClientEvent]) -> None:
        if envelope.method is not None:
            push = read_push(envelope.method, envelope.params)
            if push is not None:
                self._take_push(push, envelope.id, events)
            return
        question = self._asked.pop(bytes(envelope.id), None)
        if question is None:
            return
        refusal = read_refusal(envelope)
        if isinstance(question, Submitted):
            if refusal is None:
                events.append(SubmitAccepted(question))
            else:
                events.append(SubmitRejected(question, refusal.code, refusal.reason))
        else:
            self._take_answer(question, envelope.result, refusal, events)

    def _take_answer(
        self,
        question: _Question,
        result: msgspec.Raw,
        refusal: Refusal | None,
        events: list[ClientEvent],
    ) -> None:
        match question:
            case _Question.CONFIGURE:
                self._mask = read_version_mask(result) & self._asked_mask
            case _Question.SUBSCRIBE:
                if refusal is not None:
                    raise Malformed(f"subscription refused: {refusal.reason}")
                events.append(self._subscribed(result))
            case _Question.AUTHORIZE:
                if refusal is not None:
                    events.append(AuthorizationRefused(refusal.code, refusal.reason))
                else:
                    self._is_authorized = True
                    events.append(Authorized())
            case _Question.EXTRANONCE:
                pass  # a pool that refuses never sends another extranonce

    def _subscribed(self, result: msgspec.Raw) -> Subscribed:
        self._extranonce, session_id = read_subscription(result)
        self._ask(_Question.EXTRANONCE, "mining.extranonce.subscribe", [])
        self._ask(_Question.AUTHORIZE, "mining.authorize", [self._user, self._password])
        return Subscribed(
            self._extranonce.extranonce1, self._extranonce.extranonce2_size, session_id
        )

    def _take_push(self, push: Push, request_id: msgspec.Raw, events: list[ClientEvent]) -> None:
        match push:
            case Notify():
                events.append(self._job(push))
            case SetDifficulty(difficulty=difficulty):
                self._target = target_from_difficulty(difficulty)
                work = expected_hashes(self._target)
                events.append(DifficultyChanged(difficulty, self._target, work))
            case SetVersionMask(mask=mask):
                self._mask = mask & self._asked_mask
            case SetExtranonce(extranonce1=extranonce1, extranonce2_size=size):
                self._extranonce = push
                events.append(ExtranonceChanged(extranonce1, size))
            case ShowMessage(text=text):
                events.append(MessageShown(text))
            case Reconnect():
                events.append(ReconnectRequested(push))
            case GetVersion():
                self._reply(request_id, self._user_agent)
            case Ping():
                self._reply(request_id, "pong")

    def _job(self, notify: Notify) -> JobReceived:
        if self._extranonce is None:
            raise Malformed("a job before the subscription")
        return JobReceived(
            job=notify.job,
            target=self._target,
            work=expected_hashes(self._target),
            extranonce1=self._extranonce.extranonce1,
            extranonce2_size=self._extranonce.extranonce2_size,
            version_mask=self._mask,
            clean=notify.clean,
        )

    def _reply(self, request_id: msgspec.Raw, result: str) -> None:
        if bytes(request_id) != NO_ID:
            self._outgoing.append(result_line(request_id, result))
