import asyncio
import os
import signal
import sys
import textwrap

import pytest

from pithead.bitcoin.target import target_for_work
from pithead.farm.hashing import InlineEngine, WorkerEngine, default_workers, divided
from pithead.hardware.scanning import ScanRequest, execute_all


def requests(count, length=500):
    target = target_for_work(50)
    return [
        ScanRequest(number.to_bytes(80, "big"), number, length, target, target)
        for number in range(count)
    ]


async def test_the_inline_engine_scans_all_in_order():
    batch = requests(5)
    assert await InlineEngine().scan(batch) == execute_all(batch)


@pytest.mark.parametrize("workers", [1, 2, 3, 7])
def test_a_batch_is_divided_in_order_and_into_no_more_parts_than_workers(workers):
    batch = requests(50, length=1000)
    parts = divided(batch, workers)
    assert [each for part in parts for each in part] == batch
    assert len(parts) == workers
    lengths = [sum(each.length for each in part) for part in parts]
    assert max(lengths) - min(lengths) <= 2000


def test_a_small_batch_is_not_worth_many_workers():
    assert len(divided(requests(10, length=10), 4)) == 1


def test_one_processor_is_left_to_the_rest():
    assert 1 <= default_workers() <= max(1, (os.cpu_count() or 1) - 1)


@pytest.mark.slow
async def test_workers_give_the_results_of_scanning_here_and_end_when_closed():
    engine = WorkerEngine(workers=2)
    try:
        batch = requests(40, length=1000)
        assert await engine.scan(batch) == execute_all(batch)
        assert await engine.scan([]) == []
        workers = engine.worker_ids()
        assert workers
        while not all(os.getpriority(os.PRIO_PROCESS, pid) > 0 for pid in workers):
            await engine.scan(batch)  # one may have done it all before the other had begun
    finally:
        await engine.close()
    await gone(workers)


@pytest.mark.slow
async def test_a_batch_whose_worker_is_killed_is_scanned_again_by_another():
    engine = WorkerEngine(workers=1)
    try:
        await engine.scan(requests(1))
        (before,) = engine.worker_ids()
        os.kill(before, signal.SIGKILL)
        batch = requests(20)
        assert await engine.scan(batch) == execute_all(batch)
        (after,) = engine.worker_ids()
        assert after != before
    finally:
        await engine.close()


@pytest.mark.slow
async def test_no_worker_outlives_a_parent_that_was_killed(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(
        textwrap.dedent(
            """
            import asyncio
            from pithead.farm.hashing import WorkerEngine
            from pithead.hardware.scanning import ScanRequest

            async def main():
                engine = WorkerEngine(workers=2)
                await engine.scan([ScanRequest(bytes(80), 0, 5000, 1, 1)] * 2)
                print(*engine.worker_ids(), flush=True)
                await asyncio.sleep(1000)

            if __name__ == "__main__":
                asyncio.run(main())
            """
        )
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, str(script), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert parent.stdout is not None
        workers = [int(word) for word in (await parent.stdout.readline()).split()]
        assert len(workers) == 2
    finally:
        parent.kill()
        await parent.wait()
    await gone(workers)


async def gone(pids):
    """Return when these processes have ended; a test's own time limit is the deadline."""
    for pid in pids:
        while is_running(pid):  # noqa: ASYNC110 - nobody tells of a process that is not ours
            await asyncio.sleep(0.01)


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
