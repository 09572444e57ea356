import pytest

from pithead.miner.configuration import PoolGroup, PoolTarget, Settings
from pithead.miner.pool_limits import LONGEST_TEXT, MOST_GROUPS, MOST_POOLS, check_pools
from pithead.miner.refusals import BadPool
from pithead.miner.settings import SettingsFile


def group(pools=1, name="g", **pool):
    target = {"url": "stratum+tcp://127.0.0.1:3333", "user": "alice.rig", **pool}
    return PoolGroup(name=name, pools=(PoolTarget(**target),) * pools)


def test_what_operators_have_is_taken():
    check_pools([group(3), group(2)])
    check_pools([])


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ([group()] * (MOST_GROUPS + 1), "pool groups"),
        ([group(MOST_POOLS + 1)], "pools"),
        ([group(60), group(60)], "120 pools"),
        ([group(name="n" * (LONGEST_TEXT + 1))], "name of a group"),
        ([group(user="u" * (LONGEST_TEXT + 1))], "user of a pool"),
        ([group(password="p" * (LONGEST_TEXT + 1))], "password of a pool"),
        ([group(url="http://127.0.0.1")], "stratum"),
    ],
)
def test_what_no_machine_could_keep_is_refused_in_words(groups, words):
    with pytest.raises(BadPool, match=words):
        check_pools(groups)


def test_the_largest_settings_that_are_taken_can_be_loaded_again(tmp_path):
    text = "\U0001f600" * LONGEST_TEXT
    pool = PoolTarget(url="stratum+tcp://127.0.0.1:3333", user=text, password=text)
    groups = (PoolGroup(name=text, pools=(pool,) * MOST_POOLS),)
    check_pools(groups)
    file = SettingsFile(tmp_path / "settings.json")
    file.save(Settings(pool_groups=groups))
    loaded = file.load(Settings())
    assert loaded.problem is None
    assert loaded.settings.pool_groups == groups
