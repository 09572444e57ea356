"""What a front end gives to the books: frames of its journal, and how far these are new.

A batch is msgpack of [front end, position before it or nil, [frame, ...]], a frame what the
journal's frames hold: [epoch, sequence of the first event, [event, ...]]. It is made without
looking into the events, and where it arrives again, cut or in other pieces, each event counts once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta, Raw
from msgspec.structs import replace

from pithead.pool.events import BlockFound, ShareAccepted, ShareRejected
from pithead.pool.position import START, Position

LATE_MS = 30_000
"""Work that arrives later counts from its arrival on: the time of the books does not go back."""

Work = ShareAccepted | ShareRejected | BlockFound
"""What of a front end's events is for the books. They follow chain and prices themselves."""

Natural = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class BadBatch(Exception):
    """It is none, or none that a front end could have made."""


class Gap(Exception):
    """Something before it has not been taken yet."""


class _Frame(msgspec.Struct, array_like=True, frozen=True):
    epoch: Natural
    first: Annotated[int, Meta(ge=1, le=2**63 - 1)]
    events: list[Work]


class _Head(msgspec.Struct, array_like=True, frozen=True):
    epoch: int
    first: int
    events: list[Raw]


class Batch(msgspec.Struct, array_like=True, frozen=True):
    front_end: Annotated[str, Meta(min_length=1, max_length=64)]
    before: tuple[Natural, Natural] | None
    """The last event of the batch before this one; None where the front end has nothing older:
    all of that was taken long since."""
    frames: list[_Frame]


@dataclass(frozen=True, slots=True)
class Piece:
    """Events of one epoch that follow each other, one at least."""

    epoch: int
    first: int
    """The sequence of the first."""
    events: list[Work]


@dataclass(frozen=True, slots=True)
class News:
    """What of a batch had not been taken."""

    pieces: list[Piece]
    end: Position
    """Of its last event."""
    lost: int = 0
    """Events before it that are nowhere any more."""

    @property
    def events(self) -> list[Work]:
        return [event for piece in self.pieces for event in piece.events]


_encode = msgspec.msgpack.Encoder().encode
_decode_head = msgspec.msgpack.Decoder(_Head).decode
_decode = msgspec.msgpack.Decoder(Batch, strict=False).decode
"""Not strict: numbers too large for msgpack are text in a journal."""


def encode(front_end: str, before: Position | None, frames: Sequence[bytes]) -> bytes:
    """A batch of at least one frame."""
    return _encode((front_end, before, [Raw(frame) for frame in frames]))


def decode(data: bytes) -> Batch:
    """Raises BadBatch."""
    try:
        batch: Batch = _decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BadBatch(str(error)) from error
    at = Position(*batch.before) if batch.before else None
    if not batch.frames:
        raise BadBatch("a batch without a frame")
    for frame in batch.frames:
        if not frame.events or not (at is None or _follows(at, frame)):
            raise BadBatch(f"frame {frame.epoch}.{frame.first} is empty or out of its order")
        at = Position(frame.epoch, frame.first + len(frame.events) - 1)
    return batch


def _follows(at: Position, frame: _Frame) -> bool:
    if frame.epoch == at.epoch:
        return frame.first == at.sequence + 1
    return frame.epoch > at.epoch and frame.first == 1


def ends(frame: bytes) -> tuple[Position, Position]:
    """The positions of the first and of the last event of a frame."""
    head: _Head = _decode_head(frame)
    return (
        Position(head.epoch, head.first),
        Position(head.epoch, head.first + len(head.events) - 1),
    )


def news(batch: Batch, reached: Position = START) -> News:
    """What is beyond `reached`. Raises Gap where something between the two is missing."""
    if batch.before is not None and batch.before > reached:
        raise Gap(f"{batch.front_end} goes on after {batch.before}, but only {reached} was reached")
    first = batch.frames[0]
    is_cut_off = batch.before is None and first.epoch == reached.epoch
    lost = max(0, first.first - reached.sequence - 1) if is_cut_off else 0
    pieces = [piece for frame in batch.frames for piece in _beyond(frame, reached)]
    return News(pieces, max(end(batch), reached), lost)


def end(batch: Batch) -> Position:
    """Of its last event."""
    last = batch.frames[-1]
    return Position(last.epoch, last.first + len(last.events) - 1)


def _beyond(frame: _Frame, reached: Position) -> Iterator[Piece]:
    known = 0
    if frame.epoch <= reached.epoch:
        is_older = frame.epoch < reached.epoch
        known = len(frame.events) if is_older else max(0, reached.sequence + 1 - frame.first)
    if known < len(frame.events):
        yield Piece(
            frame.epoch, frame.first + known, frame.events[known:] if known else frame.events
        )


def in_time(events: Sequence[Work], now_ms: int) -> Iterator[Work]:
    """The events, none of them of the future or longer past than `LATE_MS`."""
    earliest = now_ms - LATE_MS
    for event in events:
        if earliest <= event.time_ms <= now_ms:
            yield event
        else:
            yield replace(event, time_ms=min(max(event.time_ms, earliest), now_ms))
