"""What a simulated machine costs: processor time of its step and its Stratum, and memory.

Each machine has its REST API and its own connection to the pool; the pool they mine at is in the
same process. Hashing is done by worker processes and not counted.
"""

import time
from functools import partial

from bench.farmserving import FarmServer, farm_of
from bench.measure import alternate, show

FEW, MANY = 10, 1_000
SECONDS = 20.0
WARM_SECONDS = 20.0
"""Until all are connected and their difficulties have come to rest."""
ROUNDS = 3


def run() -> None:
    with farm_of(FEW) as few, farm_of(MANY) as many:
        time.sleep(WARM_SECONDS)
        bytes_each = (many.ask("memory") - few.ask("memory")) / (MANY - FEW)
        farms = {f"{FEW} machines": few, f"{MANY:,} machines": many}
        results = alternate({name: partial(load, farm) for name, farm in farms.items()}, ROUNDS)
        show("load of the main process", "seconds of a core a second", results, f"{FEW} machines")
        shares = many.ask("accepted")
        slope = (results[1].median - results[0].median) / (MANY - FEW)
    print(f"  {1 / slope:,.0f} machines per core; {bytes_each / 1024:,.0f} KiB of memory a machine")
    print(f"  {shares:,.0f} shares of the {MANY:,} machines were accepted meanwhile")


def load(farm: FarmServer) -> float:
    """Seconds of processor time for each second of the farm."""
    used, came = farm.ask("cpu"), farm.ask("now")
    time.sleep(SECONDS)
    return (farm.ask("cpu") - used) / (farm.ask("now") - came)
