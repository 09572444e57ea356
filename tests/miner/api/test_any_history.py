"""Whatever is done to a machine in whatever order, it is what a small model of it says."""

import asyncio
import tempfile
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pithead.miner.api.app import build_app
from pithead.miner.api.surroundings import surround
from pithead.miner.miner import Miner
from pithead.miner.system import SHUTDOWN_SECONDS, boot_seconds
from tests.miner.api.living import REAL
from tests.miner.conftest import WORK_SCALE, Rig

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

LIVING, DEAD = "stratum+tcp://127.0.0.1:1", "stratum+tcp://127.0.0.1:9"
NOT_STARTED, NORMAL, PAUSED, SUSPENDED = 1, 2, 3, 4
names = st.sampled_from(["North", "South", "East", "West", "Attic"])
urls = st.sampled_from([LIVING, LIVING, DEAD])
switches = st.booleans()


def group(name, url):
    return {
        "name": name,
        "load_balance_strategy": {"quota": {"value": 1}},
        "pools": [{"url": url, "user": f"{name}.rig", "password": "x", "enabled": True}],
    }


class AnyHistory(RuleBasedStateMachine):
    """The machine on the left hand, on the right what is to be true of it."""

    @initialize()
    def begin(self):
        self.loop = asyncio.Runner()
        self.directory = tempfile.TemporaryDirectory()
        self.rig = Rig()
        self.rig.pool()
        self.defaults = self.rig.miner.settings
        self.serve()
        limits = self.done("GET", "/configuration/constraints")["tuner_constraints"]
        self.limits = {key: each["watt"] for key, each in limits["power_target"].items()}
        self.forget()
        self.booted = self.started = self.rig.now
        self.back_at = self.answers_until = None
        self.hashes = 0

    def teardown(self):
        if hasattr(self, "loop"):
            self.ask_loop(self.client.aclose())
            self.loop.close()
            self.directory.cleanup()

    def serve(self):
        rig, directory = self.rig, Path(self.directory.name) / "rig"
        self.around = surround(rig.miner, directory, lambda: rig.now, self.defaults, lambda: REAL)
        app = build_app(rig.miner, self.around, lambda: rig.now, lambda: 0.0)
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 4711))
        self.client = httpx.AsyncClient(transport=transport, base_url="http://rig/api/v1")
        self.log_in()

    def forget(self):
        """What a machine is that nobody has told anything."""
        self.groups = [("0", "Default", LIVING)]
        self.watts = self.limits["default"]
        self.runs, self.paused, self.locating = True, False, False

    # --- asking ---

    def ask_loop(self, coroutine):
        return self.loop.run(coroutine)

    def ask(self, verb, path, **more):
        return self.ask_loop(self.client.request(verb, path, **more))

    def log_in(self):
        answer = self.ask("POST", "/auth/login", json={"username": "root", "password": ""})
        self.client.headers["Authorization"] = answer.json()["token"]

    def done(self, verb, path, status=200, **more):
        answer = self.ask(verb, path, **more)
        assert answer.status_code == status, (verb, path, answer.status_code, answer.text)
        return answer.json() if answer.is_success and answer.content else None

    @property
    def is_here(self):
        return self.back_at is None

    @property
    def hashes_now(self):
        return self.is_here and self.runs and not self.paused

    def is_taken(self, name):
        """Each group needs a name of its own."""
        return any(name == there for _, there, _ in self.groups)

    # --- verbs ---

    @precondition(lambda self: self.is_here)
    @rule(verb=st.sampled_from(["start", "stop", "restart"]))
    def work_the_process(self, verb):
        already = self.done("PUT", f"/actions/{verb}")
        assert already is (self.runs if verb != "stop" else not self.runs)
        if verb == "restart" or self.runs is (verb == "stop"):
            self.started = self.rig.now
            self.runs = verb != "stop"

    @precondition(lambda self: self.is_here)
    @rule(pause=switches)
    def pause_or_resume(self, pause):
        path = "/actions/pause" if pause else "/actions/resume"
        if not self.runs:
            self.done("PUT", path, 412)
        else:
            assert self.done("PUT", path) is (self.paused is pause)
            self.paused = pause

    @precondition(lambda self: self.is_here)
    @rule(on=switches)
    def locate(self, on):
        assert self.done("PUT", "/actions/locate", json=on) is on
        self.locating = on

    @precondition(lambda self: self.is_here)
    @rule(how=st.sampled_from(["reboot", "factory-reset"]))
    def go_away(self, how):
        self.done("PUT", f"/actions/{how}", 204)
        if how == "reboot":
            self.done("PUT", "/actions/reboot", 409)  # one at a time
        else:
            self.done("PUT", "/actions/reboot", 401)  # the tokens are gone first
            self.forget()
        self.runs, self.locating = True, False
        self.booted = self.rig.now + SHUTDOWN_SECONDS
        self.started = self.back_at = self.booted + boot_seconds(self.rig.miner.model)

    @precondition(lambda self: not self.is_here)
    @rule()
    def come_back(self):
        self.rig.run(SHUTDOWN_SECONDS)
        self.live(self.back_at - self.rig.now - 0.5)
        self.rig.run(1)
        self.back_at = None
        self.done("GET", "/miner/details", 401)
        self.log_in()

    @precondition(lambda self: self.is_here)
    @rule()
    def the_firmware_is_killed(self):
        """All that it knew is what it had saved; its process begins anew."""
        rig = self.rig
        for upstream in list(rig.wires):
            rig.cut(upstream, "killed")
        kept = rig.saved[-1] if rig.saved else rig.miner.settings
        rig.miner = Miner(
            rig.device, kept, rig.now, identity=rig.miner._identity, work_scale=WORK_SCALE,
            save=rig.saved.append,
        )  # fmt: skip
        self.ask_loop(self.client.aclose())
        self.serve()
        self.booted = self.started = rig.now

    # --- settings ---

    @precondition(lambda self: self.is_here)
    @rule(edge=st.sampled_from(["min", "default", "max"]), beyond=st.integers(-300, 300))
    def aim(self, edge, beyond):
        watts = self.limits[edge] + beyond
        fits = self.limits["min"] <= watts <= self.limits["max"]
        self.done("PUT", "/performance/power-target", 200 if fits else 412, json={"watt": watts})
        self.watts = watts if fits else self.watts

    @precondition(lambda self: self.is_here)
    @rule()
    def aim_as_made(self):
        self.watts = self.limits["default"]
        assert self.done("PUT", "/performance/power-target/default") == {"watt": self.watts}

    @precondition(lambda self: self.is_here and len(self.groups) < 5)
    @rule(name=names, url=urls)
    def add_a_group(self, name, url):
        if self.is_taken(name):
            self.done("POST", "/pools/", 422, json=group(name, url))
            return
        made = self.done("POST", "/pools/", 201, json=group(name, url))
        assert made["uid"] not in [uid for uid, _, _ in self.groups]
        self.groups.append((made["uid"], name, url))

    @precondition(lambda self: self.is_here)
    @rule(name=names, url=urls, which=st.integers(0, 5))
    def change_a_group(self, name, url, which):
        if which < len(self.groups):
            uid, old, _ = self.groups[which]
            if name != old and self.is_taken(name):
                self.done("PUT", f"/pools/{uid}", 422, json=group(name, url))
                return
            assert self.done("PUT", f"/pools/{uid}", json=group(name, url))["uid"] == uid
            self.groups[which] = (uid, name, url)
        elif not self.is_taken(name):
            self.done("PUT", "/pools/4711", 404, json=group(name, url))

    @precondition(lambda self: self.is_here)
    @rule(which=st.integers(0, 5))
    def remove_a_group(self, which):
        if which < len(self.groups):
            uid, _, _ = self.groups.pop(which)
            self.done("DELETE", f"/pools/{uid}", 204)
        else:
            self.done("DELETE", "/pools/4711", 404)

    @precondition(lambda self: self.is_here)
    @rule(wanted=st.lists(st.tuples(names, urls), max_size=3, unique_by=lambda each: each[0]))
    def replace_all_groups(self, wanted):
        made = self.done("PUT", "/pools/batch", json=[group(*each) for each in wanted])
        self.groups = [(m["uid"], *each) for m, each in zip(made, wanted, strict=True)]

    # --- time ---

    @precondition(lambda self: self.is_here)
    @rule(seconds=st.integers(1, 90))
    def live(self, seconds):
        before = self.rig.hashes
        self.rig.run(seconds)
        self.around.step(self.rig.now)
        has_pool = any(url == LIVING for _, _, url in self.groups)
        if not (self.hashes_now and has_pool):
            assert self.rig.hashes == before, "it hashed without a reason to"
        elif seconds >= 60 and self.rig.now - self.started >= 120:
            assert self.rig.hashes > before, "it did not hash"

    # --- what always holds ---

    @invariant()
    def is_as_the_model_says(self):
        if not hasattr(self, "loop") or not self.is_here:
            return
        self.rig.run(0.5)  # decisions fall with the next step
        details = self.done("GET", "/miner/details")
        assert details["status"] in self.statuses()
        since = self.started if self.runs else self.rig.now
        assert details["bosminer_uptime_s"] == int(self.rig.now - since)
        assert details["system_uptime_s"] == int(self.rig.now - self.booted)
        assert self.done("GET", "/actions/locate") is self.locating

    @invariant()
    def keeps_what_it_was_told(self):
        if not hasattr(self, "loop") or not self.is_here:
            return
        kept = self.done("GET", "/configuration/miner")
        assert kept["tuner"]["power_target"] == {"watt": self.watts}
        shown = [
            (each["uid"], each["name"], each["pools"][0]["url"]) for each in kept["pool_groups"]
        ]
        assert shown == self.groups
        assert not self.rig.saved or self.rig.saved[-1] == self.rig.miner.settings

    def statuses(self):
        if not self.runs:
            return {NOT_STARTED}
        if self.paused:
            return {PAUSED}
        if not self.groups:
            return {SUSPENDED}
        has_pool = any(url == LIVING for _, _, url in self.groups)
        return {NORMAL} if has_pool else {NORMAL, SUSPENDED}


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
