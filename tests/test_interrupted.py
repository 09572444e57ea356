"""Ctrl-C while the program is still being loaded ends it without a word."""

import signal
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

CODES = (-signal.SIGINT, 128 + signal.SIGINT)
"""By the signal itself, which shells call 130; or with that code."""


@pytest.mark.parametrize(
    "loaded", ["click.core", "pithead.cli.sections", "pithead.cli.poolside", "pithead.cli.up"]
)
def test_ctrl_c_when_this_module_has_just_been_loaded_is_quiet(loaded, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-X", "importtime", "-m", "pithead", "up", "--data", "state"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    for line in process.stderr:
        if line.rpartition("|")[2].strip() == loaded:
            process.send_signal(signal.SIGINT)
            break
    said, wrong = process.communicate(timeout=200)
    assert [line for line in wrong.splitlines() if not line.startswith("import time:")] == []
    assert said == ""
    assert process.returncode in CODES
    assert not (tmp_path / "state" / "pool").exists()
