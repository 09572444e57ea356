"""What every test gets: log lines as the library writes them by default."""

import pytest
import structlog


@pytest.fixture(autouse=True)
def _logging_is_left_as_it_was():
    yield
    structlog.reset_defaults()
