// The columns of tables of blocks.

import { ago, badge, bitcoins, duration, h, moment, percent } from "./base.js";

const STATES = { new: "", confirmed: "good", orphaned: "bad" };

/** Of rows {height, hash?, found_at, luck, seconds, state, confirmations_left, value, now, confirmations}. */
export function blockColumns(extra = []) {
  return [
    { name: "Height", value: (row) => row.height, number: true, header: true, width: "6rem" },
    { name: "Found", value: (row) => row.found_at, show: (row) => h("time", {
      datetime: new Date(row.found_at * 1000).toISOString(), title: moment(row.found_at),
    }, ago(row.found_at, row.now)) },
    { name: "Round", value: (row) => row.seconds, show: (row) => duration(row.seconds), number: true, wide: true },
    { name: "Luck", value: (row) => row.luck, show: (row) => percent(row.luck, 0), number: true, wide: extra.length > 0 },
    ...extra,
    { name: "Value", value: (row) => Number(row.value), show: (row) => bitcoins(row.value), number: true, wide: true },
    { name: "Hash", value: (row) => row.hash, wide: true, show: (row) => h("code", { title: row.hash, class: "muted" },
      `${row.hash.slice(0, 8)}…${row.hash.slice(-12)}`) },
    { name: "Confirmations", value: (row) => -row.confirmations_left, show: confirmations },
  ];
}

function confirmations(row) {
  if (row.state !== "new") return badge(row.state, STATES[row.state]);
  const done = row.confirmations - row.confirmations_left;
  return h("span", { class: "meter" },
    h("progress", { max: row.confirmations, value: done, "aria-label": `Confirmations of block ${row.height}` }),
    h("span", { class: "small" }, `${done} of ${row.confirmations}`));
}
