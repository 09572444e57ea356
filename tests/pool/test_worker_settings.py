"""What users say of their workers is kept."""

import pytest

from pithead.pool.database import open_database
from pithead.pool.worker_settings import WorkerSetting, WorkerSettings


@pytest.fixture
def settings(database):
    engine = open_database(database)
    yield WorkerSettings(engine)
    engine.dispose()


def test_what_is_said_last_holds(settings):
    settings.put("alice", "rig1", WorkerSetting("cellar", 5.5))
    settings.put("alice", "rig2", WorkerSetting("attic"))
    settings.put("alice", "rig1", WorkerSetting("cellar, left", 7.5))
    assert settings.of("alice") == {
        "rig1": WorkerSetting("cellar, left", 7.5),
        "rig2": WorkerSetting("attic"),
    }
    assert settings.alert_rates() == {("alice", "rig1"): 7.5}


def test_back_to_the_defaults_leaves_nothing(settings):
    settings.put("alice", "rig1", WorkerSetting("cellar", 5.5))
    settings.put("alice", "rig1", WorkerSetting())
    assert settings.of("alice") == {}


@pytest.mark.parametrize(
    "setting",
    [WorkerSetting("x" * 101), WorkerSetting("a\nb"), WorkerSetting("", 0.0),
     WorkerSetting("", -1.0), WorkerSetting("", float("nan")), WorkerSetting("", float("inf")),
     WorkerSetting("", None, 0.0), WorkerSetting("", None, -1.0), WorkerSetting("", None, 2e15),
     WorkerSetting("", None, float("nan"))],
)  # fmt: skip
def test_nonsense_changes_nothing(settings, setting):
    with pytest.raises(ValueError, match=r"label has|hashrate above|difficulty is above"):
        settings.put("alice", "rig1", setting)
    assert settings.of("alice") == {}


def test_least_difficulties_are_told_by_user_and_worker(settings):
    settings.put("alice", "rig1", WorkerSetting("cellar", None, 4096.0))
    settings.put("alice", "rig2", WorkerSetting("attic"))
    settings.put("bob", "rig1", WorkerSetting("", None, 0.5))
    assert settings.least_difficulties() == {("alice", "rig1"): 4096.0, ("bob", "rig1"): 0.5}
    settings.put("alice", "rig1", WorkerSetting("cellar"))
    assert settings.least_difficulties() == {("bob", "rig1"): 0.5}


def test_no_difficulty_is_kept_that_is_below_the_pools_own(database):
    engine = open_database(database)
    settings = WorkerSettings(engine, 4295032833)
    settings.put("alice", "rig1", WorkerSetting("", None, 1.0))
    with pytest.raises(ValueError, match="no share below difficulty 1"):
        settings.put("alice", "rig1", WorkerSetting("", None, 0.99))
    assert settings.least_difficulties() == {("alice", "rig1"): 1.0}
    engine.dispose()
