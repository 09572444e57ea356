"""The C extension and its hashlib twin are one: same answers, same refusals."""

import shutil
import subprocess
import sys
import sysconfig
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pithead.native
from pithead.bitcoin.block import Header
from pithead.bitcoin.hashing import sha256d, wire_from_display
from pithead.bitcoin.merkle import fold_branch
from pithead.native import HAS_NATIVE, MAX_SCAN, twin

needs_native = pytest.mark.skipif(not HAS_NATIVE, reason="no extension on this machine")
both = pytest.mark.parametrize(
    "hashing", [pytest.param(pithead.native, marks=needs_native, id="native"), twin]
)

GENESIS = Header(
    1,
    bytes(32),
    wire_from_display("4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b"),
    1231006505,
    0x1D00FFFF,
    2083236893,
)
ARGUMENTS = (b"prefix", b"one", b"two", b"suffix", bytes(64), 2, bytes(32), 3, 4, 5)

numbers = st.integers(0, 2**32 - 1)
hashes = st.binary(min_size=32, max_size=32)
shares = st.tuples(
    st.binary(max_size=200),
    st.binary(max_size=16),
    st.binary(max_size=16),
    st.binary(max_size=200),
    st.lists(hashes, max_size=14).map(b"".join),
    numbers,
    hashes,
    numbers,
    numbers,
    numbers,
)


@both
@given(shares)
def test_a_share_hash_is_that_of_the_header_over_its_merkle_root(hashing, share):
    prefix, extranonce1, extranonce2, suffix, branch, version, previous, time, bits, nonce = share
    steps = [branch[start : start + 32] for start in range(0, len(branch), 32)]
    root = fold_branch(sha256d(prefix + extranonce1 + extranonce2 + suffix), steps)
    header = Header(version, previous, root, time, bits, nonce)
    assert hashing.share_hash(*share) == header.hash_wire


@both
@pytest.mark.parametrize("size", range(200))
def test_a_coinbase_of_any_length_is_padded_right(hashing, size):
    coinbase = bytes(range(size))
    arguments = (coinbase[:7], coinbase[7:9], coinbase[9:70], coinbase[70:], b"", *ARGUMENTS[5:])
    header = Header(2, bytes(32), sha256d(coinbase), 3, 4, 5)
    assert hashing.share_hash(*arguments) == header.hash_wire


@both
@pytest.mark.parametrize(
    ("place", "value", "error"),
    [
        (4, bytes(31), ValueError),
        (4, bytes(65), ValueError),
        (6, bytes(31), ValueError),
        (6, bytes(33), ValueError),
        (5, 2**32, OverflowError),
        (5, 2**64, OverflowError),
        (7, -1, OverflowError),
        (8, 2**32, OverflowError),
        (9, 2**32, OverflowError),
        (0, "text", TypeError),
        (4, None, TypeError),
    ],
)
def test_wrong_arguments_of_a_share_are_refused(hashing, place, value, error):
    arguments = list(ARGUMENTS)
    arguments[place] = value
    with pytest.raises(error):
        hashing.share_hash(*arguments)


@both
def test_a_missing_argument_is_a_type_error(hashing):
    with pytest.raises(TypeError):
        hashing.share_hash(*ARGUMENTS[:-1])
    with pytest.raises(TypeError):
        hashing.scan(bytes(80), 0, 1)


@both
def test_a_scan_finds_the_nonce_of_the_genesis_block(hashing):
    header = GENESIS.pack()
    target = 0xFFFF << 208
    assert hashing.scan(header, GENESIS.nonce - 1000, 2000, target) == [GENESIS.nonce]
    assert hashing.scan(header, GENESIS.nonce - 1000, 1000, target) == []
    assert hashing.scan(header, GENESIS.nonce, 1, target) == [GENESIS.nonce]


@both
def test_a_scan_takes_a_hash_equal_to_the_target_and_none_above(hashing):
    header = GENESIS.pack()
    exact = int.from_bytes(GENESIS.hash_wire, "little")
    assert hashing.scan(header, GENESIS.nonce, 1, exact) == [GENESIS.nonce]
    assert hashing.scan(header, GENESIS.nonce, 1, exact - 1) == []


@both
@given(st.binary(min_size=80, max_size=80), numbers, st.integers(240, 256))
def test_a_scan_finds_exactly_the_proofs_of_its_range(hashing, header, start, bits):
    target = (1 << bits) - 1
    end = min(start + 40, 1 << 32)
    expected = [
        nonce
        for nonce in range(start, end)
        if int.from_bytes(sha256d(header[:76] + nonce.to_bytes(4, "little")), "little") <= target
    ]
    assert hashing.scan(header, start, 40, target) == expected


@both
def test_a_scan_ends_with_the_last_nonce_and_does_not_wrap(hashing):
    every_hash = (1 << 256) - 1
    assert hashing.scan(bytes(80), 2**32 - 2, 100, every_hash) == [2**32 - 2, 2**32 - 1]
    assert hashing.scan(bytes(80), 7, 0, every_hash) == []


@both
@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((bytes(79), 0, 1, 0), ValueError),
        ((bytes(81), 0, 1, 0), ValueError),
        ((bytes(80), 0, MAX_SCAN + 1, 0), ValueError),
        ((bytes(80), -1, 1, 0), OverflowError),
        ((bytes(80), 2**32, 1, 0), OverflowError),
        ((bytes(80), 0, -1, 0), OverflowError),
        ((bytes(80), 0, 1, -1), OverflowError),
        ((bytes(80), 0, 1, 1 << 256), OverflowError),
    ],
)
def test_wrong_arguments_of_a_scan_are_refused(hashing, arguments, error):
    with pytest.raises(error):
        hashing.scan(*arguments)


@needs_native
def test_other_threads_run_while_the_extension_scans():
    go = threading.Event()
    turns = []

    def wait_for_a_turn():
        go.wait()
        turns.append("mine")

    interval = sys.getswitchinterval()
    sys.setswitchinterval(100)  # so the other thread runs only when this one lets it
    try:
        thread = threading.Thread(target=wait_for_a_turn)
        thread.start()
        go.set()
        assert turns == []
        pithead.native.scan(bytes(80), 0, 1 << 20, 0)
        assert turns == ["mine"]
    finally:
        sys.setswitchinterval(interval)
        thread.join()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc on this machine")
def test_the_extension_builds_without_a_warning(tmp_path):
    source = Path(pithead.native.__file__).with_name("judge.c")
    flags = ["-O3", "-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"]
    include = sysconfig.get_paths()["include"]
    command = ["gcc", *flags, "-DPy_LIMITED_API=0x030B0000", f"-I{include}", "-fPIC", "-shared"]
    subprocess.run([*command, source, "-o", tmp_path / "_judge.so"], check=True, timeout=60)


@pytest.mark.slow
def test_without_the_extension_the_twin_takes_its_place():
    code = (
        "import sys; sys.modules['pithead.native._judge'] = None\n"
        "from pithead.native import HAS_NATIVE, scan, share_hash, twin\n"
        "assert not HAS_NATIVE and scan is twin.scan and share_hash is twin.share_hash\n"
        "from pithead.work import judge\n"
        "assert judge.share_hash is twin.share_hash"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.slow
@needs_native
def test_the_extension_keeps_no_memory():
    code = (
        "import resource; from pithead.native import scan, share_hash\n"
        "arguments = (bytes(90), bytes(4), bytes(8), bytes(150), bytes(384), 2**31, bytes(32),"
        " 2**31, 2**31, 2**31)\n"
        "def work(rounds):\n"
        "    for _ in range(rounds):\n"
        "        share_hash(*arguments)\n"
        "        scan(bytes(80), 2**31, 8, 2**256 - 1)\n"
        "        try: scan(bytes(80), 0, 1, 2**256)\n"
        "        except OverflowError: pass\n"
        "work(2000)\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "work(100_000)\n"
        "after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "assert after - before < 2000, (before, after)  # one lost object a round is over 3 MB"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=100)
