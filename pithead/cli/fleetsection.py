"""What can be configured of the fleet's pages, as `pithead.cli.sections` does for all else."""

from typing import Annotated

from msgspec import Meta

from pithead.cli.section import PRINTABLE, Section
from pithead.fleet.ranges import places_in

HOST = r"^[0-9A-Za-z.:_-]{1,255}$"


class FleetSection(Section, frozen=True):
    """Many machines watched and steered from one page, through their own REST APIs."""

    enabled: Annotated[
        bool, Meta(description="Whether `pithead up` and `pithead farm` serve it for the farm.")
    ] = True
    host: Annotated[
        str,
        Meta(
            pattern=HOST,
            description="The address of its pages and its API. Where that is not loopback, "
            "nothing is shown to who has not signed in.",
        ),
    ] = "127.0.0.1"
    port: Annotated[
        int, Meta(ge=0, le=65535, description="Its port; 0 takes any that is free.")
    ] = 8090
    ranges: Annotated[
        str,
        Meta(
            max_length=100_000,
            description="Machines to watch beside those of the command line or of the farm: "
            "addresses, names, ranges such as 10.0.0.5-60, networks such as 10.0.0.0/24, each with "
            ":PORT where it is not 80, with commas between them.",
        ),
    ] = ""
    username: Annotated[
        str, Meta(pattern=PRINTABLE, max_length=128, description="The machines' user.")
    ] = "root"
    password: Annotated[
        str, Meta(max_length=256, description="The machines' password for that user.")
    ] = ""
    look_seconds: Annotated[
        float,
        Meta(
            ge=1, le=3600, description="Between two looks at a machine; more where there are many."
        ),
    ] = 5.0
    requests_per_second: Annotated[
        float,
        Meta(ge=1, le=10_000, description="The most that all machines together are asked."),
    ] = 500.0

    def __post_init__(self) -> None:
        if not self.ranges:
            return
        try:
            places_in(self.ranges)
        except ValueError as error:
            raise ValueError(f"ranges: {error}") from error
