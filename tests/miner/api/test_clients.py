"""What programs of others send and how they read the answers, one class each.

They are strict where JSON is not: an integer that comes as 3480.0 is lost to one written in Rust,
a null where an object is expected stops one written in Python.
"""

import asyncio
import re

import pytest

MAC = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}", re.IGNORECASE)


def whole(value):
    """As a typed language reads an unsigned integer."""
    assert type(value) is int
    assert value >= 0
    return value


def number(value):
    assert type(value) in (int, float)
    return float(value)


class AsicRs:
    """A scanner of farms in Rust: logs in for every question, eleven at once, no last slashes."""

    POLL = (
        "network", "version", "miner/details", "miner/stats", "miner/hw/hashboards",
        "cooling/state", "pools", "actions/locate", "configuration/miner",
        "configuration/constraints", "performance/tuner-state",
    )  # fmt: skip

    def __init__(self, bench):
        self._bench = bench

    async def _ask(self, verb, path, **arguments):
        async with self._bench.client() as client:
            login = await client.post("/auth/login", json={"username": "root", "password": ""})
            assert login.status_code == 200
            client.headers["Authorization"] = login.json()["token"]
            response = await client.request(verb, f"/{path}", **arguments)
            assert not response.is_redirect
            return response

    async def poll(self):
        answers = await asyncio.gather(*(self._ask("GET", path) for path in self.POLL))
        read = {
            path: answer.json()
            for path, answer in zip(self.POLL, answers, strict=True)
            if answer.status_code == 200
        }
        details, stats = read["miner/details"], read["miner/stats"]
        return {
            "mac": MAC.fullmatch(read["network"]["mac_address"])[0],
            "hostname": read["network"]["hostname"],
            "api": tuple(whole(read["version"][key]) for key in ("major", "minor", "patch")),
            "firmware": self.firmware(details["bos_version"]["current"]),
            "uptime": whole(details["system_uptime_s"]),
            "soc": whole(details["control_board_soc_family"]),
            "sticker": number(details["sticker_hashrate"]["gigahash_per_second"]),
            "is_mining": whole(details["status"]) == 2,
            "hashrate": number(
                stats["miner_stats"]["real_hashrate"]["last_5s"]["gigahash_per_second"]
            ),
            "watts": whole(stats["power_stats"]["approximated_consumption"]["watt"]),
            "boards": [self.board(each) for each in read["miner/hw/hashboards"]["hashboards"]],
            "pools": [self.pool(each) for each in read["pools"][0]["pools"]],
            "locating": read["actions/locate"],
        }

    @staticmethod
    def firmware(text):
        """The last part with a dot, as three numbers."""
        part = [each for each in text.split("-") if "." in each][-1]
        return tuple(int(each) for each in (part + ".0").split("."))[:3]

    @staticmethod
    def board(board):
        return (
            int(board["id"]) - 1,
            whole(board["chips_count"]),
            number(board["board_temp"]["degree_c"]),
            number(board["highest_chip_temp"]["temperature"]["degree_c"]),
            number(board["stats"]["nominal_hashrate"]["gigahash_per_second"]),
            number(board["current_voltage"]["volt"]),
            number(board["current_frequency"]["hertz"]),
        )

    @staticmethod
    def pool(pool):
        stats = pool["stats"]
        shares = whole(stats["accepted_shares"]), whole(stats["rejected_shares"])
        return pool["url"], pool["user"], pool["active"], pool["alive"], *shares

    async def change(self, path, body=None):
        """A write has worked if the status says so and there is JSON to read."""
        response = await self._ask("PUT", path, **({} if body is None else {"json": body}))
        assert response.is_success, f"HTTP error: {response.status_code}: {response.text}"
        return response.json()


async def test_asic_rs_sees_the_machine_in_eleven_questions_at_once(bench):
    seen = await AsicRs(bench).poll()
    assert seen["api"] >= (1, 3, 0)
    assert seen["firmware"] >= (26, 4, 0)
    assert seen["is_mining"]
    assert seen["sticker"] == 200_000.0
    assert seen["watts"] > 1000
    assert seen["hashrate"] > 100_000
    assert [board[0] for board in seen["boards"]] == [0, 1, 2]
    (pool,) = seen["pools"]
    assert pool[:4] == ("stratum+tcp://127.0.0.1:1", "alice.rig", True, True)
    assert pool[4] > 0
    assert seen["locating"] is False


async def test_asic_rs_sets_power_pools_pause_and_light(bench):
    rust = AsicRs(bench)
    assert await rust.change("performance/power-target", {"watt": 2800}) == {"watt": 2800}
    with pytest.raises(AssertionError, match=r"HTTP error: 412: power target 20000 W is outside"):
        await rust.change("performance/power-target", {"watt": 20_000})
    groups = [
        {
            "name": "Group",
            "pools": [{"url": "stratum+tcp://127.0.0.1:1", "user": "bob.a", "password": "x"}],
            "load_balance_strategy": {"quota": {"value": 1}},
        }
    ]
    await rust.change("pools/batch", groups)
    bench.rig.run(30)
    assert (await rust.poll())["pools"][0][1] == "bob.a"
    assert isinstance(await rust.change("actions/pause"), bool)
    bench.rig.run(10)
    assert not (await rust.poll())["is_mining"]
    assert isinstance(await rust.change("actions/resume"), bool)
    assert await rust.change("actions/locate", True) is True
    assert (await rust.poll())["locating"] is True


class HomeAssistant:
    """Polls every five seconds with one token; `.get(key, {})` takes no null for an object."""

    def __init__(self, client):
        self._client = client

    async def poll(self):
        paths = ("/miner/details", "/miner/hw/hashboards", "/miner/stats")
        details, boards, stats = [
            each.json()
            for each in await asyncio.gather(*(self._client.get(path) for path in paths))
        ]
        power = stats.get("power_stats", {})
        efficiency = power.get("efficiency")
        return {
            "hostname": details["hostname"],
            "model": details.get("miner_identity", {}).get("miner_model"),
            "firmware": details.get("bos_version", {}).get("current"),
            "psu": details.get("psu_info", {}).get("model_name"),
            "watts": power.get("approximated_consumption", {}).get("watt") or 0,
            "efficiency": efficiency.get("joule_per_terahash") if efficiency else 0.0,
            "boards": {
                each["id"]: (
                    each.get("highest_chip_temp", {}).get("temperature", {}).get("degree_c"),
                    each.get("board_temp", {}).get("degree_c"),
                    each.get("stats", {})
                    .get("real_hashrate", {})
                    .get("last_5s", {})
                    .get("gigahash_per_second"),
                )
                for each in boards["hashboards"]
            },
        }


async def test_home_assistant_reads_a_machine_that_mines_and_one_that_is_paused(bench, client):
    house = HomeAssistant(client)
    seen = await house.poll()
    assert seen["model"] == "Antminer S21"
    assert seen["efficiency"] > 10
    assert set(seen["boards"]) == {"1", "2", "3"}
    assert all(None not in values for values in seen["boards"].values())
    await client.put("/actions/pause")
    bench.rig.run(30)
    seen = await house.poll()
    assert seen["efficiency"] == 0.0
    assert all(values[2] == 0 for values in seen["boards"].values())


async def test_home_assistant_logs_in_again_when_its_token_is_gone(bench):
    async with bench.client(Authorization="afterarestart123") as client:
        assert (await client.get("/miner/details")).status_code == 401
        client.headers["Authorization"] = await bench.token()
        assert (await HomeAssistant(client).poll())["watts"] > 0


class Evcc:
    """Charges a miner as if it were a car: `int` in Go takes no 3480.0, and only 200 is good."""

    def __init__(self, client):
        self._client = client

    async def _ask(self, verb, path, **arguments):
        response = await self._client.request(verb, path, **arguments)
        assert response.status_code == 200
        return response

    async def status(self):
        details = (await self._ask("GET", "/miner/details")).json()
        return {2: "charging", 3: "ready"}.get(details["status"], "none")

    async def power(self):
        stats = await self._ask("GET", "/miner/stats")
        text = re.search(r'"approximated_consumption":\{"watt":([^}]*)\}', stats.text)[1]
        return int(text)

    async def hostname(self):
        answer = (await self._ask("GET", "/network/configuration")).json()
        return answer["hostname"].removesuffix(".local")

    async def enable(self, wanted):
        await self._ask("PUT", "/actions/resume" if wanted else "/actions/pause")

    async def limit(self, watts):
        await self._ask("PUT", "/performance/power-target", json={"watt": watts})


async def test_evcc_lowers_the_power_in_steps_and_stops_the_charging(bench, client):
    charger = Evcc(client)
    assert await charger.status() == "charging"
    assert await charger.hostname()
    for watts in (3300, 3100, 2900):
        await charger.limit(watts)
        bench.rig.run(20)
    bench.rig.run(300)
    assert await charger.power() == pytest.approx(2900, rel=0.06)
    await charger.enable(False)
    bench.rig.run(30)
    assert await charger.status() == "ready"
    assert await charger.power() < 300
    await charger.enable(True)
    bench.rig.run(60)
    assert await charger.status() == "charging"


async def test_pv_miner_takes_a_target_for_granted_only_if_it_is_echoed(bench):
    """It writes the name of the header in small letters."""
    async with bench.client(authorization=await bench.token()) as client:
        answer = (await client.put("/performance/power-target", json={"watt": 3050})).json()
        assert "error" not in answer
        assert abs(answer["watt"] - 3050) < 10
        assert (await client.get("/miner/details")).json()["status"] in (1, 2, 3)


async def test_the_widgets_of_braiins_find_and_show_a_machine(bench):
    async with bench.client() as stranger:
        assert (await stranger.get("/version")).status_code == 200
    async with bench.client(Authorization=await bench.token()) as client:
        stats = (await client.get("/miner/stats")).json()
        minute = number(stats["miner_stats"]["real_hashrate"]["last_1m"]["gigahash_per_second"])
        watts = whole(stats["power_stats"]["approximated_consumption"]["watt"])
        shown = number(stats["power_stats"]["efficiency"]["joule_per_terahash"])
        assert shown == pytest.approx(watts / (minute / 1000))
        board = (await client.get("/miner/hw/hashboards")).json()["hashboards"][0]
        assert number(board["board_temp"]["degree_c"]) > 20
        assert number(board["stats"]["real_hashrate"]["last_1m"]["gigahash_per_second"]) > 0
        address = (await client.get("/network")).json()["networks"][0]["address"]
        assert len(address.split(".")) == 4
        details = (await client.get("/miner/details")).json()
        assert whole(details["bosminer_uptime_s"]) > 0
        assert whole(details["platform"]) > 0


async def test_a_script_with_bearer_before_its_token_is_served_as_well(bench):
    async with bench.client(Authorization=f"Bearer {await bench.token()}") as client:
        response = await client.put("/performance/power-target", json={"watt": 3000})
    assert response.status_code == 200
