import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.miner.interfaces import interface_of
from pithead.miner.network import checked_address, checked_hostname
from pithead.miner.refusals import BadSetting
from pithead.miner.system_settings import StaticAddress


def static(address="10.1.2.3", netmask="255.255.255.0", gateway="10.1.2.1", dns=()):
    return StaticAddress(address, netmask, gateway, dns)


@pytest.mark.parametrize("name", ["a", "rig-7", "Antminer", "rig.farm.example", "7", "a" * 63])
def test_hostnames_are_taken(name):
    assert checked_hostname(name) == name


@pytest.mark.parametrize(
    "name", ["", ".", "a.", "-a", "a-", "a_b", "a b", "a" * 64, "a." * 126 + "aa", "ä", "a\n"]
)
def test_what_is_no_hostname_is_refused(name):
    with pytest.raises(BadSetting, match="hostname"):
        checked_hostname(name)


@pytest.mark.parametrize(
    "wanted",
    [static(), static(dns=("1.1.1.1", "8.8.8.8", "9.9.9.9")), static("10.1.2.0", "255.255.255.254",
     "10.1.2.1"), static("10.0.0.7", "255.0.0.0", "10.200.0.1")],
)  # fmt: skip
def test_addresses_that_fit_are_taken_as_they_are(wanted):
    assert checked_address(wanted) == wanted


@pytest.mark.parametrize(
    ("wanted", "word"),
    [
        (static("10.1.2"), "address"),
        (static("::1"), "address"),
        (static("10.1.2.0"), "address of|network or its broadcast"),
        (static("10.1.2.255"), "broadcast"),
        (static("224.0.0.1", "255.255.255.0", "224.0.0.2"), "machine"),
        (static(netmask="255.255.0.255"), "netmask"),
        (static(netmask="0.0.0.0"), "netmask"),
        (static(netmask="24"), "netmask"),
        (static(gateway="10.1.3.1"), "outside the network 10.1.2.0/24"),
        (static(gateway="10.1.2.3"), "itself"),
        (static(dns=("dns.example",)), "dns_servers"),
        (static(dns=("1.1.1.1",) * 4), "dns_servers"),
    ],
)
def test_addresses_that_do_not_fit_are_refused_in_words(wanted, word):
    with pytest.raises(BadSetting, match=word):
        checked_address(wanted)


@given(st.builds(StaticAddress, *[st.text(max_size=20)] * 3, st.lists(st.text()).map(tuple)))
def test_no_text_breaks_the_check(wanted):
    with pytest.raises(BadSetting):
        checked_address(wanted)


def test_the_operating_system_knows_the_loopback_interface():
    seen = interface_of("127.0.3.7")
    assert seen.address == "127.0.3.7"
    assert seen.netmask == "255.0.0.0"
    assert seen.name.startswith("lo")


def test_an_address_that_no_interface_has_is_still_answered():
    assert interface_of("203.0.113.7").netmask == "255.255.255.255"
