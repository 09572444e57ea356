"""Every command in README and docs is run as it stands there, or says why it is not.

A block of commands is fenced as `console`: lines that begin with `$ ` are typed, others are what
comes back. A comment before it may say `not run: why`, `runs until stopped`, or `refused`.
"""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from pithead.cli.main import main
from tests.postgres import new_database

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
MARK = re.compile(r"<!-- (not run: .+|runs until stopped|refused) -->")
COMMAND = re.compile(r"(\$ |(pithead|make|curl|docker|pip|python3?|sudo) )")
FILES = ("sh", "yaml", "toml", "ini")
"""What is to be written to a file, and typed by nobody."""
REGTEST_ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
"""The key of BIP 173 on the test network."""

NOT_RUN = {
    "README.md": 1,
    "docs/credits.md": 1,
    "docs/deploying.md": 4,
    "docs/mainnet.md": 1,
    "docs/operating.md": 4,
    "docs/real-machine.md": 1,
    "docs/recipes/pyasic.md": 1,
    "docs/simulated-farm.md": 1,
    "docs/start.md": 1,
    "docs/tracing.md": 1,
}
"""How many blocks of each page are marked; one more is to be thought about."""


@dataclass(frozen=True)
class Block:
    line: int
    mark: str
    commands: list[str]
    """In full: with the lines that a backslash or a here-document joins to them."""


def fences(text):
    """Of each fenced block: the line it begins in, its language, its lines, the line before."""
    lines, number = text.splitlines(), 0
    while number < len(lines):
        if lines[number].startswith("```"):
            end = next(at for at in range(number + 1, len(lines)) if lines[at].startswith("```"))
            yield number + 1, lines[number][3:], lines[number + 1 : end], lines[number - 1]
            number = end
        number += 1


def commands_of(lines):
    found, ends = [], None
    for line in lines:
        if ends is not None or (found and found[-1].endswith("\\")):
            found[-1] += f"\n{line}"
            ends = None if line == ends else ends
        elif line.startswith("$ "):
            found.append(line[2:])
            here = re.search(r"<<'?(\w+)'?$", line)
            ends = here[1] if here else None
    return found


def blocks(page):
    found = []
    for line, language, lines, before in fences(page.read_text()):
        if language in ("console", "bash"):
            mark = MARK.fullmatch(before)
            typed = commands_of(lines) if language == "console" else ["\n".join(lines)]
            found.append(Block(line, mark[1] if mark else "", typed))
    return found


def name(page):
    return page.relative_to(ROOT).as_posix()


BLOCKS = {page: blocks(page) for page in PAGES}
TO_RUN = [page for page, found in BLOCKS.items() if {"", "refused"} & {b.mark for b in found}]
UNTIL_STOPPED = [
    pytest.param(block.commands[0], id=f"{name(page)}:{block.line}")
    for page, found in BLOCKS.items()
    for block in found
    if block.mark == "runs until stopped"
]


def test_so_many_blocks_are_not_run_and_no_more():
    marked = {
        name(page): sum(block.mark.startswith("not run") for block in found)
        for page, found in BLOCKS.items()
    }
    assert {page: count for page, count in marked.items() if count} == NOT_RUN


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_stand_in_blocks_that_are_run(page):
    for line, language, lines, before in fences(page.read_text()):
        if language in ("console", "bash"):
            assert any(each.startswith("$ ") for each in lines) or language == "bash", line
        elif language not in FILES:
            assert not any(COMMAND.match(each) for each in lines), f"line {line}"
            assert not MARK.fullmatch(before), f"line {line}"
    marks = [each for each in page.read_text().splitlines() if "not run" in each and "<!--" in each]
    assert all(MARK.fullmatch(each) for each in marks)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_in_a_sentence_name_what_there_is(page):
    for words in re.findall(r"`pithead ([^`]+)`", page.read_text()):
        command, context = main, click.Context(main)
        for word in words.split():
            if not isinstance(command, click.Group) or not re.fullmatch(r"[a-z-]+", word):
                break
            found = command.get_command(context, word)
            assert found is not None or command.invoke_without_command, f"pithead {words}"
            if found is None:
                break
            command = found
        known = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
        used = set(re.findall(r"(?<!\S)--[a-z-]+", words)) - {"--help", "--set", "--version"}
        assert used <= known, f"pithead {words}"


RUNNING = re.compile(r"^running;|Ctrl-C stops|\] miner  +grpc", re.MULTILINE)
"""What `up`, `pool` and `miner` say once they do."""

FREE_PORTS = dict.fromkeys(
    (
        "POOL_STRATUM_PORT", "POOL_STRATUM_TLS_PORT", "POOL_API_PORT", "ADMIN_PORT",
        "FARM_REST_PORT", "FARM_REST_FALLBACK_PORT", "FARM_CGMINER_PORT", "FARM_GRPC_PORT",
        "FARM_ADMIN_PORT", "FLEET_PORT", "MINER_REST_PORT", "MINER_REST_FALLBACK_PORT",
        "MINER_CGMINER_PORT", "MINER_GRPC_PORT",
    ),
    "0",
)  # fmt: skip


def environment(commands, **more):
    """`commands` is where the programs are that the commands name."""
    ambient = {key: value for key, value in os.environ.items() if not key.startswith("PITHEAD")}
    return ambient | {
        "PATH": f"{commands}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        **{f"PITHEAD_{key}": value for key, value in FREE_PORTS.items()},
        **more,
    }


@pytest.fixture(scope="module")
def commands(tmp_path_factory):
    """`pithead` of this tree, and a curl that fails where the answer is a refusal."""
    where = tmp_path_factory.mktemp("commands")
    for command, script in (
        ("pithead", f'exec {shlex.quote(sys.executable)} -m pithead "$@"'),
        ("curl", 'exec /usr/bin/curl --fail-with-body --max-time 30 "$@"'),
    ):
        (where / command).write_text(f"#!/bin/sh\n{script}\n")
        (where / command).chmod(0o755)
    return where


def started(words, directory, variables):
    log = directory / "output"
    with log.open("wb") as file:
        process = subprocess.Popen(
            words, cwd=directory, env=variables, stdout=file, stderr=file, start_new_session=True
        )
    try:
        until_it_runs(process, log)
    except AssertionError:
        process.kill()
        process.wait()
        raise
    return process


def until_it_runs(process, log):
    deadline = time.monotonic() + 300
    while not RUNNING.search(log.read_text()):
        assert process.poll() is None, log.read_text()[-3000:]
        assert time.monotonic() < deadline, log.read_text()[-3000:]
        time.sleep(0.1)


@pytest.fixture(scope="module")
def farm(commands, tmp_path_factory):
    """The directory of `pithead up`, with a machine more than the pages name."""
    where = tmp_path_factory.mktemp("farm")
    process = started(["pithead", "up", "--speed", "20"], where, environment(commands))
    yield where
    process.send_signal(signal.SIGINT)
    process.wait(120)


def addresses(farm):
    """What stands in the pages, and what it is here."""
    known = json.loads((farm / "pithead-data/farm.json").read_text())
    plain = [
        (r"127\.0\.0\.1:8080", known["pool"]["api"]),
        (r"127\.0\.0\.1:8082", known["pool"]["admin"]),
        (r"127\.0\.1\.1(?![-\d:])", known["miners"][0]["rest"]),
    ]
    return [(written, here.removeprefix("http://")) for written, here in plain] + [
        (r"https://example\.org/hook", "http://127.0.0.1:9/hook"),
        (r"bc1q\.\.\.", REGTEST_ADDRESS),
    ]


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("page", TO_RUN, ids=name)
def test_the_commands_of_a_page_do_what_they_say(page, farm, commands, tmp_path, request):
    (tmp_path / "pithead-data").symlink_to(farm / "pithead-data")
    (tmp_path / "deploy").symlink_to(ROOT / "deploy")
    script = ["set -eo pipefail"]
    for block in BLOCKS[page]:
        if block.mark in ("", "refused"):
            for command in block.commands:
                script.append(f"echo '# line {block.line}' >&2")
                script.append(f"! {command}" if block.mark else command)
    text = "\n".join(script)
    for written, here in addresses(farm):
        text = re.sub(written, here, text)
    if "postgresql://" in text:
        database = new_database(request.getfixturevalue("postgres"))
        text = re.sub(r"postgresql://[^ \n]+", database, text)
    done = subprocess.run(
        ["bash", "-c", text], cwd=tmp_path, env=environment(commands), capture_output=True,
        text=True, timeout=800,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stderr[-2000:]}\n{done.stdout[-1000:]}"


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("command", UNTIL_STOPPED)
def test_what_runs_until_it_is_stopped_starts_and_stops(command, commands, tmp_path):
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    words = shlex.split(command.replace("\\\n", " ").replace("0.0.0.0", "127.0.0.1"))
    process = started(words, tmp_path, environment(commands))
    process.send_signal(signal.SIGINT)
    assert process.wait(120) == 0, (tmp_path / "output").read_text()[-3000:]
