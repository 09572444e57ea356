"""What the API of a machine costs: requests a second, beside the same bytes from a bare app."""

import json
from functools import partial

from bench.farmserver import POWER_TARGET, STATS, WATTS
from bench.farmserving import FarmServer, farm_of
from bench.measure import alternate, show
from bench.webload import Task, rate

CONNECTIONS = 32
SECONDS = 2.0
ROUNDS = 5
BASELINE = "bare app"
ASKED = {STATS: ("GET", ""), POWER_TARGET: ("PUT", json.dumps(WATTS))}


def run() -> None:
    """Both are served by one process with one server, and asked in turn."""
    with farm_of(1) as farm:
        for path, (verb, body) in ASKED.items():
            candidates = {
                BASELINE: partial(rate, task_for(farm, farm.where[path], verb, path, body)),
                "pithead": partial(rate, task_for(farm, farm.where["machine"], verb, path, body)),
            }
            title = f"{verb} {path}, {CONNECTIONS} connections"
            show(title, "answers a second", alternate(candidates, ROUNDS), BASELINE)


def task_for(farm: FarmServer, port: int, verb: str, path: str, body: str) -> Task:
    host, token = farm.where["host"], farm.where["token"]
    return Task(host, port, verb, path, token, body, CONNECTIONS, SECONDS)
