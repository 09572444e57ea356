"""What the machine says of itself, field by field as live machines say it."""

import json
from pathlib import Path

import pytest

DUMPS = Path(__file__).parents[2] / "contract" / "dumps"
MACHINES = {"25_07": "Antminer S19 XP", "26_04": "Antminer S21 Pro"}
PATHS = {
    "miner_details": "/miner/details",
    "miner_stats": "/miner/stats",
    "miner_hw_hashboards": "/miner/hw/hashboards",
    "pools": "/pools",
    "version": "/version",
}
NEWER = {
    "detailed_status", "is_pic_model", "uid", "best_share_str", "lowest_water_inlet_temp",
    "highest_water_outlet_temp",
}  # fmt: skip
"""Fields that these firmwares did not have yet."""


@pytest.fixture
def settled(make_bench):
    def make(model_name):
        return make_bench(150, model_name=model_name)

    return make


def read_dump(firmware, name):
    return json.loads((DUMPS / firmware / f"{name}.json").read_text())


async def read(bench, *paths):
    async with bench.client(Authorization=await bench.token()) as client:
        return [(await client.get(path)).json() for path in paths]


def compare(ours, theirs, where):
    """The same keys with values of the same JSON types; null stands for any type."""
    if ours is None or theirs is None:
        return
    assert kind(ours) == kind(theirs), where
    match theirs:
        case dict():
            assert set(theirs) <= set(ours), where
            assert set(ours) - set(theirs) <= NEWER, where
            for key, value in theirs.items():
                compare(ours[key], value, f"{where}.{key}")
        case list():
            assert ours, where
            for each in ours:
                compare(each, theirs[0], f"{where}[]")


def kind(value):
    return type(value).__name__


@pytest.mark.parametrize("firmware", MACHINES)
async def test_every_answer_has_the_fields_and_types_of_a_live_machine(settled, firmware):
    bench = settled(MACHINES[firmware])
    answers = await read(bench, *PATHS.values())
    for name, answer in zip(PATHS, answers, strict=True):
        compare(answer, read_dump(firmware, name), name)


@pytest.mark.parametrize("firmware", MACHINES)
async def test_a_machine_is_told_by_the_marks_of_its_model(settled, firmware):
    bench = settled(MACHINES[firmware])
    details, boards = await read(bench, "/miner/details", "/miner/hw/hashboards")
    there = read_dump(firmware, "miner_details")
    assert details["miner_identity"] == there["miner_identity"]
    for field in ("sticker_hashrate", "platform", "bos_mode", "control_board_soc_family"):
        assert details[field] == there[field], field
    assert details["psu_info"]["model_name"] == there["psu_info"]["model_name"]
    for ours, theirs in zip(
        boards["hashboards"], read_dump(firmware, "miner_hw_hashboards")["hashboards"], strict=True
    ):
        for field in ("id", "board_name", "chip_type", "chips_count", "model"):
            assert ours[field] == theirs[field], field


async def test_the_firmware_has_a_version_that_clients_can_take_apart(bench):
    (details,) = await read(bench, "/miner/details")
    parts = details["bos_version"]["current"].split("-")
    assert len(parts) == 7
    year, month = parts[5].split(".")
    assert (int(year), int(month)) >= (26, 4)
    assert parts[6] == "plus"
    assert details["bos_version"]["bos_plus"] is True


async def test_uptimes_are_integers_and_agree(bench):
    (details,) = await read(bench, "/miner/details")
    since_start = int(bench.rig.now - 1_700_000_000.0)
    assert details["system_uptime"] == details["system_uptime_s"] == since_start > 0
    assert 0 < details["bosminer_uptime_s"] <= since_start


async def test_numbers_stand_in_the_relations_of_live_machines(settled):
    bench = settled("Antminer S21")
    stats, boards, pools = await read(bench, "/miner/stats", "/miner/hw/hashboards", "/pools")
    boards, whole = boards["hashboards"], stats["miner_stats"]

    def rate(of, *path):
        for key in path:
            of = of[key]
        return of["gigahash_per_second"]

    for window in whole["real_hashrate"]:
        together = sum(rate(each["stats"], "real_hashrate", window) for each in boards)
        assert rate(whole, "real_hashrate", window) == pytest.approx(together)
    nominal = sum(rate(each["stats"], "nominal_hashrate") for each in boards)
    assert rate(whole, "nominal_hashrate") == pytest.approx(nominal)
    assert rate(whole, "nominal_hashrate") == pytest.approx(200_000, rel=0.2)
    assert whole["best_share"] == max(each["stats"]["best_share"] for each in boards) > 0
    minute_th = rate(whole, "real_hashrate", "last_1m") / 1000
    power = stats["power_stats"]
    assert power["efficiency"]["joule_per_terahash"] == pytest.approx(
        power["approximated_consumption"]["watt"] / minute_th
    )
    day = rate(whole, "real_hashrate", "last_24h")
    since = rate(whole, "real_hashrate", "since_restart")
    assert day == pytest.approx(since * 150 / 86_400, rel=0.01)
    assert stats["pool_stats"] == pools[0]["pools"][0]["stats"]
    for number, board in enumerate(boards, 1):
        check_board(board, number)


def check_board(board, number):
    chip = board["highest_chip_temp"]
    celsius = board["board_temp"]["degree_c"]
    assert board["id"] == str(number)
    assert (chip["id"], chip["location"]) == (number, 1)
    assert chip["temperature"]["degree_c"] == celsius + 15.0
    assert board["highest_outlet_temp"]["degree_c"] == celsius
    assert 5 < celsius - board["lowest_inlet_temp"]["degree_c"] < 25
    assert (celsius * 16).is_integer()
    assert board["enabled"] is True
    assert board["model"] == board["board_name"]
    assert 1e8 < board["current_frequency"]["hertz"] < 1e9
    assert 5 < board["current_voltage"]["volt"] < 20
    assert board["stats"]["best_share_str"] == str(board["stats"]["best_share"])


async def test_a_machine_that_never_mined_answers_everything_too(make_bench):
    bench = make_bench(0, targets=())
    details, stats, boards, pools = await read(
        bench, "/miner/details", "/miner/stats", "/miner/hw/hashboards", "/pools"
    )
    assert details["status"] in (1, 4)
    assert stats["power_stats"]["efficiency"] is None
    assert stats["pool_stats"]["accepted_shares"] == 0
    assert stats["pool_stats"]["last_share_time"] is None
    assert len(boards["hashboards"]) == 3
    assert pools == []
