"""Two copies of the settings of one machine: in force now, and saved for its next start. Pure.

They are the same until something is saved without being applied. What changes meanwhile (it is
paused, it learns a profile) is changed in both; the next thing that the operator has applied puts
all that is saved in force (see `draft`).
"""

from collections.abc import Callable
from typing import Any

import msgspec

from pithead.miner.configuration import Settings


class SettingsBook:
    """`save` is called with the saved copy after each change of it."""

    def __init__(self, settings: Settings, save: Callable[[Settings], None]) -> None:
        self.in_force = self.saved = settings
        self._save = save

    def change(self, **fields: object) -> None:
        """These values are in force from now on, and saved."""
        self.note(**fields)
        self._save(self.saved)

    def note(self, **fields: object) -> None:
        """The same, but written down with the next change only: it can be found out again."""
        new = msgspec.structs.replace(self.in_force, **fields)
        self.saved = _merged(self.saved, self.in_force, new)
        self.in_force = new

    def save_only(self, settings: Settings) -> None:
        """Keep these for the next start; what is in force stays so."""
        self.saved = settings
        self._save(settings)

    def replace(self, settings: Settings) -> None:
        """Other settings altogether."""
        self.in_force = settings
        self.save_only(settings)

    def start_over(self) -> None:
        """The next start is now."""
        self.in_force = self.saved


def _merged(saved: Any, old: Any, new: Any) -> Any:
    """`saved` with the values in which `new` differs from `old`, field by field."""
    if saved is old:
        return new
    if not (isinstance(new, msgspec.Struct) and type(new) is type(old) is type(saved)):
        return new
    pairs = ((name, getattr(old, name), getattr(new, name)) for name in new.__struct_fields__)
    changed = {
        name: _merged(getattr(saved, name), before, after)
        for name, before, after in pairs
        if before != after
    }
    return msgspec.structs.replace(saved, **changed)
