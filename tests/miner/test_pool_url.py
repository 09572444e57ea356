import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.miner.pool_url import PoolAddress, read_pool_url


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("stratum+tcp://pool.example:3334", PoolAddress("stratum+tcp", "pool.example", 3334)),
        ("stratum+tcp://127.0.0.1", PoolAddress("stratum+tcp", "127.0.0.1", 3333)),
        ("pool.example:25", PoolAddress("stratum+tcp", "pool.example", 25)),
        ("stratum+tcp://[::1]:3333", PoolAddress("stratum+tcp", "::1", 3333)),
        ("stratum2+tcp://v2.example/u95GEReV", PoolAddress("stratum2+tcp", "v2.example", 3333)),
    ],
)
def test_a_pool_url_comes_apart(url, address):
    assert read_pool_url(url) == address


def test_only_plain_stratum_is_supported_so_far():
    assert read_pool_url("stratum+tcp://a:1").is_supported
    assert not read_pool_url("stratum+ssl://a:1").is_supported
    assert not read_pool_url("stratum2+tcp://a:1").is_supported


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://pool:80",
        "stratum+tcp://",
        "stratum+tcp://a:99999",
        "stratum+tcp://a b",
        "a" * 2000,
    ],
)
def test_what_is_no_pool_url_is_refused_in_words(url):
    with pytest.raises(ValueError, match=r".{10}"):
        read_pool_url(url)


@given(st.text(max_size=200))
def test_any_text_is_an_address_or_refused(text):
    try:
        address = read_pool_url(text)
    except ValueError:
        return
    assert address.host
    assert 0 <= address.port <= 65535
