"""Alerts and dashboards ask only for what there is, and alerts fire when they should."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from pithead.metrics.exposition import exposition
from pithead.metrics.families import EVERY

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = yaml.safe_load((DEPLOY / "prometheus/pithead.rules.yml").read_text())
CASES = Path(__file__).with_name("alerts.test.yml")
"""Series and the alerts they are to make, as `promtool test rules` reads them."""
DASHBOARDS = {
    path.stem: json.loads(path.read_text()) for path in sorted((DEPLOY / "grafana").glob("*.json"))
}
ALERTS = {rule["alert"]: rule for group in RULES["groups"] for rule in group["rules"]}
TARGETS = [
    target
    for board in DASHBOARDS.values()
    for panel in board["panels"]
    for target in panel.get("targets", ())
]
LABELS = {family.name: set(family.labels) for family in EVERY} | {
    line.split()[2]: set() for line in exposition([]).decode().splitlines() if "# TYPE" in line
}
FROM_SCRAPING = {"instance", "job"}
OF_PROMETHEUS = {"up": set()}
needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="Debian's prometheus, with its promtool, is not here"
)


def asked_of(expression):
    names = set(re.findall(r"\b(?:(?:pithead|process)_\w+|up(?={))", expression))
    assert names, expression
    return names


def known_labels(names):
    known = LABELS | OF_PROMETHEUS
    return set().union(*(known[name] for name in names)) | FROM_SCRAPING


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_an_alert_asks_for_metrics_there_are_and_says_what_to_do(name):
    rule = ALERTS[name]
    names = asked_of(rule["expr"])
    assert names <= LABELS.keys() | OF_PROMETHEUS.keys()
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert all(rule["annotations"][each] for each in ("summary", "action"))
    used = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
    assert used <= known_labels(names)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target["expr"][:60])
def test_a_panel_asks_for_metrics_and_labels_there_are(target):
    names = asked_of(target["expr"])
    assert names <= LABELS.keys()
    used = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
    used |= {
        label
        for inside in re.findall(r"{([^{}]*)}", target["expr"])
        for label in re.findall(r"(\w+)\s*=", inside)
    }
    assert used <= known_labels(names)


def test_counters_alone_are_asked_for_their_rate():
    for expression in [rule["expr"] for rule in ALERTS.values()] + [t["expr"] for t in TARGETS]:
        for name in re.findall(r"(?:rate|increase)\((\w+)", expression):
            assert name.endswith("_total"), expression


def test_what_an_operator_must_know_has_an_alert():
    wanted = {
        "NodeStalled", "NoBlocks", "RejectsUp", "LedgerMismatch", "StoreBehind", "DiskSpace",
        "NoWorkers",
    }  # fmt: skip
    assert {f"Pithead{each}" for each in wanted} <= ALERTS.keys()


def test_every_alert_has_a_case_in_which_it_fires():
    cases = yaml.safe_load(CASES.read_text())["tests"]
    samples = [
        each for case in cases for test in case["promql_expr_test"] for each in test["exp_samples"]
    ]
    fired = {re.findall(r'alertname="(\w+)"', each["labels"])[0] for each in samples}
    assert fired == ALERTS.keys()


@needs_promtool
@pytest.mark.parametrize(
    "words",
    [
        ("check", "rules", str(DEPLOY / "prometheus/pithead.rules.yml")),
        ("check", "config", "--syntax-only", str(DEPLOY / "prometheus/prometheus.yml")),
        ("test", "rules", str(CASES)),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_prometheus_itself_agrees(words):
    told = subprocess.run(["promtool", *words], capture_output=True, text=True, timeout=400)
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.parametrize("name", DASHBOARDS)
def test_panels_do_not_lie_on_each_other(name):
    taken = set()
    for panel in DASHBOARDS[name]["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert (x, y) not in taken, panel["title"]
                taken.add((x, y))
