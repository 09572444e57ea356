"""The page of an account in a browser: codes of an authenticator, where to be paid, its days."""

import time

import pyotp
import pytest

from pithead.bitcoin.address import witness_address
from pithead.bitcoin.network import REGTEST
from pithead.pool.destinations import Destinations
from pithead.pool.notices import Notices
from tests.browser import IN_A_BROWSER, VIEWS, browsing, visiting
from tests.dashboard.conftest import MONTH, PASSWORD, STEP
from tests.dashboard.test_pool_pages import sign_in

pytestmark = IN_A_BROWSER


SEEN = """(words) => {
  const said = document.getElementById("said");
  const box = said.getBoundingClientRect();
  const seen = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return said.textContent.includes(words) && said.contains(seen);
}"""


async def prove(page, code=None):
    await page.fill("dialog [name=password]", PASSWORD)
    if code is not None:
        await page.fill("dialog [name=code]", code)
    await page.click("dialog button:not([type=button])")


async def test_codes_are_turned_on_asked_for_and_turned_off(month):
    async with (
        browsing() as browser,
        visiting(browser, month.url, "/me", 360, "dark") as visit,
    ):
        page = visit.page
        await sign_in(page)
        await page.click("#codes-on")
        await prove(page)
        picture = page.locator("dialog img.code")
        await picture.wait_for()
        assert await picture.evaluate("(image) => image.decode().then(() => image.naturalWidth)")
        await visit.check("enrol", 360, "dark")
        uri = await page.get_attribute("dialog a", "href")
        secret = await page.text_content("dialog .secret")
        authenticator = pyotp.parse_uri(uri)
        assert authenticator.secret == secret
        step = int(time.time()) // 30
        await page.fill("dialog [name=code]", authenticator.generate_otp(step))
        await page.click("dialog button.first")
        await page.wait_for_selector("dialog >> text=Recovery codes")
        recovery = (await page.text_content("dialog .secret")).split()
        assert len(recovery) == 10
        await visit.check("recovery", 360, "dark")
        await page.click("dialog >> text=Done")
        await page.wait_for_selector("#recovery >> text=10 left")
        await page.click("#sign-out")
        await page.wait_for_selector("#gate:not([hidden])")

        await page.fill("#user", "alice")
        await page.fill("#password", PASSWORD)
        await page.click("#sign-in button")
        await page.wait_for_selector("#code-line:not([hidden])")
        await page.wait_for_selector("#said >> text=is needed as well")
        assert [each for each in visit.wrong if "403" not in each] == []
        visit.wrong.clear()  # a browser tells each refusal
        await visit.check("sign-in-code", 360, "dark")
        await page.fill("#code", authenticator.generate_otp(step + 1))
        await page.click("#sign-in button")
        await page.wait_for_selector("#recovery >> text=10 left")

        await page.click("#codes-off")
        await prove(page, recovery[0])
        await page.wait_for_selector("#codes >> text=not asked for")
        assert visit.wrong == []


async def test_where_to_be_paid_is_changed_and_cleared_and_contacts_are_told(month):
    there = witness_address(0, bytes(range(20)), REGTEST)
    engine = month.keeper.store.engine
    Notices(engine).put_contact("alice", "email", "alice@example.org")
    async with (
        browsing() as browser,
        visiting(browser, month.url, "/me", 1280, "light") as visit,
    ):
        page = visit.page
        await sign_in(page)
        await page.click("#change-destination")
        await page.fill("dialog [name=address]", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")
        await prove(page)
        await page.wait_for_function(SEEN, arg="regtest")  # above the dialog, too
        visit.wrong.clear()
        await page.fill("dialog [name=address]", there)
        await page.fill("dialog [name=threshold]", "0.0005")
        await page.wait_for_selector("dialog >> text=Every contact under Alerts is told")
        await visit.check("destination", 1280, "light")
        await page.click("dialog button.first")
        await page.wait_for_selector(f"#address >> text={there}")
        await page.wait_for_function(SEEN, arg="paid there")
        await page.wait_for_selector(f"#notices >> text=alice is paid at {there} now")
        await page.wait_for_selector("#threshold >> text=0.00050000 BTC")
        wish = Destinations(engine, REGTEST).of("alice")
        assert (wish.address, wish.threshold_sats) == (there, 50_000)

        await page.click("#clear-destination")
        await page.set_viewport_size({"width": 360, "height": 800})
        await visit.check("clear-destination", 360, "light")
        await page.fill("dialog [name=password]", PASSWORD)
        await page.click("dialog button.danger")
        await page.wait_for_selector("#address >> text=no address is set")
        await page.wait_for_selector("#notices >> text=alice is not paid any more")
        assert await page.is_hidden("#clear-destination")
        assert Destinations(engine, REGTEST).of("alice") is None
        assert visit.wrong == []


@pytest.mark.parametrize(("width", "scheme"), VIEWS)
async def test_rewards_and_hashrates_stand_beside_each_other_by_day(month, width, scheme):
    async with browsing() as browser, visiting(browser, month.url, "/me", width, scheme) as visit:
        await sign_in(visit.page)
        await visit.page.wait_for_selector("#rewards tbody th >> text=2023-12-14")
        newest = await visit.page.locator("#rewards tbody tr:not(.spacer)").nth(0).inner_text()
        assert newest.startswith("2023-12-14")
        assert "–" in newest  # its block waits for later ones
        assert await visit.page.locator("#rewards tbody tr:not(.spacer)").count() == MONTH - 1
        for chart in ("#reward-chart", "#daily-chart"):
            assert "highest" in await visit.page.get_attribute(chart, "aria-label")
            assert (await visit.page.locator(f"{chart} canvas").bounding_box())["width"] > 100
        await visit.check("days", width, scheme)


async def test_how_long_ago_is_told_by_the_clock_of_the_pool(month):
    async with browsing() as browser, visiting(browser, month.url, "/me", *VIEWS[0]) as visit:
        await sign_in(visit.page)
        await visit.page.wait_for_selector("#blocks tbody >> text=6 h ago")
        await visit.page.wait_for_selector("#workers tbody >> text=min ago")
        workers = visit.page.locator("#workers tbody")
        assert (await workers.inner_text()).count(f"{STEP // 60} min ago") == 2


@pytest.mark.parametrize("width", [320, 360, 1280])
@pytest.mark.parametrize("path", ["/", "/me"])
async def test_the_head_of_a_page_is_one_line(month, width, path):
    async with browsing() as browser, visiting(browser, month.url, path, width, "light") as visit:
        middles = await visit.page.evaluate(
            """() => [...document.querySelectorAll(".top > *, .top nav a")].map((each) => {
              const box = each.getBoundingClientRect();
              return box.top + box.height / 2;
            })"""
        )
        assert max(middles) - min(middles) < 10, middles
        assert await visit.page.evaluate("document.documentElement.scrollWidth") <= width
