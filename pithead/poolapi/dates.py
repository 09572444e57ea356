"""Which days a question is about: from and to, UTC dates, both included."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from pithead.poolapi.figures import SECONDS_PER_DAY

FIRST_DATE = date(2009, 1, 3)
"""The day of the genesis block: nothing was mined before."""
LAST_DATE = date(2099, 12, 31)
ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
SHOWN_CHARACTERS = 40
"""How much of a wrong date is repeated: enough for a JavaScript Date."""


class BadDates(ValueError):
    """The asker's mistake, in words that say what is right."""


@dataclass(frozen=True, slots=True)
class Days:
    """Unix seconds of 00:00 UTC of the first and the last day."""

    first: int
    last: int


def days_asked_for(query: Mapping[str, str], now: float, default: int, limit: int) -> Days:
    """Without `to` it is today, without `from` the range is `default` days long."""
    today = datetime.fromtimestamp(now, UTC).date()
    last = parse_date("to", query.get("to", ""), today)
    first = parse_date("from", query.get("from", ""), last - timedelta(days=default - 1))
    if first > last:
        raise BadDates(f"'from' ({first}) is later than 'to' ({last}); both days are included")
    if (last - first).days >= limit:
        raise BadDates(f"{first} to {last} is too long: ask for at most {limit} days at once")
    return Days(day_start(first), day_start(last))


def parse_date(name: str, text: str, default: date) -> date:
    """Strictly YYYY-MM-DD; nothing given is the default."""
    if not text:
        return default
    match = ISO_DATE.fullmatch(text)
    if match is None:
        raise BadDates(f"'{name}' must be a date as YYYY-MM-DD (2022-05-01), not {shown(text)}")
    try:
        day = date(*map(int, match.groups()))
    except ValueError:
        raise BadDates(f"'{name}' is not a day of the calendar: {text}") from None
    if not FIRST_DATE <= day <= LAST_DATE:
        raise BadDates(f"'{name}' must be from {FIRST_DATE} to {LAST_DATE}, not {text}")
    return day


def day_start(day: date) -> int:
    return (day - date(1970, 1, 1)).days * SECONDS_PER_DAY


def shown(text: str) -> str:
    """Quoted and cut, with nothing in it but ASCII that prints."""
    return ascii(text[:SHOWN_CHARACTERS]) + ("..." if len(text) > SHOWN_CHARACTERS else "")
