import pytest

from pithead.miner.configuration import FixedShareRatio, PoolGroup, PoolTarget, Quota, Settings
from pithead.miner.pool_limits import LONGEST_TEXT, MOST_GROUPS, MOST_POOLS, check_pools
from pithead.miner.refusals import BadPool
from pithead.miner.settings import SettingsFile


def group(pools=1, name="g", **pool):
    target = {"url": "stratum+tcp://127.0.0.1:3333", "user": "alice.rig", **pool}
    return PoolGroup(name=name, pools=(PoolTarget(**target),) * pools)


def sharing(*strategies):
    return [
        PoolGroup(name=f"g{number}", pools=(), strategy=strategy)
        for number, strategy in enumerate(strategies)
    ]


def test_what_operators_have_is_taken():
    check_pools([group(3), group(2, name="h")])
    check_pools([])


@pytest.mark.parametrize(
    "strategies",
    [
        [Quota(1), Quota(2), Quota(1)],
        [FixedShareRatio(0.3), Quota(1)],
        [FixedShareRatio(1.0)],
        [FixedShareRatio(0.7), FixedShareRatio(0.2), FixedShareRatio(0.1)],
    ],
)
def test_strategies_that_share_out_all_work_are_taken(strategies):
    check_pools(sharing(*strategies))


@pytest.mark.parametrize(
    ("strategies", "words"),
    [
        ([Quota(0)], "quota of 0"),
        ([Quota(1), Quota(0)], "'g1' has a quota of 0"),
        ([FixedShareRatio(0.0), Quota(1)], "ratio of 0"),
        ([FixedShareRatio(-0.5), Quota(1)], "ratio of -0.5"),
        ([FixedShareRatio(50.0), Quota(1)], "ratio of 50;"),
        ([FixedShareRatio(float("nan")), Quota(1)], "ratio of nan"),
        ([FixedShareRatio(0.6), FixedShareRatio(0.6)], "sum to 1.2, above 1"),
        ([FixedShareRatio(0.6), FixedShareRatio(0.4), Quota(1)], "leave no work"),
        ([FixedShareRatio(0.6)], "sum to 0.6, and no group with a quota"),
    ],
)
def test_strategies_that_cannot_be_kept_are_refused_in_words(strategies, words):
    with pytest.raises(BadPool, match=words):
        check_pools(sharing(*strategies))


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ([group()] * (MOST_GROUPS + 1), "pool groups"),
        ([group(MOST_POOLS + 1)], "pools"),
        ([group(60), group(60)], "120 pools"),
        ([group(name="")], "empty name"),
        ([group(name=" \t")], "empty name"),
        ([group(), group()], "2 pool groups have the name 'g'"),
        ([group(user="")], "no user"),
        ([group(user="a\nb")], "no user"),
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
