"""What every test gets: log lines as the library writes them by default, and databases."""

import logging

import pytest
import structlog
from hypothesis import HealthCheck, settings

from pithead.cli.logs import close_log_file
from tests.postgres import new_database, running_server

BUSY = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("whole", **BUSY)
settings.register_profile("quick", max_examples=30, **BUSY)
settings.load_profile("whole")
"""No test asserts a duration, be it its own. `quick` is for `make check`."""


@pytest.fixture(autouse=True)
def _logging_is_left_as_it_was():
    yield
    structlog.reset_defaults()
    logging.root.handlers.clear()
    close_log_file()


class Clock:
    """A clock that stands until a test moves it."""

    now = 1_700_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(scope="session")
def postgres():
    """A running server, one for all tests of a process."""
    with running_server() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def database(request, tmp_path):
    """Where an empty database is: the same tests hold for both engines."""
    if request.param == "sqlite":
        return tmp_path / "pool.sqlite"
    return new_database(request.getfixturevalue("postgres"))
