"""What watching 1,000 machines costs: `pithead fleet serve` over a farm of them, and its page.

The farm runs on the first core, the fleet and the browser on the second. Every machine is a
simulated one with its REST API on a socket, and the fleet asks it as it asks any other.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from bench.farmserving import FarmServer, farm_of
from bench.measure import cores, pinned

MACHINES = 1_000
SECONDS = 30.0
"""Of watching, once every machine is known."""
PAGE_SECONDS = 15.0
TRIES = 5
WITHIN = 600.0
API = "/api/v1/fleet"
CHROMIUM = Path("/usr/bin/chromium")


def run() -> None:
    with farm_of(MACHINES) as farm, fleet_over(farm) as (url, process):
        print(f"\na fleet of {MACHINES:,} machines")
        began = time.monotonic()
        until(lambda: sums(url)["mining"] == MACHINES)
        fleet = httpx.get(url + API).json()
        print(f"  all seen for the first time after {time.monotonic() - began:.1f} s")
        print(f"  each is looked at every {fleet['look_seconds']:.0f} s")
        watched(url, process)
        sizes(url)
        if CHROMIUM.exists():
            page(url)


@contextmanager
def fleet_over(farm: FarmServer) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """Where its pages are, and its process; gone at the end."""
    with tempfile.TemporaryDirectory() as directory, pinned(cores()[-1]):
        command = [sys.executable, "-m", "pithead", "fleet", "serve", "--data", directory]
        command += ["--port", "0", *farm.where["machines"]]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[2].rstrip(";"), process
        finally:
            process.terminate()
            process.communicate(timeout=60)


def sums(url: str) -> dict[str, Any]:
    said: dict[str, Any] = httpx.get(url + API, timeout=30).json()["sums"]
    return said


def until(is_so: Callable[[], bool]) -> None:
    ends = time.monotonic() + WITHIN
    while not is_so():
        if time.monotonic() > ends:
            raise RuntimeError("the machines were not all seen in time")
        time.sleep(1)


def watched(url: str, process: "subprocess.Popen[str]") -> None:
    """Processor time and memory of the fleet while nobody but one stream looks."""
    used, began, whole, events = cpu_seconds(process.pid), time.monotonic(), 0, 0
    with httpx.stream("GET", f"{url}{API}/events", timeout=30) as stream:
        for line in stream.iter_lines():
            if line.startswith("data:"):
                events += 1
                whole = whole or stream.num_bytes_downloaded
            if time.monotonic() - began > SECONDS:
                break
        read = stream.num_bytes_downloaded - whole
    passed = time.monotonic() - began
    load = (cpu_seconds(process.pid) - used) / passed
    print(f"  {load:.2f} of a core, {memory(process.pid) / 2**20:,.0f} MiB")
    print(f"  a stream: {whole / 1000:,.0f} kB, then {read / passed / 1000:,.1f} kB a second "
          f"in {events - 1} events")  # fmt: skip


def sizes(url: str) -> None:
    for coding in ("identity", "gzip"):
        taken = []
        for _ in range(TRIES):
            began = time.monotonic()
            with httpx.stream("GET", url + API, headers={"Accept-Encoding": coding}) as answer:
                size = sum(map(len, answer.iter_raw()))
            taken.append((time.monotonic() - began) * 1000)
        print(f"  {API}, {coding}: {size / 1000:,.0f} kB in {median(taken):.0f} ms")


def page(url: str) -> None:
    """What somebody waits for, in milliseconds."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        there = browser.new_page(viewport={"width": 1280, "height": 900})
        there.goto(url)
        there.wait_for_selector("#machines tbody th a")
        ready = there.evaluate("performance.now()")
        print(f"  the page: {ready:.0f} ms until machines are shown in Chromium")
        for what, work in WORKS.items():
            taken = there.evaluate(f"""async () => {{
                const began = performance.now();
                {work}
                await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
                return performance.now() - began;
            }}""")
            print(f"    {what}: {taken:.0f} ms until drawn")
        print(f"    live: {main_thread(there):.3f} of the page's main thread")
        print(f"    {there.locator('#machines tr').count()} rows are drawn")
        browser.close()


def main_thread(there: Any) -> float:
    """How much of its time is spent on what the stream brings."""
    asking = there.context.new_cdp_session(there)
    asking.send("Performance.enable")

    def spent() -> float:
        said = asking.send("Performance.getMetrics")["metrics"]
        return float(next(each["value"] for each in said if each["name"] == "TaskDuration"))

    before = spent()
    there.wait_for_timeout(PAGE_SECONDS * 1000)
    return (spent() - before) / PAGE_SECONDS


WORKS = {
    "sorting by power": "document.querySelectorAll('#machines thead button')[4].click();",
    "searching": """const field = document.querySelector('#machines input[type=search]');
        field.value = 'miner-99'; field.dispatchEvent(new Event('input'));""",
    "clearing the search": """const field = document.querySelector('#machines input[type=search]');
        field.value = ''; field.dispatchEvent(new Event('input'));""",
    "choosing all": "document.querySelector('#machines thead input').click();",
}


def cpu_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(process: int) -> int:
    """Resident bytes."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
