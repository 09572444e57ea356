// What the forms of a machine are made of: fields with its own limits, and their values.

import { h } from "./base.js";

export const get = (object, ...names) => names.reduce((value, name) => value?.[name], object);

/**
 * A field for a number between the machine's limits. `unit` is the name of the value in them, and
 * `scale` how many of it make one that people type.
 */
export function number(label, name, value, limits, unit, { step = "1", required = false, scale = 1, hint = "" } = {}) {
  const shown = (raw) => (raw === null || raw === undefined || raw === "" ? undefined : Number((raw / scale).toFixed(6)));
  const of = (which) => shown(unit ? get(limits, which, unit) : get(limits, which));
  const [low, high, usual] = [of("min"), of("max"), of("default")];
  const parts = [];
  if (low !== undefined && high !== undefined) parts.push(`${low} to ${high}`);
  if (usual !== undefined) parts.push(`usually ${usual}`);
  if (hint) parts.push(hint);
  return h("label", {}, label,
    h("input", { type: "number", name, value: shown(value) ?? "", min: low, max: high, step, required }),
    h("span", { class: "hint" }, parts.join(", ")));
}

export const select = (label, name, options, chosen) => h("label", {}, label,
  h("select", { name }, options.map(([value, text]) => h("option", { value, selected: String(value) === String(chosen) }, text))));

export const check = (label, name, checked) => h("label", { class: "check" },
  h("input", { type: "checkbox", name, checked }), label);

/** What was typed, in units of the machine; undefined where nothing was. */
export function numberOf(values, name, scale = 1) {
  const typed = values.get(name);
  return typed === "" || typed === null ? undefined : Number(typed) * scale;
}

export const wrapped = (value, unit) => (value === undefined ? undefined : { [unit]: value });
