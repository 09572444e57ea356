"""Every metric there is, once: name, kind, meaning, labels. Dashboards and alerts are held to it.

Rates and work are hashes as the APIs show them (`work_scale` is in them), money is satoshis,
times are seconds. Counters begin at 0 with the process.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["gauge", "counter"]


@dataclass(frozen=True, slots=True)
class Family:
    name: str
    """In full; that of a counter ends in `_total`."""
    meaning: str
    labels: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind:
        return "counter" if self.name.endswith("_total") else "gauge"


@dataclass(frozen=True, slots=True)
class Sample:
    family: Family
    value: float
    labels: tuple[str, ...] = ()
    """Values in the order of the family's names."""


# Of any process

INFO = Family("pithead_info", "1; the labels say what runs.", ("version", "native"))
LOOP_LAG = Family("pithead_loop_lag_seconds", "The latest the event loop was in the last minute.")
DATA_FREE = Family("pithead_data_free_bytes", "Room left where the data directory is.")

# Of a pool

CONNECTIONS = Family("pithead_pool_connections", "Stratum connections.")
CONNECTIONS_LIMIT = Family("pithead_pool_connections_limit", "The most there may be.")
SESSIONS = Family("pithead_pool_sessions_authorised", "Of the connections, those given work.")
USERS = Family("pithead_pool_users", "Accounts that have mined here.")
WORKERS = Family("pithead_pool_active_workers", "Workers with a share in the last five minutes.")
ACCEPTED = Family("pithead_pool_shares_accepted_total", "Shares credited.")
ACCEPTED_WORK = Family("pithead_pool_work_accepted_hashes_total", "Their work.")
REJECTED = Family("pithead_pool_shares_rejected_total", "Submits refused.", ("reason",))
REJECTED_WORK = Family(
    "pithead_pool_work_rejected_hashes_total", "The work they were to prove.", ("reason",)
)
HASHRATE = Family(
    "pithead_pool_hashrate_hashes_per_second",
    "Credited work over a window (5m, 60m, 24h), or by score.",
    ("window",),
)
SHARE_WORK = Family(
    "pithead_pool_share_work_hashes",
    "What a share takes, over the sessions: least (0), median (0.5), 0.9 and most (1).",
    ("quantile",),
)
TEMPLATE_AGE = Family("pithead_pool_template_age_seconds", "Since the node gave the last template.")
HAS_WORK = Family("pithead_pool_has_work", "Whether work is given out (0 or 1).")
HEIGHT = Family("pithead_pool_tip_height", "Of the chain's tip.")
BLOCKS_FOUND = Family(
    "pithead_pool_blocks_found", "All the pool has found, but those the node refused at once."
)
BLOCKS = Family("pithead_pool_blocks", "Those in the database, by what became of them.", ("state",))
BLOCKS_UNRESOLVED = Family(
    "pithead_pool_blocks_unresolved", "Blocks found that the node has not answered for."
)
ROUND_WORK = Family("pithead_pool_round_work_hashes", "Since the pool's last block.")
ROUND_SECONDS = Family("pithead_pool_round_seconds", "Since the pool's last block.")
ROUND_EXPECTED = Family(
    "pithead_pool_round_expected_blocks",
    "Work of the round over that of a block: 1 is a round of mean length. A round gets past x "
    "with probability exp(-x).",
)
BLOCK_WORK = Family("pithead_pool_block_work_hashes", "What a block takes now.")
LEDGER_OFF = Family(
    "pithead_pool_ledger_imbalance_sats", "What all accounts add up to: 0, or the books are wrong."
)
JOURNAL_EVENTS = Family(
    "pithead_pool_journal_events_total", "Events written to the journal by this process."
)
JOURNAL_WRITABLE = Family(
    "pithead_pool_journal_writable", "Whether the last batch could be kept (0 or 1)."
)
UNCOMMITTED = Family(
    "pithead_pool_events_uncommitted", "In the journal and not yet in the database."
)
FAILED_COMMITS = Family(
    "pithead_pool_store_commit_failures_total", "Times the database could not be written."
)
DATABASE_UP = Family("pithead_pool_database_up", "Whether the database answers (0 or 1).")
NOTICES = Family("pithead_pool_notices_waiting", "Messages to users that are still to be sent.")
BANS = Family("pithead_pool_bans", "Addresses the web API does not listen to.")

NODE_UP = Family("pithead_node_up", "Whether a bitcoind answers (0 or 1).", ("node",))
NODE_USABLE = Family("pithead_node_usable", "Whether it is mined on (0 or 1).", ("node",))
NODE_HEIGHT = Family("pithead_node_height", "Of its best block.", ("node",))
NODE_HEADERS = Family("pithead_node_headers", "Of its best header.", ("node",))
NODE_PEERS = Family("pithead_node_peers", "Its connections.", ("node",))
NODE_DOWNLOADING = Family(
    "pithead_node_initial_download", "Whether it catches up from far behind (0 or 1).", ("node",)
)

# Of a farm, or of one miner

MACHINES = Family("pithead_farm_machines", "Machines there are.")
HASHING_WORKERS = Family("pithead_farm_hashing_workers", "Processes that hash for them.")
UP = Family("pithead_machine_up", "Whether its computer runs (0 or 1).", ("machine",))
MACHINE_INFO = Family(
    "pithead_machine_info", "1; the labels say what it is and does.", ("machine", "model", "status")
)
MACHINE_HASHRATE = Family(
    "pithead_machine_hashrate_hashes_per_second",
    "From the nonces found in the last five minutes.",
    ("machine",),
)
NOMINAL = Family(
    "pithead_machine_nominal_hashes_per_second",
    "What its clocks would give; 0 while it does not hash.",
    ("machine",),
)
WATTS = Family("pithead_machine_power_watts", "What it draws.", ("machine",))
CHIP_TEMPERATURE = Family(
    "pithead_machine_chip_temperature_celsius", "Of the hottest chip.", ("machine",)
)
BOARD_TEMPERATURE = Family(
    "pithead_machine_board_temperature_celsius", "Of a hashboard.", ("machine", "board")
)
FAN = Family("pithead_machine_fan_rpm", "Turns a minute.", ("machine", "fan"))
FAULTS = Family("pithead_machine_faults", "Faults called down on it that hold now.", ("machine",))
MACHINE_SHARES = Family(
    "pithead_machine_shares_total",
    "What the pool said of its shares.",
    ("machine", "result"),
)

# Of a fleet, as its machines say over their own APIs

FLEET_MACHINES = Family("pithead_fleet_machines", "Machines there are.", ("state",))
FLEET_LOOK = Family("pithead_fleet_look_seconds", "Between two looks at a machine that answers.")
FLEET_INFO = Family(
    "pithead_fleet_machine_info",
    "1; the labels say what it is.",
    ("machine", "name", "model", "version"),
)
FLEET_UP = Family("pithead_fleet_machine_up", "Whether it answers us (0 or 1).", ("machine",))
FLEET_MINING = Family("pithead_fleet_machine_mining", "Whether it mines (0 or 1).", ("machine",))
FLEET_ATTENTION = Family(
    "pithead_fleet_machine_attention", "Whether somebody should look (0 or 1).", ("machine",)
)
FLEET_SEEN = Family("pithead_fleet_machine_seen_seconds", "Since it last answered.", ("machine",))
FLEET_HASHRATE = Family(
    "pithead_fleet_machine_hashrate_hashes_per_second", "Of the last five minutes.", ("machine",)
)
FLEET_NOMINAL = Family(
    "pithead_fleet_machine_nominal_hashes_per_second", "What it is to do now.", ("machine",)
)
FLEET_WATTS = Family("pithead_fleet_machine_power_watts", "What it draws.", ("machine",))
FLEET_TARGET = Family("pithead_fleet_machine_target_watts", "What it aims at.", ("machine",))
FLEET_CHIP = Family(
    "pithead_fleet_machine_chip_temperature_celsius", "The hottest it knows of.", ("machine",)
)
FLEET_ERRORS = Family("pithead_fleet_machine_errors", "Errors that it lists.", ("machine",))
FLEET_SHARES = Family(
    "pithead_fleet_machine_shares_total",
    "What its pools said of its shares since its mining began.",
    ("machine", "result"),
)

EVERY = tuple(value for value in list(globals().values()) if isinstance(value, Family))
