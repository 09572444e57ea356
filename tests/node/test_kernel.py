"""The embedded chain across restarts, crashes and second owners."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from pithead.bitcoin.block import Block
from pithead.bitcoin.network import REGTEST
from pithead.bitcoin.script import ANYONE_CAN_SPEND
from pithead.bitcoin.transaction import Transaction, TxIn, TxOut
from pithead.node import kernel
from pithead.node.blockfile import BlockFileDamaged
from pithead.node.kernel import KernelNode, KernelSettings
from pithead.node.library import SIDE_BRANCH
from pithead.node.mempool import NotTaken, Taken
from pithead.node.node import BlockAccepted, BlockRefused, NodeUnavailable
from pithead.node.wallet import WALLET_SCRIPT
from tests.node.mining import mine, with_only
from tests.node.test_node import SteppedClock

SETTINGS = KernelSettings(first_block_work=8)

MINE_UNTIL_KILLED = """
import asyncio, sys
from pathlib import Path
from pithead.node.kernel import KernelNode, KernelSettings
from tests.node.mining import mine

async def main():
    now = [1_700_000_000.0]
    settings = KernelSettings(first_block_work=8)
    node = await KernelNode.open(Path(sys.argv[1]), settings, lambda: now[0])
    while True:
        now[0] += 60
        raw = mine(await node.template())
        await node.submit(raw)
        tip = await node.tip()
        print(tip.height, tip.hash_display, flush=True)

asyncio.run(main())
"""


async def test_the_first_start_mines_a_chain_worth_what_the_real_one_is(tmp_path):
    steps = []
    node = await KernelNode.open(
        tmp_path, SETTINGS, SteppedClock(), lambda done, total: steps.append((done, total))
    )
    template = await node.template()
    assert template.height == 601
    assert REGTEST.subsidy_sats(template.height) == 312_500_000
    assert steps[-1] == (600, 600)
    assert template.min_time <= template.time == int(SteppedClock()())
    await node.close()


async def test_a_chain_closed_in_order_comes_back_with_wallet_and_block_work(begun):
    clock = SteppedClock()
    node = await KernelNode.open(begun, SETTINGS, clock)
    for _ in range(5):
        clock.now += 10
        assert await node.submit(mine(await node.template())) == BlockAccepted()
    tip, template = await node.tip(), await node.template()
    await node.close()
    node = await KernelNode.open(begun, SETTINGS, clock)
    assert await node.tip() == tip
    again = await node.template()
    assert again.transactions == template.transactions
    assert again.block_target == template.block_target
    await node.close()


async def test_blocks_faster_than_the_interval_make_the_next_harder(begun):
    clock = SteppedClock()
    node = await KernelNode.open(begun, SETTINGS, clock)
    targets = []
    for _ in range(6):
        template = await node.template()
        targets.append(template.block_target)
        clock.now += 6
        await node.submit(mine(template))
    assert targets == sorted(targets, reverse=True)
    assert targets[-1] < targets[0]
    await node.close()


async def test_the_target_of_a_tip_is_the_same_after_any_rest(begun):
    clock = SteppedClock()
    for seconds in (7, 300, 1):
        node = await KernelNode.open(begun, SETTINGS, clock)
        clock.now += seconds
        await node.submit(mine(await node.template()))
        target = (await node.template()).block_target
        await node.close()
        clock.now += 86_400
        node = await KernelNode.open(begun, SETTINGS, clock)
        assert (await node.template()).block_target == target
        await node.close()


async def test_refused_blocks_leave_no_trace_behind_a_restart(begun):
    clock = SteppedClock()
    node = await KernelNode.open(begun, SETTINGS, clock)
    size = (begun / "blocks.journal").stat().st_size
    for raw in (b"", b"\xff" * 5000, mine(await node.template(), value_sats=10**12)):
        assert isinstance(await node.submit(raw), BlockRefused)
    assert (begun / "blocks.journal").stat().st_size == size
    assert await node.submit(mine(await node.template())) == BlockAccepted()
    template = await node.template()
    await node.close()
    node = await KernelNode.open(begun, SETTINGS, clock)
    again = await node.template()
    assert (again.height, again.transactions) == (template.height, template.transactions)
    assert await node.submit(mine(again)) == BlockAccepted()
    await node.close()


async def test_a_wallet_that_saw_a_change_of_branches_is_the_one_a_restart_finds(begun):
    node = await KernelNode.open(begun, SETTINGS, SteppedClock())
    template = await node.template()
    await node.submit(mine(template, b"one"))
    other = mine(template, b"two", script=b"\x51")
    await node.submit(other)
    parent = Block.parse(other).header.hash_wire
    await node.submit(mine(with_only(replace(await node.template(), prev_hash_wire=parent))))
    template = await node.template()
    await node.close()
    node = await KernelNode.open(begun, SETTINGS, SteppedClock())
    assert await node.template() == template
    await node.close()


async def test_blocks_that_come_too_late_are_kept_up_to_a_number_and_told_the_same(
    begun, monkeypatch
):
    monkeypatch.setattr(kernel, "MOST_BESIDE", 2)
    node = await KernelNode.open(begun, SETTINGS, SteppedClock())
    journal = begun / "blocks.journal"
    template = await node.template()
    assert await node.submit(mine(template, b"best")) == BlockAccepted()
    sizes = []
    for number in range(4):
        assert await node.submit(mine(template, b"late %d" % number)) == SIDE_BRANCH
        sizes.append(journal.stat().st_size)
    assert sizes[0] < sizes[1] == sizes[2] == sizes[3]
    assert await node.submit(mine(await node.template())) == BlockAccepted()
    assert (await node.tip()).height == template.height + 1
    await node.close()


async def test_late_blocks_of_one_parent_do_not_count_for_the_next(begun, monkeypatch):
    monkeypatch.setattr(kernel, "MOST_BESIDE", 1)
    node = await KernelNode.open(begun, SETTINGS, SteppedClock())
    journal = begun / "blocks.journal"
    for _ in range(2):
        template = await node.template()
        assert await node.submit(mine(template, b"best")) == BlockAccepted()
        before = journal.stat().st_size
        assert await node.submit(mine(template, b"late")) == SIDE_BRANCH
        assert journal.stat().st_size > before
    await node.close()


async def test_a_journal_with_blocks_missing_is_told_from_a_chain(begun):
    node = await KernelNode.open(begun, SETTINGS, SteppedClock())
    await node.submit(mine(await node.template()))
    await node.close()
    journal = begun / "blocks.journal"
    journal.write_bytes(journal.read_bytes()[:-1])
    with pytest.raises(BlockFileDamaged, match="ends at height 600, the chain at 601"):
        await KernelNode.open(begun, SETTINGS, SteppedClock())


async def test_a_full_disk_is_trouble_for_now_and_not_for_the_journal(begun, monkeypatch):
    node = await KernelNode.open(begun, SETTINGS, SteppedClock())
    template = await node.template()
    write = os.write

    def half_then_full(descriptor, data):
        monkeypatch.setattr(os, "write", full)
        return write(descriptor, bytes(data[: len(data) // 2]))

    def full(descriptor, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", half_then_full)
    with pytest.raises(NodeUnavailable, match="No space left"):
        await node.submit(mine(template))
    monkeypatch.setattr(os, "write", write)
    assert await node.submit(mine(template)) == BlockAccepted()
    await node.close()
    node = await KernelNode.open(begun, SETTINGS, SteppedClock())
    assert (await node.tip()).height == template.height
    await node.close()


async def test_the_chain_goes_on_over_flushes_and_a_kill_costs_no_more_than_a_few_blocks(
    begun, tmp_path, monkeypatch
):
    monkeypatch.setattr(kernel, "FLUSH_EVERY", 4)
    clock = SteppedClock()
    live, killed = begun, tmp_path / "killed"
    node = await KernelNode.open(live, SETTINGS, clock)
    for _ in range(10):
        clock.now += 20
        assert await node.submit(mine(await node.template())) == BlockAccepted()
    refused = await node.submit(mine(await node.template(), value_sats=10**12))
    assert isinstance(refused, BlockRefused)
    assert "bad-cb-amount" in refused.reason
    template = await node.template()
    # What a kill leaves: files as they are now, without the library's last words.
    await asyncio.to_thread(shutil.copytree, live, killed)
    await node.close()
    node = await KernelNode.open(killed, SETTINGS, clock)
    assert await node.template() == template
    await node.close()


@pytest.mark.parametrize("spoil", ["remove", "damage", "of another chain"])
async def test_a_snapshot_that_is_of_no_use_is_not_missed(begun, tmp_path, spoil):
    clock = SteppedClock()
    node = await KernelNode.open(begun, SETTINGS, clock)
    await node.submit(mine(await node.template()))
    template = await node.template()
    await node.close()
    snapshot = begun / "follower.snapshot"
    match spoil:
        case "remove":
            snapshot.unlink()
        case "damage":
            snapshot.write_bytes(snapshot.read_bytes()[:-1])
        case _:
            clock.now += 10_000
            node = await KernelNode.open(tmp_path / "two", SETTINGS, clock)
            await node.close()
            clock.now -= 10_000
            snapshot.write_bytes((tmp_path / "two" / "follower.snapshot").read_bytes())
    node = await KernelNode.open(begun, SETTINGS, clock)
    assert await node.template() == template
    await node.close()


def spend_of(coinbase, fee, witness=(ANYONE_CAN_SPEND,), script=WALLET_SCRIPT, index=0):
    value = coinbase.outputs[index].value_sats - fee
    spent = TxIn(coinbase.txid_wire, index, witness=witness)
    return Transaction(2, (spent,), (TxOut(value, script),))


def coinbases(directory):
    file = (directory / "blocks.journal").read_bytes()
    found, at = [], 0
    while at < len(file):
        length = int.from_bytes(file[at : at + 4], "little")
        found.append(Block.parse(file[at + 48 : at + 8 + length]).transactions[0])
        at += 8 + length
    return found


async def test_transactions_of_others_are_carried_and_their_fees_count(begun):
    node = await KernelNode.open(begun, SETTINGS, SteppedClock())
    old = coinbases(begun)
    first, own_fees = spend_of(old[400], 9_000, script=b"\x51"), spend_of(old[401], 70_000_000)
    for each in (first, own_fees):
        assert await node.add_transaction(each.serialize()) == Taken(each.txid_wire)
    bad = spend_of(old[402], 9_000, witness=(b"\x52",))
    assert await node.add_transaction(bad.serialize()) == NotTaken("script-verify-flag-failed")
    young = spend_of(old[-1], 9_000)
    assert isinstance(await node.add_transaction(young.serialize()), NotTaken)
    template = await node.template()
    carried = [each.txid_wire for each in template.transactions]
    assert {first.txid_wire, own_fees.txid_wire} <= set(carried)
    assert template.value_sats == 312_500_000 + sum(e.fee_sats for e in template.transactions)
    assert await node.submit(mine(template)) == BlockAccepted()
    after = await node.template()
    assert first.txid_wire not in [each.txid_wire for each in after.transactions]
    # An output that is not the wallet's is known too, and spendable by who has the key.
    bare = Transaction(2, (TxIn(first.txid_wire, 0),), (TxOut(1, WALLET_SCRIPT),))
    assert await node.add_transaction(bare.serialize()) == Taken(bare.txid_wire)
    assert await node.submit(mine(await node.template())) == BlockAccepted()
    await node.close()


async def test_a_coin_that_a_waiting_transaction_spends_is_not_spent_by_the_wallet(begun):
    node = await KernelNode.open(begun, SETTINGS, SteppedClock())
    for coinbase in coinbases(begun)[:60]:
        assert isinstance(await node.add_transaction(spend_of(coinbase, 1_000).serialize()), Taken)
    for _ in range(3):
        assert await node.submit(mine(await node.template())) == BlockAccepted()
    await node.close()


OPEN_AS_SECOND = """
import asyncio, sys
from pathlib import Path
from pithead.node.kernel import KernelNode, KernelSettings
from pithead.node.library import ChainInUse

try:
    asyncio.run(KernelNode.open(Path(sys.argv[1]), KernelSettings(8), lambda: 1_700_000_000.0))
except ChainInUse as error:
    print(error)
    sys.exit(7)
"""


async def test_a_second_owner_is_told_that_the_chain_is_in_use(begun):
    node = await KernelNode.open(begun, SETTINGS, SteppedClock())
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", OPEN_AS_SECOND, str(begun)], capture_output=True
    )
    assert done.returncode == 7
    assert b"another process uses the chain" in done.stdout
    assert await node.submit(mine(await node.template())) == BlockAccepted()
    await node.close()


@pytest.mark.slow
def test_no_block_whose_acceptance_was_seen_is_lost_by_a_kill(begun):
    for round_ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", MINE_UNTIL_KILLED, str(begun)],
            stdout=subprocess.PIPE, text=True, cwd=os.getcwd(),
        )  # fmt: skip
        lines = [process.stdout.readline() for _ in range(7 + 5 * round_)]
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        lines += process.stdout.read().splitlines()
        process.stdout.close()
        seen = [line.split() for line in lines]
        height, hash_display = next(parts for parts in reversed(seen) if len(parts) == 2)

        async def look(height=int(height)):
            node = await KernelNode.open(begun, SETTINGS, SteppedClock())
            found = await node.block_hash_display(height)
            await node.close()
            return found

        assert asyncio.run(look()) == hash_display
