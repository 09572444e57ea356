"""What the farm of simulated machines alone knows, through the fleet's own API."""

from contextlib import asynccontextmanager

import httpx
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.farm.mishaps import NAMES
from pithead.fleet import faults
from pithead.fleet.contract import MachineChips
from pithead.fleet.faults import FaultDesk, FaultError
from pithead.fleet.operations import BASE
from tests.fleet.watched import simulating, target, watching
from tests.served_machines import serving


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("machines")) as machines:
        yield machines


@pytest.fixture(scope="module")
def served(machines):
    return machines.start(300)


@asynccontextmanager
async def farm_of(served, directory, farm_name="north"):
    """Its fleet, with a token in hand, and where its own machine is in the API."""
    targets = [target(served.place, "north", farm_name=farm_name)]
    async with (
        simulating(north=served) as admin,
        watching(directory, targets, admin=admin) as fleet,
    ):
        await fleet.state(served.place, "mining")
        async with fleet.owner() as owner:
            yield owner, f"{BASE}/machines/{served.place}"


async def test_the_chips_of_a_simulated_machine_are_those_its_farm_knows(served, tmp_path):
    async with farm_of(served, tmp_path) as (owner, path):
        answer = await owner.get(f"{path}/chips")
        view = (await owner.get(path)).json()
    assert answer.status_code == 200
    told = msgspec.json.decode(answer.content, type=MachineChips)
    device = served.rig.device
    for number, board in enumerate(told.boards):
        known = device.chips(number)
        assert [chip.number for chip in board.chips] == [chip.number for chip in known]
        assert [chip.temperature_c for chip in board.chips] == pytest.approx(
            [chip.temp_c for chip in known], abs=0.01
        )
    hottest = [
        each["highest_chip_temp"]["temperature"] for each in view["hashboards"]["hashboards"]
    ]
    assert [board.chip_temperature_c for board in told.boards] == pytest.approx(
        [each["degree_c"] for each in hottest], abs=0.1
    )


async def test_a_machine_of_no_farm_has_no_chips_to_tell_and_says_why(served, tmp_path):
    async with farm_of(served, tmp_path, farm_name=None) as (owner, path):
        answer = await owner.get(f"{path}/chips")
    assert answer.status_code == 404
    assert answer.text == f"{served.place} is no simulated machine\n"


async def test_a_fault_of_no_kind_is_answered_with_the_kinds_there_are(served, tmp_path):
    async with farm_of(served, tmp_path) as (owner, path):
        answer = await owner.post(f"{path}/faults", json={"fault": {"kind": "fire"}})
        assert (await owner.get(f"{path}/faults")).json() == []
    assert answer.status_code == 422
    assert answer.text.endswith(f"the kinds are {', '.join(NAMES)}\n")


@settings(max_examples=60)
@given(st.recursive(
    st.none() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["boards", "chips", "board", "lanes"]), inner, max_size=3),
    max_leaves=6,
))  # fmt: skip
async def test_a_farm_that_tells_something_else_is_refused(told):
    answering = httpx.MockTransport(lambda _asked: httpx.Response(200, json=told))
    with pytest.MonkeyPatch.context() as patch:
        client = httpx.AsyncClient
        patch.setattr(faults.httpx, "AsyncClient", lambda **_: client(transport=answering))
        came = await asked_for_chips()
    strange = (502, "the farm's admin API answers something else")
    assert came in (MachineChips(boards=()), strange)


async def asked_for_chips():
    try:
        return await FaultDesk(lambda: "http://farm").chips("north")
    except FaultError as error:
        return error.status, str(error)
