"""What the sessions of one front end have in common: jobs, extranonces, accounts and settings."""

from collections.abc import Callable
from dataclasses import dataclass, field

from pithead.pool.extranonce import Extranonces
from pithead.pool.floors import AccountFloors
from pithead.pool.jobs import JobBook
from pithead.pool.vardiff import VardiffSettings
from pithead.stratum.lines import SERVER_LINE_LIMIT
from pithead.stratum.negotiation import VERSION_ROLLING_MASK


@dataclass(frozen=True, slots=True)
class SessionSettings:
    line_limit: int = SERVER_LINE_LIMIT
    login_seconds: float = 60.0
    """Wall time to subscribe and authorise in."""
    quiet_seconds: float = 34.0
    """Wall time after which a miner without news gets a new job: some leave a pool that has been
    silent for 60 s, cgminer after 90."""
    refresh_seconds: float = 120.0
    """Farm time after which a miner gets a newer job in any case, well before its last expires."""
    version_mask: int = VERSION_ROLLING_MASK
    most_workers: int = 256
    """Names authorised on one connection; a proxy brings many."""
    suggestions_per_minute: int = 6
    patience: int = 100
    """Bad requests before the connection is closed."""
    forgiving_seconds: float = 10.0
    """Wall time after which one of them is forgotten."""
    refused_name_cost: int = 20
    """How many bad requests a refused name counts for."""


@dataclass(frozen=True, slots=True)
class Front:
    """What all sessions of one front end share."""

    book: JobBook
    extranonces: Extranonces
    admit: Callable[[str], bool]
    """Whether a user may mine here; asked at each authorisation."""
    settings: SessionSettings = field(default_factory=SessionSettings)
    vardiff: VardiffSettings = field(default_factory=VardiffSettings)
    floors: AccountFloors = field(default_factory=AccountFloors)
    """What accounts want of their workers' shares at the least."""
