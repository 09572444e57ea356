import stat

import pytest

from pithead.miner.api.passwords import PasswordFile


@pytest.fixture
def path(tmp_path):
    return tmp_path / "machine" / "password"


def test_a_fresh_machine_has_the_empty_password(path):
    assert PasswordFile(path).fits("")
    assert not PasswordFile(path).fits("root")


def test_a_password_is_kept_as_a_hash_that_only_the_owner_can_read(path):
    PasswordFile(path).change("sésame")
    assert PasswordFile(path).fits("sésame")
    for wrong in ("", "sesame", "sésame "):
        assert not PasswordFile(path).fits(wrong)
    assert path.read_text().startswith("$argon2id$")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["password"]


def test_a_password_is_replaced_and_removed(path):
    passwords = PasswordFile(path)
    passwords.change("one")
    passwords.change("two")
    assert (passwords.fits("one"), passwords.fits("two")) == (False, True)
    passwords.change(None)
    passwords.change(None)
    assert passwords.fits("")


def test_the_empty_password_can_be_set_like_any_other(path):
    PasswordFile(path).change("")
    assert PasswordFile(path).fits("")
    assert not PasswordFile(path).fits("x")


@pytest.mark.parametrize("content", ["", "nonsense", "$argon2id$v=19$m=1,t=1,p=1$AAAA$AAAA"])
def test_a_damaged_file_lets_nobody_in(path, content):
    path.parent.mkdir()
    path.write_text(content)
    assert not PasswordFile(path).fits("")
    assert not PasswordFile(path).fits(content)


def test_a_file_that_is_no_text_lets_nobody_in(path):
    path.parent.mkdir()
    path.write_bytes(b"\xff\xfe")
    assert not PasswordFile(path).fits("")


def test_what_a_crash_left_half_written_does_not_hinder_the_next_change(path):
    path.parent.mkdir()
    path.with_name("password.new").write_text("half")
    PasswordFile(path).change("new")
    assert PasswordFile(path).fits("new")
