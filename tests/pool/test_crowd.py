from hypothesis import given
from hypothesis import strategies as st

from pithead.pool.crowd import Crowd, CrowdSettings, subnet_of


def test_one_address_has_its_limit_and_others_are_served():
    crowd = Crowd(CrowdSettings(per_address=2, per_subnet=10))
    assert [crowd.enter("192.0.2.7") for _ in range(3)] == [True, True, False]
    assert crowd.enter("192.0.2.8")
    crowd.leave("192.0.2.7")
    assert crowd.enter("192.0.2.7")


def test_five_thousand_connects_from_one_network_meet_its_limit_and_other_networks_do_not():
    crowd = Crowd(CrowdSettings())
    let_in = sum(crowd.enter(f"192.0.2.{number % 250}") for number in range(5_000))
    assert let_in == CrowdSettings().per_subnet
    assert crowd.enter("192.0.3.1")
    assert crowd.enter("2001:db8::1")


def test_networks_are_those_a_customer_has():
    assert subnet_of("192.0.2.77") == subnet_of("192.0.2.1")
    assert subnet_of("192.0.2.77") != subnet_of("192.0.3.77")
    assert subnet_of("2001:db8:1:2::1") == subnet_of("2001:db8:1:ffff::9")
    assert subnet_of("2001:db8:1::1") != subnet_of("2001:db8:2::1")
    assert subnet_of("unknown") == "unknown"


@given(st.lists(st.tuples(st.booleans(), st.sampled_from(["192.0.2.1", "192.0.2.2", "::1"]))))
def test_nothing_is_remembered_of_those_who_left(steps):
    crowd, here = Crowd(CrowdSettings(3, 4)), []
    for enters, address in steps:
        if enters and crowd.enter(address):
            here.append(address)
        elif not enters and address in here:
            here.remove(address)
            crowd.leave(address)
    assert len(crowd) == len(set(here))
    for address in here:
        crowd.leave(address)
    assert len(crowd) == 0
