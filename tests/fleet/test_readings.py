"""Every name that can be asked of a machine comes to rows, from the real API."""

import pytest

from pithead.bos.miner import (
    BosMode,
    ControlBoardSocFamily,
    GetMinerDetailsResponse,
    GetMinerStatsResponse,
    MinerStatus,
    Platform,
)
from pithead.bos.performance import GetTunerStateResponse
from pithead.bos.tuning import TunerState
from pithead.fleet.amounts import flattened
from pithead.fleet.client import MachineClient
from pithead.fleet.readings import READINGS, target_of
from tests.served_machines import serving


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("machines")) as machines:
        yield machines.start(400)


async def read(served, name):
    async with MachineClient(served.place) as client:
        reading = READINGS[name]
        return reading.rows(
            *[await client.ask_as(kind, "GET", path) for path, kind in reading.asks]
        )


@pytest.mark.parametrize("name", READINGS)
async def test_every_name_is_told_by_the_real_api_in_plain_cells(served, name):
    rows = await read(served, name)
    assert all(isinstance(cell, str | int | float | None) for row in rows for cell in row.values())
    if name not in ("errors", "advanced-settings"):
        assert rows
        assert rows[0]


async def test_the_summary_is_what_the_machine_itself_knows(served):
    (row,) = await read(served, "summary")
    snapshot = served.rig.snapshot
    assert row["model"] == "Antminer S21"
    assert row["status"] == "normal"
    assert row["accepted"] == snapshot.pool_stats.accepted_shares > 0
    assert 2000 < row["power_w"] < 4000
    assert row["hashrate_ths"] > 100
    assert row["target_w"] == 3500
    assert row["target_ths"] is None


async def test_limits_stand_beside_the_target(served):
    (row,) = await read(served, "power-target")
    del row["tuner"]
    assert row == {"target_w": 3500, "min_w": 980, "default_w": 3500, "max_w": 8155}


async def test_pools_and_boards_and_fans_have_a_row_each(served):
    (pool,) = await read(served, "pools")
    assert (pool["user"], pool["alive"], pool["active"]) == ("alice.rig", True, True)
    assert len(await read(served, "hashboards")) == 3
    assert all(row["rpm"] > 0 for row in await read(served, "fans"))


def test_a_machine_that_says_little_is_told_without_it():
    details = GetMinerDetailsResponse(
        uid="u", platform=Platform.UNSPECIFIED, bos_mode=BosMode.NAND, hostname="h",
        mac_address="", system_uptime=0, bosminer_uptime_s=0, system_uptime_s=0,
        status=MinerStatus.NORMAL, kernel_version="",
        control_board_soc_family=ControlBoardSocFamily.AML,
    )  # fmt: skip
    tuner = GetTunerStateResponse(overall_tuner_state=TunerState.DISABLED)
    nothing = GetMinerStatsResponse()
    assert READINGS["details"].rows(details)[0]["model"] is None
    assert READINGS["hashrate"].rows(nothing) == [{}]
    assert READINGS["power"].rows(nothing, tuner)[0]["power_w"] is None
    assert READINGS["shares"].rows(nothing) == [{}]
    assert target_of(tuner) is None
    assert flattened(tuner) == {"overall_tuner_state": "disabled"}
