"""The Bitcoin networks and what differs between them."""

from dataclasses import dataclass

COIN_SATS = 100_000_000


@dataclass(frozen=True, slots=True)
class Network:
    """The parameters of one network, from Bitcoin Core's `kernel/chainparams.cpp`."""

    name: str
    bech32_prefix: str
    pubkey_hash_version: int
    script_hash_version: int
    halving_interval: int
    genesis_hash_display: str

    def subsidy_sats(self, height: int) -> int:
        """The new coins of the block at this height."""
        return 50 * COIN_SATS >> height // self.halving_interval


MAINNET = Network(
    name="mainnet",
    bech32_prefix="bc",
    pubkey_hash_version=0,
    script_hash_version=5,
    halving_interval=210_000,
    genesis_hash_display="000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f",
)
TESTNET4 = Network(
    name="testnet4",
    bech32_prefix="tb",
    pubkey_hash_version=111,
    script_hash_version=196,
    halving_interval=210_000,
    genesis_hash_display="00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043",
)
SIGNET = Network(
    name="signet",
    bech32_prefix="tb",
    pubkey_hash_version=111,
    script_hash_version=196,
    halving_interval=210_000,
    genesis_hash_display="00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6",
)
REGTEST = Network(
    name="regtest",
    bech32_prefix="bcrt",
    pubkey_hash_version=111,
    script_hash_version=196,
    halving_interval=150,
    genesis_hash_display="0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206",
)

NETWORKS = {network.name: network for network in (MAINNET, TESTNET4, SIGNET, REGTEST)}
