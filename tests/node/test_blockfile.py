import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.node.blockfile import BlockFile, BlockFileDamaged
from pithead.node.record import BlockRecord

RECORDS = [BlockRecord(bytes([n]) * (100 + n), 1 << n, 1_000 * n) for n in range(5)]


def written(path):
    file = BlockFile(path)
    for record in RECORDS:
        file.append(record)
    file.close()
    return path.read_bytes()


def read(path):
    file = BlockFile(path)
    try:
        return list(file.records())
    finally:
        file.close()


def test_what_was_appended_is_read_in_order(tmp_path):
    written(tmp_path / "blocks")
    assert read(tmp_path / "blocks") == RECORDS


def test_an_unfinished_end_is_cut_and_the_next_block_follows_the_last_whole_one(tmp_path):
    path = tmp_path / "blocks"
    whole = written(path)
    for cut in (1, 7, 50, 130):
        path.write_bytes(whole[:-cut])
        survivors = read(path)
        assert survivors == RECORDS[: len(survivors)]
        assert len(survivors) >= 3
        file = BlockFile(path)
        file.append(RECORDS[0])
        file.close()
        assert read(path) == [*survivors, RECORDS[0]]


def test_zeros_at_the_end_as_a_power_cut_leaves_them_are_cut(tmp_path):
    path = tmp_path / "blocks"
    path.write_bytes(written(path) + bytes(500))
    assert read(path) == RECORDS
    assert read(path) == RECORDS


def test_the_last_block_can_be_taken_back(tmp_path):
    path = tmp_path / "blocks"
    whole = written(path)
    file = BlockFile(path)
    file.append(RECORDS[2])
    file.take_back()
    file.close()
    assert path.read_bytes() == whole


def test_what_cannot_be_read_again_is_not_written(tmp_path):
    file = BlockFile(tmp_path / "blocks")
    for block in (b"", bytes(4_000_001)):
        with pytest.raises(ValueError, match="are no block"):
            file.append(BlockRecord(block, 1, 0))
    file.close()
    assert read(tmp_path / "blocks") == []


def test_damage_in_the_middle_is_reported_with_its_place(tmp_path):
    path = tmp_path / "blocks"
    whole = bytearray(written(path))
    whole[60] ^= 1
    path.write_bytes(bytes(whole))
    with pytest.raises(BlockFileDamaged, match="at byte 0"):
        read(path)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_no_file_crashes_the_reader(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("fuzz") / "blocks"
    path.write_bytes(data)
    with contextlib.suppress(BlockFileDamaged):
        read(path)
