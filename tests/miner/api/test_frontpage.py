"""What a browser is shown at a machine's own address."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.farm.mishaps import FanStops
from pithead.hardware.models import MODELS
from pithead.miner.api.frontpage import POLICY, front_page
from pithead.miner.cooling_settings import CoolingSettings, Mode
from tests.browser import IN_A_BROWSER, VIEWS, browsing, visiting
from tests.documentation import parsed, text_of
from tests.farm.test_fate import FatedRig
from tests.served_machines import serving


def shown(snapshot):
    return parsed(front_page(snapshot, "/docs", "/openapi.json"))


async def test_it_tells_what_the_machine_is_and_does_and_where_its_api_is_described(bench):
    seen = bench.rig.miner.snapshot(bench.rig.now)
    async with bench.client() as client:
        page = await client.get("http://miner/")
    tree, told = parsed(page.content), text_of(parsed(page.content))
    assert page.headers["content-security-policy"] == POLICY
    for words in (
        seen.identity.hostname, "Antminer S21", "mining", seen.bos_version.current,
        f"{seen.real.last_5m / 1e12:.1f} TH/s", f"{seen.consumption_w:,} W",
        f"{seen.highest_chip_temp_c:.1f} °C", seen.identity.mac_address, "324 chips",
    ):  # fmt: skip
        assert words in told
    links = [each.attrib["href"] for each in tree.iter("a")]
    assert links == ["/api/v1/docs", "/api/v1/docs/openapi.json"]
    async with bench.client() as client:
        for link in links:
            assert (await client.get(f"http://miner{link}")).status_code == 200


async def test_it_tells_no_more_than_port_4028_does_without_a_login(bench):
    async with bench.client() as client:
        told = (await client.get("http://miner/")).text
    for pool in bench.rig.miner.pool_groups()[0].pools:
        assert pool.user not in told
    assert bench.rig.snapshot.identity.uid not in told


def test_it_loads_nothing_and_has_no_script(bench):
    tree = shown(bench.rig.snapshot)
    assert not {each.tag for each in tree.iter()} & {"script", "img", "form", "input", "iframe"}
    assert not re.search(r"url\(|@import|//", next(tree.iter("style")).text)
    assert [each.attrib["href"] for each in tree.iter("link")] == ["data:,"]


def test_why_a_machine_does_not_mine_is_told():
    rig = FatedRig(120)
    rig.miner.set_cooling(CoolingSettings(Mode.AUTO, min_fans=3))
    for fan in range(3):
        rig.fate.call_down(FanStops(fan), rig.now)
    rig.run(120, step=1)
    assert "stopped: broken fans" in text_of(shown(rig.snapshot))


@pytest.mark.parametrize("model", MODELS)
def test_every_model_has_its_page(make_rig, model):
    rig = make_rig(model_name=model)
    rig.run(5)
    assert f"{model}." in text_of(shown(rig.snapshot))


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=60))
def test_a_name_is_text_whatever_is_in_it(name):
    seen = SNAPSHOT
    tree = shown(replace(seen, identity=replace(seen.identity, hostname=name)))
    assert next(tree.iter("h1")).text in (name, None if name == "" else name)
    assert not [each for each in tree.iter() if each.tag in ("script", "b", "i")]


SNAPSHOT = FatedRig(5).snapshot


@pytest.fixture
def machine(tmp_path):
    with serving(tmp_path) as machines:
        yield machines.start(300)


class TestInABrowser:
    pytestmark = IN_A_BROWSER

    async def test_it_is_accessible_fits_the_screen_and_asks_for_nothing(self, machine):
        async with browsing() as browser:
            for width, scheme in VIEWS:
                origin = f"http://{machine.address}"
                async with visiting(browser, origin, "/", width, scheme) as visit:
                    await visit.page.get_by_role("heading", name="Machine").wait_for()
                    await visit.check("front", width, scheme)
        assert {path for _, path in machine.asked} == {"/"}
