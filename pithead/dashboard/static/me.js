// The page of who mines here: sign in, see, set.

import {
  $, Problem, action, api, bitcoins, choice, coins, count, hashrate, live, moment, poll, pulse, put, sats, say,
} from "./base.js";
import { Chart } from "./chart.js";
import { editWorker, showSecret } from "./medialogs.js";
import { changeDestination, changePassword, clearDestination, turnCodesOff, turnCodesOn } from "./meproof.js";
import { tables } from "./metables.js";

const ME = "/api/v1/me";
const HINT = "signed-in"; // that a session may be there to ask for; whether it is the cookie says
let session = null;

async function ask(path, options = {}) {
  const headers = options.method ? { "X-CSRF-Token": session?.csrf ?? "" } : {};
  try {
    return await api(`${ME}/${path}`, { ...options, headers });
  } catch (problem) {
    if (problem.status === 401 && session) leave();
    throw problem;
  }
}

const change = (method, path, body) => ask(path, { method, body });
const part = encodeURIComponent;

function leave() {
  session = null;
  localStorage.removeItem(HINT);
  location.reload();
}

// Signing in and out

$("sign-in").addEventListener("submit", action(async () => {
  session = null;
  const body = { user: $("user").value.trim(), password: $("password").value, code: $("code").value };
  try {
    session = await api(`${ME}/session`, { method: "POST", body });
  } catch (problem) {
    if (problem.status === 403) askForCode();
    throw problem;
  }
  localStorage.setItem(HINT, "1");
  $("sign-in").reset();
  begin();
}));

function askForCode() {
  $("code-line").hidden = false;
  $("code").required = true;
  $("code").value = "";
  $("code").focus();
}

$("sign-out").addEventListener("click", action(async () => {
  await change("DELETE", "session");
  leave();
}));

// Signing in, and where to be paid: what needs the password once more

const hasCodes = () => factor.since > 0;
let factor = { since: 0, recovery_codes: 0 };
let account = { address: "", threshold_sats: 0 };
let contacts = 0; // that are told of changes

$("change-password").addEventListener("click", () => changePassword(hasCodes(), async (body) => {
  await change("PUT", "password", body);
  leave();
}));

const areTold = () => (contacts ? ` ${count(contacts)} ${contacts === 1 ? "contact is" : "contacts are"} told.` : "");

$("change-destination").addEventListener("click", () => changeDestination(account, hasCodes(), contacts, async (body) => {
  const isNew = body.address !== account.address;
  await change("PUT", "destination", body);
  await Promise.all([showMoney(), showSettings()]);
  say(`You are paid there from the next payout on.${isNew ? areTold() : ""}`, "good");
}));

$("clear-destination").addEventListener("click", () => clearDestination(account, hasCodes(), contacts, async (body) => {
  await change("POST", "destination/remove", body);
  await Promise.all([showMoney(), showSettings()]);
  say(`You are not paid any more.${areTold()}`, "good");
}));

$("codes-on").addEventListener("click", () => turnCodesOn(
  (body) => change("POST", "second-factor", body),
  async (body) => {
    const made = await change("PUT", "second-factor", body);
    await showFactor();
    return made;
  },
));

$("codes-off").addEventListener("click", () => turnCodesOff(async (body) => {
  await change("POST", "second-factor/remove", body);
  await showFactor();
  say("The password alone signs in from now on.", "good");
}));

async function showFactor() {
  factor = await ask("second-factor");
  put("codes", hasCodes() ? `asked for since ${moment(factor.since)}` : "not asked for");
  put("recovery", hasCodes() ? `${count(factor.recovery_codes)} left` : "–");
  $("codes-on").hidden = hasCodes();
  $("codes-off").hidden = !hasCodes();
}

// What is shown

const chart = new Chart($("rate-chart"), {
  label: "My hashrate over time", show: hashrate, low: 0, height: 250,
  lines: [{ label: "5 min", width: 1.5, fill: true }, { label: "1 h" }, { label: "24 h", dash: [6, 4] }],
});
const rewardChart = new Chart($("reward-chart"), {
  label: "Rewards by day", show: bitcoins, low: 0, height: 150, legend: false,
  lines: [{ label: "reward", fill: true, bars: true, width: 1 }],
});
const dailyChart = new Chart($("daily-chart"), {
  label: "Average hashrate by day", show: hashrate, low: 0, height: 150, legend: false,
  lines: [{ label: "hashrate", colour: "--series-3", fill: true, bars: true, width: 1 }],
});
const shown = tables({ editWorker: (row) => editWorker(row, saveWorker), renew, allow, revoke, forget });


function showProfile(told) {
  const { btc, username } = told;
  put("name", username);
  put("rate-5m", hashrate(btc.hash_rate_5m));
  put("rate-60m", hashrate(btc.hash_rate_60m));
  put("rate-24h", hashrate(btc.hash_rate_24h));
  const [ok, low, off] = [btc.ok_workers, btc.low_workers, btc.off_workers];
  put("worker-counts", [`${count(ok)} ok`, low && `${count(low)} low`, off && `${count(off)} off`].filter(Boolean).join(", "));
  put("confirmed", coins(btc.confirmed_reward));
  put("unconfirmed", coins(btc.unconfirmed_reward));
  put("today", `today so far ${bitcoins(btc.today_reward)}`);
}

/** What is the pool's alone: its clock, which need not be the browser's, and how long a reward waits. */
async function ofPool() {
  const { time, confirmations } = await api("/api/v1/public/stats");
  return { now: time, confirmations };
}

async function showWorkers() {
  const [workers, { now }] = await Promise.all([ask("workers"), ofPool()]);
  shown.workers.set(workers.map((row) => ({ ...row, now })));
}

async function showMoney() {
  const [pool, rewards, rates, money, payouts, blocks] = await Promise.all(
    [ofPool(), ...["rewards", "hash_rate_daily", "account", "payouts", "blocks"].map((path) => ask(path))],
  );
  account = money;
  showDays(rewards.btc.daily_rewards, rates.btc);
  put("address", account.address || "no address is set");
  $("clear-destination").hidden = !account.address;
  put("threshold", account.threshold_sats ? sats(account.threshold_sats) : "the pool's own threshold");
  put("paid", `paid ${sats(account.paid_sats)}, on the way ${sats(account.paying_sats)}`);
  shown.payouts.set(payouts.onchain);
  shown.blocks.set(blocks.map(({ block, reward_sats }) => ({ ...block, reward_sats, ...pool })));
}

/** Rewards and hashrates, newest first, on the same days: a reward comes later than its day's work. */
function showDays(rewards, rates) {
  const days = new Map();
  for (const each of [...rates, ...rewards]) days.set(each.date, { ...days.get(each.date), ...each });
  const rows = [...days.values()].sort((a, b) => b.date - a.date);
  shown.rewards.set(rows);
  const old = [...rows].reverse();
  const dates = old.map((each) => each.date);
  rewardChart.set([dates, old.map((each) => (each.total_reward === undefined ? null : Number(each.total_reward)))]);
  dailyChart.set([dates, old.map((each) => each.hash_rate_24h ?? null)]);
  $("day-charts").hidden = rows.length < 2;
}

async function showSettings() {
  const [profiles, told, notices] = await Promise.all(
    ["profiles", "contacts", "notices"].map((path) => ask(path)),
  );
  shown.profiles.set(profiles);
  contacts = told.length;
  shown.contacts.set(told);
  shown.notices.set(notices);
  await showFactor();
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

async function saveWorker(row, body) {
  await change("PATCH", `workers/${part(row.name)}`, body);
  say(`${row.name} is set.`, "good");
  await showWorkers();
}

async function renew(row) {
  const { token } = await change("PUT", `profiles/${part(row.name)}`, { web_api: row.web_api });
  await showSettings();
  showSecret(`Token of ${row.name}`, token, "Send it in the header SlushPool-Auth-Token. It is not shown again.");
}

async function allow(row) {
  await change("PATCH", `profiles/${part(row.name)}`, { web_api: !row.web_api });
  await showSettings();
}

async function revoke(row) {
  await change("DELETE", `profiles/${part(row.name)}`);
  say(`${row.name} is gone; its token opens nothing any more.`, "good");
  await showSettings();
}

async function forget({ channel, target }) {
  await change("POST", "contacts/remove", { channel, target });
  say(`${target} is told nothing more.`, "good");
  await showSettings();
}

$("new-profile").addEventListener("submit", action(async (event) => {
  const form = event.target;
  const row = { name: form.profile.value.trim(), web_api: form.web_api.checked };
  await renew(row);
  form.reset();
}));

$("new-contact").addEventListener("submit", action(async (event) => {
  const form = event.target;
  const kinds = ["worker", "block", "payout"].filter((kind) => form[kind].checked);
  if (!kinds.length) throw new Problem(0, "Choose what to tell of.");
  const body = { channel: form.channel.value, target: form.target.value.trim(), kinds };
  const { secret } = await change("POST", "contacts", body);
  form.reset();
  await showSettings();
  if (secret) showSecret("Secret of the webhook", secret, "It signs each notice (HMAC-SHA256). It is not shown again.");
  else say(`${body.target} is told from now on.`, "good");
}));

// Begin

function begin() {
  $("gate").hidden = true;
  $("inside").hidden = false;
  put("name", session.user);
  live(`${ME}/events`, showProfile, () => ask("profile"), 10);
  poll(async () => {
    await showRates();
    await showWorkers();
  }, 15);
  poll(showMoney, 60);
  poll(showSettings, 60);
}

try {
  session = localStorage.getItem(HINT) ? await api(`${ME}/session`) : null;
} catch {
  localStorage.removeItem(HINT);
}
if (session) begin();
else {
  $("gate").hidden = false;
  pulse("waiting");
  $("user").focus();
}
