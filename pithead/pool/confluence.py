"""Work of several front ends, in the order of its time whichever way it came.

What a share is worth, and who has a part of a block, depends on what was before it. Work comes
from each front end in its order, but of two front ends one may be cut off for a while. So what has
come waits here until all others have told what they have from before it: then the books are the
same whatever happened on the way. Of one millisecond, the names of front ends give the order.

A front end that says nothing is waited for no longer than a set time. What it brings after that is
late, and counts from the moment that the others have come to.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from operator import attrgetter

import msgspec
from msgspec.structs import replace

from pithead.pool.batches import News, Piece, Work
from pithead.pool.events import BlockFound, Event
from pithead.pool.position import START, Position

EARLY_MS = 30_000
"""A clock that is ahead by less is waited for; by more, its work is of now."""
SET_BACK_MS = 60_000
"""As the books have it: a clock that was set back by more has been corrected."""
HEARING_SECONDS = 5.0
"""After the start, how long a front end that was quiet before is waited for. A silence of all that
is longer is nobody's: it was the way to here that failed."""
MOST_HELD = 500_000
"""Events, about 100 MB: beyond that nobody is waited for."""
MOST_AT_ONCE = 5_000
"""Events that are released together, and none after a block."""
MOST_STREAMS = 4_096
MARK = "mark"
"""The subject of what `Mark` says, told several times a second."""

_time_ms = attrgetter("time_ms")


class Mark(msgspec.Struct, frozen=True, array_like=True):
    """What a front end says while it has nothing to give."""

    front_end: str
    epoch: int
    sequence: int
    """Of the last event it gave; what it gives after that is of `until_ms` or later."""
    until_ms: int
    leaves: bool = False
    """It gives nothing more: nobody need wait for it."""


@dataclass(frozen=True, slots=True)
class Portion:
    """Events that follow what was released before, and how far each front end is taken with it."""

    events: list[Work]
    reached: dict[str, Position]

    @property
    def last_ms(self) -> int:
        return self.events[-1].time_ms


@dataclass(slots=True)
class _Stream:
    """What came of one front end."""

    arrived: Position
    released: Position
    until_ms: int
    """Whatever comes of it now is of then or later."""
    heard: float
    pieces: deque[Piece] = field(default_factory=deque)
    mark: Mark | None = None
    """That came before what it speaks of."""
    has_left: bool = False


class Confluence:
    """Belongs to who keeps the books. `now` is farm time in seconds."""

    def __init__(
        self,
        patience_seconds: float,
        now: float,
        reached: Mapping[str, Position],
        reached_ms: Mapping[str, int],
        floor_ms: int = 0,
    ) -> None:
        """`reached` and `reached_ms` are what the books say of each front end, and `floor_ms` of
        their own time."""
        self._patience = patience_seconds
        self.floor_ms = floor_ms
        """No work is released any more that is from before that."""
        self.held = 0
        self._heard = now
        self._streams: dict[str, _Stream] = {}
        least = now - max(0.0, patience_seconds - HEARING_SECONDS)
        for name, place in reached.items():
            since_ms = reached_ms.get(name, 0)
            heard = min(now, max(least, since_ms / 1000))
            self._streams[name] = _Stream(place, place, since_ms, heard)

    def arrived(self, front_end: str) -> Position:
        """Of the last event that has come from it."""
        stream = self._streams.get(front_end)
        return START if stream is None else stream.arrived

    def released(self, front_end: str) -> Position:
        """Of the last event from it that was released."""
        stream = self._streams.get(front_end)
        return START if stream is None else stream.released

    def add(self, front_end: str, news: News, now: float) -> None:
        """What is new of a front end."""
        now_ms = self._look_at(now)
        stream = self._stream(front_end, now)
        for piece in news.pieces:
            events = list(_in_order(piece.events, max(stream.until_ms, self.floor_ms), now_ms))
            stream.until_ms = events[-1].time_ms
            stream.pieces.append(Piece(piece.epoch, piece.first, events))
            self.held += len(events)
        stream.arrived = max(stream.arrived, news.end)
        self._follow(stream, now_ms)

    def mark(self, mark: Mark, now: float) -> None:
        """What a front end says of what it has not got."""
        if mark.front_end not in self._streams and len(self._streams) >= MOST_STREAMS:
            return
        now_ms = self._look_at(now)
        stream = self._stream(mark.front_end, now)
        stream.mark = mark
        self._follow(stream, now_ms)

    def release(self, now: float) -> Iterator[Portion]:
        """What nothing can come before any more. Keep each before the next is asked for."""
        now_ms = self._look_at(now)
        while portion := self._portion(now, now_ms):
            yield portion
        awaited = self._awaited(now)
        if self._streams:
            settled_ms = awaited[0][0] if awaited else now_ms - int(self._patience * 1000)
            self.floor_ms = max(self.floor_ms, min(settled_ms, now_ms))

    def stamped(self, events: Sequence[Event]) -> Sequence[Event]:
        """What the books are to have: no event but work from after work that is still to come."""
        if self._streams:
            latest = self.floor_ms
            events = [
                event if isinstance(event, Work) or event.time_ms <= latest
                else replace(event, time_ms=latest)
                for event in events
            ]  # fmt: skip
        self.floor_ms = max([self.floor_ms, *(event.time_ms for event in events[-1:])])
        return events

    def _stream(self, front_end: str, now: float) -> _Stream:
        """Of a front end that is heard now."""
        if now - self._heard > HEARING_SECONDS:
            for each in self._streams.values():
                each.heard += now - self._heard
        self._heard = now
        stream = self._streams.get(front_end)
        if stream is None:
            stream = self._streams[front_end] = _Stream(START, START, self.floor_ms, now)
        stream.heard = now
        stream.has_left = False
        return stream

    def _follow(self, stream: _Stream, now_ms: int) -> None:
        """Go by its mark, once all has come of which that speaks."""
        mark = stream.mark
        if mark is None or Position(mark.epoch, mark.sequence) > stream.arrived:
            return
        stream.mark = None
        stream.has_left = mark.leaves
        lagging_ms = now_ms - int(self._patience * 1000)  # its clock is wrong by more
        stream.until_ms = max(stream.until_ms, lagging_ms, min(mark.until_ms, now_ms))

    def _look_at(self, now: float) -> int:
        """Milliseconds; minds a clock set back."""
        now_ms = int(now * 1000)
        if now_ms < self.floor_ms - SET_BACK_MS:
            self.floor_ms = 0
            for stream in self._streams.values():
                stream.until_ms = min(stream.until_ms, now_ms)
                stream.heard = min(stream.heard, now)
            self._heard = min(self._heard, now)
        return now_ms

    def _awaited(self, now: float) -> list[tuple[int, str]]:
        """How far those are that are waited for, the last first."""
        if self.held > MOST_HELD:
            return []
        return sorted(
            (stream.until_ms, name)
            for name, stream in self._streams.items()
            if not stream.has_left and stream.heard > now - self._patience
        )

    def _portion(self, now: float, now_ms: int) -> Portion | None:
        """In order, not too much, and with the events of one moment together."""
        awaited = self._awaited(now)[:2]
        cuts = {}
        for name in sorted(name for name, stream in self._streams.items() if stream.pieces):
            others = [(ms, other) for ms, other in awaited if other != name]
            cut = now_ms + 1
            if others:
                ms, other = others[0]
                cut = min(cut, ms + 1 if name < other else ms)
            cuts[name] = cut
        times = [
            event.time_ms
            for name, cut in cuts.items()
            for event in islice(_before(self._streams[name].pieces, cut), MOST_AT_ONCE + 1)
        ]
        if not times:
            return None
        if len(times) > MOST_AT_ONCE:
            last_ms = sorted(times)[MOST_AT_ONCE - 1]
            cuts = {name: min(cut, last_ms + 1) for name, cut in cuts.items()}
        return self._taken(self._up_to_a_block(cuts))

    def _up_to_a_block(self, cuts: Mapping[str, int]) -> Mapping[str, int]:
        blocks = [
            event.time_ms
            for name, cut in cuts.items()
            for event in _before(self._streams[name].pieces, cut)
            if isinstance(event, BlockFound)
        ]
        if not blocks:
            return cuts
        return {name: min(cut, min(blocks) + 1) for name, cut in cuts.items()}

    def _taken(self, cuts: Mapping[str, int]) -> Portion:
        events: list[Work] = []
        reached = {}
        for name, cut in cuts.items():
            stream = self._streams[name]
            before = len(events)
            while stream.pieces and stream.pieces[0].events[0].time_ms < cut:
                piece = stream.pieces.popleft()
                count = bisect_left(piece.events, cut, key=_time_ms)
                events += piece.events[:count]
                stream.released = Position(piece.epoch, piece.first + count - 1)
                if count < len(piece.events):
                    rest = Piece(piece.epoch, piece.first + count, piece.events[count:])
                    stream.pieces.appendleft(rest)
            if len(events) > before:
                reached[name] = stream.released
        self.held -= len(events)
        events.sort(key=_time_ms)  # of one time they stay in the order of names
        self.floor_ms = max(self.floor_ms, events[-1].time_ms)
        return Portion(events, reached)


def _in_order(events: Iterable[Work], least_ms: int, now_ms: int) -> Iterator[Work]:
    """The events, none before the one before it, nor from far in the future."""
    for event in events:
        time_ms = event.time_ms if event.time_ms <= now_ms + EARLY_MS else now_ms
        least_ms = max(least_ms, time_ms)
        yield event if event.time_ms == least_ms else replace(event, time_ms=least_ms)


def _before(pieces: Iterable[Piece], cut: int) -> Iterator[Work]:
    for piece in pieces:
        if piece.events[-1].time_ms < cut:
            yield from piece.events
        else:
            yield from piece.events[: bisect_left(piece.events, cut, key=_time_ms)]
            return
