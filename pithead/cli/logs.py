"""Where log lines go and what they look like."""

import logging
import sys
from pathlib import Path
from typing import TextIO

import structlog

from pithead.cli.sections import LogSection


def start_logging(section: LogSection, file: Path | None = None) -> None:
    """Write log lines to `file`, or to standard error where there is none."""
    stream: TextIO = sys.stderr if file is None else file.open("a", encoding="utf-8", buffering=1)
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
