"""Words become the one call that does what they say, or a sentence; the real API takes them."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.fleet.client import MachineClient
from pithead.fleet.orders import ACTIONS, SETTINGS, Order, for_machine, order_to_set
from pithead.fleet.readings import READINGS
from tests.served_machines import serving


@pytest.mark.parametrize(
    ("what", "value", "order"),
    [
        ("power-target", "3000", Order("PUT", "/performance/power-target", {"watt": 3000})),
        ("power-target", "3000 W", Order("PUT", "/performance/power-target", {"watt": 3000})),
        ("power-target", "default", Order("PUT", "/performance/power-target/default")),
        (
            "power-target",
            "80%",
            Order(
                "PATCH",
                "/performance/power-target/relative",
                {"percentage": 80.0, "reference": 1},
            ),
        ),
        (
            "hashrate-target-decrement",
            "5.5",
            Order("PATCH", "/performance/hashrate-target/decrement", {"terahash_per_second": 5.5}),
        ),
        (
            "cooling-mode",
            "auto target_temperature=60 max_fan_speed=90",
            Order(
                "PUT",
                "/cooling/mode",
                {"auto": {"target_temperature": {"degree_c": 60.0}, "max_fan_speed": 90}},
            ),
        ),
        ("cooling-mode", "immersion", Order("PUT", "/cooling/mode", {"immersion": {}})),
        ("dps", "off", Order("PUT", "/performance/dps", {"enable": False})),
        (
            "dps",
            "enable=true mode=boost",
            Order("PUT", "/performance/dps", {"enable": True, "mode": 2}),
        ),
        (
            "quick-ramping",
            "60, 10",
            Order("PUT", "/performance/quick-ramping", {"up_s": 60, "down_s": 10}),
        ),
        (
            "hashboards",
            "off 2,3",
            Order("PATCH", "/miner/hw/hashboards", {"enable": False, "hashboard_ids": ["2", "3"]}),
        ),
        ("network", "dhcp", Order("PATCH", "/network/configuration", {"protocol": {"dhcp": {}}})),
        ("password", "", Order("PUT", "/auth/password", {"password": None})),
        ("locate", "off", Order("PUT", "/actions/locate", False)),
        ("advanced-settings", "default", Order("DELETE", "/advanced-settings/")),
    ],
)
def test_words_become_the_call_that_does_what_they_say(what, value, order):
    assert order_to_set(what, value) == order


def test_pools_are_one_group_and_each_machine_may_have_its_own_worker():
    order = order_to_set("pools", "stratum+tcp://a:1 bob.{name}, stratum+tcp://b:2 bob.{name} x")
    assert for_machine(order, "rig-7").body == [
        {
            "name": "Default",
            "pools": [
                {"url": "stratum+tcp://a:1", "user": "bob.rig-7", "enabled": True},
                {"url": "stratum+tcp://b:2", "user": "bob.rig-7", "password": "x", "enabled": True},
            ],
        }
    ]


@pytest.mark.parametrize(
    ("what", "value", "said"),
    [
        ("power", "3000", "there is no setting 'power'"),
        ("power-target", "much", "such as 80%, not 'much'$"),
        ("power-target", "3000.5", "watts are whole"),
        ("power-target", "-5", "not between 0"),
        ("power-target", "nan", "not between 0"),
        ("cooling-mode", "auto target=60", "no field 'target'"),
        ("cooling-mode", "windy", "or JSON, not 'windy'$"),
        ("cooling-mode", "{}", "exactly one of"),
        ("cooling-mode", "auto hot_temperature=x y=1", "_temperature takes degrees Celsius, not"),
        ("cooling-mode", "auto hot", "'hot' is no field=value"),
        ("cooling-mode", "", "takes auto, manual"),
        ("dps", "maybe", "or JSON, not 'maybe'$"),
        ("dps", "enable=true maybe", ": 'maybe' is no field=value"),
        ("dps", "mode=wild", "Expected `int"),
        ("quick-ramping", "60", "such as 60,10, not '60'$"),
        ("quick-ramping", "60,-1", "such as 60,10, not '60,-1'$"),
        ("hashboards", "off", "names no board"),
        ("hashboards", "away 1", "`off 2,3`, not 'away 1'$"),
        ("hostname", "two words", "letters, digits and dashes"),
        ("locate", "maybe", "takes on or off, not 'maybe'$"),
        ("pools", "stratum+tcp://a:1", "or JSON, not 'stratum.tcp://a:1'$"),
        ("pools", "a://b c, d", ": 'd' is no URL, user"),
        ("mode", "fast", "performance mode as JSON"),
        ("mode", '{"tunermode": {}, "manualmode": {"hashboards": []}}', "exactly one of"),
        ("password", "x" * 70_000, "more than 65536 characters"),
    ],
)
def test_a_value_that_does_not_fit_is_told_with_what_would(what, value, said):
    with pytest.raises(ValueError, match=said):
        order_to_set(what, value)


@given(
    st.sampled_from(sorted(SETTINGS)), st.text(max_size=40) | st.from_regex(r"[\[{\"a-z:0-9=, ]+")
)
@settings(deadline=None)
def test_any_words_are_an_order_that_json_can_say_or_a_value_error(what, value):
    try:
        order = order_to_set(what, value)
    except ValueError:
        return
    if order.body is not msgspec.UNSET:
        body = for_machine(order, "n").body
        assert msgspec.json.decode(msgspec.json.encode(body)) == body


WORKING = {
    "power-target": "3000",
    "power-target-increment": "100",
    "power-target-decrement": "200",
    "hashrate-target": "90%",
    "hashrate-target-increment": "2",
    "hashrate-target-decrement": "4",
    "mode": '{"tunermode": {"target": {"powertarget": {"power_target": {"watt": 2900}}}}}',
    "cooling-mode": "auto target_temperature=58",
    "dps": "on",
    "quick-ramping": "120,30",
    "hashboards": "on 3",
    "hostname": "rig-{name}",
    "network": "dhcp",
    "pools": "stratum+tcp://127.0.0.1:1 alice.{name}",
    "advanced-settings": "timezone=Europe/Prague",
    "auto-upgrade": "on",
    "locate": "on",
    "password": "",
}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("machines")) as machines:
        yield machines.start(120)


async def give(served, order):
    async with MachineClient(served.place) as client:
        return await client.ask(order.verb, order.path, for_machine(order, "seven").body)


@pytest.mark.parametrize("what", SETTINGS)
async def test_the_real_api_takes_every_setting(served, what):
    await give(served, order_to_set(what, WORKING[what]))


@pytest.mark.parametrize(
    "what", [name for name in ACTIONS if name not in ("reboot", "factory-reset")]
)
async def test_the_real_api_does_every_action(served, what):
    await give(served, ACTIONS[what].order)


async def test_what_was_set_is_what_is_read(served):
    await give(served, order_to_set("quick-ramping", "77,11"))
    await give(
        served, order_to_set("cooling-mode", "auto target_temperature=57 hot_temperature=84")
    )
    async with MachineClient(served.place) as client:
        read = [
            READINGS[name].rows(
                *[await client.ask_as(kind, "GET", path) for path, kind in READINGS[name].asks]
            )[0]
            for name in ("quick-ramping", "cooling-mode")
        ]
    assert read[0] == {"up_s": 77, "down_s": 11}
    assert read[1]["target_temperature_c"] == 57.0
    assert read[1]["hot_temperature_c"] == 84.0
