"""What somebody types is the machines they mean, or a sentence about what is wrong."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.fleet.ranges import MOST_PLACES, Place, place_of, places_in, written


def hosts(text):
    return [place.host for place in places_in(text)]


def test_a_network_is_its_hosts_without_the_first_and_last_address():
    assert hosts("10.0.0.0/29") == [f"10.0.0.{n}" for n in range(1, 7)]
    assert hosts("10.0.0.5/29") == [f"10.0.0.{n}" for n in range(1, 7)]
    assert hosts("10.0.0.4/31") == ["10.0.0.4", "10.0.0.5"]
    assert hosts("10.0.0.4/32") == ["10.0.0.4"]


def test_a_range_has_both_its_ends_and_may_cross_networks():
    assert hosts("10.0.0.254-10.0.1.1") == ["10.0.0.254", "10.0.0.255", "10.0.1.0", "10.0.1.1"]
    assert hosts("10.0.0.5-7") == ["10.0.0.5", "10.0.0.6", "10.0.0.7"]


def test_names_and_ports_and_ipv6_are_taken_as_they_stand():
    assert places_in("miner-3.lan:8081, [fd00::7] [fd00:0::8]:81") == (
        Place("miner-3.lan", 8081), Place("fd00::7"), Place("fd00::8", 81),
    )  # fmt: skip
    assert places_in("10.0.0.5-6:8081 10.0.0.7", port=90) == (
        Place("10.0.0.5", 8081), Place("10.0.0.6", 8081), Place("10.0.0.7", 90),
    )  # fmt: skip
    assert Place("fd00::7", 81).url == "http://[fd00::7]:81"
    assert place_of("http://127.0.1.1:8081/") == Place("127.0.1.1", 8081)


def test_who_is_named_twice_is_there_once():
    assert hosts("10.0.0.2,10.0.0.1-3") == ["10.0.0.2", "10.0.0.1", "10.0.0.3"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no address"),
        (" , ", "no address"),
        ("10.0.0.0/8", "16777216 addresses, 65536 at most"),
        ("10.0.0.0-10.1.0.0", "65537 addresses"),
        ("10.0.0.0/16,10.1.0.0/16", "more than 65536"),
        ("10.0.0.9-5", "ends before it begins"),
        ("10.0.0.5-300", "no IPv4 address"),
        ("10.0.0.300", "no IPv4 address"),
        ("10.0.0.5:0", "the port is '0'"),
        ("10.0.0.5:port", "the port is 'port'"),
        ("fd00::7", "in brackets"),
        ("[fd00::7", "expected [address]"),
        ("[10.0.0.1]", "no IPv6 address"),
        ("10.0.0.0/33", "no IPv4 network"),
        ("mi ner/x", "no IPv4 network"),
        ("-miner", "is no address"),
        ("a..b", "is no address"),
        ("x" * 100_001, "more than 100000 characters"),
    ],
)
def test_what_is_wrong_is_told(text, said):
    with pytest.raises(ValueError, match=said.replace("[", r"\[")):
        places_in(text)


pieces = st.lists(
    st.sampled_from(
        ["10.0.0.", "5", "-", "/", "24", ":", "80", "[", "]", "fd00::", ",", " ", "a.b"]
    )
    | st.text(max_size=3),
    max_size=12,
)


@given(pieces)
@settings(deadline=None)
def test_any_text_is_places_that_read_the_same_again_or_a_value_error(parts):
    try:
        places = places_in("".join(parts))
    except ValueError:
        return
    assert 0 < len(places) <= MOST_PLACES
    assert places_in(written(places)) == places
