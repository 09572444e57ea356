// Boards and fans: temperatures in the colours of heat, as far as the machine tells them.

import { badge, count, decimal, h, hashrate } from "./base.js";

const COOL = 30;
const HOT = 90;

/** Blue at 0 through amber to red at 1; dark text on light ground and the other way round. */
export function warm(cell, part) {
  if (part === null) {
    cell.style.removeProperty("--heat");
    return;
  }
  const bounded = Math.min(1, Math.max(0, part));
  const hue = 215 - bounded * 205;
  cell.style.setProperty("--heat", `light-dark(hsl(${hue} 75% ${90 - bounded * 8}%), hsl(${hue} 45% ${22 + bounded * 6}%))`);
}

/** The hot temperature of the cooling as it is configured: the red end of the colours. */
export function hotOf(cooling) {
  const mode = Object.values(cooling?.mode ?? {}).find((each) => each?.hot_temperature);
  return mode?.hot_temperature.degree_c ?? HOT;
}

export function showBoards(place, boards, hot) {
  const total = boards.reduce((sum, board) => sum + (board.chips_count ?? 0), 0);
  document.getElementById("boards-note").textContent = `${boards.length} boards, ${count(total)} chips`;
  place.replaceChildren(...boards.map((board) => boardOf(board, hot)));
}

function boardOf(board, hot) {
  const temperatures = [
    ["inlet", board.lowest_inlet_temp?.degree_c], ["board", board.board_temp?.degree_c],
    ["outlet", board.highest_outlet_temp?.degree_c], ["hottest chip", board.highest_chip_temp?.temperature?.degree_c],
    ["water in", board.lowest_water_inlet_temp?.degree_c], ["water out", board.highest_water_outlet_temp?.degree_c],
  ].filter(([, value]) => value !== null && value !== undefined);
  const cells = temperatures.map(([name, value]) => {
    const cell = h("div", {}, h("b", {}, `${decimal(value)}°`), name);
    warm(cell, (value - COOL) / (hot - COOL));
    return cell;
  });
  const rates = board.stats?.real_hashrate;
  const wrong = board.stats?.error_hashrate?.megahash_per_second;
  const facts = [
    ["Hashrate", hashrate(rates?.last_5m?.gigahash_per_second)],
    ["Nominal", hashrate(board.stats?.nominal_hashrate?.gigahash_per_second)],
    ["Wrong hashes", hashrate(wrong === undefined || wrong === null ? null : wrong / 1000)],
    ["Chips", `${count(board.chips_count)}${board.chip_type ? ` × ${board.chip_type}` : ""}`],
    ["Frequency", board.current_frequency ? `${decimal(board.current_frequency.hertz / 1e6, 0)} MHz` : "–"],
    ["Voltage", board.current_voltage ? `${decimal(board.current_voltage.volt, 2)} V` : "–"],
    ["Serial", board.serial_number ?? "–"],
  ];
  return h("article", { class: "board" },
    h("div", { class: "head" }, h("h3", {}, `Board ${board.id}`), badge(board.enabled ? "on" : "off", board.enabled ? "good" : "")),
    cells.length ? h("div", { class: "heat" }, cells) : h("p", { class: "warn small" }, "It tells no temperature."),
    h("dl", { class: "facts small" }, facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])));
}

export function showFans(place, cooling) {
  const fans = cooling.fans;
  const fastest = Math.max(6000, ...fans.map((fan) => fan.rpm));
  if (!fans.length) {
    place.replaceChildren(h("p", { class: "empty" }, "It has no fans."));
    return;
  }
  place.replaceChildren(...fans.map((fan, at) => {
    const name = `Fan ${fan.position ?? at}`;
    const told = fan.target_speed_ratio;
    return h("div", { class: "fan" }, h("span", {}, name),
      h("progress", { max: fastest, value: fan.rpm, "aria-label": `${name}: ${fan.rpm} of ${fastest} rpm` }),
      h("span", { class: `number ${fan.rpm === 0 && told > 0 ? "bad" : ""}` },
        `${count(fan.rpm)} rpm`, told === null ? "" : h("span", { class: "muted small" }, ` ${Math.round(told * 100)} %`)));
  }));
}
