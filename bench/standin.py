"""A bitcoind of mainnet that is made up, for measuring two pools alike.

Its templates are full and their sums right: a pool has to read and check what it would from a real
node. One of today would not do: ckpool of 2017 takes no template without `flags` in `coinbaseaux`.
"""

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import zmq

from bench.measure import cores, pinned
from bench.node import START_HEIGHT, TRANSACTIONS
from pithead.bitcoin.block import witness_commitment_script
from pithead.bitcoin.hashing import display_from_wire, sha256d
from pithead.bitcoin.network import MAINNET
from pithead.bitcoin.target import target_from_bits
from pithead.node.trail import Link

BITS = 0x1702A0E2
"""No hash of a benchmark is a block."""
FEE_SATS = 1_000


class Calls(BaseHTTPRequestHandler):
    """JSON-RPC, answered beside the load and in one line, as ckpool reads it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "StandIn"

    def do_POST(self) -> None:
        with pinned(cores()[-1]):
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            result = self.server.result(asked["method"], asked.get("params", []))
            body = b'{"result":%s,"error":null,"id":%d}\n' % (result, asked.get("id", 0))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Nobody reads it."""


class StandIn(ThreadingHTTPServer):
    """The chain and its templates, over RPC; `news` is where it publishes `hashblock`."""

    daemon_threads = True

    def __init__(self, publisher: "zmq.Socket[bytes]") -> None:
        super().__init__(("127.0.0.1", 0), Calls)
        self._publisher = publisher
        self.news = publisher.getsockopt_string(zmq.LAST_ENDPOINT)
        self.url = f"http://127.0.0.1:{self.server_port}"
        raws = [os.urandom(400) for _ in range(TRANSACTIONS)]
        wtxids = [sha256d(raw) for raw in raws]
        self._transactions = [
            {
                "data": raw.hex(), "txid": os.urandom(32).hex(), "hash": display_from_wire(wtxid),
                "fee": FEE_SATS, "sigops": 4, "weight": 1_500, "depends": [],
            }
            for raw, wtxid in zip(raws, wtxids, strict=True)
        ]  # fmt: skip
        self._commitment = witness_commitment_script(wtxids).hex()
        self._tip = Link(START_HEIGHT, os.urandom(32).hex(), "", int(time.time()))
        self._links = {self._tip.hash_display: self._tip}
        self._template = self._made(self._tip)

    def grow(self) -> float:
        """Somebody else found a block; when a template on it could first be had, monotonic."""
        tip = Link(
            self._tip.height + 1, os.urandom(32).hex(), self._tip.hash_display, int(time.time())
        )
        template = self._made(tip)
        self._links[tip.hash_display] = tip
        moment = time.monotonic()
        self._tip, self._template = tip, template
        self._publisher.send_multipart([b"hashblock", bytes.fromhex(tip.hash_display), bytes(4)])
        return moment

    def result(self, method: str, params: list[str]) -> bytes:
        if method == "getblocktemplate":
            return self._template
        tip, link = self._tip, self._links.get(params[0]) if params else None
        results: dict[str, object] = {
            "getblockchaininfo": {
                "chain": "main", "blocks": tip.height, "headers": tip.height,
                "bestblockhash": tip.hash_display, "chainwork": f"{tip.height:064x}",
                "initialblockdownload": False,
            },
            "getblockheader": link and {
                "hash": link.hash_display, "height": link.height, "time": link.time,
                "previousblockhash": link.parent_display,
            },
            "getconnectioncount": 8,
            "validateaddress": {"isvalid": True},
        }  # fmt: skip
        return json.dumps(results.get(method)).encode()

    def _made(self, tip: Link) -> bytes:
        """A template on a block, encoded beforehand: its making is nobody's time."""
        template = {
            "version": 0x20000000, "rules": ["csv", "segwit", "taproot"],
            "previousblockhash": tip.hash_display, "transactions": self._transactions,
            "coinbaseaux": {"flags": ""}, "height": tip.height + 1,
            "coinbasevalue": MAINNET.subsidy_sats(tip.height + 1) + TRANSACTIONS * FEE_SATS,
            "curtime": tip.time, "mintime": tip.time - 3_600, "bits": f"{BITS:08x}",
            "target": f"{target_from_bits(BITS):064x}", "weightlimit": 4_000_000,
            "sigoplimit": 80_000, "default_witness_commitment": self._commitment,
        }  # fmt: skip
        return json.dumps(template).encode()


@contextmanager
def standing_in() -> Iterator[StandIn]:
    """A stand-in that answers, gone at the end."""
    with zmq.Context() as context, context.socket(zmq.PUB) as publisher:
        publisher.setsockopt(zmq.LINGER, 0)
        publisher.bind("tcp://127.0.0.1:*")
        with StandIn(publisher) as stand_in:
            thread = threading.Thread(target=stand_in.serve_forever)
            thread.start()
            try:
                yield stand_in
            finally:
                stand_in.shutdown()
                thread.join()
