"""The recipes of the documentation: their configuration, and what its readers would send.

Home Assistant and evcc are not run here (the recipes say which versions were, by hand). What they
make of the configuration is: templates by Jinja, as in Home Assistant; expressions by jq; scripts
by a shell; the requests are sent to a machine.
"""

import asyncio
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import httpx
import jinja2
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.farming import running_farm

RECIPES = Path(__file__).parents[2] / "docs" / "recipes"
MACHINE = "http://127.0.1.1"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def block(page, language, number=0):
    found = re.findall(rf"```{language}\n(.*?)```", (RECIPES / page).read_text(), re.DOTALL)
    return found[number]


class Loader(yaml.SafeLoader):
    """With Home Assistant's `!secret`."""


Loader.add_constructor("!secret", lambda loader, node: f"SECRET {loader.construct_scalar(node)}")


@pytest.fixture
async def farm(tmp_path):
    async with running_farm(tmp_path, farm__miners=1, farm__speed=20.0) as farm:
        yield farm


@pytest.fixture
def described(farm, tmp_path):
    return json.loads((tmp_path / "farm.json").read_text())


@pytest.fixture
def machine(described):
    return described["miners"][0]["rest"]


async def logged_in(client):
    answer = await client.post("/api/v1/auth/login", json={"username": "root", "password": ""})
    assert answer.status_code == 200
    return answer.json()["token"]


def rendered(template, **names):
    return jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(template).render(names)


async def home_assistant_asks(client, asked, token, **names):
    """One request of the integrations `rest` and `rest_command`."""
    assert asked["headers"] == {"Authorization": "SECRET miner_token"}
    headers = {"Authorization": token}
    if "content_type" in asked:
        headers["Content-Type"] = asked["content_type"]
    url = asked.get("resource") or asked["url"]
    assert url.startswith(MACHINE + "/")
    return await client.request(
        asked.get("method", "get").upper(), url.removeprefix(MACHINE), headers=headers,
        content=rendered(asked.get("payload", ""), **names).encode(),
    )  # fmt: skip


async def test_home_assistants_own_integrations_read_and_tell_a_machine(machine):
    recipe = yaml.load(block("home-assistant.md", "yaml"), Loader)
    async with httpx.AsyncClient(base_url=machine) as client:
        token = await logged_in(client)
        values = {}
        for asked in recipe["rest"]:
            answer = await home_assistant_asks(client, asked, token)
            assert answer.status_code == 200
            for sensor in asked["sensor"]:
                shown = rendered(sensor["value_template"], value_json=answer.json())
                values[sensor["name"]] = float(shown)
        assert values["Miner power"] > 0
        assert values["Miner hashrate"] >= 0
        assert 0 < values["Miner temperature"] < 110
        commands = recipe["rest_command"]
        answer = await home_assistant_asks(
            client, commands["miner_power_target"], token, watt="2500.0"
        )
        assert answer.json() == {"watt": 2500}
        for command, status in (("miner_pause", 3), ("miner_resume", 2)):
            answer = await home_assistant_asks(client, commands[command], token)
            assert answer.status_code == 200
            details = await client.get("/api/v1/miner/details", headers={"Authorization": token})
            assert details.json()["status"] == status


async def test_what_the_integration_of_its_own_polls_and_presses_is_answered(machine):
    """Braiins-OS-HA: six reads, the buttons, and a token that is used until it fails."""
    async with httpx.AsyncClient(base_url=f"{machine}/api/v1") as client:
        wrong = await client.post("/auth/login", json={"username": "root", "password": "no"})
        assert wrong.status_code == 401
        old = await client.get("/miner/stats", headers={"Authorization": "0000000000000000"})
        assert old.status_code == 401
        answer = await client.post("/auth/login", json={"username": "root", "password": ""})
        assert answer.json()["timeout_s"] == 3600
        client.headers["Authorization"] = answer.json()["token"]
        reads = (
            "miner/details", "configuration/constraints", "miner/hw/hashboards", "miner/stats",
            "performance/mode", "cooling/state",
        )  # fmt: skip
        seen = {}
        for path in reads:
            answer = await client.get(f"/{path}")
            assert answer.status_code == 200
            seen |= answer.json()
        assert isinstance(seen["power_stats"]["approximated_consumption"]["watt"], int)
        assert seen["hashboards"][0]["id"]
        assert seen["tuner_constraints"]["power_target"]["min"]["watt"] > 0
        assert seen["tunermode"]["target"]["powertarget"]["power_target"]["watt"] > 0
        before = seen["tunermode"]["target"]["powertarget"]["power_target"]["watt"]
        for path, watt in (("decrement", before - 250), ("increment", before)):
            answer = await client.patch(f"/performance/power-target/{path}", json={"watt": 250})
            assert answer.json() == {"watt": watt}
        assert (await client.put("/actions/pause")).status_code == 200
        assert (await client.put("/actions/resume")).status_code == 200


def jq(expression, text):
    done = subprocess.run(
        ["jq", "-r", expression], input=text, capture_output=True, text=True, timeout=20
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


async def evcc_asks(client, asked, token, enable=None):
    """One use of evcc's plug-in `http`."""
    assert asked["source"] == "http"
    assert asked["auth"] == {"type": "bearer", "token": "TOKEN"}
    uri = re.sub(r"{{if \.enable}}(\w+){{else}}(\w+){{end}}",
                 lambda found: found[1] if enable else found[2], asked["uri"])  # fmt: skip
    assert "{" not in uri
    answer = await client.request(
        asked.get("method", "GET"), uri.removeprefix(MACHINE),
        headers={"Authorization": f"Bearer {token}"},
    )  # fmt: skip
    assert answer.status_code == 200
    return jq(asked["jq"], answer.text) if "jq" in asked else ""


@pytest.mark.skipif(shutil.which("jq") is None, reason="there is no jq here")
async def test_evcc_sees_pauses_and_throttles_a_machine(machine, tmp_path):
    (charger,) = yaml.safe_load(block("evcc.md", "yaml"))["chargers"]
    async with httpx.AsyncClient(base_url=machine) as client:
        token = await logged_in(client)
        for enable, status in ((False, "B"), (True, "C")):
            await evcc_asks(client, charger["enable"], token, enable)
            assert await evcc_asks(client, charger["status"], token) == status
            assert await evcc_asks(client, charger["enabled"], token) == str(enable).lower()
        assert int(await evcc_asks(client, charger["power"], token)) > 0

        script = tmp_path / "miner-power.sh"
        text = block("evcc.md", "sh").replace(MACHINE, machine).replace("TOKEN", token)
        script.write_text(text)
        command = charger["maxcurrent"]["cmd"].replace("/etc/evcc/miner-power.sh", str(script))
        assert charger["maxcurrent"]["source"] == "script"
        told = await in_a_shell(command.replace("${maxcurrent}", "10"))
        assert json.loads(told.stdout) == {"watt": 2300}
        refused = await in_a_shell(command.replace("${maxcurrent}", "90"))
        assert refused.returncode == 22
        mode = await client.get(
            "/api/v1/performance/mode", headers={"Authorization": f"Bearer {token}"}
        )
        assert '{"watt":2300}' in mode.text


async def test_what_evcc_braiins_reads_and_sets_is_answered_as_its_types_want(machine):
    """Its source of June 2026: Go decodes `int` from integers alone, and 200 is what it takes."""
    async with httpx.AsyncClient(base_url=f"{machine}/api/v1") as client:
        login = await client.post("/auth/login", json={"username": "root", "password": ""})
        client.headers["Authorization"] = login.json()["token"]
        paths = ("configuration/constraints", "configuration/miner", "miner/details", "miner/stats")
        limits, settings, details, stats = [
            (await client.get(f"/{path}")).raise_for_status().json() for path in paths
        ]
        hostname = (await client.get("/network/configuration")).json()["hostname"]
        watts = [
            *(limits["tuner_constraints"]["power_target"][key]["watt"]
              for key in ("min", "default", "max")),
            limits["dps_constraints"]["power_step"]["default"]["watt"],
            limits["dps_constraints"]["min_power_target"]["default"]["watt"],
            settings["tuner"]["power_target"]["watt"],
            stats["power_stats"]["approximated_consumption"]["watt"],
            details["status"],
        ]  # fmt: skip
        assert {type(each) for each in watts} == {int}
        assert settings["tuner"]["enabled"] is True
        assert hostname
        for path, body in (
            ("actions/pause", None),
            ("actions/resume", None),
            ("performance/power-target", {"watt": watts[0]}),
        ):
            assert (await client.put(f"/{path}", json=body)).status_code == 200


async def in_a_shell(command):
    """Off the loop, which the machine needs to answer."""
    return await asyncio.to_thread(
        subprocess.run, ["sh", *command.split()], capture_output=True, text=True, timeout=30,
        env={"PATH": os.environ["PATH"]},
    )  # fmt: skip


async def test_prometheus_reads_what_its_recipe_points_at(described):
    pool, *_ = yaml.safe_load(block("prometheus.md", "yaml"))["scrape_configs"]
    assert "credentials_file" in pool["authorization"]
    headers = {"Authorization": f"Bearer {described['pool']['admin_token']}"}
    async with httpx.AsyncClient() as client:
        told = {
            job: (await client.get(f"{address}/metrics", headers=headers)).text
            for job, address in (("pool", described["pool"]["admin"]), ("farm", described["admin"]))
        }
    names = {
        job: {each.name for each in text_string_to_metric_families(text)}
        for job, text in told.items()
    }
    assert "pithead_pool_hashrate_hashes_per_second" in names["pool"]
    assert "pithead_machine_power_watts" in names["farm"]
