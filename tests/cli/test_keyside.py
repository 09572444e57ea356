"""What opens a machine, from the command line, as somebody types it."""

import pytest
from click.testing import CliRunner

from pithead.cli.main import main
from pithead.miner.api.keys import keys_in
from pithead.rpc.errors import Unauthenticated


@pytest.fixture
def run(tmp_path):
    (tmp_path / "miners" / "miner-0").mkdir(parents=True)

    def run(*words, code=0):
        shown = CliRunner().invoke(main, ["miner", *words, "--data", str(tmp_path)])
        assert shown.exit_code == code, shown.output
        return shown.output.strip()

    return run


def test_a_token_opens_the_machine_until_tokens_are_revoked(run, tmp_path):
    keys = keys_in(tmp_path / "miners" / "miner-0", lambda: 0.0)
    token = run("token", "create", "--name", "miner-0")
    keys.check(token)
    run("token", "revoke", "--name", "miner-0")
    with pytest.raises(Unauthenticated):
        keys.check(token)


def test_a_forgotten_password_is_removed(run, tmp_path):
    keys = keys_in(tmp_path / "miners" / "miner-0", lambda: 0.0)
    keys.change_password("forgotten")
    run("password", "reset", "--name", "miner-0")
    assert keys.passwords.fits("")


@pytest.mark.parametrize("words", [("token", "create"), ("password", "reset", "--name", "other")])
def test_a_machine_that_is_not_there_is_told_with_those_that_are(run, words):
    assert "there are miner-0" in run(*words, code=2)
