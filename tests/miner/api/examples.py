"""One good request for each operation, in an order in which a machine can be asked for all."""

from dataclasses import dataclass, field

NOTHING = object()
"""No body, which is not a body of null."""
POOL = {"url": "stratum+tcp://127.0.0.1:1", "user": "alice.rig", "password": "x", "enabled": True}
SPARE = {"url": "stratum+tcp://127.0.0.1:2", "user": "bob.rig"}
GROUP = {"name": "Mine", "load_balance_strategy": {"quota": {"value": 3}}, "pools": [POOL, SPARE]}
OTHER = {"name": "Other", "load_balance_strategy": {"quota": {"value": 1}}, "pools": [SPARE]}
UID = {"uid": "1"}
BY_DHCP = {"hostname": "shed-7", "protocol": {"dhcp": {}}}
BY_HAND = {
    "protocol": {
        "static": {
            "address": "10.1.2.3", "netmask": "255.255.255.0", "gateway": "10.1.2.1",
            "dns_servers": ["9.9.9.9", "10.1.2.1"],
        }
    }
}  # fmt: skip
POWER_DPS = {
    "enable": True, "enable_shutdown": True, "mode": 1, "on_start_target_percent": 80,
    "shutdown_duration": {"hours": 3},
    "target": {"target": {"powertarget": {
        "power_step": {"watt": 250}, "min_power_target": {"watt": 2000}}}},
}  # fmt: skip
HASHRATE_DPS = {"target": {"target": {"hashratetarget": {
    "hashrate_step": {"terahash_per_second": 5.0},
    "min_hashrate_target": {"terahash_per_second": 120.0}}}}}  # fmt: skip
BOARD = {"id": "2", "frequency": {"hertz": 480e6}, "voltage": {"volt": 13.2}}
MANUAL = {
    "manualmode": {
        "global_frequency": {"hertz": 490e6},
        "global_voltage": {"volt": 13.1},
        "hashboards": [BOARD],
    }
}
BY_HASHRATE = {"tunermode": {"target": {"hashratetarget": {
    "hashrate_target": {"terahash_per_second": 150.0}}}}}  # fmt: skip
BY_POWER = {"tunermode": {"target": {"powertarget": {"power_target": {"watt": 3000}}}}}
AUTO = {
    "target_temperature": {"degree_c": 58.0}, "hot_temperature": {"degree_c": 80.0},
    "dangerous_temperature": {"degree_c": 90.0}, "min_fan_speed": 20, "max_fan_speed": 90,
    "minimum_required_fans": 2, "pause_mode": {"mode": {"auto": {}}},
}  # fmt: skip
PAUSE_BY_HAND = {
    "mode": {"manual": {"pause_cooldown_fan_speed_ratio": 0.4, "fan_pause_runtime": 1}}
}
BY_FAN = {"fan_speed_ratio": 0.7, "minimum_required_fans": 1, "pause_mode": PAUSE_BY_HAND}
WEEKLY = {"weekly": {"day_of_week": 3, "time": {"hours": 4, "minutes": 30}}}
MONTHLY = {"monthly": {"day_of_month": 28, "time": {"hours": 4, "minutes": 30, "seconds": 5}}}


@dataclass(frozen=True)
class Example:
    """One request over REST, which is also one over gRPC."""

    operation_id: str
    body: object = NOTHING
    path: dict = field(default_factory=dict)
    query: dict = field(default_factory=dict)
    grpc: dict | None = None
    """The gRPC request, where it does not follow from the body."""
    rpc: str = ""
    """Where one operation is two rpcs."""
    then: float = 0
    """Seconds that the machines live afterwards."""
    password: str | None = None
    """It ended all sessions, and this is now the password."""
    random: frozenset = frozenset()
    """Fields of the answer that no two machines have alike."""


def _boards(enable, *ids):
    name = "EnableHashboards" if enable else "DisableHashboards"
    body = {"enable": enable, "hashboard_ids": list(ids)}
    ids = {"hashboard_ids": list(ids)}
    return Example("updateHashboards", body, grpc=ids, rpc=f"MinerService.{name}", then=20)


def _mode(body):
    """Over REST the bare oneof of the message that gRPC has."""
    return Example("setPerformanceMode", body, grpc={"mode": {"mode": body}}, then=10)


def _tera(name, value):
    return Example(name, {"terahash_per_second": value})


def _relative(name, percentage, reference):
    return Example(name, {"percentage": percentage, "reference": reference})


READS = [
    Example(name)
    for name in (
        "getApiVersion", "getLocateDeviceStatus", "getConstraints", "getMinerConfiguration",
        "getCoolingState", "getLicenseState", "getMinerDetails", "getMinerErrors",
        "getHashboards", "getMinerStats", "getNetwork", "getNetworkConfiguration",
        "getEfficiencyProfile", "getPerformanceMode", "getTargetProfiles", "getTunerState",
        "getPools", "getAdvancedSettings", "getAdvancedSettingsSchema", "getAutoUpgradeStatus",
    )
]  # fmt: skip
WRITES = [
    Example(
        "login", {"username": "root", "password": ""}, random=frozenset({"token"})
    ),
    Example("setPassword", {"password": "hash power"}, password="hash power"),
    Example("setPassword", {"password": None}, password=""),
    Example("setLocateDeviceStatus", True),
    Example("pauseMining", then=10),
    Example("pauseMining"),
    Example("resumeMining", then=30),
    Example("resumeMining"),
    Example("stop", then=10),
    Example("stop"),
    Example("start", then=60),
    Example("start"),
    Example("restart", then=60),
    _boards(False, "2"),
    _boards(True, "1", "2"),
    Example("setPowerTarget", {"watt": 3000}, then=30),
    Example("incrementPowerTarget", {"watt": 100}),
    Example("decrementPowerTarget", {"watt": 150}),
    _relative("relativePowerTarget", 80.0, 1),
    Example("setDefaultPowerTarget"),
    _tera("setHashrateTarget", 150.0),
    _tera("incrementHashrateTarget", 2.5),
    _tera("decrementHashrateTarget", 4.0),
    _relative("relativeHashrateTarget", 90.0, 4),
    Example("setDefaultHashrateTarget", then=10),
    _mode(MANUAL),
    _mode(BY_HASHRATE),
    _mode(BY_POWER),
    Example("setDps", POWER_DPS),
    Example("setDps", HASHRATE_DPS),
    Example("setQuickRamping", {"up_s": 40, "down_s": 0}),
    Example("setDefaultQuickRamping"),
    Example("removeTunedProfiles", then=10),
    Example("setCoolingMode", {"auto": AUTO}, then=10),
    Example("setCoolingMode", {"manual": BY_FAN}),
    Example("setCoolingMode", {"auto": {}}),
    Example("createPoolGroup", GROUP, then=30),
    Example("updatePoolGroup", OTHER, path=UID, grpc={"group": OTHER | UID}),
    Example("deletePool", path=UID, grpc=UID),
    Example("setBatchPools", [GROUP, OTHER], then=30),
    Example("updateNetworkConfiguration", BY_HAND),
    Example("updateNetworkConfiguration", BY_DHCP),
    Example("applyContractKey", {"contract_key": "no key"}),
    Example("setAdvancedSettings", {"timezone": "Asia/Kathmandu", "delayed_start_s": 3}),
    Example("setAdvancedSettings", {"delayed_start_s": None}),
    Example("getAdvancedSettings", query={"include_default": True}, grpc={"include_default": True}),
    Example("resetAllAdvancedSettings"),
    Example("updateAutoUpgradeConfig", {"enabled": True, "schedule": {"schedule_type": WEEKLY}}),
    Example("updateAutoUpgradeConfig", {"enabled": True, "schedule": {"schedule_type": MONTHLY}}),
]  # fmt: skip
ENDINGS = [
    Example("reboot", then=200, password=""),
    Example("factory_reset", query={"wipe_network": False}, then=200, password=""),
    Example("restoreStock"),
]
"""After these the machine goes away for a while; after the last, for good."""
