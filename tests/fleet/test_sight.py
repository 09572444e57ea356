"""What a fleet shows of a machine's own words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pithead.bos.detailed_status import (
    FailureText,
    MinerDetailedStatus,
    Nothing,
    Phase,
    Running,
    RunReason,
    Starting,
    StartReason,
    Stopped,
    StopReason,
    ThermalPause,
    UnsupportedHardware,
)
from pithead.bos.miner import MinerStatus
from pithead.fleet.sight import phase_of, row_of, state_of
from tests.fleet.test_book import sight


def detailed(phase):
    return MinerDetailedStatus(status=phase)


def stopped(**reason):
    return detailed(Phase(stopped=Stopped(reason=StopReason(**reason))))


FANS = ThermalPause(reason="THERMAL_PAUSE_REASON_BROKEN_FANS")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (stopped(unspecified=Nothing()), ("stopped", None)),
        (stopped(user_pause=Nothing()), ("stopped", "user pause")),
        (stopped(thermal_pause=FANS), ("stopped", "thermal pause: broken fans")),
        (stopped(tuner_error=FailureText(message="no")), ("stopped", "tuner error: no")),
        (
            stopped(unsupported_hardware=UnsupportedHardware(errors=("a", "b"))),
            ("stopped", "unsupported hardware: a, b"),
        ),
        (
            detailed(Phase(running=Running(reason=RunReason(preheating=Nothing())))),
            ("running", "preheating"),
        ),
        (
            detailed(Phase(starting=Starting(reason=StartReason(none=Nothing())))),
            ("starting", None),
        ),
    ],
)
def test_reasons_are_told_in_words(status, said):
    assert phase_of(status) == said


def test_a_machine_of_an_older_version_says_its_state_alone():
    details = sight(MinerStatus.SUSPENDED).details
    assert details.detailed_status is None
    assert state_of(details) == ("suspended", None)


def test_one_that_starts_is_not_told_to_mine():
    starting = detailed(Phase(starting=Starting(reason=StartReason(defrosting=Nothing()))))
    details = replace(sight().details, detailed_status=starting)
    assert state_of(details) == ("starting", "defrosting")


def test_what_a_machine_does_not_say_is_none():
    row = row_of("10.0.0.1", "http://10.0.0.1:80", None, sight(), 5.0)
    assert (row.name, row.hashrate_ths, row.power_w) == ("host", 100.0, 3000.0)
    assert (row.model, row.chip_c, row.tuner, row.target_w) == (None, None, None, None)
    assert (row.fans_rpm, row.errors, row.last_error) == ((), 0, None)


@given(ths=st.floats(0, 1e6), watts=st.integers(0, 10**6))
def test_a_machine_that_does_not_hash_has_no_efficiency(ths, watts):
    seen = sight(ths=max(ths, 1e-9), watts=watts)
    row = row_of("a", "http://a:80", "a", seen, 0.0)
    assert row.hashrate_ths == pytest.approx(ths, abs=0.001)
    assert (row.efficiency_j_th is None) == (not row.hashrate_ths)
