"""The cgminer API over a machine that mines: what clients read, and what they change."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.miner.cgminer.api import CgminerApi

TWO_POOLS = (("stratum+tcp://127.0.0.1:1", "alice.rig"), ("stratum+tcp://127.0.0.1:2", "bob.rig"))


class Tool:
    """What a client sees of a rig."""

    def __init__(self, rig):
        self.rig = rig
        self.api = CgminerApi(rig.miner, lambda: rig.now)

    def raw(self, request):
        return self.api.answer(request)

    def ask(self, command, parameter=None):
        request = {"command": command}
        if parameter is not None:
            request["parameter"] = parameter
        answer = self.raw(json.dumps(request).encode())
        assert answer.endswith(b"}\x00")
        return json.loads(answer[:-1])

    def status(self, command, parameter=None):
        (status,) = self.ask(command, parameter)["STATUS"]
        assert status["When"] == int(self.rig.now)
        return status["STATUS"], status["Code"], status["Msg"]

    def urls(self):
        return [pool["URL"][-1] for pool in self.ask("pools")["POOLS"]]


@pytest.fixture
def tool(make_rig):
    rig = make_rig(targets=TWO_POOLS)
    rig.pool(1)
    rig.pool(2)
    rig.run(90)
    return Tool(rig)


def test_the_version_names_the_firmware_as_live_machines_do(tool):
    answer = tool.ask("version")
    firmware = "boser-buildroot 0.1.0-3c5d7e9a"
    assert answer == {
        "STATUS": [
            {
                "STATUS": "S",
                "When": int(tool.rig.now),
                "Code": 22,
                "Msg": "BOSer versions",
                "Description": f"BOSer {firmware}",
            }
        ],
        "VERSION": [{"API": "3.7", "BOSer": firmware}],
        "id": 1,
    }


@pytest.mark.parametrize(
    ("command", "section", "code", "message"),
    [
        ("summary", "SUMMARY", 11, "Summary"),
        ("devs", "DEVS", 9, "3 ASC(s)"),
        ("edevs", "DEVS", 9, "3 ASC(s)"),
        ("devdetails", "DEVDETAILS", 69, "Device Details"),
        ("stats", "STATS", 70, "BOSer stats"),
        ("estats", "STATS", 70, "BOSer stats"),
        ("pools", "POOLS", 7, "2 Pool(s)"),
        ("temps", "TEMPS", 201, "3 Temp(s)"),
        ("fans", "FANS", 202, "4 Fan(s)"),
        ("tunerstatus", "TUNERSTATUS", 203, "Tuner Status"),
        ("config", "CONFIG", 33, "BOSer config"),
        ("coin", "COIN", 78, "BOSer coin"),
        ("asccount", "ASCS", 104, "ASC count"),
    ],
)
def test_each_read_has_its_code_and_its_section(tool, command, section, code, message):
    answer = tool.ask(command)
    assert list(answer) == ["STATUS", section, "id"]
    assert tool.status(command) == ("S", code, message)
    assert all(isinstance(entry, dict) for entry in answer[section])
    assert answer[section]


def test_rates_and_counts_are_those_of_the_machine(tool):
    seen = tool.rig.snapshot
    (summary,) = tool.ask("summary")["SUMMARY"]
    assert summary["MHS 1m"] == pytest.approx(seen.real.last_1m / 1e6)
    assert summary["MHS 5s"] > 1e8
    assert summary["Elapsed"] == seen.bosminer_uptime_s
    assert summary["Accepted"] == seen.pool_stats.accepted_shares > 0
    assert summary["Best Share"] == seen.best_share
    assert summary["Difficulty Accepted"] == seen.pool_stats.accepted_work / 2**32
    devs = tool.ask("devs")["DEVS"]
    assert sum(dev["MHS 1m"] for dev in devs) == pytest.approx(summary["MHS 1m"])
    assert [dev["Nominal MHS"] * 1e6 for dev in devs] == pytest.approx(
        [board.nominal for board in seen.boards]
    )
    assert tool.ask("asc", 1)["ASC"] == [devs[1]]


def test_boards_are_told_as_clients_compare_them(tool):
    seen = tool.rig.snapshot
    details = tool.ask("devdetails")["DEVDETAILS"]
    assert [entry["Model"] for entry in details] == ["Antminer S21"] * 3
    assert [entry["ID"] for entry in details] == [1, 2, 3]
    assert details[0]["Name"] == "HashchainManager 1"
    assert details[0]["Chips"] == 108
    assert details[0]["Cores"] == 108 * 1276
    assert details[0]["Frequency"] == round(seen.boards[0].frequency_hz / 1e6)
    assert details[0]["Voltage"] == seen.boards[0].voltage_v
    temps = tool.ask("temps")["TEMPS"]
    assert [entry["Chip"] for entry in temps] == [board.chip_temp_c for board in seen.boards]
    fans = tool.ask("fans")["FANS"]
    assert [entry["RPM"] for entry in fans] == [fan.rpm for fan in seen.fans]
    assert 0 < fans[0]["Speed"] <= 100


def test_the_tuner_tells_power_and_nothing_that_clients_take_for_a_fault(tool):
    seen = tool.rig.snapshot
    (status,) = tool.ask("tunerstatus")["TUNERSTATUS"]
    assert status["ApproximateMinerPowerConsumption"] == seen.consumption_w
    assert status["PowerLimit"] == seen.tuner.current_target_w
    chains = status["TunerChainStatus"]
    assert [chain["HashchainIndex"] for chain in chains] == [1, 2, 3]
    harmless = {"Stable", "Testing performance profile", "Tuning individual chips"}
    assert {chain["Status"] for chain in chains} <= harmless
    whole = sum(chain["ApproximatePowerConsumptionWatt"] for chain in chains)
    assert whole == pytest.approx(seen.consumption_w, abs=2)


def test_commands_joined_by_plus_are_answered_each_under_its_name(tool):
    answer = tool.ask("summary+version+devs+tunerstatus+nonsense+pause+version")
    assert set(answer) == {
        "summary", "version", "devs", "tunerstatus", "nonsense", "pause", "id"
    }  # fmt: skip
    for name in ("summary", "version", "devs", "tunerstatus"):
        (part,) = answer[name]
        assert part == tool.ask(name)
    assert answer["nonsense"][0]["STATUS"][0]["Code"] == 14
    assert answer["pause"][0]["STATUS"][0]["Code"] == 45
    assert tool.rig.miner.settings.paused is False


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (b"", 23),
        (b"version", 23),
        (b"\xff\xfe", 23),
        (b"[" * 5000, 23),
        (b'{"command":"version"} trailing', 23),
        (b"{" + b" " * 20_000 + b"}", 23),
        (b"[]", 24),
        (b"{}", 24),
        (b'{"command":7}', 24),
        (b'{"command":""}', 24),
        (b'{"command":"+"}', 14),
        (b'{"command":"no such"}', 14),
        (b'{"command":"%s"}' % b"+".join(b"%d" % n for n in range(40)), 14),
        (b'{"command":"asc"}', 15),
        (b'{"command":"asc","parameter":3}', 107),
        (b'{"command":"check"}', 71),
        (b'{"command":"switchpool"}', 25),
        (b'{"command":"switchpool","parameter":{}}', 25),
        (b'{"command":"switchpool","parameter":true}', 25),
        (b'{"command":"switchpool","parameter":-1}', 26),
        (b'{"command":"enablepool","parameter":"2"}', 26),
        (b'{"command":"removepool","parameter":"99999999999999999999"}', 26),
        (b'{"command":"addpool"}', 52),
        (b'{"command":"addpool","parameter":"stratum+tcp://a:1,b"}', 53),
        (b'{"command":"addpool","parameter":"gopher://a:1,b,c"}', 53),
    ],
)
def test_what_cannot_be_done_has_its_error_code(tool, request_, code):
    before = tool.rig.snapshot.pool_groups
    answer = json.loads(tool.raw(request_)[:-1])
    (status,) = answer["STATUS"]
    assert (status["STATUS"], status["Code"]) == ("E", code)
    assert tool.rig.snapshot.pool_groups == before


def test_a_newline_or_a_nul_may_end_a_request(tool):
    for end in (b"", b"\n", b"\x00", b"\r\n"):
        assert json.loads(tool.raw(b'{"command":"version"}' + end)[:-1])["VERSION"]


def test_check_tells_which_commands_there_are(tool):
    assert tool.ask("check", "summary")["CHECK"] == [{"Access": "Y", "Exists": "Y"}]
    assert tool.ask("check", "privileged")["CHECK"] == [{"Access": "N", "Exists": "N"}]


def test_pause_and_resume_really_do(tool):
    assert tool.ask("pause")["PAUSE"] == [True]
    tool.rig.run(30)
    assert [dev["MHS 5s"] for dev in tool.ask("devs")["DEVS"]] == [0, 0, 0]
    (status,) = tool.ask("tunerstatus")["TUNERSTATUS"]
    assert {chain["Status"] for chain in status["TunerChainStatus"]} == {"Paused"}
    assert tool.ask("resume")["RESUME"] == [True]
    tool.rig.run(60)
    assert all(dev["MHS 5s"] > 0 for dev in tool.ask("devs")["DEVS"])


def test_a_stopped_machine_is_not_ready_but_still_says_what_it_is(tool):
    tool.rig.miner.stop(tool.rig.now)
    for command in ("summary", "devs", "pools", "temps", "tunerstatus", "pause", "switchpool"):
        assert tool.status(command)[0::2] == ("E", "Not ready")
    assert tool.ask("version")["VERSION"]
    assert tool.ask("devdetails")["DEVDETAILS"][0]["Model"] == "Antminer S21"


def test_pools_are_told_as_they_are(tool):
    first, second = tool.ask("pools")["POOLS"]
    assert (first["POOL"], first["Priority"], first["Status"]) == (0, 0, "Alive")
    assert (first["URL"], first["User"]) == TWO_POOLS[0]
    assert first["Stratum Active"] is True
    assert first["Accepted"] > 0
    assert (second["Stratum Active"], second["Accepted"]) == (False, 0)


def test_the_chosen_pool_is_mined_at_and_keeps_its_number(tool):
    assert tool.status("switchpool", 1)[:2] == ("S", 27)
    tool.rig.run(30)
    first, second = tool.ask("pools")["POOLS"]
    assert (first["POOL"], first["Priority"], first["Stratum Active"]) == (0, 1, False)
    assert (second["POOL"], second["Priority"], second["Stratum Active"]) == (1, 0, True)
    assert second["Accepted"] > 0
    tool.ask("switchpool", "0")
    tool.rig.run(5)
    assert tool.ask("pools")["POOLS"][0]["Stratum Active"] is True


def test_pools_are_disabled_and_enabled(tool):
    assert tool.status("disablepool", 0)[:2] == ("S", 48)
    assert tool.status("disablepool", 0)[:2] == ("I", 50)
    assert tool.status("disablepool", 1)[:2] == ("E", 51)
    tool.rig.run(10)
    first, second = tool.ask("pools")["POOLS"]
    assert (first["Status"], second["Stratum Active"]) == ("Disabled", True)
    assert tool.status("enablepool", 0)[:2] == ("S", 47)
    assert tool.status("enablepool", 0)[:2] == ("I", 49)


def test_pools_are_added_and_removed(tool):
    added = "stratum+tcp://127.0.0.1:3,carol.rig,a,b"
    assert tool.status("addpool", added) == ("S", 55, "Added pool 2: 'stratum+tcp://127.0.0.1:3'")
    assert tool.urls() == ["1", "2", "3"]
    tool.rig.run(5)
    assert tool.status("removepool", 0)[:2] == ("E", 67)
    assert tool.status("removepool", 1)[:2] == ("S", 68)
    assert tool.urls() == ["1", "3"]
    assert tool.rig.snapshot.pool_groups[0].pools[1].password == "a,b"


def test_changes_of_pools_are_lost_when_the_process_restarts(tool):
    kept = tool.rig.miner.pool_groups()
    tool.ask("switchpool", 1)
    tool.ask("addpool", "stratum+tcp://127.0.0.1:3,carol.rig,x")
    assert tool.urls() == ["1", "2", "3"]
    assert tool.rig.miner.pool_groups() == kept
    assert tool.rig.saved[-1].pool_groups == kept
    tool.rig.miner.restart(tool.rig.now)
    tool.rig.run(5)
    assert tool.urls() == ["1", "2"]
    assert tool.ask("pools")["POOLS"][0]["Stratum Active"] is True


def test_coin_tells_the_tip_that_is_worked_on(tool):
    (coin,) = tool.ask("coin")["COIN"]
    assert coin["Hash Method"] == "sha256"
    assert coin["Current Block Hash"] == (1).to_bytes(32, "little")[::-1].hex()
    assert coin["Network Difficulty"] > 0


def pyasic_cleaned(data):
    """The text that pyasic hands to its JSON parser."""
    text = data.decode().removesuffix("\x00").replace("\n", "")
    for wrong, right in ((",}", "}"), ("}{", "},{"), ("[,{", "[{")):
        text = text.replace(wrong, right)
    return text if text.endswith("}") else text[: text.rfind(",")] + "}"


def test_the_cleaning_of_pyasic_changes_nothing(tool):
    for command in ("summary+version+devs+tunerstatus", "devdetails", "pools", "nonsense"):
        data = tool.raw(json.dumps({"command": command}).encode())
        assert pyasic_cleaned(data) == data[:-1].decode()


def test_hashkit_finds_every_field_it_reads(tool):
    wanted = {
        "summary": ("MHS 5m", "MHS 24h", "Accepted", "Rejected", "Best Share", "Elapsed"),
        "devs": ("MHS 5m", "Nominal MHS"),
        "temps": ("Board", "Chip"),
        "fans": ("RPM", "Speed"),
        "devdetails": ("Model", "Chips", "Frequency", "Voltage"),
        "pools": ("URL", "User", "Stratum Active", "Priority", "POOL"),
    }
    assert "BOSer" in tool.ask("version")["VERSION"][0]
    for command, fields in wanted.items():
        for entry in tool.ask(command)[command.upper()]:
            assert set(fields) <= set(entry)


@given(data=st.data())
def test_no_bytes_break_it(make_one, data):
    names = st.sampled_from(
        ["version", "pools", "switchpool", "addpool", "removepool", "disablepool", "asc", "check"]
    )
    values = st.none() | st.integers() | st.text(max_size=40) | st.lists(st.integers(), max_size=2)
    asked = st.fixed_dictionaries(
        {"command": names | st.text(max_size=20)}, optional={"parameter": values}
    ).map(lambda each: json.dumps(each).encode())
    answer = make_one.raw(data.draw(asked | st.binary(max_size=200)))
    assert answer.endswith(b"}\x00")
    decoded = json.loads(answer[:-1])
    assert decoded["id"] == 1


@pytest.fixture(scope="module")
def make_one(request):
    from tests.miner.conftest import Rig

    rig = Rig(targets=TWO_POOLS)
    rig.run(1)
    return Tool(rig)
