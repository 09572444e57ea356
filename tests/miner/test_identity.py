import re

from pithead.hardware.models import model_named
from pithead.miner.configuration import PoolGroup, PoolTarget
from pithead.miner.identity import BOS_VERSION, identity_of, named_groups


def test_the_same_seed_is_the_same_machine_and_no_two_seeds_share_anything():
    model = model_named("S21")
    one, again, other = (identity_of(model, seed) for seed in ("1", "1", "2"))
    assert one == again
    assert one.mac_address != other.mac_address
    assert not set(one.board_serial_numbers) & set(other.board_serial_numbers)


def test_addresses_and_names_have_the_forms_that_clients_read():
    identity = identity_of(model_named("S21"), "seed")
    assert re.fullmatch(r"02(:[0-9a-f]{2}){5}", identity.mac_address)
    assert re.fullmatch(r"[A-Za-z0-9]{16}", identity.uid)
    assert len(identity.board_serial_numbers) == 3


def test_the_version_has_the_six_parts_that_clients_split_it_into():
    assert re.fullmatch(r"\d{4}-\d\d-\d\d-\d-[0-9a-f]{8}-26\.08-plus", BOS_VERSION.current)


def test_no_uid_is_given_twice_across_restarts_and_given_ones_are_kept():
    group = PoolGroup("g", (PoolTarget("a:1", "u"), PoolTarget("b:1", "u", uid="mine")))
    (first, second), given = named_groups((group, group), "seed", 0)
    assert (first.uid, second.uid, given) == ("0", "1", 2)
    assert first.pools[1].uid == "mine"
    (later,), given = named_groups((group,), "seed", given)
    assert given == 3
    assert len({each.pools[0].uid for each in (first, second, later)} - {""}) == 3
