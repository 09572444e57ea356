"""The map of a simulated machine's chips in a browser, and what stands there of any other."""

import re

import pytest

from tests.browser import IN_A_BROWSER, VIEWS, browsing, visiting
from tests.fleet.watched import paged, simulating, target, watching
from tests.served_machines import serving

pytestmark = IN_A_BROWSER


@pytest.fixture
def machines(tmp_path):
    with serving(tmp_path) as machines:
        yield machines


@pytest.fixture
async def fleet(machines, tmp_path):
    """`north` is of a farm whose admin API is known; `south` is not."""
    north, south = machines.start(300), machines.start(60)
    targets = [target(north.place, "north", farm_name="north"), target(south.place, "south")]
    async with (
        simulating(north=north) as admin,
        watching(tmp_path, targets, admin=admin) as fleet,
        paged(fleet) as url,
    ):
        for each in (north, south):
            await fleet.state(each.place, "mining")
        fleet.url, fleet.north, fleet.south = url, north, south
        yield fleet


def path(served):
    return f"/machine/{str(served.place).replace(':', '%3A')}"


def chip(page, board, number):
    return page.locator("table.chips").nth(board).locator("td").nth(number)


@pytest.mark.parametrize(("width", "scheme"), VIEWS)
async def test_each_chip_has_its_temperature_on_any_screen(fleet, width, scheme):
    fleet.north.rig.device.board(0).silicon.suffer(lost=3)
    async with (
        browsing() as browser,
        visiting(browser, fleet.url, path(fleet.north), width, scheme) as visit,
    ):
        page = visit.page
        await page.get_by_text("3 chips do not answer").wait_for()
        known = fleet.north.rig.device.chips(1)
        assert await page.locator("table.chips").count() == 3
        assert await chip(page, 1, 40).inner_text() == f"{known[40].temp_c:.0f}"
        caption = page.locator("table.chips caption").nth(0)
        assert re.match(r"Temperature of the chips of board 1: \d", await caption.text_content())
        silent = page.locator("table.chips td.silent")
        assert await silent.all_inner_texts() == ["×"] * 3
        assert "does not answer" in await silent.first.get_attribute("aria-label")
        await visit.check("machine-chips", width, scheme)


async def test_the_colours_show_what_is_chosen(fleet):
    fleet.north.rig.device.board(2).silicon.suffer(aged=5, more_v=0.5)
    async with (
        browsing() as browser,
        visiting(browser, fleet.url, path(fleet.north), 1280, "light") as visit,
    ):
        page = visit.page
        known = fleet.north.rig.device.chips(2)
        worst = max(known, key=lambda chip: chip.error_ratio)
        for measure, shown in (
            ("Wrong hashes", f"{100 * worst.error_ratio:.1f} %"),
            ("Spare voltage", f"{worst.spare_v:.2f}"),
        ):
            await page.get_by_role("button", name=measure).click()
            assert await chip(page, 2, worst.number).inner_text() == shown
            await visit.check("machine-chips", 1280, "light")


async def test_arrow_keys_go_from_chip_to_chip_and_each_tells_all_of_itself(fleet):
    async with (
        browsing() as browser,
        visiting(browser, fleet.url, path(fleet.north), 1280, "light") as visit,
    ):
        page, keyboard = visit.page, visit.page.keyboard
        about = page.locator("#chips .board").nth(0).locator(".chips-about")
        await chip(page, 0, 0).focus()
        for key, number in (
            ("ArrowRight", 1), ("ArrowDown", 7), ("ArrowLeft", 6), ("ArrowUp", 0),
            ("ArrowUp", 0), ("End", 107), ("ArrowRight", 107), ("Home", 0),
        ):  # fmt: skip
            await keyboard.press(key)
            told = await about.inner_text()
            assert told.startswith(f"Chip {number}: "), key
            assert "GH/s" in told
            assert await chip(page, 0, number).get_attribute("aria-label") == told
        assert await page.locator("table.chips").nth(0).locator("td[tabindex='0']").count() == 1
        await page.get_by_role("button", name="Spare voltage").focus()
        assert (await about.inner_text()).startswith("Mean ")


async def test_of_a_machine_that_nobody_simulates_boards_are_shown_and_why_no_chips(fleet):
    async with (
        browsing() as browser,
        visiting(browser, fleet.url, path(fleet.south), 1280, "light") as visit,
    ):
        await visit.page.get_by_text("no values of single chips").wait_for()
        await visit.page.get_by_role("heading", name="Board 3").wait_for()
        assert await visit.page.locator("table.chips").count() == 0
        assert not await visit.page.locator("#faults-panel").is_visible()
        assert visit.wrong == []


async def test_a_fault_that_is_called_down_shows_on_the_chips(fleet, machines):
    async with (
        browsing() as browser,
        visiting(browser, fleet.url, f"/#token={fleet.access.token}", 1280, "light") as visit,
    ):
        page = visit.page
        await page.get_by_role("button", name="Sign out").wait_for()
        await page.goto(fleet.url + path(fleet.north))
        await page.get_by_text("all chips answer").wait_for()
        await page.get_by_label("What is to happen").select_option("chips_fail")
        await page.get_by_label("board", exact=False).last.fill("2")
        await page.get_by_label("chips", exact=False).last.fill("4")
        await page.get_by_role("button", name="Let it happen").click()
        await page.get_by_text("4 chips do not answer").wait_for()
        assert await page.locator("#chips .board").nth(1).locator("td.silent").count() == 4
