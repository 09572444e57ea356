"""The page of settings says what the program does."""

from pathlib import Path

from click.testing import CliRunner

from pithead.cli.config import KEYS
from pithead.cli.main import main
from pithead.cli.reference import markdown

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_the_page_in_the_documentation_is_the_one_the_program_prints():
    printed = CliRunner().invoke(main, ["config", "--markdown"])
    assert printed.exit_code == 0
    assert PAGE.read_text() == printed.output, (
        "make it anew: pithead config --markdown > docs/configuration.md"
    )


def test_every_setting_has_one_row_of_three_cells():
    rows = [line for line in markdown().splitlines() if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == list(KEYS)
    assert all(row.count("|") == 4 for row in rows)
