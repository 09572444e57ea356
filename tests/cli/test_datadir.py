import stat

import pytest

from pithead.cli.datadir import DataDirectory, DirectoryInUse, DirectoryUnusable, write_whole
from pithead.cli.farmfile import (
    FarmFile,
    MinerEntry,
    PoolEntry,
    UserEntry,
    read_farm_file,
    write_farm_file,
)
from pithead.cli.farmtime import keep_time, open_clock


def test_a_directory_has_one_owner_at_a_time(tmp_path):
    with DataDirectory(tmp_path / "data"), pytest.raises(DirectoryInUse, match="--data"):
        DataDirectory(tmp_path / "data")
    with DataDirectory(tmp_path / "data"):
        pass


def test_a_directory_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    for path in (tmp_path / "file", tmp_path / "file" / "data"):
        with pytest.raises(DirectoryUnusable, match=f"{path} .*--data"):
            DataDirectory(path)


def test_a_file_is_replaced_whole_and_a_failed_write_leaves_the_old_one(tmp_path):
    target = tmp_path / "file"
    write_whole(target, b"old")
    with pytest.raises(TypeError):
        write_whole(target, "not bytes")
    assert target.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_farm_json_is_for_its_owner_alone_and_has_the_documented_shape(tmp_path):
    farm = FarmFile(
        PoolEntry("127.0.0.1:3333", "http://127.0.0.1:8080"),
        [UserEntry("alice", "t")],
        [MinerEntry(name="miner-0", model="Antminer S21", rest="http://127.0.1.1:80")],
    )
    path = tmp_path / "farm.json"
    write_farm_file(path, farm)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_farm_file(path) == farm
    path.write_text("{")
    assert read_farm_file(path) is None


def test_a_fast_farm_starts_a_month_ago_and_goes_on_where_it_was(tmp_path):
    wall = lambda: 2_000_000_000.0  # noqa: E731
    clock = open_clock(tmp_path, 60.0, wall)
    assert clock.now() == 2_000_000_000.0 - 30 * 86_400
    keep_time(tmp_path, 1_999_000_000.0)
    assert open_clock(tmp_path, 60.0, wall).now() == 1_999_000_000.0
    assert open_clock(tmp_path, 1.0, wall).now() == 2_000_000_000.0
    (tmp_path / "clock.json").write_text("damaged")
    assert open_clock(tmp_path, 60.0, wall).now() == 2_000_000_000.0 - 30 * 86_400
