"""What can be configured of chains: the embedded one, and nodes of a real network."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta

from pithead.cli.section import Section

Url = Annotated[str, Meta(pattern=r"^https?://[!-~]{1,500}$")]
CookieFile = Annotated[str, Meta(min_length=1, max_length=4096)]


class NodeSection(Section, frozen=True):
    """Where blocks come from and go: the embedded chain, or bitcoind."""

    kind: Annotated[
        Literal["embedded", "bitcoind"],
        Meta(description="A chain in this process, for farms; or nodes of a network."),
    ] = "embedded"
    role: Annotated[
        Literal["accounting", "node"],
        Meta(
            description="Of a pool on several machines, which role has the node: that with the "
            "books, or one of its own. The same for all processes."
        ),
    ] = "accounting"
    network: Annotated[
        Literal["mainnet", "testnet4", "signet", "regtest"],
        Meta(description="The network of the nodes. The embedded chain is always regtest."),
    ] = "regtest"
    urls: Annotated[
        tuple[Url, ...],
        Meta(
            max_length=16,
            description="The RPC addresses of the nodes, the preferred first: "
            "`http://host:port` or `http://user:password@host:port`. Empty is the network's own "
            "port on this machine. Blocks go to all of them, work comes from the one with the "
            "most work behind it.",
        ),
    ] = ()
    cookie_files: Annotated[
        tuple[CookieFile, ...],
        Meta(
            max_length=16,
            description="For nodes without user and password: their `.cookie`, one for each or "
            "one for all. Empty is the one in ~/.bitcoin.",
        ),
    ] = ()
    zmq: Annotated[
        tuple[
            Annotated[
                str, Meta(pattern=r"^(none|tcp://[!-~]{1,255}:[0-9]{1,5}|ipc://[!-~]{1,255})$")
            ],
            ...,
        ],
        Meta(
            max_length=16,
            description="Where each node publishes blocks (its `zmqpubhashblock`), in the order "
            "of urls; `none`, or left out at the end, for a node that is asked by long polls.",
        ),
    ] = ()
    near_urls: Annotated[
        tuple[Url, ...],
        Meta(
            max_length=16,
            description="Of a front end: nodes near it, to which a block goes the moment it is "
            "found, besides those of the pool, which it reaches through other processes. Nothing "
            "else is asked of them.",
        ),
    ] = ()
    near_cookie_files: Annotated[
        tuple[CookieFile, ...],
        Meta(max_length=16, description="Theirs, as cookie_files."),
    ] = ()
    poll_seconds: Annotated[
        float,
        Meta(ge=0.1, le=60, description="How often each node is looked at in any case."),
    ] = 1.0
    timeout_seconds: Annotated[
        float, Meta(ge=1, le=120, description="How long a node may take to answer.")
    ] = 10.0
    regtest_block_work: Annotated[
        int,
        Meta(
            ge=0,
            le=2**63 - 1,
            description="Hashes a block takes on average on a bitcoind's regtest, where any hash "
            "would do; 0 is about what a block of the embedded chain would begin with.",
        ),
    ] = 0

    def __post_init__(self) -> None:
        for name, urls in (("urls", self.urls), ("near_urls", self.near_urls)):
            if not all(map(_is_good, urls)):
                raise ValueError(f"{name}: one is not of the form http://user:password@host:port")
        if len(self.cookie_files) not in (0, 1, max(1, len(self.urls))):
            raise ValueError("cookie_files: there is one for all nodes, or one for each")
        if len(self.near_cookie_files) not in (0, 1, len(self.near_urls)):
            raise ValueError("near_cookie_files: there is one for all nodes, or one for each")
        if self.near_urls and self.kind != "bitcoind":
            raise ValueError("near_urls: the embedded chain has no other nodes")
        if len(self.zmq) > max(1, len(self.urls)):
            raise ValueError("zmq: there are more of them than nodes")


def _is_good(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


class ChainSection(Section, frozen=True):
    """The embedded chain."""

    block_value_sats: Annotated[
        int,
        Meta(
            ge=0,
            le=50 * 10**8,
            description="What a block is worth on average, kept up by fees as the subsidy falls.",
        ),
    ] = 325_000_000
