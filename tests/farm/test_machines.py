from pithead.farm.machines import MachinePlan, build_machine
from pithead.hardware.models import model_named
from pithead.miner.chronicle import Chronicle
from pithead.miner.configuration import PoolGroup, PoolTarget, Settings
from pithead.miner.faults import SETTINGS_DAMAGED


def plan(tmp_path=None, seed="rig"):
    return MachinePlan(
        name=seed,
        model=model_named("S19 XP"),
        seed=seed,
        defaults=Settings(
            power_target_w=2900, pool_groups=(PoolGroup("g", (PoolTarget("a:1", "u"),)),)
        ),
        directory=tmp_path,
    )


def test_a_machine_without_settings_of_its_own_starts_with_the_defaults_of_its_plan(tmp_path):
    machine = build_machine(plan(tmp_path), 0.0, 10**12)
    snapshot = machine.miner.snapshot(0.0)
    assert snapshot.model.name == "Antminer S19 XP"
    assert snapshot.tuner.power_target_w == 2900
    assert snapshot.pool_groups[0].pools[0].uid


def test_a_damaged_settings_file_does_not_keep_a_machine_from_starting(tmp_path):
    (tmp_path / "settings.json").write_text("{")
    machine = build_machine(plan(tmp_path), 0.0, 10**12)
    assert machine.miner.settings.power_target_w == 2900
    (fault,) = machine.miner.faults.all()
    assert fault.codes == (SETTINGS_DAMAGED,)
    assert "defaults are used" in fault.message


async def test_after_damage_a_machine_has_its_last_good_settings_and_says_so(tmp_path):
    machine = build_machine(plan(tmp_path), 0.0, 10**12)
    for watts in (2500, 2600):
        machine.miner.performance.aim("power", watts)
        await machine.keeper.settled()
    (tmp_path / "settings.json").write_text('{"power_target_w": "much"}')
    again = build_machine(plan(tmp_path), 5.0, 10**12).miner
    assert again.settings.power_target_w == 2500
    (fault,) = again.faults.all()
    assert fault.codes == (SETTINGS_DAMAGED,)
    assert "last good one is used" in fault.message


def test_damage_is_in_the_log_of_errors_from_the_start(tmp_path):
    (tmp_path / "settings.json").write_text("{")
    miner = build_machine(plan(tmp_path), 0.0, 10**12).miner
    lines = []
    Chronicle(miner, lambda kind, line: lines.append((kind, line)), lambda: 0.0)
    assert any(kind == "errors" and "{ERR:S1}" in line for kind, line in lines)


def test_a_machine_without_a_place_keeps_its_settings_until_it_ends():
    machine = build_machine(plan(), 0.0, 10**12)
    machine.miner.performance.aim("power", 2500)
    assert machine.miner.settings.power_target_w == 2500
    assert machine.keeper is None


def test_two_seeds_are_two_machines():
    one, two = (build_machine(plan(seed=seed), 0.0, 10**12).miner for seed in "ab")
    assert one.snapshot(0.0).identity != two.snapshot(0.0).identity
