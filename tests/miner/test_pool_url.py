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


@pytest.mark.parametrize(
    ("scheme", "is_supported", "is_encrypted"),
    [
        ("stratum+tcp", True, False),
        ("stratum+ssl", True, True),
        ("stratum+tls", True, True),
        ("stratum2+tcp", False, False),
    ],
)
def test_stratum_is_supported_plain_and_in_tls(scheme, is_supported, is_encrypted):
    address = read_pool_url(f"{scheme}://a:1")
    assert (address.is_supported, address.is_encrypted) == (is_supported, is_encrypted)


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
