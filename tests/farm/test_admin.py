"""The admin API over ASGI, on machines in virtual time."""

import asyncio
import json
from statistics import mean

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.farm import admin
from pithead.farm.admin import MOST_BYTES, build_admin
from pithead.farm.admin_document import OPERATIONS
from pithead.farm.desk import Desk
from pithead.farm.mishaps import KINDS, NAMES
from pithead.rpc.pages import POLICY
from tests.documentation import assert_tells_all_of, assert_whole_in_itself, parsed
from tests.farm.test_fate import FatedRig
from tests.miner.conftest import START


class Farm:
    def __init__(self):
        self.rigs = {"one": FatedRig(), "two": FatedRig(model_name="S21 Hyd")}
        desk = Desk({name: rig.fate for name, rig in self.rigs.items()}, lambda: START + 10)
        transport = httpx.ASGITransport(build_admin(desk))
        self.client = httpx.AsyncClient(transport=transport, base_url="http://farm")


@pytest.fixture
def farm():
    return Farm()


STOP = {"fault": {"kind": "fan_stops", "fan": 2}}


async def test_machines_are_listed_with_what_holds_on_them(farm):
    answer = await farm.client.get("/machines")
    assert answer.status_code == 200
    one, two = answer.json()
    assert one == {
        "name": "one",
        "model": "Antminer S21",
        "is_up": True,
        "is_reachable": True,
        "ambient_c": 25.0,
        "is_ambient_set": False,
        "faults": [],
    }
    assert two["name"] == "two"
    assert (await farm.client.get("/machines/two")).json() == two


async def test_a_fault_is_called_down_listed_and_cleared(farm):
    answer = await farm.client.post("/machines/one/faults", json={**STOP, "for_seconds": 60})
    assert answer.status_code == 201
    fault = {"id": 1, **STOP, "since": START + 10, "until": START + 70}
    assert answer.json() == fault
    assert farm.rigs["one"].device.stopped_fans == {2}
    assert (await farm.client.get("/machines/one/faults")).json() == [fault]
    assert (await farm.client.get("/machines/two/faults")).json() == []
    cleared = await farm.client.delete("/machines/one/faults/1")
    assert (cleared.status_code, cleared.content) == (204, b"")
    assert farm.rigs["one"].device.stopped_fans == set()
    again = await farm.client.delete("/machines/one/faults/1")
    assert (again.status_code, again.text) == (404, "no fault 1 holds on one")


async def test_all_faults_of_a_machine_are_cleared_at_once(farm):
    for kind in ("power_cut", "network_cut"):
        await farm.client.post("/machines/one/faults", json={"fault": {"kind": kind}})
    seen = (await farm.client.get("/machines/one")).json()
    assert (seen["is_up"], seen["is_reachable"]) == (False, False)
    assert len(seen["faults"]) == 2
    assert (await farm.client.delete("/machines/one/faults")).status_code == 204
    assert (await farm.client.get("/machines/one")).json()["is_reachable"]


async def test_the_chips_of_a_machine_come_to_what_its_own_apis_say_of_its_boards(farm):
    rig = farm.rigs["one"]
    rig.run(300, step=1)
    answer = await farm.client.get("/machines/one/chips")
    assert answer.status_code == 200
    told = answer.json()
    assert (told["name"], told["model"], len(told["boards"])) == ("one", "Antminer S21", 3)
    for board, seen in zip(told["boards"], rig.snapshot.boards, strict=True):
        chips = board["chips"]
        assert (board["board"], len(chips)) == (int(seen.id), 108)
        assert len(chips) % board["lanes"] == 0
        assert all(chip["is_answering"] for chip in chips)
        temperatures = [chip["temperature_c"] for chip in chips]
        assert mean(temperatures) == pytest.approx(seen.chip_temp_c, abs=0.1)
        assert mean(temperatures) == pytest.approx(board["chip_temperature_c"], abs=0.01)
        assert sum(chip["hashrate_ghs"] for chip in chips) == pytest.approx(board["hashrate_ghs"])
        assert board["hashrate_ghs"] * 1e9 == pytest.approx(seen.nominal, rel=0.02)
        assert board["frequency_mhz"] == pytest.approx(seen.frequency_hz / 1e6, abs=5)


async def test_chips_that_fail_answer_no_more_and_those_of_a_dead_board_neither(farm):
    farm.rigs["one"].run(60, step=1)
    for fault in (
        {"kind": "chips_fail", "board": 1, "chips": 7},
        {"kind": "board_dies", "board": 2},
    ):
        answer = await farm.client.post("/machines/one/faults", json={"fault": fault})
        assert answer.status_code == 201
    farm.rigs["one"].run(5, step=1)
    boards = (await farm.client.get("/machines/one/chips")).json()["boards"]
    lost = [[chip for chip in board["chips"] if not chip["is_answering"]] for board in boards]
    assert list(map(len, lost)) == [7, 108, 0]
    gone = {"is_answering": False, "temperature_c": None, "hashrate_ghs": 0.0, "error_ratio": None,
            "spare_v": None}  # fmt: skip
    assert all({**chip, **gone} == chip for chip in lost[0] + lost[1])
    assert (await farm.client.get("/machines/three/chips")).status_code == 404


async def test_the_ambient_is_set_for_one_machine_or_for_all_and_given_back(farm):
    answer = await farm.client.put("/machines/one/ambient", json={"celsius": 41.5})
    assert answer.json()["ambient_c"] == 41.5
    assert farm.rigs["one"].device.ambient_c == 41.5
    assert farm.rigs["two"].device.ambient_c == 25.0
    answer = await farm.client.put("/ambient", json={"celsius": -5})
    assert [(each["ambient_c"], each["is_ambient_set"]) for each in answer.json()] == [
        (-5.0, True), (-5.0, True),
    ]  # fmt: skip
    answer = await farm.client.put("/ambient", json={"celsius": None})
    assert {each["ambient_c"] for each in answer.json()} == {25.0}


@pytest.mark.parametrize(
    ("path", "body", "status", "told"),
    [
        ("one", STOP | {"for_seconds": 0}, 422, "Expected `float` > 0.0 - at `$.for_seconds`"),
        ("one", STOP | {"for_second": 5}, 422, "unknown field `for_second`"),
        ("one", {}, 422, "missing required field `fault`"),
        ("one", {"fault": {"kind": "fire"}}, 422, "Invalid value 'fire' - at `$.fault.kind`"),
        ("one", {"fault": {"kind": "fire"}}, 422, f"; the kinds are {', '.join(NAMES)}"),
        ("one", {"fault": {"kind": 5}}, 422, "at `$.fault.kind`; the kinds are fan_stops, "),
        ("one", {"fault": {"fan": 2}}, 422, "field `kind` - at `$.fault`; the kinds are fan_stops"),
        ("one", {"fault": {"kind": "fan_stops"}}, 422, "missing required field `fan`"),
        ("one", {"fault": {"kind": "fan_stops", "fan": "2"}}, 422, "Expected `int`, got `str`"),
        ("one", {"fault": {"kind": "fan_stops", "fan": 9}}, 422, "has fans 0 to 3, and no fan 9"),
        ("two", STOP, 422, "has no fans"),
        ("two", {"fault": {"kind": "hot_air", "kelvin": 5}}, 422, "not cooled with air"),
        ("three", STOP, 404, "there is no machine 'three'"),
        ("one", [], 422, "Expected `object`, got `array`"),
    ],
)
async def test_a_bad_fault_is_refused_with_a_sentence_and_changes_nothing(
    farm, path, body, status, told
):
    answer = await farm.client.post(f"/machines/{path}/faults", json=body)
    assert answer.status_code == status
    assert told in answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    assert all(rig.fate.active == () for rig in farm.rigs.values())


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[" * 50_000, "application/json", 422),
        (b'{"fault":{"kind":"hot_air","kelvin":NaN}}', "application/json", 400),
        (b" " * (MOST_BYTES + 1), "application/json", 413),
        (json.dumps(STOP).encode(), "text/plain", 415),
    ],
)
async def test_what_is_no_json_is_refused(farm, content, kind, status):
    headers = {"content-type": kind}
    answer = await farm.client.post("/machines/one/faults", content=content, headers=headers)
    assert answer.status_code == status


async def test_a_body_that_does_not_come_is_not_waited_for(farm, monkeypatch):
    monkeypatch.setattr(admin, "SLOWEST_SECONDS", 0.01)

    async def body():
        yield b"{"
        await asyncio.Event().wait()

    headers = {"content-type": "application/json"}
    answer = await farm.client.post("/machines/one/faults", content=body(), headers=headers)
    assert answer.status_code == 408


async def test_a_web_page_may_change_nothing(farm):
    headers = {"origin": "http://farm"}
    answer = await farm.client.post("/machines/one/faults", json=STOP, headers=headers)
    assert answer.status_code == 403
    assert farm.rigs["one"].fate.active == ()


@pytest.mark.parametrize("fault", ["0", "-1", "x", "1" * 5000, "\u0661"])
async def test_what_is_no_id_is_no_fault(farm, fault):
    await farm.client.post("/machines/one/faults", json=STOP)
    assert (await farm.client.delete(f"/machines/one/faults/{fault}")).status_code == 404
    assert len(farm.rigs["one"].fate.active) == 1


async def test_other_paths_and_verbs_are_refused(farm):
    assert (await farm.client.get("/")).status_code == 404
    assert (await farm.client.put("/machines", json={})).status_code == 405
    assert (await farm.client.head("/machines")).status_code == 200


async def test_the_document_describes_every_operation_and_every_kind_of_fault(farm):
    described = (await farm.client.get("/openapi.json")).json()
    assert described["openapi"] == "3.1.0"
    operations = {
        (operation["operationId"], verb.upper())
        for path in described["paths"].values()
        for verb, operation in path.items()
    }
    assert operations == {(each.name, each.verb) for each in OPERATIONS}
    schemas = described["components"]["schemas"]
    assert {kind.__name__ for kind in KINDS} <= set(schemas)
    text = json.dumps(described)
    references = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert references <= set(schemas)


async def test_a_page_tells_people_all_of_the_document(farm):
    page = await farm.client.get("/docs")
    assert page.headers["content-security-policy"] == POLICY
    tree = parsed(page.content)
    assert_tells_all_of(tree, (await farm.client.get("/openapi.json")).json())
    assert_whole_in_itself(tree)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["fan_stops", "hot_air", "pool_cut", "chips_fail", "stratum+tcp://a:1"]),
    lambda inner: st.dictionaries(
        st.sampled_from(["fault", "kind", "fan", "kelvin", "url", "board", "chips", "for_seconds"]),
        inner,
        max_size=4,
    ),
    max_leaves=8,
)  # fmt: skip
FAULTS = JSON | st.fixed_dictionaries({"fault": JSON}, optional={"for_seconds": JSON})


@pytest.fixture(scope="module")
def lasting_farm():
    return Farm()


@settings(max_examples=60)
@given(body=FAULTS)
async def test_any_body_is_a_fault_or_refused(lasting_farm, body):
    headers = {"content-type": "application/json"}
    content = json.dumps(body).encode()
    answer = await lasting_farm.client.post(
        "/machines/one/faults", content=content, headers=headers
    )
    assert answer.status_code in (201, 422)
    lasting_farm.rigs["one"].fate.clear_all(START)
