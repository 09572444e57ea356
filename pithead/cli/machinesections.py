"""What can be configured of machines, as `pithead.cli.sections` does for all else."""

from ipaddress import IPv4Address, ip_address
from typing import Annotated

from msgspec import Meta

from pithead.cli.section import NAME, PRINTABLE, Section
from pithead.hardware.models import DEFAULT_MODEL, UnknownModel, model_named
from pithead.hardware.processor import PROCESSOR


def _check_models(key: str, names: tuple[str, ...], also: str = "") -> None:
    for name in names:
        try:
            model_named(name)
        except UnknownModel as unknown:
            raise ValueError(f"{key}: {unknown}{also}") from None


class FarmSection(Section, frozen=True):
    """Simulated machines that mine at the pool."""

    miners: Annotated[int, Meta(ge=0, le=10_000, description="How many machines.")] = 3
    models: Annotated[
        tuple[str, ...],
        Meta(min_length=1, max_length=100, description="Their models, taken in turn."),
    ] = (DEFAULT_MODEL,)
    users: Annotated[
        tuple[Annotated[str, Meta(pattern=NAME)], ...],
        Meta(min_length=1, max_length=10_000, description="Accounts they mine for, taken in turn."),
    ] = ("alice", "bob")
    scenario: Annotated[
        str,
        Meta(
            max_length=4096,
            description="A file that says which machines there are and what befalls them, instead "
            "of the three keys above; empty for none.",
        ),
    ] = ""
    speed: Annotated[
        float,
        Meta(gt=0, le=100_000, description="How many times faster than the world farm time runs."),
    ] = 1.0
    first_address: Annotated[
        str, Meta(description="The loopback address of the first machine; the others follow.")
    ] = "127.0.1.1"
    rest_port: Annotated[
        int, Meta(ge=0, le=65535, description="The port of each machine's REST API.")
    ] = 80
    rest_fallback_port: Annotated[
        int, Meta(ge=0, le=65535, description="The port instead where rest_port is not allowed.")
    ] = 8081
    cgminer_port: Annotated[
        int,
        Meta(
            ge=0,
            le=65535,
            description="The port of each machine's cgminer API; 0 takes a free one.",
        ),
    ] = 4028
    grpc_port: Annotated[
        int,
        Meta(
            ge=0, le=65535, description="The port of each machine's gRPC API; 0 takes a free one."
        ),
    ] = 50051
    announce: Annotated[
        bool, Meta(description="Whether each machine announces itself by mDNS.")
    ] = False
    admin_port: Annotated[
        int,
        Meta(
            ge=0,
            le=65535,
            description="The port, on 127.0.0.1, of the API that calls faults down on the "
            "machines; 0 takes a free one.",
        ),
    ] = 0

    def __post_init__(self) -> None:
        _check_models("models", self.models)
        try:
            loopback = IPv4Address(self.first_address).is_loopback
        except ValueError:
            loopback = False
        if not loopback:
            raise ValueError(f"first_address {self.first_address!r} is not in 127.0.0.0/8")


class MinerSection(Section, frozen=True):
    """One machine alone, as `pithead miner` runs it."""

    name: Annotated[str, Meta(pattern=NAME, description="Its host name.")] = "miner"
    model: Annotated[
        str,
        Meta(description="The model it simulates; cpu: this computer, hashing at its true speed."),
    ] = DEFAULT_MODEL
    cores: Annotated[
        int, Meta(ge=0, le=1024, description="Of cpu: how many hash; 0: all but one.")
    ] = 0
    pool_url: Annotated[
        str,
        Meta(
            pattern=r"^stratum\+tcp://[!-~]{1,255}$",
            description="The pool it starts with; the API changes it.",
        ),
    ] = "stratum+tcp://127.0.0.1:3333"
    pool_user: Annotated[
        str,
        Meta(pattern=r"^[!-~]{1,128}$", description="The user, or user.worker, at that pool."),
    ] = "alice.miner"
    pool_password: Annotated[
        str, Meta(pattern=PRINTABLE, max_length=128, description="The password at that pool.")
    ] = "x"
    host: Annotated[str, Meta(description="The IP address its APIs listen on.")] = "127.0.1.1"
    rest_port: Annotated[int, Meta(ge=0, le=65535, description="The port of its REST API.")] = 80
    rest_fallback_port: Annotated[
        int, Meta(ge=0, le=65535, description="The port instead where rest_port is not allowed.")
    ] = 8081
    cgminer_port: Annotated[
        int, Meta(ge=0, le=65535, description="The port of its cgminer API; 0 takes a free one.")
    ] = 4028
    grpc_port: Annotated[
        int, Meta(ge=0, le=65535, description="The port of its gRPC API; 0 takes a free one.")
    ] = 50051
    announce: Annotated[bool, Meta(description="Whether it announces itself by mDNS.")] = False
    ambient_c: Annotated[float, Meta(ge=-50, le=80, description="Degrees Celsius round it.")] = 25.0

    def __post_init__(self) -> None:
        if self.model != PROCESSOR:
            _check_models("model", (self.model,), f", or {PROCESSOR} for this computer itself")
        try:
            ip_address(self.host)
        except ValueError:
            raise ValueError(f"host {self.host!r} is not an IP address") from None
