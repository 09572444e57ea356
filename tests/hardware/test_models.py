import pytest

from pithead.hardware.models import DEFAULT_MODEL, MODELS, UnknownModel, model_named


def test_a_model_is_found_by_its_full_name_or_without_its_makers():
    assert model_named("Antminer S19 XP") is model_named("s19 xp")
    assert model_named(DEFAULT_MODEL).name == DEFAULT_MODEL


def test_an_unknown_model_is_refused_with_the_list_of_those_there_are():
    with pytest.raises(UnknownModel, match="Antminer S19k Pro"):
        model_named("Antminer S999")


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
def test_the_default_power_target_lies_between_the_limits(model):
    assert model.min_watt < model.default_watt < model.max_watt


def test_hashrate_limits_of_the_s19k_pro_are_those_a_live_machine_published():
    # asic-rs, pull request 292: min 11.36, max 268.46 TH/s at 55 and 1300 MHz.
    model = model_named("S19k Pro")
    assert model.min_hashrate / 1e12 == pytest.approx(11.36, abs=0.01)
    assert model.max_hashrate / 1e12 == pytest.approx(268.46, abs=0.02)


@pytest.mark.parametrize(
    ("name", "megahertz", "board_terahash"),
    [
        # REST dumps of live machines, in Braiins OS 25.07 and 26.04: nominal rates of one board.
        ("S19 XP", 486.704545, 47.98085),
        ("S21 Pro", 625.865384, 83.43320),
    ],
)
def test_the_nominal_rate_of_a_board_is_within_half_a_percent_of_a_live_one(
    name, megahertz, board_terahash
):
    nominal = model_named(name).board_nominal(megahertz * 1e6) / 1e12
    assert nominal == pytest.approx(board_terahash, rel=0.006)


def test_one_chip_in_two_machines_costs_the_same_power_per_core():
    costs = [
        model.curve.k_mw / model.hashes_per_clock
        for model in (model_named("S19 XP"), model_named("S19k Pro"))
    ]
    assert costs[0] == pytest.approx(costs[1], rel=0.05)
