// The table of all machines: what they do, and what is done with those that are chosen.

import { $, api, badge, choice, count, decimal, duration, h, hashrate, live, pulse, put, say } from "./base.js";
import { Table } from "./table.js";
import { BASE, begin, celsius, session, stateKind, terahashes, watts } from "./fleet-session.js";
import { actionButtons } from "./fleet-actions.js";

const machines = new Map();
const selected = new Set();
let filter = "all";
let pointerIsDown = false;

const FILTERS = {
  all: () => true,
  mining: (row) => row.state === "mining",
  attention: (row) => row.attention !== null,
  away: (row) => row.state === "away" || row.state === "refused",
};

const table = new Table($("machines"), {
  caption: "Machines",
  search: "Search machines",
  empty: "No machine yet: they appear as soon as they answer.",
  sort: "Name",
  keeps: true,
  key: (row) => `${row.name} ${row.id} ${row.model ?? ""} ${row.state} ${row.reason ?? ""} ${row.attention ?? ""} ${row.tuner ?? ""}`,
  columns: [
    { name: "Select", value: (row) => (selected.has(row.id) ? 1 : 0), show: checkbox, width: "2.4rem" },
    { name: "Name", value: (row) => row.name, show: nameOf, header: true, width: "10rem" },
    { name: "Model", value: (row) => row.model, wide: true, width: "10.5rem" },
    { name: "State", value: (row) => row.state, show: stateOf, width: "8rem" },
    { name: "Hashrate", value: (row) => row.hashrate_ths, show: (row) => hashrate(terahashes(row.hashrate_ths)), number: true },
    { name: "Power", value: (row) => row.power_w, show: (row) => watts(row.power_w), number: true, wide: true },
    { name: "J/TH", value: (row) => row.efficiency_j_th, show: (row) => decimal(row.efficiency_j_th), number: true, wide: true, width: "4.5rem" },
    { name: "Chip", value: (row) => row.chip_c, show: (row) => celsius(row.chip_c), number: true, wide: true, width: "5.5rem" },
    { name: "Fans", value: (row) => Math.max(0, ...row.fans_rpm), show: fansOf, number: true, wide: true, width: "6rem" },
    { name: "Tuner", value: (row) => row.tuner, wide: true, width: "5.5rem" },
    { name: "Target", value: (row) => row.target_w ?? row.target_ths, show: targetOf, number: true, wide: true, width: "6rem" },
    { name: "Errors", value: (row) => row.errors, show: errorsOf, number: true, wide: true, width: "4.5rem" },
  ],
});

function checkbox(row) {
  return h("input", {
    type: "checkbox", checked: selected.has(row.id), "data-focus": row.id, "aria-label": `Select ${row.name}`,
    onchange: (event) => choose([row.id], event.target.checked),
  });
}

function nameOf(row) {
  return h("a", { href: `/machine/${encodeURIComponent(row.id)}`, title: row.id, "data-focus": `name ${row.id}` }, row.name);
}

function stateOf(row) {
  const mark = badge(row.state, stateKind(row.state));
  const since = duration(Date.now() / 1000 - row.since);
  mark.title = [row.attention ?? row.reason, `for ${since}`].filter(Boolean).join(", ");
  if (row.state === "away") return h("span", {}, mark, h("span", { class: "muted small" }, ` ${since}`));
  if (!row.attention || stateKind(row.state) !== "good") return mark;
  return h("span", {}, mark, " ", badge("!", "warn"), h("span", { class: "unseen" }, row.attention));
}

function fansOf(row) {
  if (!row.fans_rpm.length) return "–";
  const stopped = row.fans_rpm.filter((rpm) => rpm === 0).length;
  const fastest = `${count(Math.max(...row.fans_rpm))}`;
  const shown = row.fan_ratio === null ? fastest : `${Math.round(row.fan_ratio * 100)} %`;
  return h("span", { class: stopped && row.fan_ratio > 0 ? "bad" : null, title: `${row.fans_rpm.join(", ")} rpm` }, shown);
}

function targetOf(row) {
  if (row.target_w !== null) return watts(row.target_w);
  return hashrate(terahashes(row.target_ths));
}

function errorsOf(row) {
  return row.errors ? h("span", { class: "warn", title: row.last_error ?? "" }, count(row.errors)) : "0";
}

// The head of the first column chooses all that are shown.
const everyone = h("input", {
  type: "checkbox", "aria-label": "Select all machines shown",
  onchange: (event) => choose(table.shown.map((row) => row.id), event.target.checked),
});
table.heads[0].replaceChildren(everyone);
table.heads[0].classList.add("select");

function choose(ids, isChosen) {
  for (const id of ids) {
    isChosen ? selected.add(id) : selected.delete(id);
    table.forget(machines.get(id));
  }
  showSelection();
  arrange();
}

function showSelection() {
  const bar = $("selection");
  bar.hidden = selected.size === 0;
  put(bar.firstChild, `${count(selected.size)} selected`);
  everyone.checked = selected.size > 0 && table.shown.every((row) => selected.has(row.id));
  everyone.indeterminate = selected.size > 0 && !everyone.checked;
}

$("selection").append(h("strong"),
  actionButtons(() => [...selected].map((id) => machines.get(id)).filter(Boolean)),
  h("button", { type: "button", class: "quiet", onclick: () => choose([...selected], false) }, "Clear"));

// Rows

function take(fleet) {
  if (fleet.whole) machines.clear();
  for (const row of fleet.machines) machines.set(row.id, row);
  for (const id of selected) if (!machines.has(id)) selected.delete(id);
  for (const row of machines.values()) if (row.state === "away") table.forget(row); // tells for how long
  showSums(fleet.sums);
  put("pace", `each asked every ${duration(fleet.look_seconds)}`);
  arrange();
}

function arrange() {
  if (pointerIsDown) return; // a row that is drawn anew under the pointer would lose the click
  table.set([...machines.values()].filter(FILTERS[filter]));
}

$("machines").addEventListener("pointerdown", () => { pointerIsDown = true; });
for (const end of ["pointerup", "pointercancel"]) {
  document.addEventListener(end, () => setTimeout(() => { pointerIsDown = false; }, 0));
}

function showSums(sums) {
  const tiles = [
    ["Hashrate", hashrate(terahashes(sums.hashrate_ths)), "last five minutes"],
    ["Power", watts(sums.power_w), sums.efficiency_j_th === null ? "" : `${decimal(sums.efficiency_j_th)} J/TH`],
    ["Mining", `${count(sums.mining)} of ${count(sums.machines)}`, "machines"],
    ["Need attention", count(sums.attention), sums.away ? `${count(sums.away)} away` : "none is away", sums.attention ? "bad" : ""],
    ["Hottest chip", celsius(sums.hottest_c), ""],
  ];
  const place = $("sums");
  if (!place.children.length) {
    place.append(...tiles.map(([name]) => h("div", {}, h("dt", {}, name), h("dd"), h("dd", { class: "sub" }))));
  }
  tiles.forEach(([, value, sub, kind], at) => {
    const [, main, small] = place.children[at].children;
    put(main, value);
    put(small, sub);
    main.className = kind ?? "";
  });
}

$("filter").append(choice("Which machines", [
  ["all", "All"], ["mining", "Mining"], ["attention", "Need attention"], ["away", "Away"],
], "all", (value) => {
  filter = value;
  arrange();
  showSelection();
}));

try {
  await begin();
  if (session.may_read) live(`${BASE}/events`, take, () => api(BASE));
} catch (problem) {
  pulse("lost");
  say(problem.message, "bad");
}
