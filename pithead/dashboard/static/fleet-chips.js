// The chips of a simulated machine: a map of each board, as the coolant passes over it.

import { api, badge, choice, count, decimal, h, hashrate, percent, put } from "./base.js";
import { warm } from "./fleet-boards.js";
import { BASE, celsius, machinePath } from "./fleet-session.js";

const NO_CHIPS = "The API of Braiins OS has no values of single chips, so of a real machine the boards above are all there is to see. "
  + "Only of machines that a farm of Pithead simulates are the chips known.";
const OF_FARM = "As the farm has them that simulates this machine. Its firmware knows one clock and one temperature of each board, "
  + "and what it tells as the hottest chip is the mean of these.";
const hundredths = (value) => decimal(Math.round(value * 100) / 100 || 0, 2); // no -0.00
const volts = (value) => (value === null ? "–" : `${hundredths(value)} V`);

/** Each with the ends of its colours, from blue to red, and how far along a value is. */
const MEASURES = {
  temperature_c: { text: "Temperature", cell: (value) => decimal(value, 0), show: celsius, ends: (hot) => [40, hot] },
  error_ratio: { text: "Wrong hashes", cell: (value) => percent(value), show: (value) => percent(value), ends: () => [0, 0.05] },
  spare_v: { text: "Spare voltage", cell: hundredths, show: volts, ends: () => [0.2, -0.1] },
};

let measure = "temperature_c";
let shown = null;
const maps = new Map();

/** `hot`: the temperature at which colours are red. */
export async function showChips(place, note, view, hot) {
  const instead = (text) => {
    maps.clear();
    put(note, "");
    if (place.textContent !== text) place.replaceChildren(h("p", { class: "muted small" }, text));
  };
  if (!view.simulated) {
    instead(NO_CHIPS);
    return;
  }
  try {
    const { boards } = await api(`${BASE}${machinePath(view.row.id)}/chips`);
    shown = { boards, hot, note };
  } catch (problem) {
    instead(`The chips are not known: ${problem.message}.`);
    return;
  }
  if (shown.boards.some((board) => maps.get(board.board)?.chips.length !== board.chips.length)) build(place);
  draw();
}

function build(place) {
  maps.clear();
  for (const board of shown.boards) maps.set(board.board, mapOf(board));
  const options = Object.entries(MEASURES).map(([name, each]) => [name, each.text]);
  place.replaceChildren(
    h("div", { class: "head chips-tools" },
      choice("What the colours show", options, measure, (value) => {
        measure = value;
        draw();
      }), h("div", { class: "chips-scale muted small" }, h("span"), h("i", { "aria-hidden": "true" }), h("span"))),
    h("div", { class: "boards" }, [...maps.values()].map((map) => map.article)),
    h("p", { class: "muted small" }, OF_FARM));
}

function draw() {
  const { boards, hot, note } = shown;
  const { text, cell, show, ends } = MEASURES[measure];
  const [low, high] = ends(hot);
  const scale = document.querySelector(".chips-scale");
  put(scale.firstChild, show(low));
  put(scale.lastChild, `${show(high)} and ${measure === "spare_v" ? "less" : "more"}`);
  const silent = boards.flatMap((board) => board.chips).filter((chip) => !chip.is_answering).length;
  put(note, silent ? `${count(silent)} chips do not answer` : "all chips answer");
  for (const board of boards) {
    const map = maps.get(board.board);
    const values = board.chips.map((chip) => chip[measure]).filter((value) => value !== null);
    put(map.caption, `${text} of the chips of board ${board.board}: ${values.length
      ? `${show(Math.min(...values))} to ${show(Math.max(...values))}` : "none is known"}`);
    board.chips.forEach((chip, at) => {
      const place = map.chips[at];
      const value = chip[measure];
      put(place, !chip.is_answering ? "×" : value === null ? "–" : cell(value));
      place.classList.toggle("silent", !chip.is_answering);
      place.setAttribute("aria-label", words(chip));
      warm(place, value === null ? null : (value - low) / (high - low));
    });
    map.tell(map.at, board);
  }
}

function summary(board) {
  if (!board.chips.some((chip) => chip.is_answering)) return "No chip answers";
  return `Mean ${celsius(board.chip_temperature_c)}, together ${hashrate(board.hashrate_ghs)}, ${percent(board.error_ratio, 2)} wrong`;
}

function words(chip) {
  if (!chip.is_answering) return `Chip ${chip.number} does not answer`;
  const rest = chip.error_ratio === null ? "no clock"
    : `${hashrate(chip.hashrate_ghs)}, ${percent(chip.error_ratio, 2)} wrong, ${volts(chip.spare_v)} to spare`;
  return `Chip ${chip.number}: ${celsius(chip.temperature_c)}, ${rest}`;
}

const MOVES = {
  ArrowLeft: () => -1, ArrowRight: () => 1, ArrowUp: (lanes) => -lanes, ArrowDown: (lanes) => lanes,
  Home: () => -Infinity, End: () => Infinity,
};

/** One board's table: a row for each step of the coolant's way; arrow keys go from chip to chip. */
function mapOf({ board, lanes, chips }) {
  const caption = h("caption", { class: "unseen" });
  const about = h("p", { class: "chips-about small" });
  const cells = chips.map((chip, at) => h("td", { tabindex: at ? "-1" : "0", "data-at": at }));
  const rows = Array.from({ length: chips.length / lanes }, (_, row) => h("tr", {},
    h("th", { scope: "row" }, h("span", { class: "unseen" }, "Row "), row + 1), cells.slice(row * lanes, (row + 1) * lanes)));
  const head = h("tr", {}, h("th", { scope: "col" }, h("span", { class: "unseen" }, "Row")),
    Array.from({ length: lanes }, (_, lane) => h("th", { scope: "col" }, h("span", { class: "unseen" }, "Lane "), lane + 1)));
  const table = h("table", { role: "grid", class: "chips" }, caption, h("thead", {}, head), h("tbody", {}, rows));
  const map = {
    chips: cells, caption, at: null,
    article: h("article", { class: "board" }, h("div", { class: "head" }, h("h3", {}, `Board ${board}`), h("span")),
      h("p", { class: "muted small" }, "↓ inlet"), table, h("p", { class: "muted small" }, "↓ outlet"), about),
    tell(at, now) {
      map.at = at;
      map.article.querySelector(".head > span").replaceChildren(badge(`${decimal(now.frequency_mhz, 0)} MHz, ${decimal(now.voltage_v, 2)} V`));
      put(about, at === null ? summary(now) : words(now.chips[at]));
    },
  };
  const tell = (at) => map.tell(at, shown.boards.find((each) => each.board === board));
  const of = (event) => { const cell = event.target.closest("td"); return cell ? Number(cell.dataset.at) : null; };
  table.addEventListener("mouseover", (event) => tell(of(event)));
  table.addEventListener("mouseleave", () => tell(null));
  table.addEventListener("focusin", (event) => tell(of(event)));
  table.addEventListener("focusout", () => tell(null));
  table.addEventListener("keydown", (event) => {
    const from = of(event);
    if (from === null || !MOVES[event.key]) return;
    event.preventDefault();
    const to = from + MOVES[event.key](lanes);
    const at = Number.isFinite(to) ? to : to < 0 ? 0 : cells.length - 1;
    if (!cells[at]) return;
    cells[from].tabIndex = -1;
    cells[at].tabIndex = 0;
    cells[at].focus();
  });
  return map;
}
