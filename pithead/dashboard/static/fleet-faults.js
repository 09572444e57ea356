// Faults of a simulated machine: what holds now, and a form for more, as its farm describes them.

import { action, api, duration, h, say } from "./base.js";
import { BASE, change, machinePath } from "./fleet-session.js";

let kinds = null;
const words = (name) => name.replace(/_/g, " ");

export async function showFaults(place, id) {
  kinds ??= await api(`${BASE}/fault-kinds`);
  const holding = await api(`${BASE}${machinePath(id)}/faults`);
  if (!place.children.length) place.append(h("div"), form(place, id));
  place.firstChild.replaceChildren(list(holding, place, id));
}

function list(holding, place, id) {
  if (!holding.length) return h("p", { class: "empty" }, "Nothing is wrong with it.");
  const clear = (path) => action(async () => {
    await change("DELETE", `${machinePath(id)}/faults${path}`);
    await showFaults(place, id);
  });
  const rows = holding.map((each) => {
    const { kind, ...more } = each.fault;
    const details = Object.entries(more).filter(([, value]) => value !== null).map(([name, value]) => `${words(name)} ${value}`);
    return h("tr", {}, h("th", { scope: "row" }, words(kind)), h("td", {}, details.join(", ") || "–"),
      h("td", {}, each.until === null ? "until cleared" : `for ${duration(each.until - each.since)}`),
      h("td", { class: "number" }, h("button", { type: "button", class: "small", onclick: clear(`/${each.id}`), "aria-label": `Clear ${words(kind)}` }, "Clear")));
  });
  return h("div", { class: "stack" },
    h("table", {}, h("caption", { class: "unseen" }, "What holds now"), h("tbody", {}, rows)),
    h("div", {}, h("button", { type: "button", onclick: clear("") }, "Clear all")));
}

/** The fields of a kind, from its JSON schema. */
function fields(schema) {
  return Object.entries(schema.properties).filter(([name]) => name !== "kind").map(([name, property]) => {
    const plain = property.anyOf?.find((each) => each.type !== "null") ?? property;
    const required = schema.required.includes(name);
    const label = `${words(name)}${required ? "" : " (may be left out)"}`;
    const hint = h("span", { class: "hint" }, property.description ?? plain.description ?? "");
    if (plain.type === "boolean") {
      return h("label", { class: "check" }, h("input", { type: "checkbox", name, checked: property.default === true }), label);
    }
    const input = plain.type === "string" ? h("input", { name, maxlength: plain.maxLength, required })
      : h("input", {
        type: "number", name, required, step: plain.type === "integer" ? "1" : "any",
        min: plain.minimum ?? plain.exclusiveMinimum, max: plain.maximum,
      });
    return h("label", {}, label, input, hint);
  });
}

function read(schema, values) {
  const fault = {};
  for (const [name, property] of Object.entries(schema.properties)) {
    const plain = property.anyOf?.find((each) => each.type !== "null") ?? property;
    if (plain.type === "boolean") fault[name] = values.has(name);
    else if (name !== "kind" && values.get(name)) fault[name] = plain.type === "string" ? values.get(name) : Number(values.get(name));
  }
  return fault;
}

function form(place, id) {
  const names = Object.keys(kinds);
  const about = h("p", { class: "muted small" });
  const more = h("div", { class: "fields" });
  const show = (name) => {
    about.textContent = kinds[name].description;
    more.replaceChildren(...fields(kinds[name]),
      h("label", {}, "For, seconds (may be left out)", h("input", { type: "number", name: "for_seconds", min: "1", step: "any" }),
        h("span", { class: "hint" }, "Of farm time; without it the fault is to be cleared.")));
  };
  show(names[0]);
  return h("form", {
    class: "setting", onsubmit: action(async (event) => {
      const values = new FormData(event.target);
      const kind = values.get("fault");
      const seconds = Number(values.get("for_seconds"));
      await change("POST", `${machinePath(id)}/faults`, {
        fault: { kind, ...read(kinds[kind], values) }, for_seconds: seconds || null,
      });
      say(`${words(kind)}: called down`, "good");
      await showFaults(place, id);
    }),
  },
  h("div", { class: "fields" }, h("label", {}, "What is to happen",
    h("select", { name: "fault", onchange: (event) => show(event.target.value) }, names.map((name) => h("option", { value: name }, words(name)))))),
  about, more,
  h("div", { class: "buttons" }, h("button", { type: "submit", class: "danger" }, "Let it happen")));
}
