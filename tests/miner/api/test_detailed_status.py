"""Every reason the firmware knows, as the contract names it."""

import msgspec
import pytest

from pithead.miner.api.status import detailed
from pithead.miner.condition import RUNNING, WAITING, Cause, Condition, Phase, Verdict

STOPS = [cause for cause in Cause if cause not in WAITING | RUNNING]
NAMES = {
    Cause.DANGEROUS_TEMPERATURE: {
        "thermal_pause": {"reason": "THERMAL_PAUSE_REASON_DANGEROUS_TEMPERATURE"}
    },
    Cause.BROKEN_FANS: {"thermal_pause": {"reason": "THERMAL_PAUSE_REASON_BROKEN_FANS"}},
    Cause.UNSUPPORTED_HARDWARE: {"unsupported_hardware": {"errors": ["words"]}},
    Cause.TUNER_ERROR: {"tuner_error": {"message": "words"}},
    Cause.HARDWARE_ERROR: {"hardware_error": {"message": "words"}},
}


def shown(phase, cause, **more):
    condition = Condition(phase, Verdict(cause, "words", **more), 12.5)
    return msgspec.json.decode(msgspec.json.encode(detailed(condition)))


@pytest.mark.parametrize("phase", [Phase.STOPPED, Phase.STOPPING])
@pytest.mark.parametrize("cause", STOPS)
def test_every_reason_to_stop_has_its_name(phase, cause):
    expected = NAMES.get(cause, {cause.name.lower(): {}})
    assert shown(phase, cause)["status"] == {phase.name.lower(): {"reason": expected}}


@pytest.mark.parametrize("cause", sorted(WAITING, key=lambda each: each.value))
def test_every_reason_to_wait_has_its_name(cause):
    assert shown(Phase.STARTING, cause)["status"] == {
        "starting": {"reason": {cause.name.lower(): {}}}
    }


@pytest.mark.parametrize("cause", sorted(RUNNING, key=lambda each: each.value))
def test_every_way_to_run_has_its_name(cause):
    assert shown(Phase.RUNNING, cause)["status"] == {
        "running": {"reason": {cause.name.lower(): {}}}
    }


def test_since_and_until_are_timestamps_and_an_end_is_exact_or_at_most():
    seen = shown(Phase.STARTING, Cause.DELAYED_START, until=20.0, until_is_exact=True)
    assert seen["status_since"] == {"seconds": 12, "nanos": 500_000_000}
    assert seen["status_until"] == {"precision": {"exact": {"seconds": 20, "nanos": 0}}}
    seen = shown(Phase.STOPPED, Cause.DPS_COOLDOWN, until=20.0)
    assert seen["status_until"] == {"precision": {"max": {"seconds": 20, "nanos": 0}}}
    assert shown(Phase.STOPPED, Cause.USER_PAUSE)["status_until"] is None
