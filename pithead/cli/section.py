"""What every section of the configuration is."""

from msgspec import Struct

NAME = r"^[A-Za-z0-9_][A-Za-z0-9_@+-]{0,63}$"
PRINTABLE = r"^[ -~]*$"


class Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One component's keys."""
