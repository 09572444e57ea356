"""What a wallet of Bitcoin Core says that it has sent, asked page by page."""

from decimal import Decimal

import msgspec
import pytest

from pithead.node import corewallet
from pithead.node.corewallet import CoreWallet
from pithead.node.payments import PaymentRefused, SentBefore
from pithead.node.rpcwire import RpcError

BITCOIN = Decimal(10**8)


def paid(address, sats, **more):
    return {"category": "send", "address": address, "amount": float(-sats / BITCOIN), **more}


class Rpc:
    """Answers like Bitcoin Core: the newest page first, each page oldest first."""

    def __init__(self, **transactions):
        self.transactions = transactions
        self.asked = []

    async def call(self, method, *params, to):
        self.asked.append((method, *params))
        if method == "gettransaction":
            if params[0] not in self.transactions:
                raise RpcError(method, -5, "Invalid or non-wallet transaction id")
            answer = {"txid": params[0], "hex": "0a0b", **self.transactions[params[0]]}
        else:
            _, count, skip = params
            listed = [
                {"txid": txid, "time": whole["time"], "confirmations": 1, **detail}
                for txid, whole in self.transactions.items()
                for detail in whole["details"]
            ]
            answer = listed[max(0, len(listed) - skip - count) : len(listed) - skip]
        return msgspec.json.decode(msgspec.json.encode(answer), type=to)


def whole(time, *details, confirmations=3, fee=-0.00000200):
    return {"time": time, "confirmations": confirmations, "fee": fee, "details": list(details)}


async def test_outputs_of_a_transaction_are_told_together_with_its_fee():
    rpc = Rpc(
        aa=whole(50, paid("x", 123_456_789), paid("y", 1)),
        bb=whole(60, {"category": "receive", "address": "z", "amount": 5}),
        cc=whole(20, paid("x", 7)),
        dd=whole(70, paid("x", 9), confirmations=0),
    )
    assert await CoreWallet(rpc).sent_since(50) == [
        SentBefore("aa", b"\x0a\x0b", 200, 50, [("x", 123_456_789), ("y", 1)]),
        SentBefore("dd", b"\x0a\x0b", 200, 70, [("x", 9)]),
    ]


async def test_what_never_arrives_is_left_out():
    rpc = Rpc(
        aa=whole(50, paid("x", 5), confirmations=-2),
        bb=whole(50, paid("x", 5, abandoned=True), confirmations=0),
        cc=whole(50, paid("x", 5), confirmations=0) | {"replaced_by_txid": "dd"},
    )
    assert await CoreWallet(rpc).sent_since(0) == []


async def test_what_was_to_be_replaced_and_arrived_all_the_same_counts():
    rpc = Rpc(aa=whole(50, paid("x", 5), confirmations=1) | {"replaced_by_txid": "bb"})
    assert [each.txid_display for each in await CoreWallet(rpc).sent_since(0)] == ["aa"]


async def test_all_pages_are_read_until_they_are_too_old(monkeypatch):
    monkeypatch.setattr(corewallet, "PAGE", 2)
    monkeypatch.setattr(corewallet, "SLACK_SECONDS", 10)
    rpc = Rpc(**{f"t{number:02}": whole(number, paid("x", number + 1)) for number in range(40)})
    found = await CoreWallet(rpc).sent_since(30)
    assert [each.time for each in found] == list(range(30, 40))
    pages = [each for each in rpc.asked if each[0] == "listtransactions"]
    assert len(pages) == 11  # from 39 down to 18, which is before 30 less 10


async def test_a_wallet_that_says_no_is_told():
    class No:
        async def call(self, method, *params, to):
            raise RpcError(method, -18, "Requested wallet does not exist or is not loaded")

    with pytest.raises(PaymentRefused, match="not loaded"):
        await CoreWallet(No()).sent_since(0)
