"""What can be configured: each key once, with its type, limits, default and meaning.

Flags, environment, file, checks and the annotated example all come from these definitions; see
`pithead.cli.config`. Text may be empty where that means something, and says so.
"""

from typing import Annotated, Literal

from msgspec import Meta

from pithead.cli.exchangesection import ExchangeSection
from pithead.cli.fleetsection import FleetSection
from pithead.cli.machinesections import FarmSection, MinerSection
from pithead.cli.nodesections import ChainSection, NodeSection
from pithead.cli.payoutsection import PayoutsSection
from pithead.cli.section import PRINTABLE, Section
from pithead.cli.telemetrysection import TelemetrySection

HOST = r"^[0-9A-Za-z.:_-]{1,255}$"


class DataSection(Section, frozen=True):
    """Where state lives."""

    directory: Annotated[
        str, Meta(min_length=1, description="Everything that survives a restart is in here.")
    ] = "pithead-data"


class PoolSection(Section, frozen=True):
    """The mining pool: Stratum, accounting and the web API."""

    stratum_host: Annotated[
        str, Meta(pattern=HOST, description="The address miners connect to.")
    ] = "127.0.0.1"
    stratum_port: Annotated[
        int, Meta(ge=0, le=65535, description="Its port; 0 takes any that is free.")
    ] = 3333
    tls_certificate: Annotated[
        str,
        Meta(
            max_length=4096,
            description="File of the certificate chain (PEM) for TLS, on the Stratum port as well "
            "as on one of its own; empty for no TLS. A new one is used without a restart.",
        ),
    ] = ""
    tls_key: Annotated[
        str, Meta(max_length=4096, description="File of its private key (PEM, not encrypted).")
    ] = ""
    stratum_tls_port: Annotated[
        int,
        Meta(ge=0, le=65535, description="The port for TLS alone; 0 takes any that is free."),
    ] = 3334
    api_host: Annotated[
        str, Meta(pattern=HOST, description="The address of the web API and the pages.")
    ] = "127.0.0.1"
    api_port: Annotated[
        int, Meta(ge=0, le=65535, description="Its port; 0 takes any that is free.")
    ] = 8080
    api_burst: Annotated[
        int, Meta(ge=1, le=10_000, description="Requests an access token may make at once.")
    ] = 25
    api_refill_per_second: Annotated[
        float, Meta(gt=0, le=1_000, description="Requests a second it may make for ever.")
    ] = 0.5
    work_scale: Annotated[
        int,
        Meta(
            ge=1,
            le=10**15,
            description="Hashes that the APIs show for every hash really made. 1 for real "
            "miners; 10**12 lets a simulated machine of 100 TH/s make 100 hashes a second.",
        ),
    ] = 10**12
    reward_scheme: Annotated[
        Literal["score", "pplns", "fpps", "solo"],
        Meta(
            description="How rewards are shared out: by scoring hashrate, by the last shares, a "
            "fixed price for each share (the pool bears the luck), or all to a block's finder. A "
            "change holds from the next start on; `pithead pool rules` makes one at once."
        ),
    ] = "score"
    fee_percent: Annotated[
        float, Meta(ge=0, le=100, description="The pool's part of every reward.")
    ] = 2.0
    braiins_os_refund_percent: Annotated[
        float,
        Meta(ge=0, le=100, description="Of the fee, what work done by Braiins OS gets back."),
    ] = 100.0
    referral_bonus_percent: Annotated[
        float,
        Meta(ge=0, le=100, description="Of their reward, what referred users get on top."),
    ] = 0.5
    referral_reward_percent: Annotated[
        float,
        Meta(ge=0, le=100, description="Of their reward, what whoever referred them gets."),
    ] = 0.5
    referral_days: Annotated[
        int, Meta(ge=1, le=36_500, description="How long referrals count.")
    ] = 365
    pplns_window: Annotated[
        float,
        Meta(ge=0.01, le=100, description="`pplns`: the work that is paid, in blocks' work."),
    ] = 2.0
    scoring_seconds: Annotated[
        float,
        Meta(
            ge=1, le=86_400, description="Time constant of the scoring hashrate: rewards follow it."
        ),
    ] = 1200.0
    confirmations: Annotated[
        int, Meta(ge=1, le=1_000, description="Blocks on top of a block until it pays.")
    ] = 100
    block_interval_seconds: Annotated[
        float,
        Meta(ge=1, le=2_592_000, description="Mean time between blocks of the embedded chain."),
    ] = 60.0
    stale_seconds: Annotated[
        float,
        Meta(
            ge=1,
            le=86_400,
            description="The age of the last template at which no more work is given out, "
            "until there is a new one.",
        ),
    ] = 120.0
    shares_per_minute: Annotated[
        float,
        Meta(ge=0.1, le=600, description="Shares each connection should send, by its difficulty."),
    ] = 18.0
    first_share_work: Annotated[
        int,
        Meta(
            ge=1,
            le=2**63 - 1,
            description="Hashes a share of a new connection takes on average, before work_scale. "
            "Difficulty 1 is 4295032833.",
        ),
    ] = 256
    least_share_work: Annotated[
        int,
        Meta(ge=1, le=2**63 - 1, description="The fewest hashes any share takes on average."),
    ] = 16
    extranonce1_bytes: Annotated[
        int, Meta(ge=2, le=8, description="Bytes that tell connections apart in the coinbase.")
    ] = 4
    server_bits: Annotated[
        int,
        Meta(
            ge=0,
            le=16,
            description="Bits of the extranonce that tell several pool servers apart, the same "
            "for all of them.",
        ),
    ] = 0
    server_number: Annotated[
        int, Meta(ge=0, le=65535, description="Which of them this is: every one has its own.")
    ] = 0
    front_ends: Annotated[
        int,
        Meta(
            ge=0,
            le=32,
            description="Processes that share the Stratum ports, for machines of several cores; "
            "limits of connections and bytes hold in each. 0 and 1: all is done in one process. "
            "For `pithead pool` alone.",
        ),
    ] = 0
    extranonce2_bytes: Annotated[
        int, Meta(ge=2, le=8, description="Bytes of the coinbase that are the miner's to change.")
    ] = 8
    max_connections: Annotated[
        int, Meta(ge=1, le=1_000_000, description="Stratum connections at the same time.")
    ] = 15_000
    max_connections_per_address: Annotated[
        int, Meta(ge=1, le=1_000_000, description="Of these, from one address.")
    ] = 2_000
    max_connections_per_subnet: Annotated[
        int, Meta(ge=1, le=1_000_000, description="Of these, from one /24, or /48 of IPv6.")
    ] = 4_000
    bytes_per_second_per_connection: Annotated[
        int,
        Meta(
            ge=1,
            le=10**12,
            description="What one may send for long, each line counting 64 bytes more; who sends "
            "more is read later.",
        ),
    ] = 256 * 1024
    bytes_per_second_per_address: Annotated[
        int, Meta(ge=1, le=10**12, description="The same of all from one address together.")
    ] = 4 * 1024 * 1024
    bytes_per_second_per_subnet: Annotated[
        int, Meta(ge=1, le=10**12, description="The same of one /24, or /48 of IPv6.")
    ] = 8 * 1024 * 1024
    trusted_proxies: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^[0-9A-Fa-f.:]{2,45}$")], ...],
        Meta(
            max_length=100,
            description="Addresses of balancers that begin each connection with a PROXY header.",
        ),
    ] = ()
    database: Annotated[
        str,
        Meta(
            pattern=r"^[!-~]{0,500}$",
            description="postgresql://user:password@host:5432/name, or of a primary and its "
            "standby @one:5432,two:5432/name; empty is a file (SQLite) in the data directory.",
        ),
    ] = ""
    replica_database: Annotated[
        str,
        Meta(
            pattern=r"^[!-~]{0,500}$",
            description="The same of a replica of it, where the web API's questions about past "
            "days are read; while it is away, and where this is empty, the database itself is.",
        ),
    ] = ""
    worker_days: Annotated[
        float,
        Meta(
            ge=0,
            le=36_500,
            description="After how many days without a share a worker that is not connected is "
            "forgotten; what it brought its user stays. 0 forgets none.",
        ),
    ] = 90.0
    journal_days: Annotated[
        float,
        Meta(
            ge=0,
            le=36_500,
            description="For how many days each share is kept in journal/kept, some 30 bytes each, "
            "once the database has it, so that `pithead pool check` can tell it again; 0 keeps "
            "none.",
        ),
    ] = 2.0
    durability: Annotated[
        Literal["write", "group"],
        Meta(
            description="When a share is safe: `write` survives the death of the process, "
            "`group` a power cut as well, some milliseconds later."
        ),
    ] = "write"
    registration_open: Annotated[
        bool, Meta(description="Whether a user nobody has heard of becomes an account.")
    ] = True
    payout_address: Annotated[
        str,
        Meta(
            pattern=r"^[0-9A-Za-z]{0,90}$",
            description="Where blocks pay to; empty is the embedded chain's own wallet.",
        ),
    ] = ""
    coinbase_tag: Annotated[
        str, Meta(pattern=PRINTABLE, max_length=32, description="Text in the coinbase of a block.")
    ] = "/pithead/"
    send_threshold_sats: Annotated[
        int, Meta(ge=0, le=21 * 10**14, description="The smallest balance that is paid out.")
    ] = 20_000

    def __post_init__(self) -> None:
        if self.first_share_work < self.least_share_work:
            raise ValueError("first_share_work is less than least_share_work")
        if bool(self.tls_certificate) != bool(self.tls_key):
            raise ValueError("tls_certificate and tls_key go together")
        if self.server_number >= 1 << self.server_bits:
            raise ValueError("server_number does not fit in server_bits")
        if 8 * self.extranonce1_bytes - self.server_bits - self.front_end_bits < 8:
            raise ValueError(
                "server_bits and front_ends leave less than 8 bits of extranonce1_bytes"
            )

    @property
    def front_end_bits(self) -> int:
        """Bits of the extranonce that tell the processes of one server apart."""
        return max(0, self.front_ends - 1).bit_length()


class AdminSection(Section, frozen=True):
    """The API of those who run the pool; its tokens come from `pithead admin create NAME`."""

    host: Annotated[str, Meta(pattern=HOST, description="Its address; keep it from strangers.")] = (
        "127.0.0.1"
    )
    port: Annotated[
        int, Meta(ge=0, le=65535, description="Its port; 0 takes any that is free.")
    ] = 8082
    metrics_open: Annotated[
        bool,
        Meta(
            description="Whether programs on this machine may read /metrics without a token; "
            "all others need one."
        ),
    ] = True


class MailSection(Section, frozen=True):
    """The mail server that alerts go out by."""

    host: Annotated[
        str,
        Meta(pattern=r"^[0-9A-Za-z.:_-]{0,255}$", description="Empty: no e-mail is sent."),
    ] = ""
    port: Annotated[int, Meta(ge=1, le=65535, description="Its port.")] = 587
    username: Annotated[
        str, Meta(max_length=256, description="Empty: it asks for no name and password.")
    ] = ""
    password: Annotated[str, Meta(max_length=256, description="Its password for that name.")] = ""
    sender: Annotated[
        str,
        Meta(pattern=r"^[!-~]{1,128}@[!-~]{1,128}$", description="Whom alerts come from."),
    ] = "pithead@localhost"
    start_tls: Annotated[
        bool, Meta(description="Whether the connection turns to TLS before anything is said.")
    ] = True


class LogSection(Section, frozen=True):
    """What the program says of itself while it runs."""

    level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Meta(description="The least important lines to write."),
    ] = "info"
    format: Annotated[
        Literal["text", "json"], Meta(description="For people, or one JSON object a line.")
    ] = "text"


class Config(Section, frozen=True):
    """Everything, in the order of the example file."""

    data: DataSection = DataSection()
    pool: PoolSection = PoolSection()
    admin: AdminSection = AdminSection()
    payouts: PayoutsSection = PayoutsSection()
    mail: MailSection = MailSection()
    exchange: ExchangeSection = ExchangeSection()
    node: NodeSection = NodeSection()
    chain: ChainSection = ChainSection()
    farm: FarmSection = FarmSection()
    fleet: FleetSection = FleetSection()
    miner: MinerSection = MinerSection()
    log: LogSection = LogSection()
    telemetry: TelemetrySection = TelemetrySection()
