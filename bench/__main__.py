"""The benchmarks by name: `python -m bench` runs all, `python -m bench judge` one of them."""

import argparse
from collections.abc import Callable

from bench import (
    answers,
    crowd,
    farm,
    fleet,
    frontends,
    history,
    idle,
    judge,
    newblock,
    past,
    peers,
    relayed,
    rest,
    submits,
)
from bench.measure import machine

BENCHMARKS: dict[str, Callable[[], None]] = {
    "judge": judge.run,
    "submits": submits.run,
    "idle": idle.run,
    "newblock": newblock.run,
    "peers": peers.run,
    "rest": rest.run,
    "farm": farm.run,
    "fleet": fleet.run,
    "answers": answers.run,
    "history": history.run,
    "past": past.run,
    "relayed": relayed.run,
    "frontends": frontends.run,
    "crowd": crowd.run,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"which: {', '.join(BENCHMARKS)} (all if none)"
    )
    names = parser.parse_args().names or list(BENCHMARKS)
    if unknown := [name for name in names if name not in BENCHMARKS]:
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    print(machine())
    for name in names:
        BENCHMARKS[name]()


if __name__ == "__main__":
    main()
