"""How the processes of one pool reach each other, as it is configured."""

from typing import Annotated, Literal

from msgspec import Meta

from pithead.cli.section import PRINTABLE, Section


class ExchangeSection(Section, frozen=True):
    """How the processes of one pool reach each other."""

    kind: Annotated[
        Literal["local", "nats"],
        Meta(description="A socket in the data directory, for one machine; or NATS, for several."),
    ] = "local"
    urls: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^(nats|tls)://[!-~]{1,500}$")], ...],
        Meta(max_length=16, description="The NATS servers, all of them: `nats://host:4222`."),
    ] = ("nats://127.0.0.1:4222",)
    prefix: Annotated[
        str,
        Meta(
            pattern=r"^[0-9a-z_-]{1,32}$",
            description="Begins every subject and stream: pools that share servers have their own.",
        ),
    ] = "pithead"
    replicas: Annotated[
        Literal[1, 3, 5],
        Meta(description="On how many servers is kept what the books have not taken yet."),
    ] = 1
    most_bytes: Annotated[
        int,
        Meta(
            ge=0,
            le=2**63 - 1,
            description="What may wait there for the books; front ends keep what is beyond. "
            "0 is no limit.",
        ),
    ] = 0
    lease_seconds: Annotated[
        float,
        Meta(
            ge=3,
            le=600,
            description="After the last sign of life of the process that keeps the books, when "
            "another takes over; and when the server_number of a front end that died is free. "
            "Too few, and a moment without servers ends it.",
        ),
    ] = 30.0
    patience_seconds: Annotated[
        float,
        Meta(
            ge=0,
            le=3600,
            description="How long the work of all front ends waits for that of one that is cut "
            "off, so that it counts as if that had not been. What comes later counts from when it "
            "comes.",
        ),
    ] = 90.0
    user: Annotated[
        str, Meta(pattern=PRINTABLE, max_length=256, description="Empty: none is asked for.")
    ] = ""
    password: Annotated[str, Meta(max_length=256, description="Of that user.")] = ""
    token: Annotated[str, Meta(max_length=1024, description="Instead of user and password.")] = ""
    credentials_file: Annotated[
        str,
        Meta(
            max_length=4096,
            description="Instead of both, a file of a user's JWT and seed, as `nsc` writes it.",
        ),
    ] = ""
    nkey_file: Annotated[
        str,
        Meta(
            max_length=4096,
            description="Or a file that holds the seed of a user's nkey (`SU...`) and nothing "
            "else; the server has its public half.",
        ),
    ] = ""
    tls_ca: Annotated[
        str,
        Meta(max_length=4096, description="File of who signs the servers' certificates (PEM)."),
    ] = ""
    tls_certificate: Annotated[
        str, Meta(max_length=4096, description="File of the certificate shown to servers (PEM).")
    ] = ""
    tls_key: Annotated[
        str, Meta(max_length=4096, description="File of its private key (PEM, not encrypted).")
    ] = ""

    def __post_init__(self) -> None:
        if self.kind == "nats" and not self.urls:
            raise ValueError("urls: there is none")
        if bool(self.tls_certificate) != bool(self.tls_key):
            raise ValueError("tls_certificate and tls_key go together")
        if sum(map(bool, (self.user, self.token, self.credentials_file, self.nkey_file))) > 1:
            raise ValueError("user, token, credentials_file and nkey_file exclude each other")
