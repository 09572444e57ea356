"""How the machines of a fleet are, as samples for Prometheus. Pure.

What a machine says of itself only ever is the value of a sample, or stands in its one `info`: a
machine that changes its name at every look makes no more series than one that does not.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from pithead.fleet.contract import HERE, Row
from pithead.metrics import families as all_of
from pithead.metrics.families import Sample

MOST_CHARACTERS = 64
"""Of a label that a machine fills."""
TERA = 1e12


def fleet_samples(rows: Sequence[Row], look_seconds: float, now: float) -> Iterator[Sample]:
    """`now`: unix seconds. What a machine does not say has no sample."""
    for state, count in sorted(Counter(row.state for row in rows).items()):
        yield Sample(all_of.FLEET_MACHINES, count, (state,))
    yield Sample(all_of.FLEET_LOOK, look_seconds)
    for row in rows:
        yield from _of(row, now)


def reasons_to_wait(rows: Sequence[Row]) -> tuple[str, ...]:
    """Why the figures are none yet."""
    if rows and all(row.state == "new" for row in rows):
        return ("no machine has been looked at yet",)
    return ()


def _of(row: Row, now: float) -> Iterator[Sample]:
    machine = (row.id,)
    told = (row.name, row.model or "", row.version or "")
    yield Sample(all_of.FLEET_INFO, 1, (*machine, *map(_label, told)))
    yield Sample(all_of.FLEET_UP, row.state in HERE, machine)
    yield Sample(all_of.FLEET_MINING, row.state == "mining", machine)
    yield Sample(all_of.FLEET_ATTENTION, row.attention is not None, machine)
    if row.seen_at is not None:
        yield Sample(all_of.FLEET_SEEN, max(0.0, now - row.seen_at), machine)
    figures = (
        (all_of.FLEET_HASHRATE, _hashes(row.hashrate_ths)),
        (all_of.FLEET_NOMINAL, _hashes(row.nominal_ths)),
        (all_of.FLEET_WATTS, row.power_w),
        (all_of.FLEET_TARGET, row.target_w),
        (all_of.FLEET_CHIP, row.chip_c),
        (all_of.FLEET_ERRORS, row.errors if row.state in HERE else None),
    )
    for family, value in figures:
        if value is not None:
            yield Sample(family, value, machine)
    if row.seen_at is not None:
        yield Sample(all_of.FLEET_SHARES, row.accepted_shares, (*machine, "accepted"))
        yield Sample(all_of.FLEET_SHARES, row.rejected_shares, (*machine, "refused"))


def _hashes(rate_ths: float | None) -> float | None:
    return None if rate_ths is None else rate_ths * TERA


def _label(said: str) -> str:
    return "".join(filter(str.isprintable, said))[:MOST_CHARACTERS]
