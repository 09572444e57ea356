"""The password of encrypted archives."""

import pytest

from pithead.miner.api.archive_password import ARCHIVE_PASSWORD_FILE, LENGTH, archive_password


def test_it_is_made_once_and_kept_for_its_owner_alone(tmp_path):
    made = archive_password(tmp_path / "new")
    assert len(made) == LENGTH
    assert made.isalnum()
    assert archive_password(tmp_path / "new") == made
    (file,) = (tmp_path / "new").iterdir()
    assert file.name == ARCHIVE_PASSWORD_FILE
    assert file.stat().st_mode & 0o777 == 0o600


def test_no_two_machines_have_the_same(tmp_path):
    assert len({archive_password(tmp_path / str(number)) for number in range(10)}) == 10


@pytest.mark.parametrize("content", [b"", b"short\n", b"x" * (LENGTH + 1), b"\xff" * LENGTH])
def test_a_damaged_file_is_told_and_left_alone(tmp_path, content):
    (tmp_path / ARCHIVE_PASSWORD_FILE).write_bytes(content)
    with pytest.raises(ValueError, match="damaged"):
        archive_password(tmp_path)
    assert (tmp_path / ARCHIVE_PASSWORD_FILE).read_bytes() == content
