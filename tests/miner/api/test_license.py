"""The licence of the firmware."""

import pytest

from pithead.miner.licence import make_key
from pithead.miner.snapshot import MinerStatus
from pithead.miner.system_settings import Contract


async def licence_of(api):
    return (await api.get("/license/license")).json()["state"]


async def apply(api, key, **more):
    answer = await api.put("/license/apply-contract-key", json={"contract_key": key, **more})
    assert answer.status_code == 200
    return answer.json()["successful"]


def contract(api, name="Farm_7", fee=200, seconds=3600):
    return Contract(name, fee, api.rig.now + seconds)


async def test_a_machine_comes_with_a_licence_that_costs_nothing(api):
    state = await licence_of(api)
    assert state["valid"]["type"] == 1
    assert state["valid"]["dev_fee"] == {"bsp": 0}


async def test_a_contract_takes_effect_at_the_next_start_and_expires(api):
    before = await licence_of(api)
    assert await apply(api, make_key(contract(api)))
    assert await licence_of(api) == before
    await api.put("/actions/restart")
    assert await licence_of(api) == {
        "valid": {
            "type": 2,
            "contract_name": "Farm_7",
            "time_to_restricted": 3600,
            "dev_fee": {"bsp": 200},
        }
    }
    api.run(3600, step=10)
    assert await licence_of(api) == {
        "expired": {"type": 2, "contract_name": "Farm_7", "dev_fee": {"bsp": 200}}
    }
    assert (await api.details())["status"] == MinerStatus.RESTRICTED


async def test_an_existing_contract_is_kept_where_that_is_wished(api):
    await apply(api, make_key(contract(api)))
    assert await apply(api, make_key(contract(api, name="Other")), keep_existing=True)
    await api.put("/actions/restart")
    assert (await licence_of(api))["valid"]["contract_name"] == "Farm_7"
    assert await apply(api, make_key(contract(api, name="Other")), keep_existing=False)
    await api.put("/actions/restart")
    assert (await licence_of(api))["valid"]["contract_name"] == "Other"


@pytest.mark.parametrize("key", ["", "abc", "Farm-1-2-00000000"])
async def test_what_is_no_key_changes_nothing_and_says_so(api, key):
    before = api.miner.settings
    assert not await apply(api, key)
    assert api.miner.settings == before


async def test_a_body_without_a_key_does_not_fit(api):
    assert (await api.put("/license/apply-contract-key", json={})).status_code == 422
