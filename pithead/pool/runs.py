"""Shares of one second, which the books may take together."""

from collections.abc import Sequence

from pithead.pool.events import ShareAccepted

LEAST_RUN = 8
"""Fewer shares are as soon taken one by one."""


def continues(run: Sequence[ShareAccepted], event: ShareAccepted, shift_ms: int) -> bool:
    """Not before the last of a run, and in its second by the clock and by the scores', which is
    ahead by `shift_ms`."""
    if not run or event.time_ms < run[-1].time_ms:
        return False
    first_ms, time_ms = run[0].time_ms, event.time_ms
    return time_ms == first_ms or (
        time_ms // 1000 == first_ms // 1000
        and (time_ms + shift_ms) // 1000 == (first_ms + shift_ms) // 1000
    )
