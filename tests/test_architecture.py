"""The arrows between the packages point one way, and only the shells touch the outside."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "pithead"

ALLOWED = {
    "bitcoin": set(),
    "native": set(),
    "work": {"bitcoin", "native"},
    "stratum": {"work", "bitcoin"},
    "node": {"work", "bitcoin"},
    "metrics": set(),
    "pool": {"stratum", "node", "work", "bitcoin", "native"},
    "poolapi": {"pool", "rpc"},
    "pooladmin": {"pool", "poolapi", "rpc", "metrics", "node", "native"},
    "hardware": {"work", "bitcoin", "native"},
    "rpc": set(),
    "bos": {"rpc"},
    "miner": {"bos", "rpc", "hardware", "stratum", "work", "bitcoin"},
    "farm": {"miner", "hardware", "rpc", "bos", "metrics", "native"},
    "cli": {
        "bitcoin", "native", "work", "stratum", "node", "pool", "poolapi", "pooladmin", "metrics",
        "hardware", "rpc", "bos", "miner", "farm",
    },
}  # fmt: skip

SHELLS = {
    "cli",
    "farm/admin", "farm/hashing", "farm/machines",
    "metrics/lag", "metrics/web",
    "miner/announcing", "miner/api", "miner/cgminer/server", "miner/daemon", "miner/images",
    "miner/interfaces", "miner/logbook", "miner/pool_link", "miner/settings",
    "node/bitcoind", "node/blockfile", "node/kernel", "node/library", "node/rpc", "node/watched",
    "pool/accounts", "pool/admins", "pool/archive", "pool/audit", "pool/backup", "pool/bookkeeping",
    "pool/bulk", "pool/credits", "pool/database", "pool/delivery", "pool/destinations",
    "pool/extract",
    "pool/migrations",
    "pool/payer",
    "pool/groups", "pool/history", "pool/listener", "pool/notices", "pool/pool", "pool/schema",
    "pool/sharelog", "pool/stocktaking", "pool/store",
    "pool/gate", "pool/tls", "pool/watchman", "pool/worker_settings",
    "poolapi/app", "pooladmin/app", "pooladmin/money", "pooladmin/service", "pooladmin/watch",
    "rpc/grpc", "rpc/grpcserver", "rpc/paths", "rpc/rest",
}  # fmt: skip
"""Packages and modules that touch the outside; every other is pure, and tested in virtual time."""

OUTSIDE = {
    "aiosmtplib", "alembic", "asyncio", "concurrent", "fcntl", "httpx", "logging",
    "multiprocessing", "os", "pbk", "random", "secrets", "select", "shutil", "signal", "socket",
    "sqlalchemy", "sqlite3", "ssl", "starlette", "structlog", "subprocess", "tempfile", "threading", "time", "uuid", "uvicorn", "uvloop", "zmq",
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


def is_shell(name: str) -> bool:
    parts = name.split("/")
    return any("/".join(parts[:length]) in SHELLS for length in range(1, len(parts) + 1))


def touched(path: Path) -> set[str]:
    return {imported.split(".")[0] for imported in imports(path)} & OUTSIDE


PURE_FILES = [path for path in FILES if not is_shell(place(path)) and path.parent != ROOT]


@pytest.mark.parametrize("path", PURE_FILES, ids=place)
def test_what_is_no_shell_imports_no_clock_socket_or_library_of_the_outside(path):
    assert not touched(path), f"{place(path)} is not among SHELLS, and imports {touched(path)}"


@pytest.mark.parametrize("path", PURE_FILES, ids=place)
def test_what_is_no_shell_imports_no_shell(path):
    shells = {
        imported
        for imported in imports(path)
        if imported.startswith("pithead.") and is_shell(imported.replace(".", "/")[8:])
    }
    assert not shells, f"{place(path)} imports {sorted(shells)}"


@pytest.mark.parametrize("name", sorted(SHELLS))
def test_a_shell_that_touches_nothing_outside_any_more_is_pure(name):
    files = [path for path in FILES if place(path) == name or place(path).startswith(f"{name}/")]
    assert any(touched(path) for path in files)


@pytest.mark.parametrize("path", FILES, ids=place)
def test_no_module_has_a_name_that_says_nothing_or_hides_an_import(path):
    assert path.stem not in FORBIDDEN_NAMES
    assert "TYPE_CHECKING" not in path.read_text()


def test_every_package_and_module_says_what_it_is_for():
    silent = [
        place(path) for path in FILES if ast.get_docstring(ast.parse(path.read_text())) is None
    ]
    assert silent == []
