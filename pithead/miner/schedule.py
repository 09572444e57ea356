"""When the next automatic upgrade is. Pure.

Schedules are local time. What a schedule leaves open the machine fills in, always the same for the
same machine, so that a fleet does not upgrade in one moment. A time that the clocks skip in spring
is kept right after the gap; one that comes twice in autumn is kept the first time.
"""

import hashlib
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pithead.miner.refusals import BadSetting
from pithead.miner.system_settings import Schedule

LAST_DAY_OF_EVERY_MONTH = 28
DAYS_TO_LOOK_AT = 63
"""From any day there is each day of the month within two months."""


def checked_schedule(schedule: Schedule) -> Schedule:
    """Raises BadSetting."""
    match schedule.every:
        case "week":
            _check("day_of_week", schedule.day, 1, 7)
        case "month":
            _check("day_of_month", schedule.day, 1, LAST_DAY_OF_EVERY_MONTH)
    _check("hours", schedule.hour, 0, 23)
    _check("minutes", schedule.minute, 0, 59)
    _check("seconds", schedule.second, 0, 59)
    return schedule


def _check(name: str, value: int | None, least: int, most: int) -> None:
    if value is not None and not least <= value <= most:
        raise BadSetting(f"{name} {value} is not one of {least} to {most}")


def completed(schedule: Schedule | None, seed: str) -> Schedule:
    """With every part there is. None: once a day, at a time of the machine's own."""
    wanted = schedule or Schedule("day")
    days = {"day": None, "week": 7, "month": LAST_DAY_OF_EVERY_MONTH}[wanted.every]
    return Schedule(
        wanted.every,
        None if days is None else _or_drawn(wanted.day, seed, "day", days, 1),
        _or_drawn(wanted.hour, seed, "hour", 24),
        _or_drawn(wanted.minute, seed, "minute", 60),
        _or_drawn(wanted.second, seed, "second", 60),
    )


def _or_drawn(value: int | None, seed: str, part: str, count: int, first: int = 0) -> int:
    if value is not None:
        return value
    digest = hashlib.sha256(f"{seed}/auto-upgrade/{part}".encode()).digest()
    return first + int.from_bytes(digest[:8], "big") % count


def next_execution(schedule: Schedule, after: float, zone: ZoneInfo) -> float:
    """The first moment of a completed schedule that is later than `after`; unix seconds."""
    assert schedule.hour is not None
    assert schedule.minute is not None
    assert schedule.second is not None
    at = time(schedule.hour, schedule.minute, schedule.second)
    today = datetime.fromtimestamp(after, zone).date()
    for ahead in range(-1, DAYS_TO_LOOK_AT):
        day = today + timedelta(days=ahead)
        moment = _moment(datetime.combine(day, at), zone)
        fits = {
            "day": True,
            "week": day.isoweekday() == schedule.day,
            "month": day.day == schedule.day,
        }[schedule.every]
        if fits and moment > after:
            return moment
    raise AssertionError(f"{schedule} has no next time")


def _moment(local: datetime, zone: ZoneInfo) -> float:
    """Unix seconds of a local time."""
    first = local.replace(tzinfo=zone, fold=0)
    moment = first.timestamp()
    shown = datetime.fromtimestamp(moment, zone).replace(tzinfo=None)
    if shown == local:
        return moment
    return _end_of_gap(first)


def _end_of_gap(skipped: datetime) -> float:
    """The moment at which the clocks jumped over a local time that there is not."""
    before, after = skipped.replace(fold=1).utcoffset(), skipped.replace(fold=0).utcoffset()
    assert before is not None
    assert after is not None
    low = int((skipped.replace(tzinfo=UTC) - max(before, after)).timestamp()) - 1
    high = int((skipped.replace(tzinfo=UTC) - min(before, after)).timestamp()) + 1
    zone = skipped.tzinfo
    old = datetime.fromtimestamp(low, zone).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == old:
            low = middle
        else:
            high = middle
    return float(high)
