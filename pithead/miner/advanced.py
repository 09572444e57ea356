"""Settings for experts: what there is, as a JSON Schema, and changes all or nothing. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from pithead.miner.refusals import BadSetting
from pithead.miner.system_settings import AdvancedValue

SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True, slots=True)
class Setting:
    name: str
    default: AdvancedValue
    description: str
    minimum: int | None = None
    maximum: int | None = None

    @property
    def kind(self) -> str:
        """As JSON Schema calls it."""
        match self.default:
            case bool():
                return "boolean"
            case int():
                return "integer"
            case _:
                return "string"

    def schema(self) -> dict[str, Any]:
        limits = {"minimum": self.minimum, "maximum": self.maximum}
        return {
            "type": self.kind,
            "description": self.description,
            "default": self.default,
            **({"maxLength": LONGEST_TEXT} if self.kind == "string" else {}),
            **{name: value for name, value in limits.items() if value is not None},
        }


LONGEST_TEXT = 64

TIMEZONE = Setting("timezone", "UTC", "Where the machine stands, such as Europe/Prague; schedules "
                   "are in its time.")  # fmt: skip
DEAD_POOLS_TIMEOUT = Setting(
    "dead_pools_timeout_s", 60, "Seconds without a living pool until mining is suspended.", 10, 3600
)
DELAYED_START = Setting(
    "delayed_start_s", 0, "Seconds from the start of the mining process until it hashes.", 0, 3600
)
DISABLE_ON_NOPIC = Setting(
    "allow_disabling_hashboards_on_nopic_miners",
    False,
    "Let boards be disabled that have power whenever the machine has.",
)
MONITOR_INTERVAL = Setting(
    "monitor_interval_s", 300, "Seconds between two lines of the monitor log.", 10, 86_400
)

SETTINGS = {
    each.name: each
    for each in (
        TIMEZONE, DEAD_POOLS_TIMEOUT, DELAYED_START, DISABLE_ON_NOPIC, MONITOR_INTERVAL,
    )
}  # fmt: skip


def schema() -> dict[str, Any]:
    """Of a whole set of settings."""
    return {
        "$schema": SCHEMA_DIALECT,
        "title": "Advanced settings",
        "type": "object",
        "additionalProperties": False,
        "properties": {name: setting.schema() for name, setting in SETTINGS.items()},
    }


def changed(
    kept: Mapping[str, AdvancedValue], changes: Mapping[str, object]
) -> dict[str, AdvancedValue]:
    """What is kept after changes, of which None clears. Raises BadSetting, and nothing is."""
    result = dict(kept)
    for name, value in changes.items():
        setting = SETTINGS.get(name)
        if setting is None:
            raise BadSetting(f"there is no advanced setting {name[:80]!r}; the schema lists all")
        if value is None:
            result.pop(name, None)
        else:
            result[name] = _checked(setting, value)
    return result


def effective(kept: Mapping[str, AdvancedValue]) -> dict[str, AdvancedValue]:
    """All settings, with their defaults where nothing was set."""
    return {name: kept.get(name, setting.default) for name, setting in SETTINGS.items()}


def number(kept: Mapping[str, AdvancedValue], setting: Setting) -> float:
    return float(kept.get(setting.name, setting.default))


def is_set(kept: Mapping[str, AdvancedValue], setting: Setting) -> bool:
    return bool(kept.get(setting.name, setting.default))


def zone(kept: Mapping[str, AdvancedValue]) -> ZoneInfo:
    return ZoneInfo(str(kept.get(TIMEZONE.name, TIMEZONE.default)))


@cache
def zone_names() -> tuple[str, ...]:
    """All that can be set. The first time it takes some milliseconds: not for the event loop."""
    return tuple(sorted(available_timezones()))


def _checked(setting: Setting, value: object) -> AdvancedValue:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # JSON has one kind of number
    match setting.kind, value:
        case "boolean", bool():
            return value
        case "integer", int() if not isinstance(value, bool):
            return _within(setting, value)
        case "string", str():
            return _zone_name(value)
    raise BadSetting(f"{setting.name} has to be of type {setting.kind}")


def _within(setting: Setting, value: int) -> int:
    least, most = setting.minimum, setting.maximum
    if (least is not None and value < least) or (most is not None and value > most):
        raise BadSetting(f"{setting.name} {value} is outside {least} to {most}")
    return value


def _zone_name(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, KeyError, OSError) as error:
        raise BadSetting(f"timezone {name[:LONGEST_TEXT]!r} is not known") from error
    return name
