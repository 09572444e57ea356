"""Samples as text: what comes out is what a scraper reads back."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from pithead.metrics import families
from pithead.metrics.exposition import exposition
from pithead.metrics.families import EVERY, Sample
from pithead.metrics.lag import REMEMBERED, LoopLag


def read(samples):
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(exposition(samples).decode())
        for sample in family.samples
        if sample.name.startswith("pithead")
    }


@settings(max_examples=50)
@given(st.dictionaries(st.text(min_size=1).filter(lambda text: "\r" not in text), st.integers(0)))
def test_any_text_is_a_label_and_comes_back(counts):
    samples = [Sample(families.REJECTED, count, (why,)) for why, count in counts.items()]
    expected = {(families.REJECTED.name, why): float(count) for why, count in counts.items()}
    assert read(samples) == expected


def test_a_value_without_all_its_labels_is_a_mistake():
    with pytest.raises(ValueError, match="zip"):
        exposition([Sample(families.REJECTED, 1)])


def test_figures_of_the_process_come_along():
    assert b"process_resident_memory_bytes" in exposition([])


@pytest.mark.parametrize("family", EVERY, ids=lambda family: family.name)
def test_a_name_is_one_that_prometheus_takes_and_says_its_kind(family):
    assert re.fullmatch(r"pithead_[a-z0-9_]+", family.name)
    assert family.meaning.endswith(".")
    assert all(re.fullmatch(r"[a-z]+", label) for label in family.labels)
    text = exposition([Sample(family, 1, family.labels)]).decode()
    assert f"# TYPE {family.name} {family.kind}\n" in text


def test_names_are_told_apart():
    assert len({family.name for family in EVERY}) == len(EVERY)


def test_the_loop_is_as_late_as_it_was_at_worst_in_a_minute():
    lag = LoopLag()
    assert lag.worst == 0
    for seconds in (0.25, -0.1, 0.125):
        lag.note(seconds)
    assert lag.worst == 0.25
    for _ in range(REMEMBERED):
        lag.note(0.0)
    assert lag.worst == 0
