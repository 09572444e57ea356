"""Every five minutes the states of the workers are compared with those of five minutes before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pithead.pool.readings import WorkerReading, WorkerState

SNAPSHOT_SECONDS = 300


@dataclass(frozen=True, slots=True)
class StateChange:
    """A worker that was in one state and is in another."""

    worker: str
    before: WorkerState
    after: WorkerState


def due(last_snapshot: int, now: float) -> int | None:
    """The snapshot to take now, in unix seconds; None while the last one still holds.

    Snapshots are at whole multiples of five minutes. Those missed while nobody looked are not
    made up for: what counts is how things stand. A clock set back starts again from where it is.
    """
    moment = int(now) // SNAPSHOT_SECONDS * SNAPSHOT_SECONDS
    return moment if moment != last_snapshot else None


def changes(
    before: Mapping[str, WorkerState], workers: Sequence[WorkerReading]
) -> tuple[list[StateChange], dict[str, WorkerState]]:
    """(what a user is told of, what to remember) of one user's workers.

    A worker not seen before is remembered without a word, and so is one whose monitoring was
    switched on or off: the user knows.
    """
    told: list[StateChange] = []
    new: dict[str, WorkerState] = {}
    for worker in workers:
        state = worker.state
        last = before.get(worker.name)
        if state == last:
            continue
        new[worker.name] = state
        if last is not None and "dis" not in (last, state):
            told.append(StateChange(worker.name, last, state))
    told.sort(key=lambda change: change.worker)
    return told, new
