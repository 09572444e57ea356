"""Samples as the text that Prometheus reads, with the figures of the process itself."""

from collections.abc import Iterable, Sequence

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from pithead.metrics.families import Family, Sample

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4


class _Once(Collector):
    """Samples of one moment."""

    def __init__(self, samples: Iterable[Sample]) -> None:
        self._samples = samples

    def collect(self) -> Iterable[Metric]:
        by_family: dict[Family, Metric] = {}
        for sample in self._samples:
            family = sample.family
            metric = by_family.get(family)
            if metric is None:
                metric = by_family[family] = _metric(family)
            labels = dict(zip(family.labels, sample.labels, strict=True))
            metric.add_sample(family.name, labels, sample.value)
        return by_family.values()


def _metric(family: Family) -> Metric:
    if family.kind == "counter":
        return CounterMetricFamily(family.name.removesuffix("_total"), family.meaning)
    return GaugeMetricFamily(family.name, family.meaning)


def exposition(samples: Sequence[Sample]) -> bytes:
    """Text format 0.0.4; of a family that has no sample now nothing is said."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Once(samples))
    ProcessCollector(registry=registry)
    return generate_latest(registry)
