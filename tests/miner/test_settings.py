import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pithead.miner.configuration import FixedShareRatio, PoolGroup, PoolTarget, Quota, Settings
from pithead.miner.settings import SettingsFile

FULL = Settings(
    hostname="rig-7",
    power_target_w=2900,
    paused=True,
    pool_groups=(
        PoolGroup("a", (PoolTarget("stratum+tcp://a:1", "u", "p", False, "x"),), Quota(3), "0"),
        PoolGroup("b", (), FixedShareRatio(0.25), "1"),
    ),
    uids_given=4,
)


@pytest.fixture
def file(tmp_path):
    return SettingsFile(tmp_path / "rig" / "settings.json")


def test_settings_come_back_as_they_were_saved(file):
    file.save(FULL)
    loaded = file.load(Settings())
    assert loaded.settings == FULL
    assert loaded.problem is None


def test_without_a_file_the_defaults_are_used_and_nothing_is_wrong(file):
    loaded = file.load(FULL)
    assert loaded.settings == FULL
    assert loaded.problem is None


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b'{"power_target_w": "much"}', b'{"no_such": 1}', b"\xff" * 10,
        b'{"pool_groups": [{"name": "", "pools": []}]}',
        b'{"system": {"advanced": {"delayed_start_s": "long"}}}',
        b'{"system": {"advanced": {"timezone": "Mars/Olympus"}}}',
    ],
)  # fmt: skip
def test_a_damaged_file_is_reported_kept_aside_and_the_last_good_one_used(file, content):
    file.save(FULL)
    file.save(Settings(hostname="newer"))
    file.path.write_bytes(content)
    loaded = file.load(Settings())
    assert loaded.settings == FULL
    assert "damaged" in loaded.problem
    assert "last good one" in loaded.problem
    assert file.path.with_name("settings.json.damaged").read_bytes() == content
    file.save(loaded.settings)
    assert file.load(Settings()).problem is None


def test_a_damaged_first_file_gives_the_defaults_and_says_so(file):
    file.save(FULL)
    file.path.write_bytes(b"{")
    loaded = file.load(Settings(hostname="default"))
    assert loaded.settings == Settings(hostname="default")
    assert "defaults" in loaded.problem


def test_a_file_without_bound_is_not_read_whole(file):
    file.save(FULL)
    file.path.write_bytes(b" " * (2 << 20))
    assert "damaged" in file.load(Settings()).problem


def test_a_save_that_fails_leaves_the_old_file_and_no_rubbish(file, monkeypatch):
    file.save(FULL)

    def fail(descriptor):
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        file.save(Settings())
    monkeypatch.undo()
    assert file.load(Settings()).settings == FULL
    assert {path.name for path in file.path.parent.iterdir()} <= {
        "settings.json",
        "settings.json.last",
    }


def test_what_a_crash_left_half_written_is_removed_at_the_next_start(file):
    file.save(FULL)
    half = file.path.with_name(f".{file.path.name}.abcd")
    half.write_text("{")
    assert file.load(Settings()).settings == FULL
    assert not half.exists()


def test_the_file_is_the_owners_alone_for_it_has_passwords_of_pools(file):
    file.save(FULL)
    assert file.path.stat().st_mode & 0o077 == 0


def test_the_file_is_json_that_people_can_read(file):
    file.save(FULL)
    assert json.loads(file.path.read_text())["hostname"] == "rig-7"


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300))
def test_no_content_of_the_file_keeps_a_miner_from_starting(file, content):
    file.path.parent.mkdir(exist_ok=True)
    file.path.write_bytes(content)
    assert isinstance(file.load(Settings()).settings, Settings)
