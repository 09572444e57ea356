// One machine: what it says of itself now, how it went, and what is set on it.

import {
  $, api, badge, choice, count, decimal, duration, h, hashrate, percent, poll, pulse, put, say,
} from "./base.js";
import { Chart } from "./chart.js";
import {
  BASE, begin, celsius, machinePath, onSession, session, stateKind, terahashes, watts,
} from "./fleet-session.js";
import { actionButtons } from "./fleet-actions.js";
import { hotOf, showBoards, showFans } from "./fleet-boards.js";
import { showChips } from "./fleet-chips.js";
import { showFaults } from "./fleet-faults.js";
import { settingsForms } from "./fleet-settings.js";

const id = decodeURIComponent(location.pathname.slice("/machine/".length));
const path = BASE + machinePath(id);
let row = null;
let reading = null; // the log, once it is known whether there is one to ask for
let minutes = 60;
let log = "bosminer";

$("actions").append(actionButtons(() => [row]));
const settings = settingsForms($("settings"), $("settings-choice"), id, look);

// What it says now

async function look() {
  const view = await api(path);
  row = view.row;
  reading ??= poll(readLog, 15);
  document.title = `${row.name} – Fleet`;
  put("name", row.name);
  $("state").replaceChildren(badge(row.state, stateKind(row.state)));
  showAbout(view);
  showFigures(view);
  showTuning(view);
  const hot = hotOf(view.configuration?.temperature);
  known("boards", view.hashboards, (place) => showBoards(place, view.hashboards.hashboards, hot));
  known("fans", view.cooling, (place) => showFans(place, view.cooling));
  known("identity", view.details, (place) => showIdentity(place, view.details));
  known("pools", view.pools, (place) => showPools(place, view.pools));
  known("errors", view.errors, (place) => showErrors(place, view.errors.errors));
  settings.take(view);
  await showChips($("chips"), $("chips-note"), view, hot);
  $("faults-panel").hidden = !view.simulated;
  if (view.simulated) await showFaults($("faults"), id);
}

/** What it did not tell this time stays as it was told last. */
function known(id, told, show) {
  const place = $(id);
  if (told) show(place);
  else if (!place.children.length) place.replaceChildren(h("p", { class: "empty" }, "It has not told."));
}

async function lookOrTell() {
  try {
    await look();
  } catch (problem) {
    $("trouble").hidden = false;
    put("trouble", problem.message);
    throw problem;
  }
}

function showAbout(view) {
  const parts = [row.model, row.id, row.attention ?? row.reason, `${row.state} for ${duration(Date.now() / 1000 - row.since)}`];
  $("about").replaceChildren(...parts.filter(Boolean).flatMap((part, at) => (at ? [" · ", part] : [part])));
  const missing = Object.entries(view.unanswered);
  const trouble = $("trouble");
  trouble.hidden = missing.length === 0;
  if (missing.length) {
    const whole = view.details === null;
    put(trouble, whole ? `It cannot be asked: ${missing[0][1]}. What is shown is what was last known.`
      : `Not answered: ${missing.map(([name, why]) => `${name} (${why})`).join("; ")}`);
  }
}

function showFigures(view) {
  const rates = view.stats?.miner_stats?.real_hashrate;
  const shares = view.stats?.pool_stats;
  const all = shares ? shares.accepted_shares + shares.rejected_shares + shares.stale_shares : 0;
  const tiles = [
    ["Hashrate", hashrate(terahashes(row.hashrate_ths)), `nominal ${hashrate(terahashes(row.nominal_ths))}`],
    ["Last hour", hashrate(rates?.last_1h?.gigahash_per_second), `a day ${hashrate(rates?.last_24h?.gigahash_per_second)}`],
    ["Power", watts(row.power_w), `${decimal(row.efficiency_j_th)} J/TH`],
    ["Hottest chip", celsius(row.chip_c), row.fan_ratio === null ? "" : `fans at ${percent(row.fan_ratio, 0)}`],
    ["Shares", count(shares?.accepted_shares), all ? `${percent((all - shares.accepted_shares) / all, 2)} refused or late` : ""],
    ["Up for", duration(row.uptime_s), view.locating ? "blinks to be found" : ""],
  ];
  const place = $("figures");
  place.replaceChildren(...tiles.map(([name, value, sub]) => h("div", {},
    h("dt", {}, name), h("dd", {}, value), h("dd", { class: "sub" }, sub))));
}

const facts = (pairs) => h("dl", { class: "facts" }, pairs.flatMap(([name, value]) => [
  h("dt", {}, name), h("dd", {}, value ?? "–")]));

function showTuning(view) {
  const configured = view.configuration;
  const dps = configured?.dps;
  const target = row.target_w !== null ? watts(row.target_w) : hashrate(terahashes(row.target_ths));
  const wanted = configured?.tuner?.tuner_mode === 2
    ? hashrate(terahashes(configured.tuner.hashrate_target?.terahash_per_second ?? null))
    : watts(configured?.tuner?.power_target?.watt);
  const mode = ["", "normal", "boost"][dps?.mode ?? 0];
  $("tuning").replaceChildren(facts([
    ["Tuner", row.tuner ? badge(row.tuner, { stable: "good", error: "bad", tuning: "warn" }[row.tuner] ?? "") : "–"],
    ["Aims at now", target],
    ["Target set", configured ? wanted : "–"],
    ["Performance scaling", dps ? (dps.enabled ? `on${mode ? `, ${mode}` : ""}` : "off") : "–"],
    ["Step", dps?.power_step ? watts(dps.power_step.watt) : "–"],
    ["Lowest target", dps?.min_power_target ? watts(dps.min_power_target.watt) : "–"],
    ["Shuts down when too hot", !dps ? "–" : dps.shutdown_enabled ? `for ${dps.shutdown_duration?.hours ?? "?"} h` : "no"],
  ]));
}

function showIdentity(place, details) {
  const supply = details.psu_info;
  place.replaceChildren(facts([
    ["Model", row.model], ["Firmware", row.version], ["API", h("a", { href: row.url, rel: "noreferrer" }, row.url)],
    ["Host name", details.hostname], ["MAC address", h("span", { class: "mono" }, details.mac_address || "–")],
    ["Serial number", details.serial_number], ["Sticker", hashrate(terahashes(row.sticker_ths))],
    ["Power supply", supply?.model_name ? `${supply.model_name}, ${decimal(supply.min_voltage?.volt)} to ${decimal(supply.max_voltage?.volt)} V` : "–"],
  ]));
}

function showPools(place, groups) {
  const rows = groups.flatMap((group) => group.pools.map((pool) => h("tr", {},
    h("th", { scope: "row" }, h("code", {}, pool.url)), h("td", {}, pool.user),
    h("td", {}, pool.active ? badge("mining here", "good") : pool.alive ? badge("ready") : pool.enabled ? badge("away", "bad") : badge("off")),
    h("td", { class: "number" }, count(pool.stats?.accepted_shares)),
    h("td", { class: "number" }, count((pool.stats?.rejected_shares ?? 0) + (pool.stats?.stale_shares ?? 0))),
    h("td", { class: "number wide" }, pool.stats?.best_share_str ?? "–"),
    h("td", { class: "wide" }, group.name))));
  place.replaceChildren(table("Where it mines", ["Address", "User", "State", "#Accepted", "#Refused", "#+Best share", "+Group"], rows, "It has no pool."));
}

function showErrors(place, errors) {
  const newest = [...errors].sort((a, b) => b.timestamp.localeCompare(a.timestamp)).slice(0, 50);
  const rows = newest.map((error) => h("tr", {},
    h("td", { class: "mono small" }, error.timestamp.replace("T", " ").slice(0, 19)),
    h("td", {}, error.error_codes.map((code) => badge(code.code, "warn"))),
    h("th", { scope: "row" }, error.message,
      error.error_codes.map((code) => h("div", { class: "muted small" }, code.hint))),
    h("td", { class: "wide" }, error.components.map((part) => `${part.name} ${part.index}`).join(", ") || "–")));
  place.replaceChildren(table("Errors, the newest first", ["When", "Code", "What", "+Where"], rows, "It lists none."));
}

/** `#` marks columns of numbers, `+` those that go on narrow screens. */
function table(caption, heads, rows, empty) {
  const head = heads.map((text) => h("th", {
    scope: "col", class: `${text.includes("#") ? "number" : ""} ${text.includes("+") ? "wide" : ""}`.trim() || null,
  }, text.replace(/[#+]/g, "")));
  const body = rows.length ? rows : [h("tr", {}, h("td", { colspan: heads.length, class: "empty" }, empty))];
  return h("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": caption },
    h("table", {}, h("caption", { class: "unseen" }, caption), h("thead", {}, h("tr", {}, head)), h("tbody", {}, body)));
}

// How it went

const charts = {
  hashrate: new Chart($("chart-hashrate"), {
    label: "Hashrate", lines: [{ label: "Hashrate", fill: true }], show: (ths) => hashrate(terahashes(ths)), height: 190, low: 0,
  }),
  power: new Chart($("chart-power"), {
    label: "Power and target",
    lines: [{ label: "Power", fill: true, colour: "--series-2" }, { label: "Target", colour: "--series-6", dash: [5, 4], spanGaps: true }],
    show: watts, height: 190, low: 0,
  }),
  heat: new Chart($("chart-heat"), {
    label: "Hottest chip", lines: [{ label: "Hottest chip", colour: "--series-5" }], show: celsius, height: 190, low: 0,
  }),
};

async function remember() {
  const track = await api(`${path}/history?minutes=${minutes}`);
  const step = track.step_s;
  const begin = (Math.floor(Date.now() / 1000 / step) + 1) * step - minutes * 60;
  const isLate = !track.moments.length || track.moments[0] > begin;
  const from = (times, none) => (isLate ? [none, ...times] : times); // the whole span is shown
  const times = from(track.moments, begin);
  charts.hashrate.set([times, from(track.hashrate_ths, null)]);
  charts.power.set([times, from(track.power_w, null), from(track.target_w, null)]);
  charts.heat.set([times, from(track.temperature_c, null)]);
}

$("span").append(choice("How long", [[60, "1 h"], [360, "6 h"], [1440, "24 h"], [10080, "7 d"], [20160, "14 d"]], minutes, (value) => {
  minutes = value;
  remember().catch((problem) => say(problem.message, "bad"));
}));

// Logs

async function readLog() {
  const place = $("log");
  if (row?.state === "away" || row?.state === "refused") {
    if (!place.textContent) put(place, "It cannot be asked.");
    return;
  }
  const isAtEnd = place.scrollTop + place.clientHeight >= place.scrollHeight - 30;
  const response = await fetch(`${path}/log/${log}`, { credentials: "same-origin", cache: "no-store" });
  const text = await response.text();
  put(place, text.trim() ? text : "empty");
  if (isAtEnd) place.scrollTop = place.scrollHeight;
}

$("log-choice").append(choice("Which log", ["bosminer", "boser", "errors", "monitor", "syslog", "dmesg"].map((each) => [each, each]), log, (value) => {
  log = value;
  readLog().catch((problem) => say(problem.message, "bad"));
}));

try {
  await begin();
  if (session.may_read) {
    onSession(() => look().catch(() => {}));
    poll(remember, 30);
    poll(lookOrTell, 5);
  }
} catch (problem) {
  pulse("lost");
  say(problem.message, "bad");
}
