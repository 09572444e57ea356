"""Upgrades of the firmware."""

import asyncio
import dataclasses
import hashlib
import json
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from pithead.hardware.models import BosMode, ControlBoard, Platform, SocFamily
from pithead.miner.snapshot import MinerStatus

IMAGE = b"firmware " * 20_000
NAMED = b"...2027-01-05-0-0123abcd-27.01-plus\0" + IMAGE


def metadata(image=IMAGE, **other):
    fields = {
        "size": len(image),
        "hash": hashlib.sha256(image).hexdigest(),
        "discard_settings": False,
        "disable_cleanup": False,
    }
    return json.dumps(fields | other)


def parts(image=IMAGE, chunk=50_000, **other):
    pieces = [image[start : start + chunk] for start in range(0, len(image), chunk)]
    return [
        ("metadata", (None, metadata(image, **other), "application/json")),
        *(("data", ("chunk", piece, "application/octet-stream")) for piece in pieces),
    ]


async def upload(api, files):
    return await api.client.post("/upgrade/system-upgrade", files=files)


async def come_back(api):
    api.run(200)
    api.client.headers["Authorization"] = (await api.log_in()).json()["token"]
    return await api.details()


async def test_what_a_crash_left_of_an_upload_is_gone_with_the_next_one(api, tmp_path):
    rest = tmp_path / "rig" / ".firmware.crashed"
    rest.parent.mkdir(exist_ok=True)
    rest.write_bytes(b"half an image")
    assert (await upload(api, parts())).status_code == 204
    assert not rest.exists()


async def test_a_machine_that_never_had_another_firmware_has_no_way_back(api, monkeypatch):
    board = ControlBoard(Platform.UNSPECIFIED, SocFamily.UNSPECIFIED, "6.1", BosMode.UNSPECIFIED)
    model = dataclasses.replace(api.miner.model, control_board=board)
    monkeypatch.setattr(type(api.miner), "model", property(lambda _: model))
    answer = await api.client.post("/upgrade/restore-stock")
    assert answer.status_code == 501
    assert "no other firmware" in answer.text
    assert api.miner.system.task is None


async def test_an_image_is_installed_and_its_version_runs_after_the_reboot(api, tmp_path):
    answer = await upload(api, parts(NAMED))
    assert (answer.status_code, answer.content) == (204, b"")
    details = await come_back(api)
    assert details["bos_version"]["current"] == "2027-01-05-0-0123abcd-27.01-plus"
    assert details["bosminer_uptime_s"] < 200
    assert not list(tmp_path.rglob("*firmware*"))


async def test_an_image_that_does_not_say_its_version_is_named_by_its_day_and_hash(api):
    before = (await api.details())["bos_version"]["current"]
    await upload(api, parts())
    current = (await come_back(api))["bos_version"]["current"]
    assert current != before
    assert current == f"2023-11-14-0-{hashlib.sha256(IMAGE).hexdigest()[:8]}-26.08-plus"


async def test_settings_are_kept_unless_they_are_to_be_discarded(api):
    await api.put("/performance/power-target", json={"watt": 3000})
    await upload(api, parts())
    await come_back(api)
    assert api.miner.settings.power_target_w == 3000
    await upload(api, parts(discard_settings=True))
    await come_back(api)
    assert api.miner.settings.power_target_w is None
    assert api.miner.settings.system.version is not None


async def test_an_image_stays_where_that_is_wished(api, tmp_path):
    await upload(api, parts(disable_cleanup=True))
    (kept,) = tmp_path.rglob("firmware.img")
    assert kept.read_bytes() == IMAGE


@pytest.mark.parametrize(
    ("files", "status", "words"),
    [
        (parts(hash=hashlib.sha256(b"").hexdigest()), 422, "SHA-256"),
        (parts(size=len(IMAGE) + 1), 422, "were announced"),
        (parts(size=len(IMAGE) - 1), 422, "more than"),
        (parts(size=0), 422, "size"),
        (parts(size=1 << 40), 422, "size"),
        (parts(hash="abc"), 422, "hash"),
        (parts()[1:], 422, "first"),
        ([parts()[0], parts()[0]], 422, "only data"),
        ([("metadata", (None, "{", "application/json"))], 400, "JSON"),
        ([("metadata", (None, "{}", "application/json"))], 422, "size"),
        ([("other", (None, "{}", "application/json"))], 422, "'other'"),
    ],
)
async def test_what_is_no_image_is_refused_and_changes_nothing(api, tmp_path, files, status, words):
    before = api.miner.settings
    answer = await upload(api, files)
    assert answer.status_code == status
    assert words in answer.text
    api.run(60)
    assert api.miner.settings == before
    assert api.miner.status is MinerStatus.NORMAL
    assert not list(tmp_path.rglob("*firmware*"))
    errors = (await api.get("/miner/errors")).json()["errors"]
    assert errors[-1]["error_codes"][0]["code"] == "U1"
    assert (await api.put("/actions/reboot")).status_code == 204


async def test_a_form_that_breaks_off_is_refused(api):
    answer = await api.client.post(
        "/upgrade/system-upgrade",
        content=b"--x\r\n",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    assert answer.status_code == 400
    assert api.miner.system.task is None


async def test_a_body_that_is_no_form_is_415_and_starts_nothing(api):
    answer = await api.client.post("/upgrade/system-upgrade", json={})
    assert answer.status_code == 415
    assert api.miner.system.task is None


async def test_one_upload_at_a_time_and_no_reboot_meanwhile(api):
    began, come_on = asyncio.Event(), asyncio.Event()

    async def slowly():
        began.set()
        yield b"--x\r\n"
        await come_on.wait()
        yield b"--x--"

    first = asyncio.create_task(
        api.client.post(
            "/upgrade/system-upgrade",
            content=slowly(),
            headers={"Content-Type": "multipart/form-data; boundary=x"},
        )
    )
    await began.wait()
    assert (await upload(api, parts())).status_code == 409
    assert (await api.put("/actions/reboot")).status_code == 409
    assert (await api.client.post("/upgrade/restore-stock")).status_code == 409
    come_on.set()
    assert (await first).status_code == 400
    assert (await upload(api, parts())).status_code == 204


async def test_a_machine_given_back_to_its_maker_is_gone(api):
    seen = []
    api.miner.system.watch(seen.append)
    assert (await api.client.post("/upgrade/restore-stock")).status_code == 204
    api.run(600, step=2)
    assert seen == [False]
    assert api.miner.status is MinerStatus.NOT_STARTED


async def test_automatic_upgrades_are_off_at_first(api):
    assert (await api.get("/upgrade/auto-upgrade")).json() == {
        "enabled": False,
        "schedule": None,
        "next_execution": None,
        "last_execution": None,
    }


async def test_a_schedule_is_kept_shown_and_executed(api):
    time = {"hours": 3, "minutes": 30, "seconds": 21}
    schedule = {"schedule_type": {"daily": {"time": time}}}
    body = {"enabled": True, "schedule": schedule}
    answer = (await api.patch("/upgrade/auto-upgrade", json=body)).json()
    due = answer["next_execution"]["seconds"]
    local = datetime.fromtimestamp(due, ZoneInfo("UTC"))
    assert (local.hour, local.minute, local.second) == (3, 30, 21)
    assert 0 < due - api.rig.now < 86_400
    seen = (await api.get("/upgrade/auto-upgrade")).json()
    assert seen["schedule"] == schedule
    assert seen["last_execution"] is None
    api.rig.now = due - 1
    api.around.step(due - 1)
    assert (await api.get("/upgrade/auto-upgrade")).json() == seen
    api.rig.now = due + 1
    api.around.step(due + 1)
    seen = (await api.get("/upgrade/auto-upgrade")).json()
    assert seen["last_execution"]["seconds"] == due
    assert seen["next_execution"]["seconds"] == due + 86_400


async def test_the_time_zone_of_the_machine_decides(api):
    time = {"hours": 3, "minutes": 30, "seconds": 0}
    body = {"enabled": True, "schedule": {"schedule_type": {"daily": {"time": time}}}}
    before = (await api.patch("/upgrade/auto-upgrade", json=body)).json()["next_execution"]
    await api.patch("/advanced-settings", json={"timezone": "Asia/Kathmandu"})
    after = (await api.get("/upgrade/auto-upgrade")).json()["next_execution"]
    assert (before["seconds"] - after["seconds"]) % 86_400 == (5 * 60 + 45) * 60


@pytest.mark.parametrize(
    "kind",
    [{"daily": {}}, {"weekly": {"day_of_week": 2}}, {"monthly": {"day_of_month": 28}},
     {"weekly": {"time": {"hours": 1, "minutes": 2}}}],
)  # fmt: skip
async def test_open_parts_of_a_schedule_stay_open_and_have_a_next_time(api, kind):
    body = {"enabled": True, "schedule": {"schedule_type": kind}}
    answer = (await api.patch("/upgrade/auto-upgrade", json=body)).json()
    assert answer["next_execution"]["seconds"] > api.rig.now
    (name,) = kind
    seen = (await api.get("/upgrade/auto-upgrade")).json()["schedule"]["schedule_type"][name]
    for part, value in kind[name].items():
        if part == "time":
            value = {"seconds": None, **value}
        assert seen[part] == value


async def test_turning_off_and_on_keeps_the_schedule(api):
    schedule = {"schedule_type": {"weekly": {"day_of_week": 2, "time": None}}}
    await api.patch("/upgrade/auto-upgrade", json={"enabled": True, "schedule": schedule})
    answer = (await api.patch("/upgrade/auto-upgrade", json={"enabled": False})).json()
    assert answer == {"enabled": False, "next_execution": None}
    await api.patch("/upgrade/auto-upgrade", json={"enabled": True, "schedule": None})
    assert (await api.get("/upgrade/auto-upgrade")).json()["schedule"] == schedule


@pytest.mark.parametrize(
    "kind",
    [{"monthly": {"day_of_month": 29}}, {"weekly": {"day_of_week": 8}},
     {"daily": {"time": {"hours": 24, "minutes": 0}}}, {"daily": {"time": {"hours": 1}}}, {}],
)  # fmt: skip
async def test_times_that_there_are_not_are_refused(api, kind):
    before = api.miner.settings
    body = {"enabled": True, "schedule": {"schedule_type": kind}}
    assert (await api.patch("/upgrade/auto-upgrade", json=body)).status_code == 422
    assert api.miner.settings == before
