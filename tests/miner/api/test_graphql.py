"""GraphQL over a machine that mines, as the clients of older firmware and asic-rs ask it."""

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

LOGIN = """mutation ($username: String!, $password: String!) {
  auth { login(username: $username, password: $password) {
    __typename ... on VoidResult { void } ... on AuthError { message } } } }"""
WORK = """{ bosminer { info {
  workSolver { realHashrate { mhs5S mhs1M } nominalMhs childSolvers {
    name realHashrate { mhs5S } nominalMhs hwDetails { chips frequencyMhz voltageV hbSerialNumber }
    temperatures { name degreesC } } }
  fans { name speed rpm } summary { power { limitW approxConsumptionW } } } } }"""


class Client:
    """A browser without pages: it keeps its cookie."""

    def __init__(self, bench):
        self.bench = bench
        self.cookie = None

    async def post(self, query, headers=None, **variables):
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(self.bench.app), base_url="http://miner"
        ) as client:
            headers = headers or ({"Cookie": f"session_id={self.cookie}"} if self.cookie else {})
            body = {"query": query, "variables": variables}
            answer = await client.post("/graphql", json=body, headers=headers)
        for part in answer.headers.get("set-cookie", "").split(";"):
            if part.strip().startswith("session_id="):
                self.cookie = part.strip().removeprefix("session_id=").strip('"')
        return answer

    async def ask(self, query, **variables):
        answer = (await self.post(query, **variables)).json()
        assert "errors" not in answer, answer
        return answer["data"]

    async def refused(self, query, **variables):
        answer = (await self.post(query, **variables)).json()
        return answer["data"], answer["errors"][0]["message"]

    async def log_in(self, password=""):
        data = await self.ask(LOGIN, username="root", password=password)
        return data["auth"]["login"]


@pytest.fixture
def stranger(bench):
    return Client(bench)


@pytest.fixture
async def operator(bench):
    client = Client(bench)
    await client.log_in()
    return client


async def test_a_stranger_learns_model_and_version(stranger):
    assert await stranger.ask("{ bosminer { info { modelName } } }") == {
        "bosminer": {"info": {"modelName": "Antminer S21"}}
    }
    assert await stranger.ask("{ bos { info { version { full } } } }") == {
        "bos": {"info": {"version": {"full": "2026-08-11-0-3c5d7e9a-26.08-plus"}}}
    }


@pytest.mark.parametrize(
    "query",
    [
        WORK,
        "{ bos { hostname } }",
        "{ events { appeals { id } } }",
        "{ bosminer { config { ... on BosminerConfig { groups { id } } } } }",
        "mutation { bos { reboot { __typename } } }",
        "mutation { bosminer { stop { __typename } } }",
        "mutation { bos { setFaultLight(enable: true) { enabled } } }",
        'mutation { bos { setPassword(newPassword: "x") { __typename } } }',
        "mutation { auth { logout { __typename } } }",
    ],
)
async def test_a_stranger_learns_and_does_nothing_else(stranger, query):
    _, message = await stranger.refused(query)
    assert "not logged in" in message
    miner = stranger.bench.rig.miner
    assert miner.system.task is None
    assert not miner.settings.system.stopped
    assert not miner.settings.system.locating
    assert await stranger.log_in() == {"__typename": "VoidResult", "void": ""}


async def test_a_login_gives_a_cookie_that_scripts_cannot_read(stranger):
    answer = await stranger.post(LOGIN, username="root", password="")
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert len(stranger.cookie) == 16
    assert (await stranger.ask("{ bos { hostname } }"))["bos"]["hostname"] == "Antminer"
    async with stranger.bench.client(Authorization=stranger.cookie) as client:
        assert (await client.get("/miner/details")).status_code == 200


async def test_a_wrong_password_gives_none(stranger):
    login = await stranger.log_in("wrong")
    assert login == {"__typename": "AuthError", "message": "wrong user or password"}
    assert stranger.cookie is None


async def test_a_token_of_rest_opens_it_too(bench):
    client, token = Client(bench), await bench.token()
    for value in (token, f"Bearer {token}"):
        answer = await client.post("{ bos { hostname } }", headers={"Authorization": value})
        assert answer.json() == {"data": {"bos": {"hostname": "Antminer"}}}


async def test_logging_out_ends_the_login(operator):
    cookie = operator.cookie
    await operator.ask("mutation { auth { logout { __typename } } }")
    operator.cookie = cookie
    _, message = await operator.refused("{ bos { hostname } }")
    assert "not logged in" in message


async def test_work_is_told_as_it_is(operator):
    seen = operator.bench.rig.snapshot
    info = (await operator.ask(WORK))["bosminer"]["info"]
    assert info["workSolver"]["realHashrate"]["mhs1M"] == pytest.approx(seen.real.last_1m / 1e6)
    assert info["summary"]["power"] == {
        "limitW": seen.tuner.power_target_w,
        "approxConsumptionW": seen.consumption_w,
    }
    assert [fan["rpm"] for fan in info["fans"]] == [fan.rpm for fan in seen.fans]
    boards = info["workSolver"]["childSolvers"]
    assert [board["name"] for board in boards] == ["1", "2", "3"]
    first, board = boards[0], seen.boards[0]
    assert first["hwDetails"] == {
        "chips": 108,
        "frequencyMhz": board.frequency_hz / 1e6,
        "voltageV": board.voltage_v,
        "hbSerialNumber": board.serial_number,
    }
    temperatures = {each["name"]: each["degreesC"] for each in first["temperatures"]}
    assert temperatures["MAX_BOARD"] == board.board_temp_c
    assert temperatures["MAX_CHIP"] == board.chip_temp_c


async def test_pools_configuration_and_limits_are_told(operator):
    seen = operator.bench.rig.snapshot
    data = await operator.ask(
        """{ bos { faultLight uptime { durationS } }
             bosminer {
               config { ... on BosminerConfig {
                 groups { id strategy { ... on QuotaStrategy { quota } } }
                 autotuning { mode powerTarget hashrateTarget } } }
               metadata { autotuning { powerTarget { default min max } } }
               info { poolGroups { name pools { url user status active bestShare
                 shares { acceptedSolutions rejectedSolutions acceptedDifficulty } } } } } }"""
    )
    assert data["bos"] == {"faultLight": False, "uptime": {"durationS": seen.system_uptime_s}}
    config = data["bosminer"]["config"]
    assert config["groups"] == [{"id": "0", "strategy": {"quota": 1}}]
    assert config["autotuning"]["powerTarget"] == seen.tuner.power_target_w
    limits = data["bosminer"]["metadata"]["autotuning"]["powerTarget"]
    assert limits["min"] < limits["default"] < limits["max"]
    (pool,) = data["bosminer"]["info"]["poolGroups"][0]["pools"]
    assert (pool["status"], pool["active"], pool["user"]) == ("ALIVE", True, "alice.rig")
    assert pool["shares"]["acceptedSolutions"] == seen.pool_stats.accepted_shares > 0
    assert pool["bestShare"] == seen.pool_stats.best_share > 0


async def test_passwords_of_pools_stay_in_the_machine(operator):
    data = await operator.ask(
        "{ bosminer { config { ... on BosminerConfig { groups { pools { url password } } } } } }"
    )
    assert data["bosminer"]["config"]["groups"][0]["pools"][0]["password"] is None


async def test_faults_are_appeals_and_logs_are_lines(operator):
    rig = operator.bench.rig
    assert (await operator.ask("{ events { appeals { id } } }"))["events"] == {"appeals": []}
    rig.miner.faults.report(rig.now, "something broke")
    data = await operator.ask("{ events { appeals { id kind message timestamp } } }")
    (appeal,) = data["events"]["appeals"]
    assert (appeal["kind"], appeal["message"]) == ("WARNING", "something broke")
    assert appeal["timestamp"] == int(rig.now)
    data = await operator.ask(
        "query ($target: LogTarget!) { bos { log(target: $target) } }", target="BOSMINER"
    )
    assert isinstance(data["bos"]["log"], list)


async def test_mutations_do_what_they_say(operator):
    rig = operator.bench.rig
    change = "mutation ($enable: Boolean!) { bos { setFaultLight(enable: $enable) { enabled } } }"
    data = await operator.ask(change, enable=True)
    assert data["bos"]["setFaultLight"] == {"enabled": True}
    assert rig.miner.settings.system.locating is True
    for verb, stopped in (("stop", True), ("start", False), ("restart", False)):
        data = await operator.ask(f"mutation {{ bosminer {{ {verb} {{ __typename }} }} }}")
        assert data["bosminer"][verb] == {"__typename": "VoidResult"}
        assert rig.miner.settings.system.stopped is stopped


TUNE = """mutation ($limit: Int!) { bosminer { config {
  updateAutotuning(input: { powerTarget: $limit }, apply: true) {
    ... on AutotuningOut { autotuning { powerTarget, enabled } }
    ... on AutotuningError { message } } } } }"""


async def test_the_power_target_is_set_within_its_limits(operator):
    data = await operator.ask(TUNE, limit=3000)
    tuned = data["bosminer"]["config"]["updateAutotuning"]
    assert tuned["autotuning"] == {"powerTarget": 3000, "enabled": True}
    assert operator.bench.rig.snapshot.tuner.power_target_w == 3000
    for limit in (-1, 1, 2**31 - 1):
        data = await operator.ask(TUNE, limit=limit)
        assert data["bosminer"]["config"]["updateAutotuning"]["message"]
    assert operator.bench.rig.snapshot.tuner.power_target_w == 3000


AUTOTUNE = """mutation ($input: AutotuningIn!, $apply: Boolean!) { bosminer { config {
  updateAutotuning(input: $input, apply: $apply) {
    ... on AutotuningOut { autotuning { mode powerTarget hashrateTarget } }
    ... on AutotuningError { message } } } } }"""


async def tuned(operator, apply, **input):
    data = await operator.ask(AUTOTUNE, input=input, apply=apply)
    return data["bosminer"]["config"]["updateAutotuning"]


async def test_a_hashrate_is_aimed_at_by_its_value_or_by_the_mode_alone(operator):
    performance = operator.bench.rig.miner.performance
    wanted = {"mode": "HASHRATE_TARGET", "powerTarget": None, "hashrateTarget": 180.0}
    assert await tuned(operator, True, hashrateTarget=180.0) == {"autotuning": wanted}
    assert (performance.current.kind, performance.current.value) == ("hashrate", 180.0)
    answer = await tuned(operator, True, mode="POWER_TARGET")
    assert answer["autotuning"]["mode"] == "POWER_TARGET"
    assert performance.current.kind == "power"
    assert (await tuned(operator, True, mode="HASHRATE_TARGET"))["autotuning"] == wanted


async def test_what_is_not_to_be_applied_waits_for_the_next_start(operator):
    miner = operator.bench.rig.miner
    answer = await tuned(operator, False, powerTarget=3000)
    assert answer["autotuning"]["powerTarget"] == 3000
    assert miner.settings.power_target_w is None
    miner.restart(operator.bench.rig.now)
    assert miner.settings.power_target_w == 3000


@pytest.mark.parametrize(
    "input",
    [
        {}, {"powerTarget": 3000, "hashrateTarget": 180.0},
        {"mode": "POWER_TARGET", "hashrateTarget": 180.0}, {"hashrateTarget": 1e9},
    ],
)  # fmt: skip
async def test_targets_that_are_not_one_are_refused_and_change_nothing(operator, input):
    before = operator.bench.rig.miner.settings
    assert (await tuned(operator, True, **input))["message"]
    assert operator.bench.rig.miner.settings == before


GROUPS = """mutation ($groups: [Group!]!) { bosminer { config { updateGroups(groups: $groups) {
  ... on GroupList { groups { id name } } ... on GroupListError { message } } } } }"""


async def test_groups_of_pools_are_replaced(operator):
    pool = {"url": "stratum+tcp://127.0.0.1:7", "user": "carol", "password": "p"}
    data = await operator.ask(GROUPS, groups=[{"name": "Mine", "quota": 2, "pools": [pool]}])
    assert data["bosminer"]["config"]["updateGroups"] == {"groups": [{"id": "0", "name": "Mine"}]}
    (group,) = operator.bench.rig.miner.pool_groups()
    assert (group.pools[0].url, group.pools[0].password) == (pool["url"], "p")
    assert group.strategy.value == 2
    data = await operator.ask(GROUPS, groups=[{"pools": [pool | {"url": "gopher://x"}]}])
    assert data["bosminer"]["config"]["updateGroups"]["message"]
    assert operator.bench.rig.miner.pool_groups() == (group,)


async def test_a_new_password_ends_all_logins(operator):
    change = "mutation ($p: String) { bos { setPassword(newPassword: $p) { __typename } } }"
    assert (await operator.ask(change, p="secret"))["bos"]["setPassword"]
    assert "not logged in" in (await operator.refused("{ bos { hostname } }"))[1]
    assert (await operator.log_in("secret"))["__typename"] == "VoidResult"


async def test_the_machine_reboots_once(operator):
    reboot = "mutation { bos { reboot { __typename ... on BosError { message } } } }"
    assert (await operator.ask(reboot))["bos"]["reboot"] == {"__typename": "VoidResult"}
    again = (await operator.ask(reboot))["bos"]["reboot"]
    assert again["__typename"] == "BosError"
    assert "still runs" in again["message"]


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{}", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"query":7}', "application/json", 400),
        (b'{"query":"{}"}', "text/plain", 415),
        (b'{"query":"' + b"a" * 300_000 + b'"}', "application/json", 413),
    ],
)
async def test_what_is_no_request_is_refused(stranger, content, kind, status):
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(stranger.bench.app), base_url="http://miner"
    ) as client:
        answer = await client.post("/graphql", content=content, headers={"Content-Type": kind})
        assert answer.status_code == status
        assert (await client.get("/graphql")).status_code == 405


@pytest.mark.parametrize(
    "query",
    [
        "",
        "{",
        "{ nothing }",
        "{ " * 5000,
        "{ bos { log(target: WRONG) } }",
        "query A { __typename } query B { __typename }",
        "{ " + " ".join(f"a{n}: __typename" for n in range(3000)) + " }",
        "query ($x: [[[Int]]]) { __typename }" + "[" * 400,
        "fragment a on Query { ...b } fragment b on Query { ...a } { ...a }",
        "subscription { events }",
    ],
)
async def test_a_query_that_is_none_is_answered_with_what_is_wrong(stranger, query):
    data, message = await stranger.refused(query)
    assert data is None
    assert message


WORDS = (
    "{", "}", "(", ")", "[", "]", ":", "$a", "...", "on", "@skip", "fragment", "query", "mutation",
    "bos", "info", "version", "full", "auth", "login", "username", '"x"', "1",
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    query=st.text(max_size=60)
    | st.lists(
        st.sampled_from(WORDS),
        max_size=30,
    ).map(" ".join)
)
async def test_no_query_breaks_it(stranger, query):
    answer = await stranger.post(query)
    assert answer.status_code == 200
    assert "internal error" not in answer.text


async def test_the_time_zone_is_one_of_those_listed(operator):
    query = "{ bos { timezone { id } timezoneList { id } } }"
    bos = (await operator.ask(query))["bos"]
    assert bos["timezone"] == {"id": "UTC"}
    listed = [zone["id"] for zone in bos["timezoneList"]]
    assert "Europe/Prague" in listed
    assert listed == sorted(listed)
    change = "mutation ($tz: String!) { bos { setTimezone(timezone: $tz) { __typename } } }"
    for name, result in (("Europe/Prague", "VoidResult"), ("Moon/Crater", "BosError")):
        data = await operator.ask(change, tz=name)
        assert data["bos"]["setTimezone"] == {"__typename": result}
        assert (await operator.ask(query))["bos"]["timezone"] == {"id": "Europe/Prague"}
    assert operator.bench.rig.miner.settings.system.advanced == {"timezone": "Europe/Prague"}
