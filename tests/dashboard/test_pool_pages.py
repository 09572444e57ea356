"""The pool's pages in a browser, against a pool that runs: public, operator's and account's."""

import json

from pithead.pool.worker_settings import WorkerSettings
from tests.browser import IN_A_BROWSER, VIEWS, browsing, visiting
from tests.dashboard.conftest import PASSWORD

pytestmark = IN_A_BROWSER


async def sign_in(page):
    await page.fill("#user", "alice")
    await page.fill("#password", PASSWORD)
    await page.click("#sign-in button")
    await page.wait_for_selector("#workers tbody th")
    await page.wait_for_selector("#blocks tbody th")


async def test_the_pages_are_whole_in_every_view(farm):
    api, admin = f"http://{farm.pool.api}", f"http://{farm.pool.admin.address}"
    token = json.loads(farm.file.read_text())["pool"]["admin_token"]
    async with browsing() as browser:
        for width, scheme in VIEWS:
            async with visiting(browser, api, "/", width, scheme) as visit:
                await visit.page.wait_for_selector("#blocks tbody th")
                await visit.page.wait_for_selector("#pulse[data-state=live]")
                await visit.check("pool", width, scheme)
            async with visiting(browser, api, "/me", width, scheme) as visit:
                await visit.page.wait_for_selector("#gate:not([hidden])")
                await visit.check("sign-in", width, scheme)
                await sign_in(visit.page)
                await visit.check("account", width, scheme)
            async with visiting(browser, admin, "/", width, scheme) as visit:
                await visit.page.wait_for_selector("#gate:not([hidden])")
                if (width, scheme) == VIEWS[-1]:
                    await visit.check("operator-sign-in", width, scheme)
                await visit.page.fill("#token", token)
                await visit.page.click("#sign-in button")
                await visit.page.wait_for_selector("#ledger tbody th")
                await visit.check("operator", width, scheme)


async def test_what_can_be_done_is_done(farm):
    api, admin = f"http://{farm.pool.api}", f"http://{farm.pool.admin.address}"
    token = json.loads(farm.file.read_text())["pool"]["admin_token"]
    async with browsing() as browser:
        async with visiting(browser, api, "/me", 1280, "light") as visit:
            await acts_of_a_user(visit.page, farm)
            assert visit.wrong == []
        async with visiting(browser, admin, "/", 1280, "light") as visit:
            await acts_of_an_operator(visit.page, token)
            assert visit.wrong == []


async def acts_of_a_user(page, farm):
    await sign_in(page)
    await page.fill("#new-profile [name=profile]", "phone")
    await page.click("#new-profile button")
    token = await page.text_content("dialog .secret")
    assert farm.pool.accounts.opens(token, "alice")
    await page.click("dialog >> text=Done")
    await page.click("[aria-label='Revoke phone']")
    await page.click("dialog button.danger")
    await page.wait_for_selector("[aria-label='Revoke phone']", state="detached")
    assert farm.pool.accounts.access(token) is None
    await page.click("#workers tbody button >> nth=0")
    await page.fill("dialog [name=label]", "cellar")
    await page.fill("dialog [name=difficulty]", "1e15")
    await page.click("dialog button.first")
    await page.wait_for_selector("#workers >> text=cellar")
    settings = WorkerSettings(farm.pool.bookkeeper.store.engine)
    assert 1e15 in [each.least_difficulty for each in settings.of("alice").values()]
    await page.click("#workers th button >> text=5 min")
    assert await page.get_attribute("#workers th:has-text('5 min')", "aria-sort") == "descending"
    await page.fill("#workers input", "no such worker")
    await page.wait_for_selector("#workers >> text=Nothing matches.")
    await page.fill("#new-contact [name=target]", "alice@example.org")
    await page.click("#new-contact button")
    await page.wait_for_selector("#contacts >> text=alice@example.org")
    await page.click("#sign-out")
    await page.wait_for_selector("#gate:not([hidden])")


async def acts_of_an_operator(page, token):
    await page.fill("#token", token)
    await page.click("#sign-in button")
    await page.fill("#ban [name=address]", "192.0.2.7")
    await page.click("#ban button")
    await page.click("[aria-label='Lift the ban of 192.0.2.7']")
    await page.wait_for_selector("#bans >> text=Nobody is banned.")
    await page.fill("#message [name=text]", "hello")
    await page.click("#message button")
    await page.wait_for_selector("#said >> text=Sent to")
    await page.click("#sign-out")
    await page.wait_for_selector("#gate:not([hidden])")


async def test_of_ten_thousand_workers_only_those_in_view_are_drawn(farm):
    """The table of the page, in the page, with more rows than the farm has machines."""
    async with (
        browsing() as browser,
        visiting(browser, f"http://{farm.pool.api}", "/", 1280, "light") as visit,
    ):
        drawn, first = await visit.page.evaluate(
            """async () => {
              const { Table } = await import("/static/table.js");
              const place = document.getElementById("blocks");
              const table = new Table(place, { caption: "many", key: (row) => row.name, sort: "Name",
                columns: [{ name: "Name", value: (row) => row.name, header: true }] });
              table.set(Array.from({ length: 10000 }, (_, at) => ({ name: `rig${at}` })));
              table.scroller.scrollTop = 36 * 9000;
              await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
              const rows = [...place.querySelectorAll("tbody tr:not(.spacer)")];
              return [rows.length, Number(rows[0].textContent.slice(3))];
            }"""  # noqa: E501
        )
        assert drawn < 60
        assert 8_900 < first < 9_001
        assert visit.wrong == []
