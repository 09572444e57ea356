"""Traces while a command runs, where an endpoint for them is set."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version

from pithead.cli.telemetrysection import TelemetrySection
from pithead.metrics.tracing import start


@contextmanager
def traces(section: TelemetrySection) -> Iterator[None]:
    """Raises TelemetryMissing."""
    if not section.endpoint:
        yield
        return
    stop = start(section.endpoint, version("pithead"))
    try:
        yield
    finally:
        stop()
