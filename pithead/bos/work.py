"""Hashrates as the work solver measures them."""

from typing import Annotated

from pithead.bos.units import GigaHashrate, MegaHashrate
from pithead.rpc.contract import U32, U64, Message, wire


class RealHashrate(Message, frozen=True, kw_only=True):
    last_5s: Annotated[GigaHashrate | None, wire(1)] = None
    last_15s: Annotated[GigaHashrate | None, wire(2)] = None
    last_30s: Annotated[GigaHashrate | None, wire(3)] = None
    last_1m: Annotated[GigaHashrate | None, wire(4)] = None
    last_5m: Annotated[GigaHashrate | None, wire(5)] = None
    last_15m: Annotated[GigaHashrate | None, wire(6)] = None
    last_30m: Annotated[GigaHashrate | None, wire(7)] = None
    last_1h: Annotated[GigaHashrate | None, wire(8)] = None
    last_24h: Annotated[GigaHashrate | None, wire(9)] = None
    since_restart: Annotated[GigaHashrate | None, wire(10)] = None


class WorkSolverStats(Message, frozen=True, kw_only=True):
    real_hashrate: Annotated[RealHashrate | None, wire(1)] = None
    nominal_hashrate: Annotated[GigaHashrate | None, wire(2)] = None
    error_hashrate: Annotated[MegaHashrate | None, wire(3)] = None
    found_blocks: Annotated[int, wire(4, "uint32", ge=0, le=U32)]
    best_share: Annotated[int, wire(5, "uint64", ge=0, le=U64)]
    best_share_str: Annotated[str, wire(6, "string")]
