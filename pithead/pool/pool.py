"""The shell of the pool: sessions, the journal, the books and the node put in their order.

The order of a batch is the pool's promise, and `flush` is where it stands: judge, write the
verdicts to the journal, let a found block go to the node, then let the answers go out.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from pithead.bitcoin.hashing import wire_from_display
from pithead.node.node import Node, NodeUnavailable
from pithead.pool.counts import Counts, Vitals
from pithead.pool.crowd import Crowd, CrowdSettings
from pithead.pool.events import Event, TipChanged, blocks_among
from pithead.pool.fanout import FanOut
from pithead.pool.jobs import COUNTS, JobBook, OpenJob
from pithead.pool.keeper import Keeper
from pithead.pool.listener import Connection
from pithead.pool.place import Place
from pithead.pool.rounds import round_seconds, slices
from pithead.pool.session import Session
from pithead.pool.sharelog import JournalFull
from pithead.pool.submission import Submission
from pithead.pool.turn import Desk, Turn
from pithead.stratum.pushes import LONGEST_TEXT, RECONNECT_LINE, message_line

log = structlog.get_logger(__name__)

TICK_SECONDS = 1.0
FORGET_SECONDS = 5.0
"""Between two looks at addresses nobody is at, however many there are."""


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """What the shell itself needs to know."""

    max_connections: int = 15_000
    crowd: CrowdSettings = field(default_factory=CrowdSettings)
    trusted_proxies: frozenset[str] = frozenset()
    """Addresses of balancers that begin every connection with a PROXY header."""
    refresh_seconds: float = 30.0
    """Farm time after which a fresh template goes out though the tip stayed."""
    shortest_refresh_seconds: float = 0.2
    """In wall time, however fast the farm's runs."""
    stale_seconds: float = 120.0
    """In wall time: how old the last template may be for its work still to be given out."""


class Pool:
    """Owns every session; lives on one event loop."""

    def __init__(
        self,
        node: Node,
        jobs: JobBook,
        bookkeeper: Keeper,
        open_session: Callable[[float, float], Session],
        clock: Callable[[], float],
        wall: Callable[[], float],
        settings: PoolSettings,
    ) -> None:
        self._node = node
        self._jobs = jobs
        self._bookkeeper = bookkeeper
        self._open_session = open_session
        self._clock = clock
        self._wall = wall
        self._settings = settings
        self._crowd = Crowd(settings.crowd)
        self._submission = Submission(node, self._keep_events, clock)
        self._connections: dict[Connection, None] = {}
        self._used_up: set[Connection] = set()
        """Those that are not read at present."""
        self._refused: Counter[str] = Counter()
        self._refused_last = ""
        self._events: list[Event] = []
        self._replies: list[tuple[Connection, bytes]] = []
        self._closing: list[tuple[Connection, str]] = []
        self._answers: list[Callable[[bool], None]] = []
        self._flush_due = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._stopping = False
        self._job: OpenJob | None = None
        self._fan_out = FanOut(jobs, self._connections, self.flush, clock)
        self._template_at = wall()
        self._has_no_template = False
        self._journal_problem = ""
        self._counts = Counts()
        self.height = 0
        """Of the chain's tip."""

    # What the listener calls

    def trusts(self, address: str) -> bool:
        """Whether a peer hands on connections of others."""
        return address in self._settings.trusted_proxies

    def admit(self, connection: Connection) -> Session | None:
        """A session for a new connection; None where there are too many."""
        if len(self._connections) >= self._settings.max_connections:
            self._refuse("the pool is full", connection)
            return None
        allowances = self._crowd.enter(connection.address, self._wall())
        if allowances is None:
            self._refuse("too many from there", connection)
            return None
        connection.allowances = allowances
        self._connections[connection] = None
        return self._open_session(self._clock(), self._wall())

    def _refuse(self, why: str, connection: Connection) -> None:
        """Told once a tick: who floods the port does not flood the log."""
        self._refused[why] += 1
        self._refused_last = connection.address

    def wall(self) -> float:
        """Any clock of real seconds."""
        return self._wall()

    def used_up(self, connection: Connection) -> None:
        """It has said all that it may for now; it is read again when it may say more."""
        self._used_up.add(connection)

    def desk(self, connection: Connection) -> Desk | None:
        """What the plain shares of a connection are held to; None where each must be looked at."""
        return connection.session.desk()

    def earned(self, shares: Sequence[Any], answer: Callable[[bool], None]) -> None:
        """Book shares that were taken on the way, or refused as stale: transport, worker and
        measure of each."""
        self._answers.append(answer)
        now, events, each = self._clock(), self._events, iter(shares)
        wishers: dict[Connection, None] = {}
        for transport, worker, measure in zip(each, each, each, strict=True):
            session = transport.peer.session
            if (
                session.earned(worker, measure, now, events)
                if measure.state[0] == COUNTS
                else session.refused(worker, measure, now, self._wall(), events)
            ):
                wishers[transport.peer] = None
        for wisher in wishers:
            self._replies.append((wisher, wisher.session.renewal(now)))
            wisher.rearm()

    def received(self, connection: Connection, data: bytes) -> None:
        """Judge what came; the answers leave when the loop has read what else is there."""
        if self._stopping:
            return
        self._keep(connection, connection.session.receive(data, self._clock(), self._wall()))

    def lost(self, connection: Connection) -> None:
        """A connection is gone; what it earned is booked already."""
        if connection in self._connections:
            del self._connections[connection]
            self._used_up.discard(connection)
            self._crowd.leave(connection.address)
            connection.session.end(self._clock())

    @property
    def workers(self) -> frozenset[tuple[str, str]]:
        """Who is connected here: users with the names of their workers."""
        return frozenset().union(*(each.session.workers for each in self._connections))

    @property
    def connections(self) -> int:
        return len(self._connections)

    def vitals(self) -> Vitals:
        """How the pool is, after a look at every session."""
        works = sorted(each.session.work for each in self._connections if each.session.is_ready)
        return Vitals(
            len(self._connections), self._settings.max_connections, works,
            self._wall() - self._template_at, self._job is not None, self._failure.done(),
            self._journal_problem, self._counts,
        )  # fmt: skip

    # What an operator says

    def tell(self, text: str, user: str | None = None) -> int:
        """Show a line of text at all miners, or those of one user; how many were told.

        Raises ValueError for a text that is no line, or too long.
        """
        if not text.isprintable() or not 0 < len(text) <= LONGEST_TEXT:
            raise ValueError(f"a message is one line of 1 to {LONGEST_TEXT} printable characters")
        return self._push(message_line(text), user)

    def reconnect(self, user: str | None = None, place: Place | None = None) -> int:
        """Ask all miners, or those of one user, to come again; how many were asked.

        Without a place they come to the same. Many firmwares go to no other domain than theirs.
        """
        return self._push(RECONNECT_LINE if place is None else place.line, user)

    def _push(self, line: bytes, user: str | None) -> int:
        """To miners that are logged in: others take the next line for an answer."""
        self.flush()  # answers that are due go first
        told = 0
        for connection in list(self._connections):
            session = connection.session
            if session.is_ready and (user is None or user in session.users):
                connection.send(line)
                told += 1
        return told

    # One batch

    def _keep(self, connection: Connection, turn: Turn) -> None:
        if turn.events:
            self._events.extend(turn.events)
        if turn.reply:
            self._replies.append((connection, turn.reply))
        if turn.close_reason is not None:
            self._closing.append((connection, turn.close_reason))
        if not self._flush_due:
            self._flush_due = True
            asyncio.get_running_loop().call_soon(self.flush)

    def flush(self) -> None:
        """Everything of this turn has been read: keep it, then answer it."""
        self._flush_due = False
        answers, self._answers = self._answers, []
        events, self._events = self._events, []
        replies, self._replies = self._replies, []
        closing, self._closing = self._closing, []
        is_kept = not events or self._record(events)
        for answer in answers:
            answer(is_kept)
        if not is_kept:
            closing += [(connection, "its shares cannot be kept") for connection, _ in replies]
            replies = []
        for connection, reply in replies:
            connection.send(reply)
        for connection, reason in closing:
            log.info("stratum connection closed", address=connection.address, reason=reason)
            connection.close()

    def _record(self, events: Sequence[Event]) -> bool:
        """Write events to the journal and set off what follows from them.

        Without the journal nothing is answered: an answer is a promise that the share is kept.
        A block goes to the node all the same, and to the journal as soon as that can be written.
        """
        is_kept = self._keep_events(events)
        for event in blocks_among(events):
            self._spawn(self._submission.submit(event, is_kept))
        return is_kept

    def _keep_events(self, events: Sequence[Event]) -> bool:
        try:
            self._bookkeeper.accept(events)
        except JournalFull as error:
            self._journal_problem = str(error)
            log.error("the journal cannot be written; shares go unanswered", error=str(error))
            return False
        self._journal_problem = ""
        self._counts.add(events)
        return True

    # Jobs

    async def _follow_tips(self) -> None:
        async for tip in self._node.tips(self._bookkeeper.chain):
            self._record([TipChanged(int(self._clock() * 1000), tip.height, tip.hash_display)])
            self.height = tip.height
            if tip.is_best and not self._is_on(tip.hash_display):
                await self._renew()

    def _is_on(self, hash_display: str) -> bool:
        job = self._job
        return job is not None and job.template.prev_hash_wire == wire_from_display(hash_display)

    async def _renew(self) -> None:
        try:
            template = await self._node.template()
        except NodeUnavailable as error:
            self._go_without(str(error))
            return
        if self._has_no_template:
            log.info("the node gives templates again", height=template.height)
        self._has_no_template = False
        self._template_at = self._wall()
        self._bookkeeper.template(template)
        self._job = self._jobs.open(template, self._clock())
        await self._fan_out.tell(self._job)

    def _go_without(self, why: str) -> None:
        """Stay on the last template until that is too old to be worth anybody's work."""
        if not self._has_no_template:
            self._has_no_template = True
            log.error("the node gives no template; miners stay on the last", error=why)
        is_too_old = self._wall() - self._template_at > self._settings.stale_seconds
        if is_too_old and self._job is not None:
            self._job = None
            self._jobs.pause()
            self._fan_out.end()
            log.error("the last template is too old; there is no work until a new one", error=why)

    async def _refresh(self) -> None:
        while True:
            await asyncio.sleep(self._settings.shortest_refresh_seconds)
            if self._has_no_template or self._is_due(self._job):
                await self._renew()

    def _is_due(self, job: OpenJob | None) -> bool:
        refresh_seconds = self._settings.refresh_seconds
        return job is None or self._clock() - job.opened_at >= refresh_seconds

    async def _tick(self) -> None:
        before = self._wall()
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self._used_up -= {each for each in self._used_up if each.go_on()}
            wall = self._wall()
            if wall - before > round_seconds(len(self._crowd), FORGET_SECONDS) - TICK_SECONDS / 2:
                self._crowd.forget(wall)
                before = wall
            for why, count in self._refused.items():
                log.warning(
                    "stratum connections refused", why=why, count=count, last=self._refused_last
                )
            self._refused.clear()

    async def _go_round(self) -> None:
        """Look at every session, again and again."""
        while True:
            parts = list(slices(list(self._connections)))
            pause_seconds = round_seconds(len(self._connections)) / len(parts)
            for part in parts:
                await asyncio.sleep(pause_seconds)
                self._visit([each for each in part if each in self._connections])

    def _visit(self, connections: Sequence[Connection]) -> None:
        now, wall = self._clock(), self._wall()
        for connection in connections:
            turn = connection.session.tick(now, wall)
            if turn.reply or turn.events or turn.close_reason:
                self._keep(connection, turn)

    # Life

    async def start(self) -> None:
        """Offer blocks again that a crash cut off, take the first template, then run."""
        self._spawn(self._submission.submit_all(self._bookkeeper.unresolved))
        self.height = (await self._node.tip()).height
        await self._renew()
        for loop in (self._follow_tips(), self._refresh(), self._tick(), self._go_round()):
            self._spawn(loop)

    async def stop(self, come_again: bool = False) -> None:
        """Close every connection and write down what is left.

        With `come_again` the miners are asked to connect anew at once: somebody takes over.
        A block on its way to the node stays in the journal without an answer, and is offered
        again at the next start.
        """
        if come_again and not self._stopping:
            self.reconnect()
        self._stopping = True
        self.flush()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for connection in list(self._connections):
            connection.close()
            self.lost(connection)

    async def failed(self) -> None:
        """Raise what ended a part of the pool; never return while all is well."""
        await asyncio.shield(self._failure)

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a part of the pool ended", exc_info=error)
            if not self._failure.done():
                self._failure.set_exception(error)
