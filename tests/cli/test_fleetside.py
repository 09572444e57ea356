"""The fleet beside a farm, and on its own over what a farm wrote down."""

import httpx
import msgspec
import pytest
from click.testing import CliRunner

from pithead.cli.farmfile import read_farm_file
from pithead.cli.fleetside import FleetPart, of_farm
from pithead.cli.main import main
from pithead.cli.serving import AddressTaken, listen
from pithead.fleet.access import Access
from tests.farming import configuration, running_farm, until


def section(directory, **changes):
    return configuration(directory, **changes).fleet


async def seen(url, machines, **headers):
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=20) as client:
        for _ in range(600):
            fleet = (await client.get("/api/v1/fleet")).json()
            if fleet["sums"]["mining"] == machines:
                return fleet
    raise AssertionError("the machines were not seen")


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_a_farm_serves_its_fleet_and_one_alone_finds_the_same_machines(tmp_path):
    changes = {"farm__miners": 2, "fleet__look_seconds": 1.0}
    async with running_farm(tmp_path, **changes) as farm:
        await until(lambda: farm.fleet.url)
        fleet = await seen(farm.fleet.url, 2)
        assert [row["name"] for row in fleet["machines"]] == ["miner-0", "miner-1"]
        described = read_farm_file(tmp_path / "farm.json")
        assert described.fleet == farm.fleet.url
        async with httpx.AsyncClient(base_url=described.fleet) as client:
            headers = {"Authorization": f"Bearer {described.fleet_token}"}
            session = (await client.get("/api/v1/fleet/session")).json()
            assert session["simulated"] is True
            path = f"/api/v1/fleet/machines/{fleet['machines'][0]['id']}/faults"
            fault = {"fault": {"kind": "fan_stops", "fan": 0}}
            assert (await client.post(path, json=fault)).status_code == 401
            called = await client.post(path, json=fault, headers=headers)
            assert called.status_code == 200, called.text
            (holding,) = (await client.get(path)).json()
            assert holding["fault"] == fault["fault"]
            cleared = await client.delete(f"{path}/{holding['id']}", headers=headers)
            assert cleared.status_code == 200
            assert (await client.get(path)).json() == []
        alone = FleetPart(section(tmp_path, **changes), tmp_path, lambda: of_farm(farm.file))
        await alone.start()
        try:
            other = await seen(alone.url, 2)
            assert {row["id"] for row in other["machines"]} == {
                row["id"] for row in fleet["machines"]
            }
        finally:
            await alone.stop()


async def test_beside_a_farm_it_takes_another_port_where_its_own_is_taken(tmp_path):
    taken = listen("127.0.0.1", 0, "x")
    port = taken.getsockname()[1]
    try:
        here = section(tmp_path, fleet__port=port)
        alone = FleetPart(here, tmp_path, lambda: of_farm(tmp_path / "none"))
        with pytest.raises(AddressTaken, match="--set fleet"):
            await alone.start()
        await alone.stop()
        beside = FleetPart(here, tmp_path, lambda: of_farm(tmp_path / "none"), takes_any_port=True)
        await beside.start()
        assert not beside.url.endswith(f":{port}")
        await beside.stop()
    finally:
        taken.close()


async def test_reading_is_open_on_loopback_alone(tmp_path):
    for host, status in (("127.0.0.1", 200), ("0.0.0.0", 401)):
        here = section(tmp_path, fleet__host=host)
        part = FleetPart(here, tmp_path, lambda: of_farm(tmp_path / "none"))
        await part.start()
        try:
            url = part.url.replace("0.0.0.0", "127.0.0.1")
            async with httpx.AsyncClient(base_url=url) as client:
                assert (await client.get("/api/v1/fleet")).status_code == status
        finally:
            await part.stop()


def test_without_a_farm_it_asks_which_machines(tmp_path):
    answer = CliRunner().invoke(main, ["fleet", "serve", "--data", str(tmp_path)])
    assert answer.exit_code == 2
    assert "RANGE" in answer.output


def test_a_range_that_is_none_is_told(tmp_path):
    answer = CliRunner().invoke(main, ["fleet", "serve", "10.0.0.9-1", "--data", str(tmp_path)])
    assert answer.exit_code == 2
    assert "ends before it begins" in answer.output
    assert "Traceback" not in answer.output


def test_the_password_of_the_pages_is_set_from_the_command_line(tmp_path):
    runner = CliRunner()
    arguments = ["fleet", "password", "--data", str(tmp_path)]
    assert runner.invoke(main, arguments, input="short\nshort\n").exit_code == 2
    assert runner.invoke(main, arguments, input="long enough\nlong enough\n").exit_code == 0
    access = Access(tmp_path / "fleet", True, lambda: 0.0)
    assert access.fits("long enough")
    assert not access.fits("short")


def test_a_farm_file_of_an_older_version_is_read(tmp_path):
    path = tmp_path / "farm.json"
    path.write_bytes(
        msgspec.json.encode({"pool": {"stratum": "a:1", "api": "b"}, "users": [], "miners": []})
    )
    assert of_farm(path).targets == ()
    assert read_farm_file(path).fleet == ""


async def test_a_history_that_cannot_be_used_is_left_alone_and_the_fleet_goes_without(tmp_path):
    path = tmp_path / "fleet" / "history.sqlite"
    path.parent.mkdir()
    path.write_bytes(b"somebody's own notes " * 500)
    before = path.read_bytes()
    part = FleetPart(section(tmp_path, fleet__port=0), tmp_path, lambda: of_farm(tmp_path / "none"))
    await part.start()
    try:
        async with httpx.AsyncClient(base_url=part.url) as client:
            assert (await client.get("/api/v1/fleet")).json()["machines"] == []
    finally:
        await part.stop()
    assert path.read_bytes() == before
