"""The detailed status, whose variants the tables do not have."""

import msgspec
import pytest

from pithead.bos.detailed_status import (
    MinerDetailedStatus,
    RunReason,
    StartReason,
    StopReason,
)

STOPS = [
    "unspecified", "application_unavailable", "unsupported_hardware", "dead_pools",
    "missing_license", "user_pause", "thermal_pause", "dps_cooldown", "tuner_error",
    "hardware_error",
]  # fmt: skip
STARTS = ["none", "delayed_start", "cooling_down", "waiting_while_cold", "defrosting"]


def test_the_reasons_are_those_of_the_contract():
    assert list(StopReason.__struct_fields__) == STOPS
    assert list(StartReason.__struct_fields__) == STARTS
    assert list(RunReason.__struct_fields__) == ["normal", "preheating"]


@pytest.mark.parametrize(
    "text",
    [
        '{"status":{"stopped":{"reason":{"user_pause":{}}}},"status_since":null,"status_until":null}',
        '{"status":{"stopping":{"reason":{"thermal_pause":{"reason":'
        '"THERMAL_PAUSE_REASON_DANGEROUS_TEMPERATURE"}}}},"status_since":{"seconds":1,"nanos":2},'
        '"status_until":{"precision":{"max":{"seconds":5,"nanos":0}}}}',
        '{"status":{"stopped":{"reason":{"unsupported_hardware":{"errors":["no chips"]}}}},'
        '"status_since":null,"status_until":{"precision":{"exact":{"seconds":5,"nanos":0}}}}',
        '{"status":{"starting":{"reason":{"none":{}}}},"status_since":null,"status_until":null}',
        '{"status":{"stopped":{"reason":{"tuner_error":{"message":"no"}}}},"status_since":null,'
        '"status_until":null}',
    ],
)
def test_a_detailed_status_is_read_and_written_the_same(text):
    read = msgspec.json.decode(text, type=MinerDetailedStatus)
    assert msgspec.json.encode(read).decode() == text


@pytest.mark.parametrize(
    "text",
    [
        '{"status":{}}',
        '{"status":{"stopped":{"reason":{}}}}',
        '{"status":{"stopped":{"reason":{"user_pause":{},"dead_pools":{}}}}}',
        '{"status":{"stopped":{"reason":{"thermal_pause":{"reason":"HOT"}}}}}',
    ],
)
def test_a_phase_has_one_reason_and_a_reason_is_one_of_the_known(text):
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=MinerDetailedStatus)
