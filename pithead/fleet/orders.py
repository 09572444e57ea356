"""What one can set on a machine and tell it to do: from words to the call of its API that does it.

Pure. Every body goes through the message of the contract before anything is sent, so that a wrong
word is a sentence here and not one from each of a thousand machines.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from msgspec import UNSET

from pithead.bos.cooling import SetCoolingModeRequestMode
from pithead.bos.miner import UpdateHashboardsRequest
from pithead.bos.network import Dhcp, SetNetworkConfigurationRequest
from pithead.bos.performance import (
    SetDPSRequest,
    SetQuickRampingRequest,
    SetRelativeTargetRequest,
)
from pithead.bos.pool import PoolConfiguration, PoolGroupConfiguration
from pithead.bos.tuning import DPSMode, PerformanceModeMode, RelativeTargetReference
from pithead.bos.units import Power, TeraHashrate
from pithead.bos.upgrade import UpdateAutoUpgradeConfigRequest

Verb = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

NAME = "{name}"
"""In a user of a pool: the name of each machine stands there."""
MOST_CHARACTERS = 64 * 1024
_HOSTNAME = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
_TWO_NUMBERS = re.compile(r"([0-9]{1,9}) *, *([0-9]{1,9})")
_COOLING_MODES = SetCoolingModeRequestMode.__struct_fields__
_DPS_MODES = {mode.name.lower(): mode.value for mode in DPSMode if mode}
_SWITCH = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}


@dataclass(frozen=True, slots=True)
class Order:
    """One call. `body` is what JSON says, UNSET where there is none."""

    verb: Verb
    path: str
    body: Any = UNSET


@dataclass(frozen=True, slots=True)
class Setting:
    """One name: what VALUE may be, and the call for it."""

    takes: str
    order: Callable[[str], Order]
    """Raises ValueError, with words where `takes` alone does not say what is wrong."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do at once."""

    does: str
    order: Order
    is_grave: bool = False
    """It cannot be taken back: it is to be confirmed."""


def order_to_set(what: str, value: str) -> Order:
    """Raises ValueError with a sentence: no such name, or a value that does not fit."""
    if len(value) > MOST_CHARACTERS:
        raise ValueError(f"the value has more than {MOST_CHARACTERS} characters")
    if what not in SETTINGS:
        raise ValueError(f"there is no setting {what!r}; there are {', '.join(SETTINGS)}")
    setting = SETTINGS[what]
    try:
        return setting.order(value.strip())
    except (ValueError, RecursionError) as error:  # also what msgspec raises
        is_said = str(error).startswith(repr(value.strip())) or not str(error)
        why = "" if is_said else f": {error}"
        raise ValueError(f"{what} takes {setting.takes}, not {value!r}{why}") from error


def for_machine(order: Order, name: str) -> Order:
    """With the machine's name wherever the body says `{name}`."""
    return Order(order.verb, order.path, _named(order.body, name))


def _named(there: Any, name: str) -> Any:
    match there:
        case str():
            return there.replace(NAME, name)
        case dict():
            return {key: _named(value, name) for key, value in there.items()}
        case list():
            return [_named(value, name) for value in there]
    return there


def _put(path: str, message: Any, verb: Verb = "PUT") -> Order:
    """What is None or a field of gRPC alone is left out, as REST has it."""
    return Order(verb, path, _plain(msgspec.to_builtins(message)))


def _plain(there: Any) -> Any:
    match there:
        case dict():
            return {
                key: _plain(value)
                for key, value in there.items()
                if value is not None and key != "save_action"
            }
        case list() | tuple():
            return [_plain(value) for value in there]
    return there


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError from None
    if not 0 <= value < 1e9:
        raise ValueError("it is not between 0 and 1000000000")
    return value


def _power(text: str) -> Power:
    value = _number(text.removesuffix("W").removesuffix("w").strip())
    if value % 1:
        raise ValueError("watts are whole")
    return Power(watt=int(value))


def _rate(text: str) -> TeraHashrate:
    return TeraHashrate(terahash_per_second=_number(text))


def _target(path: str, amount: Callable[[str], Any]) -> Callable[[str], Order]:
    """`3000`, `default`, or `80%` of what the machine does when new."""

    def order(text: str) -> Order:
        if text == "default":
            return Order("PUT", f"{path}/default")
        if text.endswith("%"):
            relative = SetRelativeTargetRequest(
                percentage=_number(text[:-1]), reference=RelativeTargetReference.NOMINAL
            )
            return _put(f"{path}/relative", relative, "PATCH")
        return _put(path, amount(text))

    return order


def _step(path: str, amount: Callable[[str], Any]) -> Callable[[str], Order]:
    return lambda text: _put(path, amount(text), "PATCH")


def _switch(text: str) -> bool:
    if text.lower() not in _SWITCH:
        raise ValueError
    return _SWITCH[text.lower()]


def _fields(words: list[str]) -> dict[str, Any]:
    """`target_temperature=60 hot_temperature=85`; temperatures are degrees Celsius."""
    pairs = [word.partition("=") for word in words]
    if wrong := [name for name, equals, _ in pairs if not equals]:
        raise ValueError(f"{wrong[0]!r} is no field=value")
    return {
        name: _degrees(name, value) if name.endswith("_temperature") else _json(value)
        for name, _, value in pairs
    }


def _degrees(name: str, text: str) -> dict[str, float]:
    try:
        return {"degree_c": _number(text)}
    except ValueError as error:
        raise ValueError(f"{name} takes degrees Celsius, not {text!r}") from error


def _json(text: str) -> Any:
    """A number, true, false, null, an object; anything else is text."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text


def _cooling(text: str) -> Order:
    if text.startswith("{"):
        said = msgspec.json.decode(text)
    else:
        mode, *words = text.split() or [""]
        if mode not in _COOLING_MODES:
            raise ValueError
        said = {mode: _fields(words)}
    return _checked("PUT", "/cooling/mode", said, SetCoolingModeRequestMode)


def _checked(verb: Verb, path: str, said: Any, kind: Any) -> Order:
    """What was typed, if it has the names and types of the contract."""
    message = msgspec.convert(said, kind)
    order = _put(path, message, verb)
    if unknown := _unknown(said, msgspec.to_builtins(message)):
        raise ValueError(f"there is no field {unknown!r}")
    return order


def _unknown(said: Any, read: Any) -> str | None:
    """A name of `said` that the message did not take; the contract itself passes over it."""
    if isinstance(said, dict) and isinstance(read, Mapping):
        for name, value in said.items():
            if name not in read:
                return str(name)
            if within := _unknown(value, read[name]):
                return within
    if isinstance(said, list) and isinstance(read, list | tuple):
        return next(
            (name for each in zip(said, read, strict=True) if (name := _unknown(*each))), None
        )
    return None


def _dps(text: str) -> Order:
    """`on`, `off`, or fields: `enable=true mode=boost`."""
    if text.startswith("{"):
        return _checked("PUT", "/performance/dps", msgspec.json.decode(text), SetDPSRequest)
    if text in _SWITCH:
        return _put("/performance/dps", SetDPSRequest(enable=_switch(text)))
    said = _fields(text.split())
    if said.get("mode") in _DPS_MODES:
        said["mode"] = _DPS_MODES[said["mode"]]
    return _checked("PUT", "/performance/dps", said, SetDPSRequest)


def _quick_ramping(text: str) -> Order:
    if text == "default":
        return Order("PUT", "/performance/quick-ramping/default")
    found = _TWO_NUMBERS.fullmatch(text)
    if found is None:
        raise ValueError
    said = {"up_s": int(found[1]), "down_s": int(found[2])}
    return _checked("PUT", "/performance/quick-ramping", said, SetQuickRampingRequest)


def _mode(text: str) -> Order:
    said = msgspec.json.decode(text)
    return _checked("PUT", "/performance/mode", said, PerformanceModeMode)


def _hostname(text: str) -> Order:
    bare = text.replace(NAME, "name")
    if not _HOSTNAME.fullmatch(bare):
        raise ValueError("a name has up to 63 letters, digits and dashes")
    return Order("PATCH", "/network/configuration", {"hostname": text})


def _network(text: str) -> Order:
    path = "/network/configuration"
    if text == "dhcp":
        return Order("PATCH", path, {"protocol": {"dhcp": msgspec.to_builtins(Dhcp())}})
    said = msgspec.json.decode(text)
    return _checked("PATCH", path, said, SetNetworkConfigurationRequest)


def _pools(text: str) -> Order:
    """`URL USER [PASSWORD]`, the next one behind a comma; or the groups as JSON."""
    path = "/pools/batch"
    if text.startswith("["):
        said = msgspec.json.decode(text)
        return _checked("PUT", path, said, list[PoolGroupConfiguration])
    pools = []
    for one in text.split(","):
        words = one.split()
        if len(words) not in (2, 3) or "://" not in words[0]:
            raise ValueError(f"{one.strip()!r} is no URL, user and perhaps a password")
        password = words[2] if len(words) == 3 else None
        pools.append(
            PoolConfiguration(url=words[0], user=words[1], password=password, enabled=True)
        )
    return _put(path, [PoolGroupConfiguration(name="Default", pools=tuple(pools))])


def _hashboards(text: str) -> Order:
    switch, _, boards = text.partition(" ")
    ids = tuple(boards.replace(",", " ").split())
    if not ids:
        raise ValueError("it names no board")
    body = UpdateHashboardsRequest(enable=_switch(switch), hashboard_ids=ids)
    return _put("/miner/hw/hashboards", body, "PATCH")


def _advanced(text: str) -> Order:
    if text == "default":
        return Order("DELETE", "/advanced-settings/")
    said = msgspec.json.decode(text) if text.startswith("{") else _fields(text.split())
    return Order("PATCH", "/advanced-settings/", msgspec.convert(said, dict[str, Any]))


def _password(text: str) -> Order:
    return Order("PUT", "/auth/password", {"password": text or None})


def _auto_upgrade(text: str) -> Order:
    body = UpdateAutoUpgradeConfigRequest(enabled=_switch(text))
    return _put("/upgrade/auto-upgrade", body, "PATCH")


_POWER, _RATE = "/performance/power-target", "/performance/hashrate-target"
_BOTH = "default, or a percentage of nominal such as 80%"

SETTINGS: dict[str, Setting] = {
    "power-target": Setting(f"watts, {_BOTH}", _target(_POWER, _power)),
    "power-target-increment": Setting("watts", _step(f"{_POWER}/increment", _power)),
    "power-target-decrement": Setting("watts", _step(f"{_POWER}/decrement", _power)),
    "hashrate-target": Setting(f"TH/s, {_BOTH}", _target(_RATE, _rate)),
    "hashrate-target-increment": Setting("TH/s", _step(f"{_RATE}/increment", _rate)),
    "hashrate-target-decrement": Setting("TH/s", _step(f"{_RATE}/decrement", _rate)),
    "mode": Setting("a performance mode as JSON", _mode),
    "cooling-mode": Setting(
        "auto, manual, immersion or hydro, with fields such as target_temperature=60, or JSON",
        _cooling,
    ),
    "dps": Setting("on, off, fields such as on_start_target_percent=80, or JSON", _dps),
    "quick-ramping": Setting("default, or seconds up and down such as 60,10", _quick_ramping),
    "hashboards": Setting("on or off, and boards, such as `off 2,3`", _hashboards),
    "hostname": Setting("a name; {name} is the machine's own", _hostname),
    "network": Setting("dhcp, or the configuration as JSON", _network),
    "pools": Setting(
        "`URL USER [PASSWORD]`, several with commas ({name} is the machine's own), or JSON", _pools
    ),
    "advanced-settings": Setting("default, KEY=VALUE, or JSON", _advanced),
    "auto-upgrade": Setting("on or off", _auto_upgrade),
    "locate": Setting(
        "on or off", lambda text: Order("PUT", "/actions/locate", _switch(text))
    ),
    "password": Setting("text; nothing removes it", _password),
}  # fmt: skip
"""By the name on the command line."""

ACTIONS: dict[str, Action] = {
    "pause": Action("stop hashing, ready to go on", Order("PUT", "/actions/pause")),
    "resume": Action("hash again after a pause", Order("PUT", "/actions/resume")),
    "start": Action("start the mining process", Order("PUT", "/actions/start")),
    "stop": Action("stop the mining process", Order("PUT", "/actions/stop")),
    "restart": Action("restart the mining process", Order("PUT", "/actions/restart")),
    "reboot": Action("restart the whole machine", Order("PUT", "/actions/reboot")),
    "locate": Action("let it blink", Order("PUT", "/actions/locate", True)),
    "forget-profiles": Action(
        "remove what the tuner has saved", Order("DELETE", "/performance/tuned-profiles"), True
    ),
    "factory-reset": Action(
        "put back every setting, and reboot", Order("PUT", "/actions/factory-reset"), True
    ),
}
