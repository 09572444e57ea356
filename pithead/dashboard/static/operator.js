// The operator's page: all that may be wrong with the pool, and what can be done.

import {
  $, Problem, action, api, badge, choice, confirmed, count, decimal, duration, h, hashrate, live,
  moment, percent, poll, pulse, put, sats, say,
} from "./base.js";
import { Chart } from "./chart.js";
import { Table } from "./table.js";

const KEY = "admin-token";
const whole = (value) => percent(value, 0);

// The token stays in this tab.

const headers = () => ({ Authorization: `Bearer ${sessionStorage.getItem(KEY)}` });

async function ask(path, options = {}) {
  try {
    return await api(`/api/v1/${path}`, { ...options, headers: headers() });
  } catch (problem) {
    if (problem.status === 401 && sessionStorage.getItem(KEY)) signOut();
    throw problem;
  }
}

$("sign-in").addEventListener("submit", action(async () => {
  sessionStorage.setItem(KEY, $("token").value.trim());
  try {
    await api("/api/v1/status", { headers: headers() });
  } catch (problem) {
    sessionStorage.removeItem(KEY);
    throw problem.status === 401 ? new Problem(401, "This token is not valid.") : problem;
  }
  $("token").value = "";
  begin();
}));

$("sign-out").addEventListener("click", signOut);

function signOut() {
  sessionStorage.removeItem(KEY);
  location.reload();
}

// What is shown

const chart = new Chart($("rate-chart"), {
  label: "Hashrate of the pool over time", show: hashrate, low: 0, height: 270,
  lines: [{ label: "5 min", width: 1.5, fill: true }, { label: "1 h" }, { label: "24 h", dash: [6, 4] }],
});
const refused = new Table($("refused"), {
  caption: "Refused shares by reason", key: (row) => row.reason, empty: "None was refused.",
  columns: [
    { name: "Reason", value: (row) => row.reason, header: true },
    { name: "Number", value: (row) => row.count, show: (row) => count(row.count), number: true },
    { name: "Of all", value: (row) => row.part, show: (row) => percent(row.part, 2), number: true },
    { name: "Of difficulty 1", value: (row) => row.shares, show: (row) => count(row.shares), number: true, wide: true },
  ],
});
const nodes = new Table($("nodes"), {
  caption: "Nodes by their addresses", key: (row) => row.url, empty: "The pool has a chain of its own.",
  columns: [
    { name: "Node", value: (row) => row.url, header: true },
    { name: "State", value: nodeState, show: (row) => badge(...NODE_STATES[nodeState(row)]) },
    { name: "Height", value: (row) => row.height, show: (row) => count(row.height), number: true },
    { name: "Behind", value: (row) => row.headers - row.height, number: true, wide: true },
    { name: "Peers", value: (row) => row.peers, number: true, wide: true },
  ],
});
const luck = new Table($("luck"), {
  caption: "Luck, and where that of an honest pool lies", key: (row) => String(row.blocks), empty: "No block yet.",
  columns: [
    { name: "Blocks", value: (row) => row.blocks, number: true, header: true },
    { name: "Luck", value: (row) => row.luck, show: (row) => whole(row.luck), number: true },
    { name: "95 % band", value: (row) => row.low, show: (row) => `${whole(row.low)} – ${whole(row.high)}`, number: true },
    { name: "Chance", value: (row) => row.probability, show: (row) => judged(row.probability, 0.025), number: true },
  ],
});
const withheld = new Table($("withheld"), {
  caption: "Blocks of each user against those its work should have found", key: (row) => row.user,
  search: "Find a user", empty: "Nobody has mined yet.",
  columns: [
    { name: "User", value: (row) => row.user, header: true },
    { name: "Found", value: (row) => row.found_blocks, show: (row) => count(row.found_blocks), number: true },
    { name: "Expected", value: (row) => row.expected_blocks, show: (row) => decimal(row.expected_blocks, 2), number: true },
    { name: "Chance", value: (row) => row.probability, show: (row) => judged(row.probability, row.limit), number: true },
  ],
});
const bans = new Table($("bans"), {
  caption: "Addresses that are banned", key: (row) => row.address, empty: "Nobody is banned.",
  columns: [
    { name: "Address", value: (row) => row.address, header: true, show: (row) => h("code", {}, row.address) },
    { name: "Until", value: (row) => row.until, show: (row) => moment(row.until) },
    { name: "", value: () => 0, show: (row) => h("button", {
      type: "button", class: "small", "data-focus": row.address, "aria-label": `Lift the ban of ${row.address}`,
      onclick: action(() => lift(row.address)),
    }, "Lift") },
  ],
});
const ledger = new Table($("ledger"), {
  caption: "Balances of the ledger", key: (row) => row.account, search: "Find an account", empty: "Nothing was booked yet.",
  columns: [
    { name: "Account", value: (row) => row.account, header: true },
    { name: "Balance", value: (row) => row.balance, show: (row) => sats(row.balance), number: true },
  ],
});
const notices = new Table($("notices"), {
  caption: "Notices to users, newest first", key: (row) => `${row.user} ${row.subject} ${row.target}`, empty: "None was made.",
  columns: [
    { name: "User", value: (row) => row.user, header: true },
    { name: "What", value: (row) => row.subject },
    { name: "Where", value: (row) => row.target, wide: true },
    { name: "Made", value: (row) => row.made, show: (row) => moment(row.made), wide: true },
    { name: "State", value: (row) => row.state, show: (row) => h("span", { title: row.error }, badge(row.state, NOTICE_STATES[row.state])) },
  ],
});

const NOTICE_STATES = { waiting: "warn", delivered: "good", failed: "bad" };
const NODE_STATES = { down: ["no answer", "bad"], downloading: ["downloading", "warn"], unusable: ["not usable", "warn"], ready: ["ready", "good"] };

function nodeState(node) {
  if (!node.answers) return "down";
  if (node.downloading) return "downloading";
  return node.usable ? "ready" : "unusable";
}

// A chance so small that it calls for a look.
function judged(chance, limit) {
  return chance < limit ? badge(percent(chance, 2), "bad") : percent(chance, 1);
}

function show(seen) {
  put("moment", moment(seen.time));
  problems(seen);
  put("rate-5m", hashrate(seen.hash_rate_5m));
  put("connections", `${count(seen.connections)} of ${count(seen.most_connections)}`);
  put("workers", count(seen.active_workers));
  put("template-age", duration(seen.template_age));
  const all = seen.accepted + seen.refused.reduce((sum, each) => sum + each.count, 0);
  put("refused-part", all ? percent(1 - seen.accepted / all, 2) : "–");
  put("ledger-state", seen.imbalance_sats ? `off by ${sats(seen.imbalance_sats)}` : "balanced");
  $("ledger-state").className = seen.imbalance_sats ? "bad" : "good";
  put("height", count(seen.height));
  put("found", `${count(seen.blocks_found)}${seen.blocks_unresolved ? `, ${seen.blocks_unresolved} unanswered` : ""}`);
  put("round", `${duration(seen.round_seconds)}, ${decimal(seen.round_work, 2)} blocks expected`);
  put("database", seen.database ? "answers" : "does not answer");
  $("database").className = seen.database ? "good" : "bad";
  put("uncommitted", count(seen.events_uncommitted));
  put("notices-waiting", count(seen.notices_waiting));
  put("lag", `${decimal(seen.loop_lag * 1000, 0)} ms`);
  put("free", `${decimal(seen.data_free / 2 ** 30, 1)} GiB`);
  refused.set(seen.refused.map((each) => ({ ...each, part: each.count / all })));
  nodes.set(seen.nodes);
}

function problems(seen) {
  const found = [...seen.problems];
  if (seen.imbalance_sats) found.push("the ledger does not add up to nothing");
  if (!seen.database) found.push("the database does not answer");
  const text = found.length ? found.join("; ") : "Ready: work is given out and what miners send is kept.";
  if ($("problems").textContent === text) return;
  $("problems").replaceChildren(h("p", { class: `note ${found.length ? "bad" : "good"}` }, text));
}

// What changes seldom is asked for now and then.

async function showRest() {
  const [statistics, users, banned, told, booked] = await Promise.all(
    ["statistics", "withholding", "bans", "notices", "ledger"].map((path) => ask(path)),
  );
  const seen = new Set();
  luck.set(statistics.luck.filter((band) => !seen.has(band.blocks) && seen.add(band.blocks)));
  const { reward_scheme: scheme, fee_percent: fee } = statistics.rules;
  put("rules", `${scheme.toUpperCase()}, fee ${decimal(fee, 2)} %`);
  withheld.set(users.map((user) => ({ ...user, limit: 0.01 / users.length })));
  bans.set(banned);
  notices.set(told);
  const balances = Object.entries(booked.balances);
  ledger.set(balances.map(([account, balance]) => ({ account, balance })));
  put("ledger-sum", `${count(balances.length)} accounts, sum ${sats(balances.reduce((sum, [, balance]) => sum + balance, 0))}`);
  await showRates();
}

let hours = 24;
$("rate-hours").append(choice("How far back", [[1, "1 hour"], [24, "24 hours"]], hours, (chosen) => {
  hours = chosen;
  showRates().catch((problem) => say(problem.message, "bad"));
}));

async function showRates() {
  const told = await ask(`hash_rate/${hours}`);
  chart.set([told.times, told.hash_rate_5m, told.hash_rate_60m, told.hash_rate_24h]);
}

// What can be done

async function lift(address) {
  await ask(`bans/${encodeURIComponent(address)}`, { method: "DELETE" });
  say(`${address} is heard again.`, "good");
  bans.set(await ask("bans"));
}

const fields = (form) => Object.fromEntries(
  [...new FormData(form)].map(([name, value]) => [name, value.trim()]).filter(([, value]) => value),
);
const reached = (connections) => `${count(connections)} connection${connections === 1 ? "" : "s"}`;

$("ban").addEventListener("submit", action(async (event) => {
  const { address, minutes } = fields(event.target);
  await ask(`bans/${encodeURIComponent(address)}`, { method: "PUT", body: { seconds: Number(minutes) * 60 } });
  event.target.reset();
  say(`${address} is banned.`, "good");
  bans.set(await ask("bans"));
}));

$("message").addEventListener("submit", action(async (event) => {
  const told = await ask("miners/message", { method: "POST", body: fields(event.target) });
  event.target.reset();
  say(`Sent to ${reached(told.connections)}.`, "good");
}));

$("reconnect").addEventListener("submit", action(async (event) => {
  const { host, port, user } = fields(event.target);
  const who = user ? `the miners of ${user}` : "all miners";
  const where = host ? `${host}:${port}` : "this pool";
  if (!await confirmed("Reconnect miners", `Shall ${who} connect to ${where}? Work under way is lost.`, "Reconnect")) return;
  const body = { ...(user && { user }), ...(host && { host, port: Number(port) }) };
  const told = await ask("miners/reconnect", { method: "POST", body });
  say(`${reached(told.connections)} asked.`, "good");
}));

// Begin

function begin() {
  $("gate").hidden = true;
  $("inside").hidden = false;
  live("/api/v1/events", show, () => ask("vitals"), 5, headers());
  poll(showRest, 15);
}

if (sessionStorage.getItem(KEY)) begin();
else {
  $("gate").hidden = false;
  pulse("waiting");
  $("token").focus();
}
