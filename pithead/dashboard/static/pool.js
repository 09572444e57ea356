// The public page: how the pool does.

import {
  $, api, bitcoins, choice, count, decimal, duration, hashrate, live, moment, percent, poll, put,
} from "./base.js";
import { Chart } from "./chart.js";
import { blockColumns } from "./blocks.js";
import { Table } from "./table.js";

const PUBLIC = "/api/v1/public";
const whole = (value) => percent(value, 0);

const rates = new Chart($("rate-chart"), {
  label: "Hashrate of the pool over time", show: hashrate, low: 0, height: 290,
  lines: [{ label: "5 min", width: 1.5, fill: true }, { label: "1 h" }, { label: "24 h", dash: [6, 4] }],
});
const round = new Chart($("round-chart"), {
  label: "Chance of a block by the work done", time: false, show: whole, low: 0, high: 1, height: 130, legend: false,
  across: (work) => `${decimal(work, 1)} blocks`,
  lines: [{ label: "chance", width: 1.5 }, { label: "now", fill: true, colour: "--series-2" }],
});
const lucks = new Chart($("luck-chart"), {
  label: "Luck over the last blocks", time: false, show: whole, low: 0, height: 220,
  across: (at) => count(Math.round(at)), counted: true,
  lines: [{ label: "10 blocks", width: 1.5 }, { label: "50 blocks" }, { label: "100 %", colour: "--series-6", dash: [4, 4], width: 1 }],
});
const blocks = new Table($("blocks"), {
  caption: "Last blocks of the pool, newest first", key: (row) => row.hash, columns: blockColumns(),
  empty: "No block yet.",
});
const bands = new Table($("luck-bands"), {
  caption: "Luck, and where that of an honest pool lies", key: (row) => String(row.blocks), empty: "No block yet.",
  columns: [
    { name: "Blocks", value: (row) => row.blocks, number: true, header: true },
    { name: "Luck", value: (row) => row.luck, show: (row) => whole(row.luck), number: true },
    { name: "95 % band", value: (row) => row.low, number: true, show: (row) => `${whole(row.low)} – ${whole(row.high)}` },
    { name: "Chance", value: (row) => row.probability, show: (row) => percent(row.probability, 0), number: true },
  ],
});

let hours = 24;
$("rate-hours").append(choice("How far back", [[1, "1 hour"], [24, "24 hours"]], hours, (chosen) => {
  hours = chosen;
  showRates().catch(() => {});
}));

async function showRates() {
  const told = await api(`${PUBLIC}/hash_rate/${hours}`);
  rates.set([told.times, told.hash_rate_5m, told.hash_rate_60m, told.hash_rate_24h]);
}

async function showLuck() {
  const told = await api(`${PUBLIC}/luck`);
  const seen = new Set();
  bands.set(told.bands.filter((band) => !seen.has(band.blocks) && seen.add(band.blocks)));
  const places = told.rounds.map((_, at) => at + 1);
  lucks.set([places, rolling(told.rounds, 10), rolling(told.rounds, 50), places.map(() => 1)]);
}

// The luck of so many blocks up to each: their number over the sum of what each took. None where
// there were fewer before, unless there are no more.
function rolling(found, most) {
  const size = Math.min(most, found.length);
  let took = 0;
  return found.map((luck, at) => {
    took += 1 / luck;
    if (at >= size) took -= 1 / found[at - size];
    return at + 1 < size ? null : size / took;
  });
}

let newest = null;

function show(stats) {
  put("moment", moment(stats.time));
  put("rate-5m", hashrate(stats.hash_rate_5m));
  put("rate-60m", hashrate(stats.hash_rate_60m));
  put("rate-24h", hashrate(stats.hash_rate_24h));
  put("workers", count(stats.active_workers));
  for (const size of [10, 50, 250]) {
    put(`luck-${size}`, stats.blocks.length ? whole(Number(stats[`luck_b${size}`])) : "–");
  }
  showRound(stats.round);
  blocks.set(stats.blocks.map((block) => ({ ...block, now: stats.time, confirmations: stats.confirmations })));
  const last = stats.blocks[0]?.hash ?? "";
  if (last !== newest) {
    newest = last;
    showLuck().catch(() => {});
  }
}

function showRound({ seconds, work, probability, block_shares, block_value }) {
  put("round-time", duration(seconds));
  put("round-probability", percent(probability));
  $("round-bar").value = probability;
  put("round-work", `${decimal(work, 2)} blocks expected`);
  put("round-value", bitcoins(block_value));
  put("round-difficulty", count(block_shares));
  const end = Math.max(3, work * 1.15);
  const places = Array.from({ length: 101 }, (_, at) => (at * end) / 100);
  const chance = places.map((place) => 1 - Math.exp(-place));
  round.set([places, chance, chance.map((value, at) => (places[at] <= work ? value : null))]);
}

live(`${PUBLIC}/events`, show, () => api(`${PUBLIC}/stats`), 5);
poll(showRates, 20);
