"""What every benchmark here shares: cores, rounds in alternation, medians, and one way to print.

Candidates and their named baseline run in turn within one benchmark, so that a machine that
slows down slows all of them; the ratio is the figure to keep, the absolute one is of the day.
"""

import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True, slots=True)
class Result:
    """The readings of one candidate, one a round."""

    name: str
    readings: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.readings)

    @property
    def spread(self) -> float:
        """Half the distance between the extremes, as a part of the median."""
        return (max(self.readings) - min(self.readings)) / 2 / self.median


def cores() -> list[int]:
    """The cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """Keeps this process, and what it starts meanwhile, on one core; nothing where unknown."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def alternate(candidates: Mapping[str, Callable[[], float]], rounds: int) -> list[Result]:
    """One reading of every candidate in turn, so many times over."""
    readings: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, measure in candidates.items():
            readings[name].append(measure())
    return [Result(name, tuple(values)) for name, values in readings.items()]


def alternate_together(
    candidates: Mapping[str, Callable[[], Mapping[str, float]]], rounds: int
) -> dict[str, list[Result]]:
    """The same where one run gives several readings: the results of each of them."""
    read = [{name: measure() for name, measure in candidates.items()} for _ in range(rounds)]
    return {
        reading: [Result(name, tuple(each[name][reading] for each in read)) for name in candidates]
        for reading in next(iter(read[0].values()))
    }


def processor_seconds(process: int) -> float:
    """What a process has used of the processor so far, all its threads and the kernel's part."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def machine() -> str:
    """One line on what the figures were measured with."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{python}, {platform.system()} {platform.machine()}, {len(cores())} cores"


def show(title: str, unit: str, results: Sequence[Result], baseline: str) -> None:
    """Print medians, their spread, and each candidate's ratio to the baseline."""
    (base,) = (result.median for result in results if result.name == baseline)
    width = max(len(result.name) for result in results)
    print(f"\n{title} [{unit}; median of {len(results[0].readings)} rounds; x {baseline}]")
    for result in results:
        print(
            f"  {result.name:<{width}}  {_figure(result.median):>12}  "
            f"+-{result.spread:4.0%}  x{result.median / base:.2f}",
            flush=True,
        )


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:,.3g}"
