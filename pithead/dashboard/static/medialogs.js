// Dialogs of a signed-in user's page.

import { action, h, say } from "./base.js";

const UNITS = 1000; // Gh/s of a TH/s

/** A box above the page, gone once it is closed. */
export function dialog(title, ...parts) {
  const box = h("dialog", { "aria-labelledby": "dialog-title" },
    h("h2", { id: "dialog-title" }, title), ...parts);
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
  return box;
}

export const closing = (text = "Cancel") => h("button", { type: "button", onclick: (event) => event.currentTarget.closest("dialog").close() }, text);

/** Something that is seen only now. */
export function showSecret(title, secret, words) {
  const copy = action(async () => {
    await navigator.clipboard.writeText(secret);
    say("Copied.", "good");
  });
  dialog(title, h("div", { class: "stack" },
    h("code", { class: "secret", tabindex: "0" }, secret), h("p", { class: "muted small" }, words),
    h("div", { class: "buttons" },
      navigator.clipboard ? h("button", { type: "button", class: "first", onclick: copy }, "Copy") : false, closing("Done"))));
}

/** Label, watching, alert limit and least difficulty of a worker; `save(row, change)` when it is sent. */
export function editWorker(row, save) {
  const limit = row.alert_limit === null ? "" : row.alert_limit / UNITS;
  const form = h("form", { class: "stack" },
    h("label", {}, "Label", h("input", { name: "label", maxlength: "100", value: row.label, autocomplete: "off" })),
    h("label", {}, "Alert below, TH/s (empty: 70 % of the average of 24 hours)",
      h("input", { name: "limit", type: "number", min: "0", step: "any", value: String(limit) })),
    h("label", {}, "Difficulty of its shares at least (empty: the pool's own)",
      h("input", { name: "difficulty", type: "number", min: "0", step: "any", value: String(row.least_difficulty ?? "") })),
    h("label", { class: "check" }, h("input", { type: "checkbox", name: "monitored", checked: row.monitored }), "watch this worker"),
    h("div", { class: "buttons" }, h("button", { class: "first" }, "Save"), closing()));
  const box = dialog(row.name, form);
  form.addEventListener("submit", action(async () => {
    await save(row, {
      label: form.label.value.trim(), monitored: form.monitored.checked,
      alert_limit: form.limit.value === "" ? 0 : Number(form.limit.value) * UNITS,
      least_difficulty: Number(form.difficulty.value),
    });
    box.close();
  }));
}
