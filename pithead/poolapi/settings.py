"""What an operator may set of the pool's web API."""

import msgspec


class ApiSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The defaults suit a pool on a real network, where one hash is one hash."""

    work_scale: int = 1
    """Hashes shown for every real hash; see `work_scale` in docs/architecture.md."""
    burst: int = 25
    """Requests an access token may make at once."""
    refill_per_second: float = 0.5
    """Requests a second an access token may make for ever."""
    wrong_token_burst: int = 60
    """Wrong tokens an address may send before all its requests are refused for a while. Generous,
    because on one machine, or behind one router, every client has the same address."""
    wrong_token_refill_per_second: float = 0.5
    ban_strikes: int = 300
    """Refusals (429) an address may collect at once before it is banned; 0 bans nobody."""
    ban_refill_per_second: float = 0.2
    """Refusals a second that an address is forgiven for ever."""
    ban_seconds: float = 600.0
    bucket_limit: int = 20_000
    """Tokens, and addresses, remembered at most: some 4 MB."""
    range_limit_days: int = 400
    """The longest from..to: a year and the month before it."""
    row_limit: int = 11_000
    """Block rewards in one answer at most: a week of a block a minute, and some."""
    send_threshold_sats: int = 20_000
    """The smallest balance that is paid out; 0.0002 BTC is the documented minimum of Braiins Pool
    on chain."""
    confirmations: int = 100
    """That a block's reward waits for, as the pool's books have it."""
