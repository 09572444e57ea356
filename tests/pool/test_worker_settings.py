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
     WorkerSetting("", -1.0), WorkerSetting("", float("nan")), WorkerSetting("", float("inf"))],
)  # fmt: skip
def test_nonsense_changes_nothing(settings, setting):
    with pytest.raises(ValueError, match=r"label has|hashrate above"):
        settings.put("alice", "rig1", setting)
    assert settings.of("alice") == {}
