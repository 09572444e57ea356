"""Where log lines go and what they look like."""

import logging
import sys
from contextlib import suppress
from io import TextIOBase, TextIOWrapper
from pathlib import Path
from typing import TextIO, cast

import structlog

from pithead.cli.sections import LogSection


class Lenient(TextIOBase):
    """Text that a full disk does not take is lost: nobody who says something may fail of it.

    Standard error may be a file as well.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()

    def isatty(self) -> bool:
        return self._stream.isatty()


_open_files: list[TextIO] = []
"""The one in use."""


def start_logging(section: LogSection, file: Path | None = None) -> TextIO:
    """Write log lines to `file`, or to standard error where there is none; where they go to."""
    opened = sys.stderr if file is None else _appending(file)
    stream = cast(TextIO, Lenient(opened))
    level = logging.getLevelNamesMapping()[section.level.upper()]
    colours = file is None and stream.isatty()
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if section.format == "json"
        else structlog.dev.ConsoleRenderer(colors=colours)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.dict_tracebacks
            if section.format == "json"
            else structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(stream=stream, level=max(level, logging.WARNING), force=True)
    close_log_file()
    if file is not None:
        _open_files.append(opened)
    return opened


def close_log_file() -> None:
    """Of the last start; whoever logs after it starts again."""
    while _open_files:
        with suppress(OSError):
            _open_files.pop().close()


def _appending(file: Path) -> TextIO:
    """Unbuffered: what could not be written once is not tried again with what comes after."""
    return TextIOWrapper(file.open("ab", buffering=0), encoding="utf-8", write_through=True)
