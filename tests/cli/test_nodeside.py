"""Which chain a configuration means: addresses and passwords of nodes, and what has to be right."""

from pathlib import Path

import pytest

from pithead.bitcoin.address import script_for_address
from pithead.bitcoin.network import MAINNET, NETWORKS, REGTEST
from pithead.cli.cannotstart import CannotStart
from pithead.cli.config import ConfigError, example, load
from pithead.cli.nodeside import (
    RPC_PORTS,
    NodeNotUsable,
    network_of,
    node_addresses,
    open_node,
    payout_script,
    with_nearby,
)
from pithead.cli.poolside import open_pool
from pithead.node.node import BlockAccepted
from pithead.node.wallet import WALLET_SCRIPT
from tests.node.mining import mine
from tests.node.rpcserver import served, transcript
from tests.node.test_nearby import Far
from tests.pool.conftest import make_template

NOW = 1_800_000_000.0
ON_MAINNET = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
ON_REGTEST = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"


def configuration(**flags):
    return load({name.replace("__", "."): value for name, value in flags.items()}, {})


def bitcoind(**flags):
    return configuration(node__kind="bitcoind", **flags)


async def opened(config, directory, clock=NOW):
    return await open_node(
        config, directory, lambda: clock, lambda: NOW, 4, lambda done, total: None
    )


def test_every_network_has_a_port():
    assert set(RPC_PORTS) == set(NETWORKS)


def test_without_addresses_it_is_the_networks_own_port_and_cookie():
    (address,) = node_addresses(bitcoind(node__network="testnet4").node)
    assert address.rpc.url == "http://127.0.0.1:48332"
    assert address.rpc.cookie_file == Path.home() / ".bitcoin/testnet4/.cookie"
    (main,) = node_addresses(bitcoind(node__network="mainnet").node)
    assert main.rpc.cookie_file == Path.home() / ".bitcoin/.cookie"


def test_a_password_in_an_address_leaves_it_and_others_use_their_cookies():
    section = bitcoind(
        node__urls="http://pool:p%40ss@10.0.0.1:8332,http://10.0.0.2:8332",
        node__cookie_files="/a/.cookie,/b/.cookie",
        node__zmq="none,tcp://10.0.0.2:28332",
    ).node
    first, second = node_addresses(section)
    assert (first.rpc.url, first.rpc.user, first.rpc.password) == (
        "http://10.0.0.1:8332", "pool", "p@ss",
    )  # fmt: skip
    assert first.rpc.cookie_file is None
    assert second.rpc.cookie_file == Path("/b/.cookie")
    assert [each.zmq for each in (first, second)] == ["", "tcp://10.0.0.2:28332"]


def test_one_cookie_is_for_all_nodes():
    section = bitcoind(node__urls="http://a:1,http://b:1", node__cookie_files="/c").node
    assert [each.rpc.cookie_file for each in node_addresses(section)] == [Path("/c")] * 2


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"node__urls": "ftp://a"}, "urls"),
        ({"node__urls": "http://:8332"}, "urls: one is not of the form"),
        ({"node__urls": "http://a:99999"}, "urls: one is not of the form"),
        ({"node__urls": "http://a:1,http://b:1,http://c:1", "node__cookie_files": "/1,/2"}, "one"),
        ({"node__near_urls": "http://a:x"}, "near_urls: one is not"),
        ({"node__near_urls": "http://a:1", "node__near_cookie_files": "/1,/2"}, "one"),
        ({"node__zmq": "tcp://a:1,tcp://b:1"}, "more of them than nodes"),
        ({"node__network": "testnet3"}, "network"),
    ],
)
def test_what_is_no_node_is_told_when_the_configuration_is_read(flags, words):
    with pytest.raises(ConfigError, match=words):
        bitcoind(**flags)


def test_the_embedded_chain_has_no_nodes_nearby():
    with pytest.raises(ConfigError, match="near_urls: the embedded chain has no other nodes"):
        configuration(node__near_urls="http://a:1")


async def test_a_front_end_gives_blocks_to_the_nodes_it_names(tmp_path):
    far = Far(BlockAccepted())
    assert with_nearby(far, bitcoind().node, lambda: NOW) is far
    block = mine(make_template(block_target=2**255))
    async with served({"submitblock": None, "preciousblock": None}) as server:
        place = server.url.removeprefix("http://")
        section = bitcoind(node__near_urls=f"http://{server.user}:{server.password}@{place}").node
        node = with_nearby(far, section, lambda: NOW)
        assert await node.submit(block) == BlockAccepted()
        await node.close()
        assert server.called("submitblock") == [[block.hex()]]


def test_a_kind_of_node_that_is_unknown_is_told():
    with pytest.raises(ConfigError, match="kind"):
        configuration(node__kind="btcd")


def test_a_complaint_about_addresses_does_not_tell_passwords():
    with pytest.raises(ConfigError) as raised:
        bitcoind(node__urls="http://pool:s3cret@:8332")
    assert "s3cret" not in str(raised.value)


def test_the_example_explains_every_key():
    section = example().partition("[node]")[2].partition("\n[")[0]
    for key in ("kind", "network", "urls", "cookie_files", "zmq", "poll_seconds"):
        assert f"\n{key} = " in section


def test_blocks_pay_to_an_address_of_the_network_in_use():
    on_mainnet = bitcoind(node__network="mainnet", pool__payout_address=ON_MAINNET)
    assert payout_script(on_mainnet) == script_for_address(ON_MAINNET, MAINNET)
    embedded = configuration(pool__payout_address=ON_REGTEST, node__network="mainnet")
    assert payout_script(embedded) == script_for_address(ON_REGTEST, REGTEST)
    assert network_of(embedded.node) is REGTEST
    assert payout_script(configuration()) == WALLET_SCRIPT


@pytest.mark.parametrize(
    ("address", "network", "words"),
    [
        (ON_REGTEST, "mainnet", "not an address of mainnet: it is one of regtest"),
        (ON_MAINNET, "signet", "not an address of signet: it is one of mainnet"),
        ("", "regtest", "payout_address is empty"),
    ],
)
def test_an_address_of_another_network_is_refused(address, network, words):
    with pytest.raises(NodeNotUsable, match=words):
        payout_script(bitcoind(node__network=network, pool__payout_address=address))


async def test_a_real_network_needs_the_worlds_time_and_real_hashes(tmp_path):
    with pytest.raises(NodeNotUsable, match="speed is 60: "):
        await opened(bitcoind(farm__speed=60.0), tmp_path)
    with pytest.raises(NodeNotUsable, match=r"farm\.speed = 1"):
        await opened(bitcoind(), tmp_path, clock=NOW - 61)
    with pytest.raises(NodeNotUsable, match="work_scale is"):
        await opened(bitcoind(node__network="mainnet"), tmp_path)


async def test_a_pool_does_not_start_on_nodes_that_do_not_answer(tmp_path):
    async with served() as server:
        pass
    config = bitcoind(
        node__urls=server.url, node__cookie_files=str(tmp_path / "no"), pool__api_port=0,
        pool__stratum_port=0, admin__port=0, pool__payout_address=ON_REGTEST,
    )  # fmt: skip
    with pytest.raises(CannotStart, match=r"no node can be mined on: .* has no readable cookie"):
        await open_pool(config, tmp_path, lambda: NOW, lambda: NOW, 4)


async def test_a_pool_runs_on_a_recorded_bitcoind(tmp_path):
    async with served(transcript("regtest", only_last=True)) as server:
        url = server.url.replace("//", f"//{server.user}:{server.password}@")
        config = bitcoind(
            node__urls=url, pool__api_port=0, pool__stratum_port=0, admin__port=0,
            pool__payout_address=ON_REGTEST, node__regtest_block_work=12345,
        )  # fmt: skip
        part = await open_pool(config, tmp_path, lambda: NOW, lambda: NOW, 4)
        try:
            job = part.pool._job
            assert job.block_work == 12345
            assert len(job.template.transactions) == 3
            assert part.pool.height == job.template.height - 1
        finally:
            await part.stop()
