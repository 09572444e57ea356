"""Who may come, how often, and how much it may say."""

from hypothesis import given
from hypothesis import strategies as st

from pithead.pool.allowance import BURST_SECONDS
from pithead.pool.crowd import Crowd, CrowdSettings, subnet_of


def test_one_address_has_its_limit_and_others_are_served():
    crowd = Crowd(CrowdSettings(per_address=2, per_subnet=10))
    assert [bool(crowd.enter("192.0.2.7", 0.0)) for _ in range(3)] == [True, True, False]
    assert crowd.enter("192.0.2.8", 0.0)
    crowd.leave("192.0.2.7")
    assert crowd.enter("192.0.2.7", 0.0)


def test_five_thousand_connects_from_one_network_meet_its_limit_and_other_networks_do_not():
    crowd = Crowd(CrowdSettings())
    let_in = sum(bool(crowd.enter(f"192.0.2.{number % 250}", 0.0)) for number in range(5_000))
    assert let_in == CrowdSettings().per_subnet
    assert crowd.enter("192.0.3.1", 0.0)
    assert crowd.enter("2001:db8::1", 0.0)


def test_networks_are_those_a_customer_has():
    assert subnet_of("192.0.2.77") == subnet_of("192.0.2.1")
    assert subnet_of("192.0.2.77") != subnet_of("192.0.3.77")
    assert subnet_of("2001:db8:1:2::1") == subnet_of("2001:db8:1:ffff::9")
    assert subnet_of("2001:db8:1::1") != subnet_of("2001:db8:2::1")
    assert subnet_of("unknown") == "unknown"


def test_coming_and_going_without_end_is_stopped_and_forgiven_with_time():
    crowd = Crowd(CrowdSettings(per_address=10, come_again_seconds=60.0))
    come = 0
    while crowd.enter("192.0.2.7", 0.0):
        crowd.leave("192.0.2.7")
        come += 1
    assert come == 20
    assert crowd.enter("192.0.2.8", 0.0)
    again = 0
    while crowd.enter("192.0.2.7", 60.0):
        crowd.leave("192.0.2.7")
        again += 1
    assert again == 10


def test_one_who_comes_again_has_not_got_its_allowance_back():
    crowd = Crowd(CrowdSettings(bytes_per_address=100))
    _, address, _ = crowd.enter("192.0.2.7", 0.0)
    address.left -= 100 * BURST_SECONDS
    crowd.leave("192.0.2.7")
    crowd.forget(1.0)
    own, again, _ = crowd.enter("192.0.2.7", 1.0)
    assert again is address
    assert again.left == 100
    assert own.left > 0


def test_a_clock_set_back_gives_and_takes_nothing():
    crowd = Crowd(CrowdSettings(bytes_per_address=100))
    _, address, _ = crowd.enter("192.0.2.7", 0.0)
    address.left = 5.0
    address.refill(-3600.0)
    assert address.left == 5.0
    address.refill(-3599.0)
    assert address.left == 105.0


def test_an_address_is_looked_at_while_somebody_is_there_and_forgotten_when_all_is_made_up_for():
    crowd = Crowd(CrowdSettings(per_address=10, come_again_seconds=60.0))
    crowd.enter("192.0.2.7", 0.0)
    crowd.forget(1000.0)
    assert len(crowd) == 1
    crowd.leave("192.0.2.7")
    crowd.forget(1000.0)
    assert len(crowd) == 0
    crowd.enter("192.0.2.7", 1000.0)
    crowd.leave("192.0.2.7")
    crowd.forget(1005.0)  # one arrival comes back in six seconds
    assert len(crowd) == 1
    crowd.forget(1006.0)
    assert len(crowd) == 0


@given(st.lists(st.tuples(st.booleans(), st.sampled_from(["192.0.2.1", "192.0.2.2", "::1"]))))
def test_nothing_is_remembered_for_long_of_those_who_left(steps):
    crowd, here = Crowd(CrowdSettings(3, 4)), []
    for now, (enters, address) in enumerate(steps):
        if enters and crowd.enter(address, now):
            here.append(address)
        elif not enters and address in here:
            here.remove(address)
            crowd.leave(address)
        crowd.forget(now)
    crowd.forget(len(steps) + 1000.0)
    assert len(crowd) == len(set(here))
    for address in here:
        crowd.leave(address)
    crowd.forget(len(steps) + 1000.0)
    assert len(crowd) == 0
