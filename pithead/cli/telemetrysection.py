"""What can be configured of traces."""

from typing import Annotated

from msgspec import Meta

from pithead.cli.section import Section


class TelemetrySection(Section, frozen=True):
    """Traces; they need the extra `telemetry`, see docs/tracing.md."""

    endpoint: Annotated[
        str,
        Meta(
            pattern=r"^(https?://[!-~]{1,500})?$",
            description="The OTLP/HTTP receiver they are sent to, such as "
            "http://127.0.0.1:4318; empty for none.",
        ),
    ] = ""
