"""Commands as a person types them, each test with a data directory of its own."""

import pytest
from click.testing import CliRunner

from pithead.cli.main import main


@pytest.fixture
def run(tmp_path):
    def run(*words, code=0, typed=None):
        shown = CliRunner().invoke(main, [*words, "--data", str(tmp_path)], input=typed)
        assert shown.exit_code == code, shown.output
        return shown.output.strip()

    return run
