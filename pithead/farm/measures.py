"""How a machine is, as samples for Prometheus."""

from collections.abc import Iterator

from pithead.metrics import families as all_of
from pithead.metrics.families import Sample
from pithead.miner.snapshot import Snapshot


def machine_samples(name: str, seen: Snapshot, is_up: bool, faults: int) -> Iterator[Sample]:
    """`is_up`: whether its computer runs. A sensor that says nothing has no sample."""
    status = seen.status.name.lower()
    yield Sample(all_of.UP, is_up, (name,))
    yield Sample(all_of.MACHINE_INFO, 1, (name, seen.model.name, status))
    yield Sample(all_of.MACHINE_HASHRATE, seen.real.last_5m, (name,))
    yield Sample(all_of.NOMINAL, seen.nominal, (name,))
    yield Sample(all_of.WATTS, seen.consumption_w, (name,))
    if seen.highest_chip_temp_c is not None:
        yield Sample(all_of.CHIP_TEMPERATURE, seen.highest_chip_temp_c, (name,))
    for board in seen.boards:
        if board.board_temp_c is not None:
            yield Sample(all_of.BOARD_TEMPERATURE, board.board_temp_c, (name, board.id))
    for fan in seen.fans:
        yield Sample(all_of.FAN, fan.rpm, (name, str(fan.position)))
    yield Sample(all_of.FAULTS, faults, (name,))
    stats = seen.pool_stats
    for result, count in (
        ("accepted", stats.accepted_shares),
        ("rejected", stats.rejected_shares),
        ("stale", stats.stale_shares),
    ):
        yield Sample(all_of.MACHINE_SHARES, count, (name, result))
