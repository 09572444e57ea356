"""The archives that `make dist` makes: whole, and good for an environment with nothing in it."""

import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def source_files(*folders, endings):
    """Relative to the root, as the working tree has them."""
    return {
        path.relative_to(ROOT).as_posix()
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.suffix in endings and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    """What the recipe of the Makefile makes of a copy of the tree."""
    tree = tmp_path_factory.mktemp("tree") / "pithead"
    left = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "*.so", "__pycache__")
    shutil.copytree(ROOT, tree, ignore=left)
    subprocess.run(
        ["make", "--always-make", "--old-file=install", "dist", f"VENV={sys.prefix}"],
        cwd=tree, check=True, capture_output=True, timeout=500,
    )  # fmt: skip
    return tree / "dist"


@pytest.fixture(scope="module")
def sdist(dist):
    return next(dist.glob("*.tar.gz"))


@pytest.fixture(scope="module")
def wheel(dist):
    return next(dist.glob("*.whl"))


def environment(where, wheel):
    """A virtual environment of its own that has the wheel, and sees the libraries of this one."""
    venv.create(where, with_pip=False, symlinks=True)
    python = where / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python)]
    run([*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)], where)
    (here,) = {path for path in sys.path if path.endswith("site-packages")}
    (theirs,) = where.glob("lib/*/site-packages")
    (theirs / "libraries.pth").write_text(here + "\n")  # later in the path than the wheel's own
    return where / "bin"


def run(words, where, **variables):
    """In an empty directory, where no pithead of the tree is found."""
    ambient = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    empty = where / "empty"
    empty.mkdir(exist_ok=True)
    return subprocess.run(
        words, cwd=empty, env={**ambient, **variables}, check=True, capture_output=True, text=True,
        timeout=500,
    ).stdout  # fmt: skip


def what_works(commands, where):
    """The version, and which hash is in use."""
    version = run([commands / "pithead", "--version"], where)
    config = run([commands / "pithead", "config"], where)
    assert "[pool]" in config
    place, native = run(
        [commands / "python", "-c",
         "import pithead.native as native; print(native.__file__); print(native.HAS_NATIVE)"],
        where,
    ).split()  # fmt: skip
    assert Path(place).is_relative_to(where)
    return version, native == "True"


def test_the_source_archive_has_all_that_is_built_from(sdist):
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    ours = source_files("pithead", endings={".py", ".pyi", ".c", ".h", ".typed", ".css", ".js"})
    assert len(ours) > 300
    assert ours <= names
    assert {"setup.py", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"} <= names
    assert source_files("deploy", "docs", endings={".md", ".yml", ".toml", ".json"}) <= names
    assert source_files("tests", "bench", "website", "examples", endings={".py", ".toml"}) <= names
    assert source_files("tests", endings={".json", ".jsonl", ".tsv", ".c"}) <= names
    assert not [name for name in names if name.endswith((".so", ".pyc", ".sqlite", ".log", "~"))]
    assert {name.partition("/")[0] for name in names if "/" in name} == {
        "bench", "deploy", "docs", "examples", "pithead", "pithead.egg-info", "requirements",
        "tests", "website",
    }  # fmt: skip


def test_the_wheel_has_modules_migrations_and_data_and_no_sources_of_c(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    endings = {".py", ".pyi", ".typed", ".css", ".js", ".html", ".svg", ".mako", ".proto"}
    ours = source_files("pithead", endings=endings)
    assert "pithead/pool/migrations/versions/v0001_first.py" in ours
    assert ours <= names
    assert not [name for name in names if name.endswith((".c", ".h"))]
    top = {name.partition("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == {"pithead"}


def test_the_wheel_runs_from_an_empty_environment(wheel, tmp_path):
    assert "-cp311-abi3-" in wheel.name
    commands = environment(tmp_path / "venv", wheel)
    version, native = what_works(commands, tmp_path)
    assert version.startswith("pithead")
    assert native
    run([commands / "pithead", "account", "create", "alice", "--data", "data"], tmp_path)
    assert (tmp_path / "empty/data/pool/pool.sqlite").exists()  # its migrations are there


def test_the_source_archive_installs_where_there_is_no_compiler(sdist, tmp_path):
    run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
         "--no-index", "-w", str(tmp_path), str(sdist)],
        tmp_path, CC="/nowhere/cc",
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    _, native = what_works(environment(tmp_path / "venv", wheel), tmp_path)
    assert not native
