// The tables of a signed-in user's page.

import {
  $, action, ago, badge, bitcoins, confirmed, count, day, h, hashrate, moment, sats,
} from "./base.js";
import { blockColumns } from "./blocks.js";
import { Table } from "./table.js";

const WORKER_STATES = { ok: "good", low: "warn", off: "bad", dis: "" };
const WORKER_WORDS = { ok: "ok", low: "low", off: "off", dis: "not watched" };
const PAYOUT_STATES = { queued: "warn", confirmed: "good", failed: "bad" };
const NOTICE_STATES = { waiting: "warn", delivered: "good", failed: "bad" };

const button = (text, focus, label, work, kind = "") => h("button", {
  type: "button", class: `small ${kind}`, "data-focus": focus, "aria-label": label, onclick: action(work),
}, text);

/** `acts`: what the buttons of the rows do. */
export function tables(acts) {
  return {
    workers: workers(acts), rewards: rewards(), payouts: payouts(), blocks: blocks(),
    profiles: profiles(acts), contacts: contacts(acts), notices: notices(),
  };
}

const workers = (acts) => new Table($("workers"), {
  caption: "My workers", key: (row) => `${row.name} ${row.label} ${row.state}`, sort: "Name",
  search: "Name, label or state", empty: "No worker has sent a share yet.",
  columns: [
    { name: "Name", value: (row) => row.name, header: true, width: "26%",
      show: (row) => [row.name, row.label && h("span", { class: "muted small" }, ` ${row.label}`)].filter(Boolean) },
    { name: "State", value: (row) => row.state, width: "9rem", show: (row) => badge(WORKER_WORDS[row.state], WORKER_STATES[row.state]) },
    { name: "5 min", value: (row) => row.hash_rate_5m, show: (row) => hashrate(row.hash_rate_5m), number: true },
    { name: "24 h", value: (row) => row.hash_rate_24h, show: (row) => hashrate(row.hash_rate_24h), number: true, wide: true },
    { name: "Alert below", value: (row) => row.alert_limit, number: true, wide: true,
      show: (row) => (row.alert_limit === null ? "automatic" : hashrate(row.alert_limit)) },
    { name: "Last share", value: (row) => row.last_share, number: true, wide: true,
      show: (row) => ago(row.last_share, Math.max(row.now, row.last_share)) },
    { name: "", value: () => 0, width: "4.2rem",
      show: (row) => button("Set", row.name, `Set label and alerts of ${row.name}`, async () => acts.editWorker(row)) },
  ],
});

const rewards = () => new Table($("rewards"), {
  caption: "Rewards by day, newest first", key: (row) => day(row.date),
  empty: "A day is listed once it is over; its reward, once its last block is confirmed.",
  columns: [
    { name: "Day", value: (row) => row.date, show: (row) => day(row.date), header: true },
    { name: "Reward", value: (row) => (row.total_reward === undefined ? null : Number(row.total_reward)), show: (row) => bitcoins(row.total_reward), number: true },
    { name: "Hashrate", value: (row) => row.hash_rate_24h, show: (row) => hashrate(row.hash_rate_24h), number: true },
    { name: "Shares", value: (row) => row.shares, show: (row) => count(row.shares), number: true, wide: true },
  ],
});

const payouts = () => new Table($("payouts"), {
  caption: "Payouts, newest first", key: (row) => row.tx_id, empty: "Nothing was paid out yet.",
  columns: [
    { name: "Planned", value: (row) => row.requested_at_ts, show: (row) => moment(row.requested_at_ts), header: true },
    { name: "Amount", value: (row) => row.amount_sats, show: (row) => sats(row.amount_sats), number: true },
    { name: "State", value: (row) => row.status, show: (row) => badge(row.status, PAYOUT_STATES[row.status]) },
    { name: "Transaction", value: (row) => row.tx_id, wide: true,
      show: (row) => h("code", { title: row.tx_id }, `${row.tx_id.slice(0, 10)}…`) },
  ],
});

const blocks = () => new Table($("blocks"), {
  caption: "Blocks that brought me a reward, newest first", key: (row) => row.hash, empty: "None in the last days.",
  columns: blockColumns([
    { name: "My reward", value: (row) => row.reward_sats, show: (row) => sats(row.reward_sats), number: true },
  ]),
});

const profiles = (acts) => new Table($("profiles"), {
  caption: "Tokens of the web API by profile", key: (row) => row.name, empty: "No profile yet.",
  columns: [
    { name: "Profile", value: (row) => row.name, header: true },
    { name: "Web API", value: (row) => String(row.web_api), show: (row) => badge(row.web_api ? "allowed" : "forbidden", row.web_api ? "good" : "") },
    { name: "Last used", value: (row) => row.last_used, show: (row) => (row.last_used ? moment(row.last_used) : "never"), wide: true },
    { name: "", value: () => 0, show: (row) => h("span", { class: "buttons" },
      button("New token", `${row.name} renew`, `Give ${row.name} a new token`, async () => {
        if (await confirmed("New token", `The present token of ${row.name} stops working.`, "Make a new one")) await acts.renew(row);
      }),
      button(row.web_api ? "Forbid" : "Allow", `${row.name} allow`, `${row.web_api ? "Forbid" : "Allow"} the web API for ${row.name}`, () => acts.allow(row)),
      button("Revoke", `${row.name} revoke`, `Revoke ${row.name}`, async () => {
        if (await confirmed("Revoke", `${row.name} goes, and its token with it.`, "Revoke")) await acts.revoke(row);
      }, "danger")) },
  ],
});

const contacts = (acts) => new Table($("contacts"), {
  caption: "Who is told of alerts", key: (row) => row.target, empty: "Nobody is told.",
  columns: [
    { name: "Place", value: (row) => row.target, header: true, show: (row) => h("code", {}, row.target) },
    { name: "Of", value: (row) => row.kinds.join(", ") },
    { name: "", value: () => 0, show: (row) => button("Remove", row.target, `Tell ${row.target} nothing more`, () => acts.forget(row)) },
  ],
});

const notices = () => new Table($("notices"), {
  caption: "Notices to me, newest first", key: (row) => row.id, empty: "None was made.",
  columns: [
    { name: "What", value: (row) => row.subject, header: true },
    { name: "Where", value: (row) => row.target, wide: true },
    { name: "Made", value: (row) => row.made, show: (row) => moment(row.made), wide: true },
    { name: "State", value: (row) => row.state, show: (row) => h("span", { title: row.error }, badge(row.state, NOTICE_STATES[row.state])) },
  ],
});
