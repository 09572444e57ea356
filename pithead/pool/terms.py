"""The journals of those who keep the books in turn, each for a term.

In a term nothing that comes over the exchange is done before the store has it, so what the journal
of a former term holds beyond that comes again: it is not replayed, and only kept aside for who
wants to look. The journal of a pool that was alone bears no mark, and the first term replays it.
"""

import shutil
import time
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

MARK = "term"
"""The file in a journal's directory that says of which term it is."""
FORMER = "former-journals"
DAY = 86_400


def set_aside(directory: Path, days: float) -> None:
    """Move the journal of a former term in the pool's `directory` aside, to begin a fresh one.

    Of those aside the newest stays, the others for so many `days` of the world. Raises OSError.
    """
    journal, former = directory / "journal", directory / FORMER
    if not (journal / MARK).exists():
        return
    former.mkdir(exist_ok=True)
    aside = former / f"{time.time_ns():020}"
    journal.rename(aside)
    log.info("the journal of a former term is kept aside", directory=str(aside))
    oldest = time.time_ns() - round(days * DAY * 1e9)
    for each in sorted(former.iterdir())[:-1]:
        if each.name.isdecimal() and int(each.name) < oldest:
            shutil.rmtree(each)


def mark(directory: Path, token: int) -> None:
    """The store has what the journal began with; whatever follows is of this term."""
    (directory / "journal" / MARK).write_text(f"{token}\n")
