"""`pithead pool --role` tells in a sentence what it cannot be started with."""

import pytest
from click.testing import CliRunner

from pithead.cli.main import main


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (["--role", "stratum"], '--set exchange.kind="nats"'),
        (["--role", "accounting", "--take-over"], "exclude each other"),
        (["--role", "everything"], "'stratum', 'accounting', 'node', 'api'"),
        (["--role", "api", "--set", "exchange.kind=nats"], "say pool.database"),
        (["--set", "exchange.kind=nats"], "exchange.kind is for --role"),
        (
            ["--role", "stratum", "--set", "exchange.kind=nats", "--set", "pool.front_ends=2"],
            "pool.server_number and ports of its own",
        ),
        (
            ["--role", "accounting", "--set", "exchange.kind=nats",
             "--set", "exchange.credentials_file=there-is-none"],
            "credentials",
        ),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_and_nothing_begins(tmp_path, command, why):
    data = tmp_path / "data"
    shown = CliRunner().invoke(main, ["pool", "--data", str(data), *command])
    assert shown.exit_code != 0
    assert why in shown.output
    assert not data.exists()
