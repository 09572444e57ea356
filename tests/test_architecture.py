"""The arrows between the packages point one way, and only the shells touch the outside."""

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent / "pithead"

ALLOWED = {
    "bitcoin": set(),
    "native": set(),
    "work": {"bitcoin", "native"},
    "stratum": {"work", "bitcoin"},
    "node": {"work", "bitcoin", "metrics"},
    "metrics": set(),
    "pool": {"stratum", "node", "work", "bitcoin", "native", "metrics"},
    "poolapi": {"pool", "rpc"},
    "pooladmin": {"pool", "poolapi", "rpc", "metrics", "node", "native"},
    "selfservice": {"pool", "poolapi", "pooladmin", "rpc"},
    "hardware": {"work", "bitcoin", "native"},
    "rpc": set(),
    "bos": {"rpc"},
    "dashboard": {"rpc"},
    "miner": {"bos", "rpc", "hardware", "stratum", "work", "bitcoin"},
    "farm": {"miner", "hardware", "rpc", "bos", "metrics", "native"},
    "fleet": {"bos", "rpc", "dashboard", "metrics"},
    "cli": {
        "bitcoin", "native", "work", "stratum", "node", "pool", "poolapi", "pooladmin", "metrics",
        "hardware", "rpc", "bos", "miner", "farm", "dashboard", "selfservice", "fleet",
    },
}  # fmt: skip

SHELLS = {
    "cli", "dashboard/files", "farm/admin", "farm/hashing", "farm/machines", "farm/watch",
    "fleet/access", "fleet/actions", "fleet/app", "fleet/calling", "fleet/client",
    "fleet/connections", "fleet/door", "fleet/faults", "fleet/inspection", "fleet/keeping",
    "fleet/live", "fleet/record", "fleet/service", "fleet/steering", "fleet/watcher",
    "metrics/lag", "metrics/tracing", "metrics/web", "miner/announcing", "miner/api",
    "miner/cgminer/server", "miner/daemon", "miner/images", "miner/interfaces", "miner/logbook",
    "miner/pool_link", "miner/settings", "node/bitcoind", "node/blockfile", "node/kernel",
    "node/library", "node/nearby", "node/rpc", "node/watched", "pool/accounts", "pool/admins",
    "pool/admission", "pool/archive", "pool/audit", "pool/backup", "pool/bookkeeping",
    "pool/bulk", "pool/claim", "pool/credits", "pool/database", "pool/delivery",
    "pool/destinations", "pool/distant", "pool/extract", "pool/fanout", "pool/farchain",
    "pool/fence",
    "pool/floor_news", "pool/forgetting", "pool/gate", "pool/groups", "pool/head",
    "pool/history", "pool/intake",
    "pool/lease", "pool/listener", "pool/localexchange", "pool/locallink", "pool/logins",
    "pool/migrations", "pool/natsentry", "pool/natsexchange", "pool/natskept", "pool/natslink",
    "pool/natstaking", "pool/notices", "pool/outbox", "pool/past", "pool/payer",
    "pool/plainwire", "pool/pool", "pool/relay", "pool/replica", "pool/rulebook", "pool/schema",
    "pool/second_factors", "pool/settled", "pool/settled_check", "pool/sharelog",
    "pool/stocktaking", "pool/store",
    "pool/submission", "pool/tail", "pool/terms", "pool/tls", "pool/watchman", "pool/wire",
    "pool/worker_settings", "pooladmin/app", "pooladmin/money", "pooladmin/service",
    "pooladmin/watch", "poolapi/app", "poolapi/streams", "rpc/grpc", "rpc/grpcserver",
    "rpc/paths", "rpc/rest", "selfservice",
}  # fmt: skip
"""Packages and modules that touch the outside; every other is pure, and tested in virtual time."""

OUTSIDE = {
    "aiosmtplib", "alembic", "asyncio", "concurrent", "fcntl", "httpx", "logging",
    "multiprocessing", "nats", "opentelemetry", "os", "pbk", "random", "secrets", "select",
    "selectors", "shutil", "signal", "socket", "sqlalchemy", "sqlite3", "ssl", "starlette",
    "structlog", "subprocess", "tempfile", "threading", "time", "uuid", "uvicorn", "uvloop",
    "zmq",
}  # fmt: skip

FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager", "handler", "base"}


def imports(tree: ast.Module, path: Path) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.append(node.module or "")
    return found


def place(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").as_posix()


FILES = sorted(ROOT.rglob("*.py"))
TREES = {path: ast.parse(path.read_text()) for path in FILES}
IMPORTS = {path: imports(tree, path) for path, tree in TREES.items()}


def is_shell(name: str) -> bool:
    parts = name.split("/")
    return any("/".join(parts[:length]) in SHELLS for length in range(1, len(parts) + 1))


def touched(path: Path) -> set[str]:
    return {imported.split(".")[0] for imported in IMPORTS[path]} & OUTSIDE


PURE_FILES = [path for path in FILES if not is_shell(place(path)) and path.parent != ROOT]


def test_every_import_follows_an_arrow_of_the_map():
    astray = []
    for path in FILES:
        package = place(path).split("/")[0]
        for name in IMPORTS[path]:
            parts = name.split(".")
            if parts[0] != "pithead" or len(parts) < 2 or path.parent == ROOT:
                continue
            if parts[1] != package and parts[1] not in ALLOWED[package]:
                astray.append(f"{place(path)} -> {name}")
    assert astray == []


def test_what_is_no_shell_imports_no_clock_socket_or_library_of_the_outside():
    impure = [f"{place(path)} imports {touched(path)}" for path in PURE_FILES if touched(path)]
    assert impure == [], "pure, or to be named among SHELLS"


def test_what_is_no_shell_imports_no_shell():
    impure = [
        f"{place(path)} imports {imported}"
        for path in PURE_FILES
        for imported in IMPORTS[path]
        if imported.startswith("pithead.") and is_shell(imported.replace(".", "/")[8:])
    ]
    assert impure == []


def test_a_shell_that_touches_nothing_outside_any_more_is_pure():
    pure = [
        name
        for name in sorted(SHELLS)
        if not any(
            touched(path)
            for path in FILES
            if place(path) == name or place(path).startswith(f"{name}/")
        )
    ]
    assert pure == []


def test_no_module_has_a_name_that_says_nothing_or_hides_an_import():
    assert [place(path) for path in FILES if path.stem in FORBIDDEN_NAMES] == []
    assert [place(path) for path in FILES if "TYPE_CHECKING" in path.read_text()] == []


def test_every_package_and_module_says_what_it_is_for():
    silent = [place(path) for path, tree in TREES.items() if ast.get_docstring(tree) is None]
    assert silent == []
