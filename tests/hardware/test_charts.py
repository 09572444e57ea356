"""The charts in docs/models show the machines as they are simulated now."""

import csv
import subprocess
import sys
from pathlib import Path

from pithead.hardware.models import MODELS

ROOT = Path(__file__).parent.parent.parent
KEPT = ROOT / "docs" / "models"


def test_charts_are_drawn_anew_when_a_machine_has_changed(tmp_path):
    command = [sys.executable, "-m", "bench.charts", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=60)
    drawn = {path.name: path.read_text() for path in tmp_path.glob("*.svg")}
    kept = {path.name: path.read_text() for path in KEPT.glob("*.svg")}
    assert len(drawn) == len(MODELS)
    stale = sorted(name for name in drawn if drawn[name] != kept.get(name))
    assert not stale, "python -m bench.charts draws them"
    assert drawn.keys() == kept.keys()


def test_all_published_points_are_of_machines_there_are():
    with (KEPT / "points.csv").open() as file:
        assert {row["model"] for row in csv.DictReader(file)} <= MODELS.keys()
