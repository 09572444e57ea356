"""The figures of a fleet for Prometheus, and whether it is ready to be asked for them."""

from msgspec.structs import replace

from pithead.fleet.contract import Row
from pithead.fleet.measures import fleet_samples, reasons_to_wait
from pithead.metrics.exposition import exposition

MINING = Row(
    id="10.0.0.7", name="north", url="http://10.0.0.7:80", model="Antminer S21", state="mining",
    since=0.0, seen_at=90.0, hashrate_ths=200.0, nominal_ths=210.0, power_w=3500.0, chip_c=71.5,
    target_w=3400.0, accepted_shares=12, rejected_shares=1,
)  # fmt: skip
AWAY = Row(
    id="10.0.0.8", name="south", url="http://10.0.0.8:80", state="away", since=0.0,
    attention="away: cannot be reached", errors=3,
)  # fmt: skip


def lines(*rows):
    text = exposition(tuple(fleet_samples(rows, 5.0, 100.0))).decode()
    return [line for line in text.splitlines() if line.startswith("pithead_fleet")]


def test_each_machine_has_its_figures_in_plain_units():
    said = lines(MINING, AWAY)
    here = '{machine="10.0.0.7"}'
    for line in (
        'pithead_fleet_machines{state="mining"} 1.0',
        "pithead_fleet_look_seconds 5.0",
        f"pithead_fleet_machine_hashrate_hashes_per_second{here} 2e+14",
        f"pithead_fleet_machine_nominal_hashes_per_second{here} 2.1e+14",
        f"pithead_fleet_machine_power_watts{here} 3500.0",
        f"pithead_fleet_machine_chip_temperature_celsius{here} 71.5",
        f"pithead_fleet_machine_seen_seconds{here} 10.0",
        'pithead_fleet_machine_shares_total{machine="10.0.0.7",result="refused"} 1.0',
        'pithead_fleet_machine_up{machine="10.0.0.8"} 0.0',
        'pithead_fleet_machine_attention{machine="10.0.0.8"} 1.0',
    ):
        assert line in said


def test_what_a_machine_does_not_say_is_left_out():
    told = [line for line in lines(AWAY) if "10.0.0.8" in line]
    assert {line.partition("{")[0].removeprefix("pithead_fleet_machine_") for line in told} == {
        "info", "up", "mining", "attention",
    }  # fmt: skip


def test_a_machine_that_calls_itself_something_long_and_odd_makes_one_short_label():
    odd = replace(MINING, name="x" * 10_000 + '"\n', model='a"\n\x00b\\')
    said = lines(odd)
    assert len(said) == len(lines(MINING))
    (info,) = (line for line in said if "machine_info" in line)
    assert len(info) < 300
    assert 'model="a\\"b\\\\"' in info


def test_it_is_ready_once_the_first_machine_was_looked_at():
    new = replace(AWAY, state="new")
    assert reasons_to_wait([new, new]) == ("no machine has been looked at yet",)
    assert reasons_to_wait([new, MINING]) == ()
    assert reasons_to_wait([]) == ()
