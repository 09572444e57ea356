"""What is in `deploy` holds together, as far as can be tried without an engine for containers."""

import ctypes
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import venv
from configparser import ConfigParser
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from pithead.cli.config import load
from pithead.cli.main import main

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
COMPOSE_TEXT = (DEPLOY / "compose.yaml").read_text()
COMPOSE = yaml.safe_load(COMPOSE_TEXT)
SERVICES = COMPOSE["services"]
EXAMPLE = dict(
    line.split("=", 1)
    for line in (DEPLOY / "environment.example").read_text().splitlines()
    if line and not line.startswith("#")
)
ROLES = ("stratum", "accounting", "node", "api")
UNITS = [
    (path, instance)
    for path in sorted((DEPLOY / "systemd").glob("*.service"))
    for instance in (ROLES if "@" in path.name else [""])
]
"""Each unit; of the one that is a template, each that is made of it."""
MADE_BY_THE_OPERATOR = {"prometheus/token", "prometheus/fleet.token"}
DASHBOARDS = sorted((DEPLOY / "grafana").glob("*.json"))
MAINNET_ADDRESS = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
"""Of BIP 173."""
DENY_WRITE_EXECUTE = (65, 1)
"""PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN."""


def filled(text, **values):
    chosen = {**EXAMPLE, **values}
    return re.sub(r"\$\{(\w+)(?::\?)?\}", lambda found: chosen[found[1]], text)


def test_compose_asks_for_no_variable_that_the_example_does_not_have():
    assert set(re.findall(r"\$\{(\w+)", COMPOSE_TEXT)) == set(EXAMPLE)


def test_compose_refers_to_files_volumes_and_services_there_are():
    for name, service in SERVICES.items():
        assert set(service.get("depends_on", {})) <= SERVICES.keys(), name
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert (DEPLOY / source).exists() if source[0] == "." else source in COMPOSE["volumes"]
        if "build" in service:
            context = DEPLOY / service["build"]["context"]
            assert (context / service["build"]["dockerfile"]).is_file()
    used = {each.split(":")[0] for one in SERVICES.values() for each in one.get("volumes", ())}
    assert set(COMPOSE["volumes"]) == {each for each in used if each[0] != "."}


def test_only_the_ports_of_stratum_are_open_to_the_world():
    ports = [port for each in SERVICES.values() for port in each.get("ports", ())]
    assert {port for port in ports if not port.startswith("127.0.0.1:")} == {
        "3333:3333", "3334:3334"
    }  # fmt: skip


def test_the_pool_of_compose_has_settings_there_are_and_that_fit_its_services():
    asked = SERVICES["pool"]["environment"]
    values = {"PAYOUT_ADDRESS": MAINNET_ADDRESS, "BITCOIND_PASSWORD": "b", "POSTGRES_PASSWORD": "p"}
    config = load({}, {key: filled(value, **values) for key, value in asked.items()})
    assert config.node.kind == "bitcoind"
    assert config.pool.database == "postgresql://pithead:p@database:5432/pithead"
    assert "database" in SERVICES
    told = [filled(each, **values) for each in SERVICES["bitcoind"]["command"]]
    assert config.node.urls == ("http://pithead:b@bitcoind:8332",)
    assert {"-rpcport=8332", "-rpcuser=pithead", "-rpcpassword=b", "-chain=main"} <= set(told)
    assert config.node.zmq == ("tcp://bitcoind:28332",)
    assert "-zmqpubhashblock=tcp://0.0.0.0:28332" in told


@pytest.mark.parametrize("role", ROLES)
def test_each_role_of_compose_has_settings_there_are_and_is_no_part_of_the_small_pool(role):
    service = SERVICES[role]
    assert service["profiles"] == ["several"]
    assert service["command"] == ["pool", "--role", role]
    assert SERVICES["pool"].keys() >= service.keys() - {"profiles", "command", "healthcheck"}
    values = {"PAYOUT_ADDRESS": MAINNET_ADDRESS, "BITCOIND_PASSWORD": "b", "POSTGRES_PASSWORD": "p"}
    asked = {key: filled(value, **values) for key, value in service["environment"].items()}
    config = load({}, asked)
    assert (config.exchange.kind, config.exchange.urls) == ("nats", ("nats://nats:4222",))
    assert config.node.role == "node"
    small = {key: filled(value, **values) for key, value in SERVICES["pool"]["environment"].items()}
    assert asked.items() >= small.items()


def test_prometheus_and_grafana_find_what_they_are_shown():
    settings = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())
    for file in settings["rule_files"]:
        assert (DEPLOY / "prometheus" / file).is_file()
    pool, fleet = settings["scrape_configs"]
    assert {
        f"prometheus/{job['authorization']['credentials_file']}" for job in (pool, fleet)
    } == MADE_BY_THE_OPERATOR
    assert pool["static_configs"][0]["targets"] == [f"pool:{load({}, {}).admin.port}"]
    (found,) = fleet["dns_sd_configs"]
    assert (found["names"], found["port"]) == (["fleet"], load({}, {}).fleet.port)
    (board,) = yaml.safe_load((DEPLOY / "grafana/provisioning/dashboards/pithead.yml").read_text())[
        "providers"
    ]
    mounted = {each.split(":")[1] for each in SERVICES["grafana"]["volumes"]}
    for file in DASHBOARDS:
        assert f"{board['options']['path']}/{file.name}" in mounted
    (source,) = yaml.safe_load(
        (DEPLOY / "grafana/provisioning/datasources/prometheus.yml").read_text()
    )["datasources"]
    assert source["url"] == "http://prometheus:9090"
    for file in DASHBOARDS:
        chosen = json.loads(file.read_text())["templating"]["list"]
        assert any(each.get("query") == source["type"] for each in chosen)


def test_the_fleet_of_compose_is_no_part_of_the_pool_and_asks_who_looks_for_a_word():
    service = SERVICES["fleet"]
    assert service["profiles"] == service["command"][:1] == ["fleet"]
    assert CliRunner().invoke(main, [*service["command"], "--help"]).exit_code == 0
    values = {"FLEET_RANGES": "10.0.0.0/24", "FLEET_PASSWORD": "p"}
    config = load({}, {key: filled(text, **values) for key, text in service["environment"].items()})
    assert (config.fleet.ranges, config.fleet.password) == ("10.0.0.0/24", "p")
    assert config.fleet.host == "0.0.0.0"  # not loopback: whoever looks signs in first
    assert service["ports"] == [f"127.0.0.1:{config.fleet.port}:{config.fleet.port}"]


by_unit = pytest.mark.parametrize(
    ("path", "instance"), UNITS, ids=[f"{path.stem}{instance}" for path, instance in UNITS]
)


def unit(path, instance):
    lines = path.read_text().replace("SystemCallFilter=~", "SystemCallFilterNot=")
    lines = lines.replace("%i", instance).replace("EnvironmentFile=-/etc/pithead/pool-", "Own=")
    parser = ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str
    parser.read_string(lines)
    return parser


@by_unit
def test_a_unit_starts_a_command_there_is_with_settings_there_are(path, instance):
    service = unit(path, instance)["Service"]
    words = shlex.split(service["ExecStart"])
    assert words[0] == "/opt/pithead/bin/pithead"
    shown = CliRunner().invoke(main, [*words[1:], "--help"])
    assert shown.exit_code == 0, shown.output
    role = next(option for option in main.commands["pool"].params if option.name == "role")
    assert not instance or (words[2:4] == ["--role", instance] and instance in role.type.choices)
    assert set(role.type.choices) == set(ROLES)
    name, value = service["Environment"].split("=", 1)
    assert load({}, {name: value}).data.directory == f"/var/lib/{service['StateDirectory']}"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
@by_unit
def test_systemd_understands_a_unit_and_finds_it_hardened(path, instance, tmp_path):
    real = tmp_path / path.name.replace("@", f"@{instance}")
    real.write_text(path.read_text())
    told = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(real)],
        capture_output=True, text=True, timeout=400,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout
    real.write_text(path.read_text().replace("/opt/pithead/bin/pithead", sys.executable))
    told = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(real)],
        capture_output=True, text=True, timeout=400,
    )  # fmt: skip
    assert real.name not in told.stderr, told.stderr


def instructions(text):
    """Of each stage of a Dockerfile: pairs of word and argument."""
    stages = []
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        if line and not line.startswith("#"):
            word, _, argument = line.partition(" ")
            if word == "FROM":
                stages.append([])
            stages[-1].append((word, argument.strip()))
    return stages


BUILD, RUN = instructions((DEPLOY / "Dockerfile").read_text())
NEEDS_ROOT_OR_A_NETWORK = ("apt-get", "useradd", "--require-hashes")


def copied(argument, context, where):
    *sources, target = argument.split()
    for source in sources:
        origin, place = context / source, where / target
        if origin.is_dir():
            ignore = shutil.ignore_patterns("__pycache__", "*.so")
            shutil.copytree(origin, place, ignore=ignore)
        else:
            place = place / origin.name if target.endswith("/") else place
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(origin, place)


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """The steps of the first stage, run in an empty directory that stands for the root.

    Libraries come from this environment, the steps that install them and the compiler are left.
    """
    root = tmp_path_factory.mktemp("image")
    home, source = root / "opt/pithead", root / "source"
    ambient = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    source.mkdir()
    for word, argument in BUILD:
        if word == "COPY":
            copied(argument, ROOT, source)
        elif word == "RUN" and "python -m venv" in argument:
            venv.create(home, with_pip=False, symlinks=True)
            (libraries,) = {path for path in sys.path if path.endswith("site-packages")}
            (theirs,) = home.glob("lib/*/site-packages")
            (theirs / "libraries.pth").write_text(libraries + "\n")
        elif word == "RUN" and not any(each in argument for each in NEEDS_ROOT_OR_A_NETWORK):
            here = argument.replace("/opt/pithead/bin/pip", f"{home}/bin/python -m pip")
            subprocess.run(
                shlex.split(here), cwd=source, env=ambient, check=True, timeout=400,
                capture_output=True,
            )  # fmt: skip
    return root


def environment_of(stage, root):
    (argument,) = (argument for word, argument in stage if word == "ENV")
    pairs = (pair.split("=", 1) for pair in shlex.split(argument))
    chosen = {name: value.replace("/opt/", f"{root}/opt/") for name, value in pairs}
    chosen["PATH"] = chosen["PATH"].replace("$PATH", os.environ["PATH"])
    return {**{k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}, **chosen}


def no_code_may_be_written():
    """As `MemoryDenyWriteExecute` of the units has it; kernels before 6.3 do not know it."""
    ctypes.CDLL(None).prctl(*DENY_WRITE_EXECUTE, 0, 0, 0)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_what_the_image_starts_becomes_healthy_by_its_own_check(image, tmp_path):
    given = dict(RUN)
    port = free_port()
    command = [*json.loads(given["ENTRYPOINT"]), *json.loads(given["CMD"])]
    variables = environment_of(RUN, image) | {
        "PITHEAD_DATA_DIRECTORY": str(tmp_path / "data"),
        "PITHEAD_POOL_STRATUM_HOST": "127.0.0.1", "PITHEAD_POOL_STRATUM_PORT": "0",
        "PITHEAD_POOL_API_HOST": "127.0.0.1", "PITHEAD_POOL_API_PORT": "0",
        "PITHEAD_ADMIN_HOST": "127.0.0.1", "PITHEAD_ADMIN_PORT": str(port),
    }  # fmt: skip
    program = shutil.which(command[0], path=variables["PATH"])
    assert program == f"{image}/opt/pithead/bin/pithead"
    with (tmp_path / "log").open("wb") as log:
        pool = subprocess.Popen(
            [program, *command[1:]], cwd=tmp_path, env=variables, stdout=log, stderr=log,
            preexec_fn=no_code_may_be_written,
        )  # fmt: skip
    try:
        until_it_runs(tmp_path / "log", pool)
        asked = given["HEALTHCHECK"].partition("CMD ")[2].replace(":8082/", f":{port}/")
        looked = subprocess.run(
            json.loads(asked), env=variables, capture_output=True, text=True, timeout=200
        )
        assert looked.returncode == 0, looked.stderr
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=60) as answer:
            assert json.load(answer)["ok"]
    finally:
        pool.send_signal(signal.Signals[given["STOPSIGNAL"]])
        assert pool.wait(200) == 0


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def until_it_runs(log, process):
    deadline = time.monotonic() + 300
    while "Ctrl-C stops" not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)
