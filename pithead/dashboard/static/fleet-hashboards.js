// Forms for boards: which are on, at which frequency and voltage, and how fast power comes and goes.

import { h } from "./base.js";
import { check, get, number, numberOf, wrapped } from "./fleet-fields.js";

const MHZ = 1e6; // hertz

const limitsOf = (view) => view.constraints?.hashboards_constraints ?? {};
const configured = (view) => view.configuration?.hashboard_config ?? {};
const boardOf = (view, id) => configured(view).hashboards?.find((board) => board.id === id) ?? {};
const note = (text) => h("p", { class: "muted small" }, text);

export function boardsForm(view) {
  const ids = limitsOf(view).hashboard_ids ?? [];
  const isOn = (id) => boardOf(view, id).enabled !== false;
  return {
    isWhole: true,
    fields: [note("A board that is off neither hashes nor draws power."),
      h("fieldset", {}, h("legend", {}, "Boards that hash"), ids.map((id) => check(`Board ${id}`, `board ${id}`, isOn(id))))],
    send: (values) => [true, false].map((enable) => ["hashboards", {
      enable, hashboard_ids: ids.filter((id) => values.has(`board ${id}`) === enable && isOn(id) !== enable),
    }]).filter(([, body]) => body.hashboard_ids.length),
  };
}

function pair(view, name, frequency, voltage, more) {
  const limits = limitsOf(view);
  return h("div", { class: "fields" },
    number("Frequency, MHz", `frequency ${name}`, frequency, limits.frequency, "hertz", { step: "any", scale: MHZ, ...more }),
    number("Voltage, V", `voltage ${name}`, voltage, limits.voltage, "volt", { step: "any", ...more }));
}

const pairOf = (values, name) => ({
  frequency: wrapped(numberOf(values, `frequency ${name}`, MHZ), "hertz"), voltage: wrapped(numberOf(values, `voltage ${name}`), "volt"),
});

/** What a board does now, where that may be set: while it starts it is below its limits. */
const within = (value, limits, unit) => (
  value >= get(limits, "min", unit) && value <= get(limits, "max", unit) ? value : get(limits, "default", unit));

/** Where nothing is set yet, a board's own figures of now are what one begins from. */
export function manualForm(view) {
  const ids = limitsOf(view).hashboard_ids ?? [];
  const here = view.hashboards?.hashboards?.find((board) => board.enabled) ?? {};
  const limits = limitsOf(view);
  const hertz = within(Math.round(get(here, "current_frequency", "hertz") / MHZ) * MHZ, limits.frequency, "hertz");
  const volt = within(Number(get(here, "current_voltage", "volt")?.toFixed(2)), limits.voltage, "volt");
  const all = configured(view);
  const common = pair(view, "all",
    get(all, "global_frequency", "hertz") ?? hertz, get(all, "global_voltage", "volt") ?? volt, { required: true });
  const own = (id) => pair(view, id, get(boardOf(view, id), "frequency", "hertz"), get(boardOf(view, id), "voltage", "volt"));
  return {
    isWhole: true,
    fields: [note("This turns the tuner off. A target of power or hashrate turns it on again."),
      h("fieldset", {}, h("legend", {}, "All boards"), common),
      ...ids.map((id) => h("fieldset", {}, h("legend", {}, `Board ${id}, where it differs`), own(id)))],
    send: (values) => {
      const boards = ids.map((id) => ({ id, ...pairOf(values, id) })).filter((board) => board.frequency || board.voltage);
      const { frequency, voltage } = pairOf(values, "all");
      return [["performance-mode", { manualmode: { global_frequency: frequency, global_voltage: voltage, hashboards: boards } }]];
    },
  };
}

export function rampingForm(view) {
  const limits = limitsOf(view).quick_ramping_time_s;
  const all = configured(view);
  return {
    fields: [
      number("Up within, seconds", "up", all.quick_ramping_time_up_s, limits, null, { required: true }),
      number("Down within, seconds", "down", all.quick_ramping_time_down_s, limits, null, { required: true }),
    ],
    send: (values) => [["quick-ramping", { up_s: numberOf(values, "up"), down_s: numberOf(values, "down") }]],
  };
}
