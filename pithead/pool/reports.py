"""How a front end of its own process is, as it tells those who keep the books."""

from collections.abc import Collection, Iterable

import msgspec

from pithead.pool.counts import Counts, Vitals

FORGOTTEN_SECONDS = 10.0
"""Wall time after which a front end that says nothing is taken to be gone."""


class Report(msgspec.Struct, frozen=True, array_like=True):
    front_end: str
    connections: int
    most_connections: int
    share_works: list[int]
    """Ascending, as `Vitals` has them."""
    template_age: float
    has_work: bool
    has_failed: bool
    journal_problem: str
    users: dict[str, int]
    """How many of its miners are logged in as each."""


class Word(msgspec.Struct, frozen=True, array_like=True):
    """A line of the operator for all miners, or those of one user."""

    line: bytes
    user: str | None


def report_of(front_end: str, vitals: Vitals, users: dict[str, int]) -> Report:
    return Report(
        front_end, vitals.connections, vitals.most_connections, list(vitals.share_works),
        vitals.template_age, vitals.has_work, vitals.has_failed, vitals.journal_problem, users,
    )  # fmt: skip


def together(own: Vitals, reports: Collection[Report], counts: Counts) -> Vitals:
    """Of a whole pool: sums, and the worst of what cannot be summed. `own` is of the process that
    keeps the books, and has what they counted."""
    return Vitals(
        sum(each.connections for each in reports),
        sum(each.most_connections for each in reports),
        sorted(work for each in reports for work in each.share_works),
        max([own.template_age, *(each.template_age for each in reports)]),
        own.has_work and any(each.has_work for each in reports),
        own.has_failed,
        first([own.journal_problem, *(each.journal_problem for each in reports)]),
        counts,
    )  # fmt: skip


def first(words: Iterable[str]) -> str:
    return next(filter(None, words), "")
