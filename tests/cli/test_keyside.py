"""What opens a machine, from the command line, as somebody types it."""

from hashlib import sha256

import pytest
from click.testing import CliRunner

from pithead.cli.main import main
from pithead.miner.api.archive_password import ARCHIVE_PASSWORD_FILE, archive_password
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


def test_one_of_the_tokens_is_revoked_by_the_mark_that_the_list_shows(run, tmp_path):
    keys = keys_in(tmp_path / "miners" / "miner-0", lambda: 0.0)
    tokens = [run("token", "create", "--name", "miner-0") for _ in range(3)]
    marks = run("token", "list", "--name", "miner-0").split()
    assert marks == [sha256(each.encode()).hexdigest()[:12] for each in tokens]
    run("token", "revoke", marks[1], "--name", "miner-0")
    assert [keys.lasting.fits(each) for each in tokens] == [True, False, True]
    assert "no token 'nonsense'" in run("token", "revoke", "nonsense", "--name", "miner-0", code=2)
    assert run("token", "list", "--name", "miner-0").split() == [marks[0], marks[2]]


def test_the_password_of_archives_is_shown_and_stays(run, tmp_path):
    shown = run("archive-password", "--name", "miner-0")
    assert shown == run("archive-password", "--name", "miner-0")
    assert shown == archive_password(tmp_path / "miners" / "miner-0")
    (tmp_path / "miners" / "miner-0" / ARCHIVE_PASSWORD_FILE).write_text("?")
    assert "is damaged" in run("archive-password", "--name", "miner-0", code=2)


def test_a_forgotten_password_is_removed(run, tmp_path):
    keys = keys_in(tmp_path / "miners" / "miner-0", lambda: 0.0)
    keys.change_password("forgotten")
    run("password", "reset", "--name", "miner-0")
    assert keys.passwords.fits("")


@pytest.mark.parametrize("words", [("token", "create"), ("password", "reset", "--name", "other")])
def test_a_machine_that_is_not_there_is_told_with_those_that_are(run, words):
    assert "there are miner-0" in run(*words, code=2)
