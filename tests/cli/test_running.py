"""What a long-lived process runs on."""

import asyncio
import gc
import sys

import pytest

from pithead.cli.running import COLLECTOR, run_to_the_end


@pytest.fixture(autouse=True)
def collector():
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_work_runs_to_its_end_with_a_collector_that_looks_seldom():
    seen = []

    async def work():
        await asyncio.sleep(0)
        seen.append((gc.get_threshold(), type(asyncio.get_running_loop()).__module__))

    run_to_the_end(work())
    loop = "asyncio" if sys.platform == "win32" else "uvloop"
    assert seen[0][0] == COLLECTOR
    assert seen[0][1].startswith(loop)


def test_what_the_work_raises_comes_out():
    async def work():
        raise LookupError("nothing there")

    with pytest.raises(LookupError, match="nothing there"):
        run_to_the_end(work())
