"""The network interface."""

import pytest

STATIC = {
    "address": "10.1.2.3",
    "netmask": "255.255.255.0",
    "gateway": "10.1.2.1",
    "dns_servers": ["10.1.2.1", "9.9.9.9"],
}


async def test_the_information_is_that_of_the_real_interface(api):
    assert (await api.get("/network/")).json() == {
        "name": "lo",
        "mac_address": api.miner.identity.mac_address,
        "hostname": "Antminer",
        "protocol": 1,
        "dns_servers": ["127.0.0.53"],
        "networks": [{"address": "127.0.0.9", "netmask": "255.0.0.0"}],
        "default_gateway": "127.0.0.1",
    }


async def test_a_hostname_is_kept_and_shown_everywhere(api):
    answer = await api.patch("/network/configuration", json={"hostname": "rig-7.farm"})
    assert answer.json() == {"protocol": {"dhcp": {}}, "hostname": "rig-7.farm"}
    assert (await api.get("/network/configuration")).json() == answer.json()
    assert (await api.get("/network")).json()["hostname"] == "rig-7.farm"
    assert (await api.details())["hostname"] == "rig-7.farm"
    assert api.rig.saved[-1].hostname == "rig-7.farm"


async def test_a_static_address_is_kept_and_what_is_left_out_stays(api):
    await api.patch("/network/configuration", json={"hostname": "rig-7"})
    answer = await api.patch("/network/configuration", json={"protocol": {"static": STATIC}})
    assert answer.json() == {"protocol": {"static": STATIC}, "hostname": "rig-7"}
    assert api.rig.saved[-1].system.network.gateway == "10.1.2.1"
    seen = (await api.get("/network")).json()
    assert seen["protocol"] == 2
    assert seen["dns_servers"] == STATIC["dns_servers"]
    answer = await api.patch("/network/configuration", json={"hostname": None, "protocol": None})
    assert answer.json() == {"protocol": {"static": STATIC}, "hostname": "rig-7"}
    answer = await api.patch("/network/configuration", json={"protocol": {"dhcp": {}}})
    assert answer.json() == {"protocol": {"dhcp": {}}, "hostname": "rig-7"}


@pytest.mark.parametrize(
    "body",
    [
        {"hostname": "two words"},
        {"hostname": ""},
        {"hostname": "-rig"},
        {"hostname": 7},
        {"protocol": {}},
        {"protocol": {"dhcp": {}, "static": STATIC}},
        {"protocol": {"static": {**STATIC, "address": "10.1.2.256"}}},
        {"protocol": {"static": {**STATIC, "netmask": "255.0.255.0"}}},
        {"protocol": {"static": {**STATIC, "gateway": "10.1.3.1"}}},
        {"hostname": "good", "protocol": {"static": {**STATIC, "dns_servers": ["dns"]}}},
    ],
)
async def test_what_cannot_be_changes_nothing(api, body):
    before = api.miner.settings
    answer = await api.patch("/network/configuration", json=body)
    assert answer.status_code == 422
    assert answer.text.count("\n") == 1
    assert api.miner.settings == before
