"""The rules of rewards from the command line, whether the pool runs or not."""

import asyncio

import pytest
from click.testing import CliRunner

from pithead.cli.config import load
from pithead.cli.farmtime import steady_wall
from pithead.cli.main import main
from pithead.cli.poolside import open_pool
from pithead.pool.database import DATABASE, open_database
from pithead.pool.rewards import Rules
from pithead.pool.rulebook import Rulebook


@pytest.fixture
def run(tmp_path):
    def run(*words, code=0):
        words = ["pool", "rules", *words, "--data", str(tmp_path)]
        shown = CliRunner().invoke(main, words)
        assert shown.exit_code == code, shown.output
        return shown.output.strip()

    return run


def test_rules_are_shown_changed_in_part_and_taken_back(run, tmp_path):
    assert run().startswith("wanted (configuration)  reward_scheme score  fee_percent 2.0  ")
    shown = run("--scheme", "pplns", "--window", "3")
    assert shown.startswith("wanted (chosen)  reward_scheme pplns  fee_percent 2.0  ")
    assert shown.endswith("pplns_window 3.0")
    assert "pplns  fee_percent 1.5" in run("--fee", "1.5")
    engine = open_database(tmp_path / "pool" / DATABASE)
    chosen = Rulebook(engine).wanted().chosen
    assert (chosen.scheme, chosen.fee_ppm, chosen.window_ppm) == ("pplns", 15_000, 3_000_000)
    engine.dispose()
    assert run("--as-configured").startswith("wanted (configuration)  reward_scheme score")
    assert "configuration's already" in run("--as-configured", code=2)


@pytest.mark.parametrize(
    ("words", "why"),
    [(["--fee", "101"], "<= 100"), (["--fee", "-1"], ">= 0"), (["--fee", "nan"], "float"),
     (["--window", "0"], "0.01"), (["--referral-days", "0"], ">= 1"), (["--scheme", "x"], "'x'"),
     (["--fee", "1", "--as-configured"], "no other rules")],
)  # fmt: skip
def test_mistakes_are_told_and_change_nothing(run, words, why):
    assert why in run(*words, code=2)
    assert run().startswith("wanted (configuration)")


@pytest.mark.slow
async def test_a_pool_that_runs_follows_within_seconds_and_at_its_next_start(run, tmp_path):
    wall = steady_wall()

    async def opened(**more):
        flags = {"pool.api_port": 0, "pool.stratum_port": 0, "admin.port": 0, **more}
        return await open_pool(load(flags, {}), tmp_path, wall, wall, 4)

    part = await opened()
    before = part.bookkeeper.rules
    await asyncio.to_thread(run, "--scheme", "pplns")
    async with asyncio.timeout(30):
        while part.bookkeeper.rules.scheme != "pplns":  # noqa: ASYNC110 - it looks now and then
            await asyncio.sleep(0.01)
    await part.stop()
    part = await opened()
    assert part.bookkeeper.rules.scheme == "pplns"
    await part.stop()
    part = await opened(**{"pool.fee_percent": 1.0})  # who changes the configuration means it
    assert part.bookkeeper.rules.scheme == "score"
    assert part.bookkeeper.rules.fee_ppm == 10_000
    await part.bookkeeper.commit()
    past = Rulebook(part.bookkeeper.store.engine).past()
    assert [each.rules.scheme for each in past] == ["score", "pplns", "score"]
    assert past[-1].rules == before != Rules()
    await part.stop()
