import pytest

from pithead.bitcoin.network import COIN_SATS, MAINNET, NETWORKS, REGTEST


@pytest.mark.parametrize(
    ("height", "sats"),
    [
        (0, 50 * COIN_SATS),
        (209_999, 50 * COIN_SATS),
        (210_000, 25 * COIN_SATS),
        (840_000, 312_500_000),
        (6_929_999, 1),
        (6_930_000, 0),
        (210_000 * 64, 0),
    ],
)
def test_the_subsidy_halves_every_210000_blocks(height, sats):
    assert MAINNET.subsidy_sats(height) == sats


def test_regtest_halves_every_150_blocks():
    assert [REGTEST.subsidy_sats(height) for height in (149, 150, 300)] == [
        50 * COIN_SATS,
        25 * COIN_SATS,
        1_250_000_000,
    ]


def test_the_whole_supply_is_the_known_one():
    total = sum(MAINNET.subsidy_sats(era * 210_000) * 210_000 for era in range(64))
    assert total == 2_099_999_997_690_000


def test_each_network_goes_by_its_own_name():
    assert all(network.name == name for name, network in NETWORKS.items())
    assert len({network.genesis_hash_display for network in NETWORKS.values()}) == len(NETWORKS)
