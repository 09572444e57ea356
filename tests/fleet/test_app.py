"""The fleet's own API over machines that are served on sockets."""

import json
from contextlib import closing

import pytest

from pithead.cli.serving import listen
from pithead.fleet.access import set_password
from pithead.fleet.app import MOST_BYTES
from pithead.fleet.operations import BASE, OPERATIONS
from pithead.fleet.ranges import Place
from pithead.fleet.tries import BURST
from tests.farming import until
from tests.fleet.watched import target, watching
from tests.served_machines import serving

pytestmark = pytest.mark.slow


@pytest.fixture
def machines(tmp_path):
    with serving(tmp_path) as machines:
        yield machines


@pytest.fixture
def served(machines):
    return machines.start(300)


@pytest.fixture
async def fleet(served, tmp_path):
    async with watching(tmp_path, [target(served.place, "north")]) as fleet:
        await fleet.state(served.place, "mining")
        yield fleet


@pytest.fixture
async def closed(served, tmp_path):
    """One that is bound where others can ask."""
    async with watching(tmp_path, [target(served.place, "north")], is_open=False) as fleet:
        await fleet.state(served.place, "mining")
        yield fleet


def path(served, more=""):
    return f"{BASE}/machines/{served.place}{more}"


async def test_the_list_has_every_machine_and_their_sums(fleet, served):
    async with fleet.client() as client:
        answer = await client.get(BASE)
    assert answer.headers["cache-control"] == "no-store"
    came = answer.json()
    (row,) = came["machines"]
    assert (row["id"], row["name"], row["state"]) == (str(served.place), "north", "mining")
    assert came["sums"]["machines"] == came["sums"]["mining"] == 1
    assert came["sums"]["power_w"] == row["power_w"] > 0
    assert came["whole"] is True


async def test_one_machine_is_asked_for_everything(fleet, served):
    async with fleet.client() as client:
        came = (await client.get(path(served))).json()
    assert came["unanswered"] == {}
    assert len(came["hashboards"]["hashboards"]) == served.miner.model.boards
    assert came["constraints"]["tuner_constraints"]["power_target"]["max"]["watt"] > 0
    assert came["pools"][0]["pools"][0]["url"]
    assert came["locating"] is False


async def test_passwords_of_pools_are_for_those_who_could_change_them(fleet, served):
    async with fleet.client() as client:
        assert (await client.get(path(served))).json()["configuration"]["pool_groups"] == []
    async with fleet.owner() as owner:
        (group,) = (await owner.get(path(served))).json()["configuration"]["pool_groups"]
        assert "password" in group["pools"][0]


async def test_history_has_the_minutes_that_are_asked_for(fleet, served):
    async with fleet.client() as client:
        came = (await client.get(path(served, "/history"), params={"minutes": 5})).json()
        assert 1 <= len(came["moments"]) <= 5
        assert came["power_w"][-1] > 0
        wrong = await client.get(path(served, "/history"), params={"minutes": "-1"})
        assert wrong.status_code == 400


async def test_logs_are_text_and_only_those_there_are(fleet, served):
    async with fleet.client() as client:
        log = await client.get(path(served, "/log/bosminer"))
        assert log.headers["content-type"] == "text/plain; charset=utf-8"
        wrong = await client.get(path(served, "/log/passwd"))
    assert log.status_code == 200
    assert wrong.status_code == 404
    assert "bosminer" in wrong.text


async def test_nobody_changes_anything_without_token_or_session(fleet, served):
    before = len([each for each in served.asked if each[0] != "GET"])
    async with fleet.client() as client:
        for operation in OPERATIONS:
            if operation.changes and not operation.is_public:
                place = operation.path.replace("{machine}", str(served.place))
                answer = await client.request(
                    operation.verb, place.replace("{fault}", "1"), json={}
                )
                assert answer.status_code == 401, operation.name
    async with fleet.client(Authorization="Bearer wrong") as client:
        body = {"machines": [str(served.place)]}
        assert (await client.post(f"{BASE}/actions/pause", json=body)).status_code == 401
    assert len([each for each in served.asked if each[0] != "GET"]) == before


async def test_a_session_changes_things_only_with_its_own_token(fleet, served, tmp_path):
    set_password(tmp_path / "fleet", "long enough")
    body = {"machines": [str(served.place)]}
    async with fleet.client() as client:
        answer = await client.post(f"{BASE}/session", json={"password": "long enough"})
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert answer.json()["signed_in"] is True
        refused = await client.post(f"{BASE}/actions/pause", json=body)
        assert refused.status_code == 403
        headers = {"X-CSRF-Token": answer.json()["csrf"]}
        done = await client.post(f"{BASE}/actions/pause", json=body, headers=headers)
        assert done.json()["done"] == 1
        await client.delete(f"{BASE}/session")
        again = await client.post(f"{BASE}/actions/resume", json=body, headers=headers)
        assert again.status_code == 401


async def test_wrong_passwords_are_counted(fleet):
    async with fleet.client() as client:
        for _ in range(BURST):
            answer = await client.post(f"{BASE}/session", json={"password": "guess"})
            assert answer.status_code == 401
        answer = await client.post(f"{BASE}/session", json={"password": fleet.access.token})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1


async def test_one_that_others_reach_shows_nothing_to_who_has_not_signed_in(closed, served):
    async with closed.client() as client:
        for operation in OPERATIONS:
            if not operation.is_public:
                place = operation.path.replace("{machine}", str(served.place))
                place = place.replace("{log}", "errors").replace("{fault}", "1")
                answer = await client.request(operation.verb, place, json={})
                assert answer.status_code == 401, operation.name
        assert (await client.get(f"{BASE}/session")).json()["may_read"] is False
    async with closed.owner() as owner:
        assert (await owner.get(BASE)).status_code == 200


async def test_a_page_of_another_name_cannot_read_an_open_fleet(fleet):
    async with fleet.client() as client:
        for host, status in (("evil.example", 400), ("localhost:8090", 200), ("[::1]:80", 200)):
            answer = await client.get(BASE, headers={"Host": host})
            assert answer.status_code == status, host


async def test_an_action_answers_for_each_machine_by_itself(fleet, served):
    body = {"machines": [str(served.place), "10.9.9.9", str(served.place)]}
    async with fleet.owner() as owner:
        came = (await owner.post(f"{BASE}/actions/pause", json=body)).json()
    assert (came["done"], came["failed"]) == (1, 1)
    assert [each["message"] for each in came["results"]] == [
        "paused",
        "there is no such machine in this fleet",
    ]
    assert served.asked.count(("PUT", "/actions/pause")) == 1


async def test_every_plain_action_reaches_the_machine(fleet, served):
    body = {"machines": [str(served.place)]}
    async with fleet.owner() as owner:
        for action in ("pause", "resume", "stop", "start", "restart"):
            came = (await owner.post(f"{BASE}/actions/{action}", json=body)).json()
            assert came["failed"] == 0, came
            assert ("PUT", f"/actions/{action}") in served.asked
        lit = await owner.post(f"{BASE}/actions/locate", json={**body, "on": True})
        assert lit.json()["results"][0]["message"] == "blinks"
        assert (await owner.get(path(served))).json()["locating"] is True


async def test_a_power_target_is_set_or_refused_in_the_words_of_the_machine(fleet, served):
    machines = [str(served.place)]
    async with fleet.owner() as owner:
        aim = {"machines": machines, "watts": 2000}
        came = (await owner.post(f"{BASE}/actions/power-target", json=aim)).json()
        assert came["results"][0]["message"] == "aims at 2000 W"
        await until(lambda: fleet.book.row(machines[0]).target_w == 2000)
        aim["watts"] = 999_999
        (refused,) = (await owner.post(f"{BASE}/actions/power-target", json=aim)).json()["results"]
    assert refused["ok"] is False
    assert "outside the limits of this machine" in refused["message"]


async def test_pools_take_the_place_of_all_and_name_each_machine(fleet, served):
    pools = [{"url": "stratum+tcp://pool.example:3333", "user": "alice.{name}"}]
    body = {"machines": [str(served.place)], "pools": pools}
    async with fleet.owner() as owner:
        came = (await owner.post(f"{BASE}/actions/pools", json=body)).json()
    assert came["failed"] == 0, came
    (group,) = served.miner.pool_groups()
    assert [(pool.url, pool.user) for pool in group.pools] == [
        ("stratum+tcp://pool.example:3333", "alice.north")
    ]


async def test_settings_of_one_machine_are_handed_to_it(fleet, served):
    auto = {"target_temperature": {"degree_c": 61.0}, "min_fan_speed": 30}
    pool = {"url": "stratum+tcp://a.example:1", "user": "u"}
    changes = {
        "power-target": {"watt": 2500},
        "hashrate-target": {"terahash_per_second": 100.0},
        "dps": {"enable": True, "mode": 2, "shutdown_duration": {"hours": 2}},
        "cooling": {"auto": auto},
        "pools": [{"name": "Main", "pools": [pool]}],
    }
    async with fleet.owner() as owner:
        for name, body in changes.items():
            answer = await owner.put(path(served, f"/{name}"), json=body)
            assert answer.status_code == 200, (name, answer.text)
        came = (await owner.get(path(served))).json()["configuration"]
    assert came["tuner"]["hashrate_target"] == {"terahash_per_second": 100.0}
    assert (came["dps"]["enabled"], came["dps"]["mode"]) == (True, 2)
    assert came["temperature"]["mode"]["auto"]["target_temperature"] == {"degree_c": 61.0}
    assert came["temperature"]["mode"]["auto"]["min_fan_speed"] == 30
    assert came["pool_groups"][0]["name"] == "Main"


async def test_what_a_machine_refuses_changes_nothing_and_is_told(fleet, served):
    async with fleet.owner() as owner:
        answer = await owner.put(path(served, "/power-target"), json={"watt": 999_999})
        assert answer.status_code == 412
        assert "outside the limits of this machine" in answer.text
        wrong = await owner.put(path(served, "/power-target"), json={"watt": "much"})
        assert wrong.status_code == 422


async def test_a_machine_that_is_away_is_shown_with_what_was_known(fleet, machines, served):
    machines.stop(served)
    await fleet.state(served.place, "away")
    async with fleet.owner() as owner:
        came = (await owner.get(path(served))).json()
        assert came["details"] is None
        assert came["row"]["model"]
        assert set(came["unanswered"].values()) == {"cannot be reached"}
        answer = await owner.put(path(served, "/power-target"), json={"watt": 2000})
        assert answer.status_code == 504
        body = {"machines": [str(served.place)]}
        (result,) = (await owner.post(f"{BASE}/actions/pause", json=body)).json()["results"]
        assert (result["ok"], result["message"]) == (False, "cannot be reached")


async def test_machines_that_are_not_of_the_fleet_cannot_be_reached_through_it(fleet, machines):
    other = machines.start(10)
    async with fleet.owner() as owner:
        for more in ("", "/history", "/log/errors", "/faults"):
            assert (await owner.get(path(other, more))).status_code == 404
        answer = await owner.put(path(other, "/power-target"), json={"watt": 2000})
    assert answer.status_code == 404
    assert other.asked == []


async def test_bodies_are_bounded_and_checked(fleet, served):
    where = f"{BASE}/actions/pause"
    async with fleet.owner() as owner:
        plain = {"Content-Type": "text/plain"}
        assert (await owner.post(where, content="{}", headers=plain)).status_code == 415
        json_ = {"Content-Type": "application/json"}
        long = await owner.post(where, content=b" " * (MOST_BYTES + 1), headers=json_)
        assert long.status_code == 413
        for content in (
            b"",
            b"[",
            b"[" * 5000,
            b'{"machines": []}',
            b'{"machine": ["a"]}',
            b"\xff",
        ):
            answer = await owner.post(where, content=content, headers=json_)
            assert answer.status_code == 422, content
    assert ("PUT", "/actions/pause") not in served.asked


async def test_paths_and_verbs_there_are_none_of_are_told(fleet):
    async with fleet.client() as client:
        assert (await client.get(f"{BASE}/nothing")).status_code == 404
        assert (await client.put(BASE)).status_code == 405
        assert (await client.get(f"{BASE}/")).status_code == 200


async def test_the_document_describes_every_operation(fleet):
    async with fleet.client() as client:
        document = (await client.get("/openapi.json")).json()
        page = await client.get("/docs")
    described = {
        said["operationId"] for item in document["paths"].values() for said in item.values()
    }
    assert described == {operation.name for operation in OPERATIONS}
    assert page.status_code == 200
    refs = set(json.dumps(document).split('"#/components/schemas/')[1:])
    assert {each.split('"')[0] for each in refs} <= set(document["components"]["schemas"])


async def test_pages_hold_no_data_and_load_nothing_from_elsewhere(closed):
    async with closed.client() as client:
        for page in ("/", "/machine/127.0.0.1:80"):
            answer = await client.get(page)
            assert answer.status_code == 200
            assert "north" not in answer.text
            assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_an_answer_is_packed_for_who_takes_it_so(fleet, served):
    async with fleet.client() as client:
        plain = await client.get("/openapi.json", headers={"Accept-Encoding": "identity"})
        packed = await client.get("/openapi.json", headers={"Accept-Encoding": "gzip, br"})
        small = await client.get(f"{BASE}/session")
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) < len(plain.content) / 4
    assert "content-encoding" not in small.headers
    assert {"Accept-Encoding"} == {answer.headers["vary"] for answer in (plain, packed)}


async def test_without_a_farm_no_fault_is_called_down(fleet, served):
    async with fleet.owner() as owner:
        assert (await owner.get(f"{BASE}/fault-kinds")).status_code == 404
        body = {"fault": {"kind": "fan_stops", "fan": 0}}
        assert (await owner.post(path(served, "/faults"), json=body)).status_code == 404


async def test_an_admin_api_that_is_away_is_told(served, tmp_path, unused_tcp_port):
    admin = f"http://127.0.0.1:{unused_tcp_port}"
    targets = [target(served.place, "north", farm_name="north")]
    async with watching(tmp_path, targets, admin=admin) as fleet:
        await fleet.state(served.place, "mining")
        async with fleet.owner() as owner:
            assert (await owner.get(f"{BASE}/session")).json()["simulated"] is True
            assert (await owner.get(path(served, "/faults"))).status_code == 504


async def test_metrics_and_health_are_told_to_those_who_may_read(machines, tmp_path):
    served = machines.start(90)
    async with watching(tmp_path, [target(served.place)], is_open=False) as fleet:
        await fleet.state(served.place, "mining")
        async with fleet.client() as stranger, fleet.owner() as owner:
            assert (await stranger.get("/health/live")).json() == {"ok": True, "reasons": []}
            assert (await stranger.get("/health/ready")).status_code == 200
            assert (await stranger.get("/metrics")).status_code == 401
            told = (await owner.get("/metrics")).text
    assert f'pithead_fleet_machine_mining{{machine="{served.place}"}} 1.0' in told


async def test_a_fleet_that_has_looked_at_nobody_yet_is_not_ready(tmp_path):
    with closing(listen("127.0.0.1", 0, "x")) as silent:
        place = Place("127.0.0.1", silent.getsockname()[1])
        async with watching(tmp_path, [target(place)]) as fleet, fleet.client() as client:
            await fleet.state(place, "new")
            answer = await client.get("/health/ready")
            assert (answer.status_code, answer.json()["ok"]) == (503, False)
            lured = await client.get("/metrics", headers={"Host": "evil.example"})
            assert lured.status_code == 400
