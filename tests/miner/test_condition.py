import pytest

from pithead.miner.condition import (
    Cause,
    MinerStatus,
    Phase,
    Verdict,
    first_condition,
    next_condition,
)

HASH = Verdict(Cause.NORMAL)
PAUSE = Verdict(Cause.USER_PAUSE)


def follow(*steps):
    """Conditions after (verdict, is_at_rest, is_at_speed) a second apart."""
    seen = [first_condition(0.0)]
    for now, (verdict, is_at_rest, is_at_speed) in enumerate(steps, 1):
        seen.append(next_condition(seen[-1], verdict, is_at_rest, is_at_speed, float(now)))
    return seen


def test_a_machine_starts_runs_stops_and_stands_still():
    seen = follow(
        (HASH, True, False), (HASH, False, False), (HASH, False, True), (HASH, False, False),
        (PAUSE, False, False), (PAUSE, True, False), (PAUSE, True, False),
    )  # fmt: skip
    assert [(each.phase, each.verdict.cause, each.since) for each in seen] == [
        (Phase.STOPPED, Cause.APPLICATION_UNAVAILABLE, 0),
        (Phase.STARTING, Cause.NONE, 1),
        (Phase.STARTING, Cause.NONE, 1),
        (Phase.RUNNING, Cause.NORMAL, 3),
        (Phase.RUNNING, Cause.NORMAL, 3),
        (Phase.STOPPING, Cause.USER_PAUSE, 5),
        (Phase.STOPPED, Cause.USER_PAUSE, 6),
        (Phase.STOPPED, Cause.USER_PAUSE, 6),
    ]


def test_nothing_new_is_the_same_object():
    seen = follow((PAUSE, True, False), (PAUSE, True, False), (Verdict(Cause.USER_PAUSE), True, 0))
    assert seen[1] is seen[2] is seen[3]


def test_another_end_of_the_same_cause_is_news_but_no_new_beginning():
    seen = follow(
        (Verdict(Cause.DPS_COOLDOWN, until=100.0), True, False),
        (Verdict(Cause.DPS_COOLDOWN, until=200.0), True, False),
    )
    assert seen[2] is not seen[1]
    assert seen[2].since == seen[1].since == 1


@pytest.mark.parametrize(
    ("cause", "status"),
    [
        (Cause.APPLICATION_UNAVAILABLE, MinerStatus.NOT_STARTED),
        (Cause.NORMAL, MinerStatus.NORMAL),
        (Cause.PREHEATING, MinerStatus.NORMAL),
        (Cause.USER_PAUSE, MinerStatus.PAUSED),
        (Cause.DEAD_POOLS, MinerStatus.SUSPENDED),
        (Cause.DANGEROUS_TEMPERATURE, MinerStatus.SUSPENDED),
        (Cause.BROKEN_FANS, MinerStatus.SUSPENDED),
        (Cause.DPS_COOLDOWN, MinerStatus.SUSPENDED),
        (Cause.HARDWARE_ERROR, MinerStatus.SUSPENDED),
        (Cause.TUNER_ERROR, MinerStatus.SUSPENDED),
    ],
)
def test_the_simple_status_follows_from_the_cause(cause, status):
    assert Verdict(cause).status is status


def test_a_wait_is_a_start_that_takes_longer_once_the_chips_stand():
    wait = Verdict(Cause.WAITING_WHILE_COLD)
    phases = [each.phase for each in follow((wait, False, False), (wait, True, False))]
    assert phases[1:] == [Phase.STOPPING, Phase.STARTING]
