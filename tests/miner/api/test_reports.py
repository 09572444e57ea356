"""Errors, logs and the support archive."""

import io
import json
import random
import re
import tarfile
import zipfile
from datetime import datetime

import pytest
import pyzipper

from pithead.miner.api.archive_password import archive_password
from pithead.miner.archive import LARGEST_LOG
from pithead.miner.configuration import PoolGroup, PoolTarget
from pithead.miner.faults import LOW_VOLTAGE, Component

KINDS = ("errors", "bosminer", "boser", "monitor", "syslog", "dmesg")
FILES = {
    "configuration.json", "state.json", "errors.json", *(f"log/{kind}.log" for kind in KINDS)
}  # fmt: skip


async def log(api, kind):
    answer = await api.get(f"/miner/log/{kind}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/octet-stream"
    return answer.text


async def archive(api, name):
    answer = await api.client.request("GET", "/miner/support-archive", json={"format": name})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/octet-stream"
    return answer.content


async def test_a_healthy_machine_has_no_errors(api):
    assert (await api.get("/miner/errors")).json() == {"errors": []}


async def test_dead_pools_are_an_error_with_a_time_a_code_and_a_hint(api):
    api.rig.take_down(1)
    api.run(90)
    (error,) = (await api.get("/miner/errors")).json()["errors"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", error["timestamp"])
    moment = datetime.fromisoformat(error["timestamp"]).timestamp()
    assert api.rig.now - 90 <= moment <= api.rig.now
    assert error["message"].startswith("{ERR:P1} ")
    (code,) = error["error_codes"]
    assert code["code"] == "P1"
    assert code["reason"]
    assert code["hint"]


async def test_an_error_of_a_board_names_it(api):
    api.miner.faults.report(api.rig.now, "no voltage", LOW_VOLTAGE, Component("Hashboard", 2))
    (error,) = (await api.get("/miner/errors")).json()["errors"]
    assert error["message"] == "{ERR:V2} {HB:2} no voltage"
    assert error["components"] == [{"name": "Hashboard", "index": 2}]


async def test_each_log_has_the_lines_of_its_part_of_the_machine(api):
    await api.put("/actions/pause")
    api.run(60)
    await api.put("/actions/resume")
    api.rig.take_down(1)
    api.run(300)
    mining = await log(api, "bosminer")
    assert "pool stratum+tcp://127.0.0.1:1 is alive" in mining
    assert "stopped user_pause" in mining
    assert "INFO starting\n" in mining
    assert "127.0.0.1 PUT /api/v1/actions/pause 200" in await log(api, "boser")
    assert "{ERR:P1}" in await log(api, "errors")
    assert len((await log(api, "monitor")).splitlines()) == 2
    assert "power=" in await log(api, "monitor")
    assert "Antminer S21" in await log(api, "syslog")
    assert "hb3: " in await log(api, "dmesg")


async def test_refused_requests_are_in_the_log_and_secrets_are_not(api):
    await api.log_in("guess-nobody-should-see")
    await api.get("/nothing%0Aforged")
    lines = (await log(api, "boser")).splitlines()
    assert "POST /api/v1/auth/login 401" in lines[-2]
    assert lines[-1].endswith(r"GET /api/v1/nothing\nforged 404")
    assert not any("guess" in line for line in lines)


async def test_a_reboot_is_in_the_log_of_the_system(api):
    await api.put("/actions/reboot")
    api.run(200)
    api.client.headers["Authorization"] = (await api.log_in()).json()["token"]
    words = [line.partition("bos: ")[2] for line in (await log(api, "syslog")).splitlines()]
    assert [each.split(":")[0] for each in words] == [
        "system is up",
        "system goes down",
        "system is up",
    ]


@pytest.mark.parametrize("kind", ["", "passwd", "..%2Ferrors", "unspecified"])
async def test_a_log_that_there_is_not_is_404(api, kind):
    assert (await api.get(f"/miner/log/{kind}")).status_code == 404


@pytest.mark.parametrize("name", ["zip", "unspecified", "bos"])
async def test_the_archive_opens_and_has_configuration_state_errors_and_logs(api, name):
    data = await archive(api, name)
    if name == "bos":
        with tarfile.open(fileobj=io.BytesIO(data)) as opened:
            files = {each.name: opened.extractfile(each).read() for each in opened.getmembers()}
    else:
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            assert opened.testzip() is None
            files = {each: opened.read(each) for each in opened.namelist()}
    assert set(files) == FILES
    assert json.loads(files["state.json"])["model"]["name"] == "Antminer S21"
    assert b"is alive" in files["log/bosminer.log"]


async def test_no_password_is_in_the_archive(api):
    pool = PoolTarget("stratum+tcp://127.0.0.1:1", "alice", "pool-secret")
    api.miner.set_pool_groups((PoolGroup("g", (pool,)),), api.rig.now)
    await api.put("/auth/password", json={"password": "api-secret"})
    api.client.headers["Authorization"] = (await api.log_in("api-secret")).json()["token"]
    with zipfile.ZipFile(io.BytesIO(await archive(api, "zip"))) as opened:
        content = b"".join(opened.read(name) for name in opened.namelist())
    assert b"alice" in content
    assert b"-secret" not in content
    assert b"***" in content


async def test_an_encrypted_archive_opens_with_the_password_of_its_machine_alone(api):
    data = await archive(api, "zipencrypted")
    directory = api.around.directory
    with pyzipper.AESZipFile(io.BytesIO(data)) as opened:
        with pytest.raises(RuntimeError, match="encrypted"):
            opened.read("configuration.json")
        opened.setpassword(b"guess")
        with pytest.raises(RuntimeError, match="Bad password"):
            opened.read("configuration.json")
        opened.setpassword(archive_password(directory).encode())
        assert opened.testzip() is None
        files = {each.filename: opened.read(each) for each in opened.infolist()}
        assert all(each.wz_aes_strength == 3 for each in opened.infolist())  # AES-256
    assert set(files) == FILES
    assert json.loads(files["state.json"])["model"]["name"] == "Antminer S21"
    assert b"is alive" in files["log/bosminer.log"]
    assert b"Antminer S21" not in data


async def test_every_encrypted_archive_of_a_machine_opens_with_the_same_password(api):
    for _ in range(2):
        data = await archive(api, "zipencrypted")
        with pyzipper.AESZipFile(io.BytesIO(data)) as opened:
            opened.setpassword(archive_password(api.around.directory).encode())
            assert opened.testzip() is None


async def test_a_damaged_password_of_archives_is_told_and_no_archive_made(api):
    (api.around.directory / "archive-password").write_text("\n")
    answer = await api.client.request(
        "GET", "/miner/support-archive", json={"format": "zipencrypted"}
    )
    assert answer.status_code == 500
    assert "archive-password is damaged" in answer.text


@pytest.mark.parametrize("name", ["zip", "bos", "zipencrypted"])
async def test_an_archive_stays_small_whatever_the_logs_have_become(api, name):
    logs = api.around.directory / "log"
    for kind in KINDS:
        (logs / f"{kind}.log").write_bytes(random.Random(kind).randbytes(LARGEST_LOG * 2))
    assert len(await archive(api, name)) < len(KINDS) * LARGEST_LOG + 100_000


@pytest.mark.parametrize("body", [{}, {"format": "rar"}, {"format": []}])
async def test_a_format_that_there_is_not_is_refused(api, body):
    answer = await api.client.request("GET", "/miner/support-archive", json=body)
    assert answer.status_code == 422


async def test_a_pool_of_the_second_stratum_is_kept_shown_and_reported_as_not_supported(api):
    url = "stratum2+tcp://v2.example:3336/9awtMD5KQgvRUh2yFbjVeT7b6hjipWcAsQHd6wEhgtDT9soosna"
    pools = [{"url": url, "user": "a.b"}, {"url": "stratum+tcp://127.0.0.1:1", "user": "a.b"}]
    body = [{"name": "g", "load_balance_strategy": {"quota": {"value": 1}}, "pools": pools}]
    answer = await api.put("/pools/batch", json=body)
    assert answer.status_code == 200
    api.run(10)
    assert api.miner.settings.pool_groups[0].pools[0].url == url
    (group,) = (await api.get("/pools/")).json()
    assert [(each["url"], each["alive"], each["active"]) for each in group["pools"]] == [
        (url, False, False), (pools[1]["url"], True, True)
    ]  # fmt: skip
    (error,) = (await api.get("/miner/errors")).json()["errors"]
    assert [each["code"] for each in error["error_codes"]] == ["P2"]
    assert url in error["message"]
