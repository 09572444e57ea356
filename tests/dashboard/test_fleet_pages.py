"""The fleet's pages in a browser, over machines on sockets: they show, and what is done is done."""

import re
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from pithead.cli.serving import HttpServer, listen
from pithead.fleet.client import MachineClient
from tests.browser import NAMELESS
from tests.farming import until
from tests.fleet.watched import target, watching
from tests.served_machines import serving

CHROMIUM = Path("/usr/bin/chromium")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(240),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no /usr/bin/chromium to look with"),
]


@pytest.fixture
def machines(tmp_path):
    with serving(tmp_path) as machines:
        yield machines


@pytest.fixture
async def fleet(machines, tmp_path):
    models = ("Antminer S21", "Antminer S19j Pro")
    served = [machines.start(120, model_name=model) for model in models]
    names = ("north", "south")
    targets = [target(each.place, name) for each, name in zip(served, names, strict=True)]
    async with watching(tmp_path, targets) as fleet:
        for each in served:
            await fleet.state(each.place, "mining")
        bound = listen("127.0.0.1", 0, "x")
        server = HttpServer(fleet.app, [bound])
        await server.start()
        fleet.url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        fleet.served = served
        try:
            yield fleet
        finally:
            await server.stop()


@asynccontextmanager
async def browsing(fleet, width=1280, scheme="light", signed_in=True):
    """A page that may ask nobody but the fleet, and complains of nothing."""
    from playwright.async_api import async_playwright

    complaints = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox"]
        )
        context = await browser.new_context(
            color_scheme=scheme, viewport={"width": width, "height": 900}
        )
        page = await context.new_page()
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request",
            lambda asked: (
                None if asked.url.startswith((fleet.url, "data:")) else complaints.append(asked.url)
            ),
        )
        if signed_in:
            await page.goto(f"{fleet.url}/#token={fleet.access.token}")
            await page.get_by_role("button", name="Sign out").wait_for()
        yield page
        await browser.close()
    assert complaints == []


def address(fleet, number=0):
    return f"{fleet.url}/machine/{str(fleet.served[number].place).replace(':', '%3A')}"


async def accessible(page):
    from axe_playwright_python.async_playwright import Axe

    found = (await Axe().run(page)).response["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in found] == []


async def fits_the_screen(page):
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light")])
async def test_both_pages_are_accessible_and_fit_the_screen(fleet, width, scheme):
    async with browsing(fleet, width, scheme) as page:
        await page.get_by_role("link", name="north").wait_for()
        await page.get_by_label("Select north").check()
        await page.get_by_text("1 selected").wait_for()
        await accessible(page)
        await fits_the_screen(page)
        await page.goto(address(fleet))
        await page.get_by_role("heading", name="north").wait_for()
        await page.get_by_role("heading", name="Board 1").wait_for()
        await page.get_by_role("button", name="Apply").wait_for()
        await accessible(page)
        await fits_the_screen(page)


async def test_machines_are_searched_sorted_and_chosen(fleet):
    async with browsing(fleet) as page:
        rows = page.locator("#machines tbody tr:not(.spacer)")
        await page.get_by_role("link", name="south").wait_for()
        assert await rows.count() == 2
        await page.get_by_role("button", name="Name").click()
        await until_async(lambda: rows.first.inner_text(), "south")
        await page.get_by_role("searchbox").fill("nor")
        await until_async(lambda: rows.first.inner_text(), "north")
        assert await rows.count() == 1
        await page.get_by_label("Select all machines shown").check()
        await page.get_by_text("1 selected").wait_for()


async def test_every_form_is_accessible(fleet):
    async with browsing(fleet) as page:
        await page.goto(address(fleet))
        group = page.get_by_role("group", name="Which settings")
        for settings in (
            "Performance scaling", "Frequency and voltage", "Boards", "Quick ramping", "Cooling",
            "Pools", "Hashrate target",
        ):  # fmt: skip
            await group.get_by_role("button", name=settings).click()
            await page.get_by_role("button", name="Apply").wait_for()
            await accessible(page)


async def until_async(read, words):
    for _ in range(200):
        if words in await read():
            return
    raise AssertionError(f"{words} was not shown")


async def test_an_action_is_asked_for_then_done_on_those_that_are_chosen(fleet):
    north, south = fleet.served
    async with browsing(fleet) as page:
        await page.get_by_label("Select south").check()
        await page.get_by_role("button", name="Pause").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_role("heading", name="Pause south?").wait_for()
        assert ("PUT", "/actions/pause") not in south.asked
        await dialog.get_by_role("button", name="Cancel").click()
        await page.get_by_role("button", name="Pause").click()
        await page.get_by_role("dialog").get_by_role("button", name="Pause").click()
        await page.get_by_text("south paused").wait_for()
    assert ("PUT", "/actions/pause") in south.asked
    assert ("PUT", "/actions/pause") not in north.asked


async def test_who_has_not_signed_in_is_asked_to_before_anything_changes(fleet, tmp_path):
    async with browsing(fleet, signed_in=False) as page:
        await page.goto(address(fleet))
        await page.get_by_role("button", name="Locate").click()
        await page.get_by_role("dialog").get_by_role("button", name="Apply").click()
        await page.get_by_label("Password or token").wait_for()
        await accessible(page)
        assert await page.evaluate(NAMELESS) == []
        await page.get_by_label("Password or token").fill(fleet.access.token)
        await page.get_by_role("dialog").get_by_role("button", name="Sign in").click()
        await page.get_by_text("north blinks").wait_for()
        await page.get_by_text("blinks to be found").wait_for()
    assert ("PUT", "/actions/locate") in fleet.served[0].asked


async def test_the_forms_of_a_machine_set_what_its_constraints_allow(fleet):
    machine = fleet.served[0].miner
    async with browsing(fleet) as page:
        await page.goto(address(fleet))
        watts = page.get_by_label(re.compile("^Watts"))
        await watts.wait_for()
        assert int(await watts.get_attribute("max")) > int(await watts.get_attribute("min")) > 0
        await watts.fill("2100")
        await page.get_by_role("button", name="Apply").click()
        await page.get_by_text("Power target set").wait_for()
        place = str(fleet.served[0].place)
        await until(lambda: fleet.book.row(place).target_w == 2100)
        group = page.get_by_role("group", name="Which settings")
        await group.get_by_role("button", name="Pools").click()
        await page.get_by_role("button", name="Add a pool").click()
        await page.get_by_label("Address").last.fill("stratum+tcp://second.example:3333")
        await page.get_by_label("User").last.fill("bob.north")
        await page.get_by_role("button", name="Apply").click()
        await page.get_by_text("Pools set").wait_for()
    urls = [pool.url for group in machine.pool_groups() for pool in group.pools]
    assert urls[-1] == "stratum+tcp://second.example:3333"
    assert len(urls) == 2


async def configured(fleet, number=0):
    async with MachineClient(fleet.served[number].place) as client:
        return await client.get("/configuration/miner")


@asynccontextmanager
async def form_of(fleet, settings, number=0):
    async with browsing(fleet) as page:
        await page.goto(address(fleet, number))
        group = page.get_by_role("group", name="Which settings")
        await group.get_by_role("button", name=settings).click()
        yield page


async def applied(page, settings):
    await page.get_by_role("button", name="Apply").click()
    await page.get_by_text(f"{settings} set").wait_for()


async def test_boards_are_turned_off_and_on_with_the_keyboard_alone(fleet):
    async with form_of(fleet, "Boards", 1) as page:
        await page.get_by_role("group", name="Boards that hash").wait_for()
        await page.get_by_role("button", name="Apply").press("Enter")
        await page.get_by_text("nothing is different").wait_for()
        for wanted in (False, True):
            await page.get_by_label("Board 2").press("Space")
            assert await page.get_by_label("Board 2").is_checked() is wanted
            await page.get_by_role("button", name="Apply").press("Enter")
            await page.get_by_text("Boards set").wait_for()
            boards = (await configured(fleet, 1))["hashboard_config"]["hashboards"]
            assert [board["enabled"] for board in boards] == [True, wanted, True]


async def test_frequency_and_voltage_are_set_for_all_boards_and_for_one(fleet):
    async with form_of(fleet, "Frequency and voltage") as page:
        everywhere = page.get_by_role("group", name="All boards")
        frequency = everywhere.get_by_label(re.compile("^Frequency"))
        await frequency.wait_for()
        assert await frequency.get_attribute("max") == "1300"
        assert float(await frequency.input_value()) > 0, "what it is now is where one begins"
        await frequency.fill("2000")
        await page.get_by_role("button", name="Apply").click()
        assert await frequency.evaluate("field => field.validity.rangeOverflow")
        await frequency.fill("400")
        await everywhere.get_by_label(re.compile("^Voltage")).fill("13.1")
        second = page.get_by_role("group", name="Board 2, where it differs")
        await second.get_by_label(re.compile("^Frequency")).fill("380.5")
        await applied(page, "Frequency and voltage")
    now = await configured(fleet)
    assert now["tuner"]["enabled"] is False
    boards = now["hashboard_config"]
    assert boards["global_frequency"] == {"hertz": 400e6}
    assert boards["global_voltage"] == {"volt": 13.1}
    assert [board["frequency"] for board in boards["hashboards"]] == [
        None,
        {"hertz": 380.5e6},
        None,
    ]
    assert [board["voltage"] for board in boards["hashboards"]] == [None] * 3


async def test_a_target_turns_the_tuner_on_again_after_frequencies(fleet):
    async with form_of(fleet, "Frequency and voltage") as page:
        await applied(page, "Frequency and voltage")
        assert (await configured(fleet))["tuner"]["enabled"] is False
        group = page.get_by_role("group", name="Which settings")
        await group.get_by_role("button", name="Hashrate target").click()
        await page.get_by_label(re.compile("^TH/s")).fill("150")
        await applied(page, "Hashrate target")
        assert (await configured(fleet))["tuner"]["enabled"] is True
        await group.get_by_role("button", name="Performance scaling").click()
        await page.get_by_label(re.compile("^Step, TH/s")).fill("7.5")
        await applied(page, "Performance scaling")
        assert (await configured(fleet))["dps"]["hashrate_step"] == {"terahash_per_second": 7.5}


async def test_quick_ramping_is_set(fleet):
    async with form_of(fleet, "Quick ramping") as page:
        await page.get_by_label(re.compile("^Up within")).fill("90")
        await page.get_by_label(re.compile("^Down within")).fill("45")
        await applied(page, "Quick ramping")
    boards = (await configured(fleet))["hashboard_config"]
    assert (boards["quick_ramping_time_up_s"], boards["quick_ramping_time_down_s"]) == (90, 45)


async def test_a_machine_that_goes_away_is_shown_so(fleet, machines):
    async with browsing(fleet) as page:
        await page.get_by_role("link", name="south").wait_for()
        machines.stop(fleet.served[1])
        row = page.locator("#machines tbody tr", has_text="south")
        await row.get_by_text("away").wait_for()
        await page.get_by_role("button", name="Away", exact=True).click()
        await page.get_by_role("link", name="north").wait_for(state="detached")
        await page.get_by_role("link", name="south").click()
        await page.get_by_text("It cannot be asked: cannot be reached.").wait_for()
        for place in ("boards", "fans", "identity", "pools", "errors"):
            assert await page.locator(f"#{place}").inner_text() == "It has not told."


async def test_it_is_used_with_the_keyboard_alone(fleet):
    async with browsing(fleet) as page:
        await page.get_by_label("Select north").focus()
        await page.keyboard.press("Space")
        await page.get_by_text("1 selected").wait_for()
        await page.get_by_role("button", name="Reboot").focus()
        await page.keyboard.press("Enter")
        await page.get_by_role("dialog").wait_for()
        await page.keyboard.press("Escape")
        await page.get_by_role("dialog").wait_for(state="detached")
    assert ("PUT", "/actions/reboot") not in fleet.served[0].asked


KEEPING = """async () => {
    const { Table } = await import("/static/table.js");
    const place = document.createElement("div");
    document.body.append(place);
    let marked = "";
    const columns = [{ name: "Name", header: true, value: (row) => row.name + marked }];
    const table = new Table(place, { caption: "Kept", sort: "Name", keeps: true, columns });
    const [one, two, ten] = [{ name: "m-1" }, { name: "m-2" }, { name: "m-10" }];
    const drawn = () => [...place.querySelectorAll("tbody th")];
    const words = () => drawn().map((cell) => cell.textContent).join(" ");
    table.set([ten, two, one]);
    const [first, second] = drawn();
    const said = [words()];
    marked = "!";
    table.set([{ name: "m-0" }, two, one]);
    said.push(words(), drawn()[1] === first && drawn()[2] === second);
    table.sortBy(columns[0]);
    said.push(words(), drawn()[1] === first && drawn()[0] === second);
    table.forget(one);
    table.set([two, one]);
    said.push(words(), drawn()[1] === first);
    return said;
}"""


async def test_only_rows_that_changed_are_drawn_anew_in_the_right_order(fleet):
    async with browsing(fleet) as page:
        assert await page.evaluate(KEEPING) == [
            "m-1 m-2 m-10",
            "m-0! m-1 m-2", True,
            "m-2 m-1 m-0!", True,
            "m-2 m-1!", False,
        ]  # fmt: skip
