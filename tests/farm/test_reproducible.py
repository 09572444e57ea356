"""Equal seeds make equal runs: machines, their chips, what they hash and what befalls them."""

from pathlib import Path

import pytest

from pithead.farm.machines import MachinePlan, build_fated
from pithead.farm.scenario import read_scenario
from pithead.hardware.scanning import execute_all
from pithead.miner.configuration import PoolGroup, PoolTarget, Settings
from tests.hardware.test_simulated import make_work

EXAMPLE = (Path(__file__).parents[2] / "examples" / "hot-summer.toml").read_text()
START = 1_750_000_000.0
SCALE = 10**12


def run(text, seconds):
    """All that can be seen of a farm without a pool: its machines hash a job of nobody's."""
    seen = []
    for machine in read_scenario(text).machines:
        pools = (PoolGroup("Default", (PoolTarget("a:1", machine.user),)),)
        plan = MachinePlan(
            machine.name, machine.model, machine.seed, Settings(pool_groups=pools), lot=machine.lot
        )
        built, fate = build_fated(plan, START, SCALE)
        for step in range(seconds):
            now = START + step
            fate.step(now)
            built.miner.step(now)
            if step % 60 == 1 and fate.is_up:
                built.hashing.assign(make_work(job_id=str(step)))
            built.hashing.scanned(execute_all(built.hashing.pending_scans()))
            seen += [harvest.hashes for harvest in built.hashing.collect()]
        seen += [built.miner.snapshot(now), built.miner.faults.all(), fate.active]
    return seen


@pytest.mark.slow
def test_equal_scenarios_run_equally_to_the_last_hash_and_fault():
    first = run(EXAMPLE, 700)
    assert any(type(each) is float and each > 0 for each in first)
    assert first == run(EXAMPLE, 700)
    assert first != run(EXAMPLE.replace('"hot-summer"', '"another"', 1), 700)
