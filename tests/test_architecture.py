"""The arrows between the packages point one way, and pure modules touch nothing outside."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "pithead"

ALLOWED = {
    "bitcoin": set(),
    "native": set(),
    "work": {"bitcoin", "native"},
    "stratum": {"work", "bitcoin", "native"},
    "node": {"work", "bitcoin"},
    "pool": {"stratum", "node", "work", "bitcoin"},
    "poolapi": {"pool"},
    "hardware": {"work", "bitcoin", "native"},
    "rpc": set(),
    "bos": {"rpc"},
    "miner": {"bos", "rpc", "hardware", "stratum", "work", "bitcoin"},
    "farm": {"miner", "hardware", "rpc", "bos"},
    "cli": {
        "bitcoin", "native", "work", "stratum", "node", "pool", "poolapi",
        "hardware", "rpc", "bos", "miner", "farm",
    },
}  # fmt: skip

PURE = {
    "bitcoin", "work", "stratum", "bos",
    "pool/session", "pool/jobs", "pool/vardiff", "pool/extranonce", "pool/tallies",
    "pool/scoring", "pool/rewards", "pool/ledger", "pool/blocks", "pool/books",
    "pool/events", "pool/readings",
    "node/assembler", "node/bootstrap", "node/follower", "node/mempool", "node/retarget",
    "node/sigops", "node/wallet",
    "hardware/device", "hardware/models", "hardware/thermals", "hardware/tuning",
    "miner/miner", "miner/upstreams", "miner/feed", "miner/tuner", "miner/cooling",
    "miner/scaling", "miner/snapshot",
    "poolapi/contract", "poolapi/endpoints", "poolapi/figures", "poolapi/dates", "poolapi/limits",
    "poolapi/tokens", "poolapi/door", "poolapi/service", "poolapi/settings",
}  # fmt: skip

IMPURE = {
    "socket", "ssl", "asyncio", "time", "random", "secrets", "logging", "structlog", "sqlite3",
    "sqlalchemy", "httpx", "starlette", "uvicorn", "uvloop", "os", "threading", "subprocess",
    "multiprocessing", "concurrent",
}  # fmt: skip

FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager", "handler", "base"}

FILES = sorted(ROOT.rglob("*.py"))


def imports(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.append(node.module or "")
    return found


def place(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").as_posix()


@pytest.mark.parametrize("path", FILES, ids=place)
def test_every_import_follows_an_arrow_of_the_map(path):
    package = place(path).split("/")[0]
    for name in imports(path):
        parts = name.split(".")
        if parts[0] != "pithead" or len(parts) < 2 or path.parent == ROOT:
            continue
        assert parts[1] == package or parts[1] in ALLOWED[package], f"{place(path)} -> {name}"


@pytest.mark.parametrize("path", FILES, ids=place)
def test_pure_modules_import_no_clock_socket_or_library_of_the_outside(path):
    name = place(path)
    if name in PURE or name.split("/")[0] in PURE:
        touched = {imported.split(".")[0] for imported in imports(path)} & IMPURE
        assert not touched, f"{name} imports {sorted(touched)}"


@pytest.mark.parametrize("path", FILES, ids=place)
def test_no_module_has_a_name_that_says_nothing_or_hides_an_import(path):
    assert path.stem not in FORBIDDEN_NAMES
    assert "TYPE_CHECKING" not in path.read_text()


def test_every_package_and_module_says_what_it_is_for():
    silent = [
        place(path) for path in FILES if ast.get_docstring(ast.parse(path.read_text())) is None
    ]
    assert silent == []
