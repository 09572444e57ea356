import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.poolapi.limits import Buckets, address_key


def test_a_burst_goes_through_and_then_one_every_two_seconds():
    buckets = Buckets(burst=25, refill=0.5, limit=10)
    assert [buckets.take("a", 100.0) for _ in range(25)] == [0.0] * 25
    assert buckets.take("a", 100.0) == 2.0
    assert buckets.take("a", 101.0) == 1.0
    assert buckets.take("a", 102.0) == 0.0
    assert buckets.take("a", 102.0) == 2.0


def test_a_hundred_in_ten_seconds_are_thirty_answers():
    buckets = Buckets(burst=25, refill=0.5, limit=10)
    let_in = sum(buckets.take("a", second / 10) == 0.0 for second in range(100))
    assert let_in == 29


def test_a_refused_request_does_not_make_the_wait_longer():
    buckets = Buckets(burst=1, refill=0.5, limit=10)
    buckets.take("a", 0.0)
    assert {buckets.take("a", 1.0) for _ in range(50)} == {1.0}


def test_keys_do_not_share_a_bucket():
    buckets = Buckets(burst=1, refill=0.5, limit=10)
    assert buckets.take("a", 0.0) == 0.0
    assert buckets.take("b", 0.0) == 0.0


def test_asking_how_long_to_wait_takes_nothing():
    buckets = Buckets(burst=1, refill=0.5, limit=10)
    assert buckets.wait("a", 0.0) == 0.0
    assert len(buckets) == 0
    assert buckets.take("a", 0.0) == 0.0
    assert buckets.wait("a", 0.0) == 2.0


def test_a_bucket_holds_no_more_than_its_burst_however_long_it_rests():
    buckets = Buckets(burst=2, refill=0.5, limit=10)
    buckets.take("a", 0.0)
    assert [buckets.take("a", 1e9) > 0 for _ in range(3)] == [False, False, True]


def test_a_clock_set_back_gives_nothing_and_breaks_nothing():
    buckets = Buckets(burst=1, refill=0.5, limit=10)
    buckets.take("a", 1_000.0)
    assert buckets.take("a", 10.0) == 2.0
    assert buckets.take("a", 1_002.0) == 0.0


def test_the_number_of_buckets_is_bounded_and_the_oldest_go_first():
    buckets = Buckets(burst=1, refill=0.001, limit=3)
    for key in "abcd":
        buckets.take(key, 0.0)
    assert len(buckets) == 3
    assert buckets.wait("a", 0.0) == 0.0
    assert buckets.wait("d", 0.0) > 0.0


@given(
    st.integers(1, 30),
    st.floats(0.01, 10),
    st.lists(st.floats(0, 50), max_size=60),
)
def test_never_more_than_the_burst_and_what_came_in_since(burst, refill, gaps):
    buckets = Buckets(burst, refill, limit=1)
    now = 0.0
    let_in = 0
    for gap in gaps:
        now += gap
        wait = buckets.take("a", now)
        let_in += wait == 0.0
        assert wait <= 1 / refill
    assert let_in <= burst + now * refill + 1e-6


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("2001:db8:1:2:aaaa::1", "20010db800010002/64".lstrip("0")),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_an_address_counts_as_its_ipv4_or_the_64_of_its_ipv6(host, key):
    assert address_key(host) == key


def test_two_addresses_of_one_subscriber_share_a_key():
    assert address_key("2001:db8::1") == address_key("2001:db8::ffff:ffff:ffff:2")
    assert address_key("2001:db8::1") != address_key("2001:db8:0:1::1")


@given(st.text(max_size=60))
def test_any_host_text_has_a_key(host):
    assert isinstance(address_key(host), str)
