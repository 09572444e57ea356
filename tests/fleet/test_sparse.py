"""Messages without what is not said."""

from pithead.bos.pool import PoolConfiguration, PoolGroupConfiguration
from pithead.fleet.sparse import said


def test_fields_that_are_none_are_left_out_at_every_depth():
    pool = PoolConfiguration(url="u", user="a", enabled=False)
    group = PoolGroupConfiguration(name="g", pools=(pool,))
    assert said([group]) == [{"name": "g", "pools": [{"url": "u", "user": "a", "enabled": False}]}]
