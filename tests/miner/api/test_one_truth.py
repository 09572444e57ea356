"""REST, GraphQL and the cgminer API say the same of the same machine, whatever it does."""

import json

import httpx
import pytest

from pithead.miner.advanced import DISABLE_ON_NOPIC
from pithead.miner.cgminer.api import CgminerApi

QUERY = """{
  bos { hostname faultLight info { version { full } } uptime { durationS } serialNumber }
  bosminer {
    info {
      modelName
      summary { poolStatus power { limitW approxConsumptionW } foundBlocks bestShare
        shares { acceptedSolutions rejectedSolutions staleSolutions } tunerStatus
        temperatureChip { degreesC } realHashrate { mhs5S mhs1M mhs24H mhsSinceRestart } }
      workSolver { nominalMhs realHashrate { mhs5S }
        childSolvers { name nominalMhs realHashrate { mhs1M }
          hwDetails { chips frequencyMhz voltageV hbSerialNumber hashboardName chipType }
          temperatures { name degreesC } } }
      fans { name speed rpm }
      poolGroups { name pools { url user status active bestShare lastDifficulty generatedWork
        shares { acceptedSolutions rejectedSolutions staleSolutions } } } }
    config { ... on BosminerConfig {
      autotuning { enabled mode powerTarget hashrateTarget }
      groups { id name strategy { ... on QuotaStrategy { quota }
        ... on FixedShareRatioStrategy { fixedShareRatio } }
        pools { id enabled url user } } } }
    metadata { autotuning { powerTarget { default min max } } }
    uptime { durationS } }
  events { appeals { message } } }"""
TUNER = {1: "DISABLED", 2: "STABLE", 3: "RUNNING", 4: "FAILED", 5: "STABLE", 6: "RUNNING"}
POOLS = (("stratum+tcp://127.0.0.1:1", "alice.rig"), ("stratum+tcp://127.0.0.1:9", "dead.rig"))


class Sides:
    """All that the three say of one machine at one moment."""

    def __init__(self, rest, graph, old):
        self.rest, self.old = rest, old
        self.bos, self.info = graph["bos"], graph["bosminer"]["info"]
        self.config, self.graph = graph["bosminer"]["config"], graph["bosminer"]
        self.appeals = [each["message"] for each in graph["events"]["appeals"]]


READS = {
    "details": "/miner/details", "stats": "/miner/stats", "boards": "/miner/hw/hashboards",
    "errors": "/miner/errors", "cooling": "/cooling/state", "pools": "/pools/",
    "configuration": "/configuration/miner", "constraints": "/configuration/constraints",
    "tuner": "/performance/tuner-state", "locate": "/actions/locate",
}  # fmt: skip


async def read(api):
    rest = {name: (await api.get(path)).json() for name, path in READS.items()}
    url = httpx.URL("http://rig/graphql")
    answer = (await api.client.post(url, json={"query": QUERY})).json()
    assert "errors" not in answer, answer
    cgminer = CgminerApi(api.miner, lambda: api.rig.now)

    def ask(command):
        reply = json.loads(cgminer.answer(json.dumps({"command": command}).encode())[:-1])
        return reply[command.upper()]

    names = ("summary", "devs", "devdetails", "temps", "fans", "pools", "tunerstatus")
    return Sides(rest, answer["data"], {name: ask(name) for name in names})


async def nothing(api):
    pass


async def hashrate(api):
    await api.put("/performance/hashrate-target", json={"terahash_per_second": 180.0})


async def by_hand(api):
    body = {"manualmode": {"global_frequency": {"hertz": 450e6}, "hashboards": []}}
    await api.put("/performance/mode", json=body)


async def scaled(api):
    body = {"enable": True, "on_start_target_percent": 80}
    await api.put("/performance/dps", json=body)
    await api.put("/actions/restart")


async def paused(api):
    await api.put("/actions/pause")


async def a_board_less(api):
    await api.patch("/advanced-settings/", json={DISABLE_ON_NOPIC.name: True})
    answer = await api.patch("/miner/hw/hashboards", json={"enable": False, "hashboard_ids": ["2"]})
    assert answer.status_code == 200, answer.text


async def a_board_lost(api):
    api.rig.device.board(1).is_dead = True
    api.rig.device.board(2).has_sensor = False


async def other_pools(api):
    pools = [
        {"url": POOLS[0][0], "user": "a.1", "password": "x"},
        {"url": "stratum2+tcp://v2.example", "user": "a.2", "password": "x"},
        {"url": POOLS[0][0], "user": "a.3", "password": "x", "enabled": False},
    ]
    body = [
        {"name": "one", "load_balance_strategy": {"quota": {"value": 3}}, "pools": pools[:2]},
        {"name": "two", "load_balance_strategy": {"fixedshareratio": {"value": 0.25}},
         "pools": pools[2:]},
    ]  # fmt: skip
    await api.put("/pools/batch", json=body)


async def only_saved(api):
    url = httpx.URL("http://rig/graphql")
    change = "mutation { bosminer { config { updateAutotuning(input: {powerTarget: 2800}, "
    change += "apply: false) { ... on AutotuningError { message } } } } }"
    answer = await api.client.post(url, json={"query": change})
    assert "errors" not in answer.json()


async def dark(api):
    api.rig.take_down(1)
    await api.put("/actions/locate", json=True)


STATES = (
    nothing, hashrate, by_hand, scaled, paused, a_board_less, a_board_lost, other_pools,
    only_saved, dark,
)  # fmt: skip


@pytest.mark.parametrize("change", STATES, ids=lambda each: each.__name__)
async def test_the_three_apis_say_the_same(make_api, change):
    api = await make_api(targets=POOLS)
    api.run(90)
    await change(api)
    api.run(90)
    sides = await read(api)
    same_machine(sides)
    same_work(sides)
    same_boards(sides)
    same_pools(sides)
    same_settings(sides)
    same_tuner(sides, api.miner)


def same_machine(sides):
    details = sides.rest["details"]
    assert sides.bos["hostname"] == details["hostname"]
    assert sides.bos["serialNumber"] == details["serial_number"]
    assert sides.bos["faultLight"] is sides.rest["locate"]
    assert sides.bos["info"]["version"]["full"] == details["bos_version"]["current"]
    assert sides.bos["uptime"]["durationS"] == details["system_uptime_s"]
    assert sides.graph["uptime"]["durationS"] == details["bosminer_uptime_s"]
    assert sides.old["summary"][0]["Elapsed"] == details["bosminer_uptime_s"]
    assert sides.info["modelName"] == details["miner_identity"]["name"]
    assert sides.appeals == [each["message"] for each in sides.rest["errors"]["errors"]]
    fans = sides.rest["cooling"]["fans"]
    assert [each["rpm"] for each in sides.info["fans"]] == [each["rpm"] for each in fans]
    assert [(each["ID"], each["RPM"], each["Speed"]) for each in sides.old["fans"]] == [
        (each["position"], each["rpm"], round(each["target_speed_ratio"] * 100)) for each in fans
    ]
    hottest = sides.rest["cooling"]["highest_temperature"]["temperature"]
    assert sides.info["summary"]["temperatureChip"]["degreesC"] == (hottest and hottest["degree_c"])


def same_work(sides):
    stats, summary = sides.rest["stats"], sides.info["summary"]
    old = sides.old["summary"][0]
    pool, solver = stats["pool_stats"], stats["miner_stats"]
    for name in ("accepted", "rejected", "stale"):
        assert summary["shares"][f"{name}Solutions"] == pool[f"{name}_shares"]
        assert old[name.title()] == pool[f"{name}_shares"]
    assert summary["foundBlocks"] == old["Found Blocks"] == solver["found_blocks"]
    assert summary["bestShare"] == old["Best Share"] == pool["best_share"]
    watts = stats["power_stats"]["approximated_consumption"]["watt"]
    assert summary["power"]["approxConsumptionW"] == watts
    assert sides.old["tunerstatus"][0]["ApproximateMinerPowerConsumption"] == watts
    for window, mine, theirs in (("5s", "mhs5S", "MHS 5s"), ("1m", "mhs1M", "MHS 1m"),
                                 ("24h", "mhs24H", "MHS 24h")):  # fmt: skip
        rate = solver["real_hashrate"][f"last_{window}"]["gigahash_per_second"] * 1000
        assert summary["realHashrate"][mine] == pytest.approx(rate)
        assert old[theirs] == pytest.approx(rate)
    nominal = solver["nominal_hashrate"]["gigahash_per_second"] * 1000
    assert sides.info["workSolver"]["nominalMhs"] == pytest.approx(nominal)
    assert sum(each["Nominal MHS"] for each in sides.old["devs"]) == pytest.approx(nominal)


def same_boards(sides):
    boards = sides.rest["boards"]["hashboards"]
    parts = zip(boards, sides.info["workSolver"]["childSolvers"], sides.old["devs"],
                sides.old["devdetails"], strict=True)  # fmt: skip
    for board, solver, dev, detail in parts:
        assert solver["name"] == board["id"] == str(dev["ID"]) == str(detail["ID"])
        assert (dev["Enabled"] == "Y") is board["enabled"]
        assert (dev["Status"] == "Alive") is (board["enabled"] and board["chips_count"] > 0)
        chips, hertz = board["chips_count"], board["current_frequency"]["hertz"]
        assert solver["hwDetails"]["chips"] == detail["Chips"] == chips
        assert solver["hwDetails"]["frequencyMhz"] * 1e6 == pytest.approx(hertz)
        assert detail["Frequency"] == round(hertz / 1e6)
        volt = board["current_voltage"]["volt"]
        assert solver["hwDetails"]["voltageV"] == detail["Voltage"] == volt
        assert solver["hwDetails"]["hbSerialNumber"] == board["serial_number"]
        shown = {each["name"]: each["degreesC"] for each in solver["temperatures"]}
        for name, field in (("MAX_BOARD", "board_temp"), ("INLET", "lowest_inlet_temp"),
                            ("OUTLET", "highest_outlet_temp")):  # fmt: skip
            assert shown.get(name) == (board[field] and board[field]["degree_c"])
    temps = {each["ID"]: each["Board"] for each in sides.old["temps"]}
    assert temps == {
        int(each["id"]): each["board_temp"]["degree_c"] for each in boards if each["board_temp"]
    }


def same_pools(sides):
    groups = sides.rest["pools"]
    pools = [pool for group in groups for pool in group["pools"]]
    told = [pool for group in sides.info["poolGroups"] for pool in group["pools"]]
    assert [each["name"] for each in sides.info["poolGroups"]] == [each["name"] for each in groups]
    old = sorted(sides.old["pools"], key=lambda each: each["Priority"])
    for pool, one, other in zip(pools, told, old, strict=True):
        assert one["url"] == other["URL"] == pool["url"]
        assert one["user"] == other["User"] == pool["user"]
        assert one["active"] is other["Stratum Active"] is pool["active"]
        state = "Alive" if pool["alive"] else "Dead"
        state = state if pool["enabled"] else "Disabled"
        assert one["status"] == state.upper()
        assert other["Status"] == state
        stats = pool["stats"]
        assert one["bestShare"] == other["Best Share"] == stats["best_share"]
        for name in ("accepted", "rejected", "stale"):
            assert one["shares"][f"{name}Solutions"] == other[name.title()]
            assert other[name.title()] == stats[f"{name}_shares"]
        assert one["lastDifficulty"] == other["Last Share Difficulty"] == stats["last_difficulty"]
    lives = "ALIVE" if any(each["alive"] for each in pools) else "DEAD"
    assert sides.info["summary"]["poolStatus"] == lives


def same_settings(sides):
    configured, told = sides.rest["configuration"], sides.config
    tuner, autotuning = configured["tuner"], told["autotuning"]
    assert autotuning["enabled"] is tuner["enabled"]
    assert autotuning["mode"] == {1: "POWER_TARGET", 2: "HASHRATE_TARGET"}[tuner["tuner_mode"]]
    assert autotuning["powerTarget"] == (tuner["power_target"] and tuner["power_target"]["watt"])
    assert autotuning["hashrateTarget"] == (
        tuner["hashrate_target"] and tuner["hashrate_target"]["terahash_per_second"]
    )
    for group, one in zip(configured["pool_groups"], told["groups"], strict=True):
        assert (one["id"], one["name"]) == (group["uid"], group["name"])
        (value,) = one["strategy"].values()
        ((_, strategy),) = group["load_balance_strategy"].items()
        assert value == strategy["value"]
        assert one["pools"] == [
            {"id": pool["uid"], **{name: pool[name] for name in ("enabled", "url", "user")}}
            for pool in group["pools"]
        ]
    limits = sides.rest["constraints"]["tuner_constraints"]["power_target"]
    assert sides.graph["metadata"]["autotuning"]["powerTarget"] == {
        name: limits[name]["watt"] for name in ("default", "min", "max")
    }


def same_tuner(sides, miner):
    state, (old,) = sides.rest["tuner"], sides.old["tunerstatus"]
    assert sides.info["summary"]["tunerStatus"] == TUNER[state["overall_tuner_state"]]
    mode = state["mode_state"] or {}
    if "powertargetmodestate" in mode:
        assert old["PowerLimit"] == mode["powertargetmodestate"]["current_target"]["watt"]
    dps, manual = sides.rest["configuration"]["dps"], not sides.config["autotuning"]["enabled"]
    is_on = dps["enabled"] and not manual
    assert (old["DynamicPowerScaling"] != "Disabled") is is_on
    if is_on:
        target = sides.rest["configuration"]["tuner"]["power_target"]["watt"]
        assert (old["DynamicPowerScaling"] == "Scaled") is (old["PowerLimit"] != target)
    runs = any(each["TunerRunning"] for each in old["TunerChainStatus"])
    hashes = miner.status.name in ("NORMAL", "RESTRICTED")
    assert runs is (hashes and state["overall_tuner_state"] in (3, 5))
