"""Alerts and dashboard ask only for what there is."""

import json
import re
from pathlib import Path

import pytest
import yaml

from pithead.metrics.exposition import exposition
from pithead.metrics.families import EVERY

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = yaml.safe_load((DEPLOY / "prometheus/pithead.rules.yml").read_text())
DASHBOARD = json.loads((DEPLOY / "grafana/pithead.json").read_text())
ALERTS = {rule["alert"]: rule for group in RULES["groups"] for rule in group["rules"]}
TARGETS = [target for panel in DASHBOARD["panels"] for target in panel.get("targets", ())]
LABELS = {family.name: set(family.labels) for family in EVERY} | {
    line.split()[2]: set() for line in exposition([]).decode().splitlines() if "# TYPE" in line
}
FROM_SCRAPING = {"instance", "job"}


def asked_of(expression):
    names = set(re.findall(r"\b(?:pithead|process)_\w+", expression))
    assert names, expression
    return names


def known_labels(names):
    return set().union(*(LABELS[name] for name in names)) | FROM_SCRAPING


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_an_alert_asks_for_metrics_there_are_and_says_what_to_do(name):
    rule = ALERTS[name]
    names = asked_of(rule["expr"])
    assert names <= LABELS.keys()
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


def test_panels_do_not_lie_on_each_other():
    taken = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert (x, y) not in taken, panel["title"]
                taken.add((x, y))
