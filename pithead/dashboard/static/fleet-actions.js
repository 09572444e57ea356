// What is done with one machine or many, each asking before it is done and telling what came of it.

import { action, count, h, say } from "./base.js";
import { change } from "./fleet-session.js";

const PLAIN = [
  ["pause", "Pause", "They stop hashing until they are resumed."],
  ["resume", "Resume", "They hash again."],
  ["restart", "Restart", "Their mining process starts anew; that takes some minutes of hashing."],
  ["reboot", "Reboot", "The whole machines start anew: they are away for some minutes."],
];

/** Buttons for all actions; `rows` gives the machines they are for when one is pressed. */
export function actionButtons(rows) {
  const button = (text, work, kind) => h("button", { type: "button", class: kind, onclick: action(() => work(rows())) }, text);
  return h("div", { class: "buttons" },
    PLAIN.map(([name, text, meaning]) => button(text, (chosen) => plain(name, text, meaning, chosen))),
    button("Locate", locate),
    button("Power target…", powerTarget),
    button("Pools…", pools));
}

const whom = (rows) => (rows.length === 1 ? rows[0].name : `${count(rows.length)} machines`);

async function plain(name, text, meaning, rows) {
  const values = await asked(`${text} ${whom(rows)}?`, [h("p", {}, meaning)], text, "danger");
  if (values) await run(name, rows, {});
}

async function locate(rows) {
  const field = h("label", {}, "Their lights",
    h("select", { name: "on" }, h("option", { value: "yes" }, "blink, to be found"), h("option", { value: "no" }, "stop blinking")));
  const values = await asked(`Locate ${whom(rows)}`, [field], "Apply");
  if (values) await run("locate", rows, { on: values.get("on") === "yes" });
}

async function powerTarget(rows) {
  const known = rows.map((row) => row.target_w).filter((value) => value !== null);
  const field = h("label", {}, "Watts, each",
    h("input", { name: "watts", type: "number", min: "1", max: "1000000", step: "1", required: true, value: known[0] ?? "" }));
  const note = h("p", { class: "muted small" }, "A machine whose limits do not allow it refuses, and stays as it is.");
  const values = await asked(`Power target of ${whom(rows)}`, [field, note], "Set target", "first");
  if (values) await run("power-target", rows, { watts: Number(values.get("watts")) });
}

async function pools(rows) {
  const text = (name, label, more) => h("label", {}, label, h("input", { name, maxlength: "1024", ...more }));
  const fields = [
    h("p", { class: "muted small" }, "These take the place of all pools of the machines."),
    text("url", "First pool", { required: true, placeholder: "stratum+tcp://pool.example:3333" }),
    text("second", "Second pool, where the first fails", { placeholder: "none" }),
    text("user", "User", { required: true, placeholder: "account.{name}" }),
    h("p", { class: "muted small" }, "{name} stands for the name of each machine."),
  ];
  const values = await asked(`Pools of ${whom(rows)}`, fields, "Set pools", "danger");
  if (!values) return;
  const urls = [values.get("url"), values.get("second")].map((url) => url.trim()).filter(Boolean);
  await run("pools", rows, { pools: urls.map((url) => ({ url, user: values.get("user").trim() })) });
}

/** A dialog; the values of its form, or null where it was cancelled. */
function asked(title, content, yes, kind = "first") {
  return new Promise((resolve) => {
    let values = null;
    const dialog = h("dialog", { "aria-labelledby": "ask-title" },
      h("form", {
        onsubmit: (event) => {
          event.preventDefault();
          values = new FormData(event.target);
          dialog.close();
        },
      },
      h("h2", { id: "ask-title" }, title), content,
      h("div", { class: "buttons" },
        h("button", { type: "submit", class: kind }, yes),
        h("button", { type: "button", onclick: () => dialog.close() }, "Cancel"))));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(values);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

async function run(name, rows, more) {
  const answer = await change("POST", `/actions/${name}`, { machines: rows.map((row) => row.id), ...more });
  if (!answer.failed && answer.results.length === 1) say(`${rows[0].name} ${answer.results[0].message}`, "good");
  else if (!answer.failed) say(`${count(answer.done)} machines: ${answer.results[0]?.message ?? "done"}`, "good");
  else showResults(answer, new Map(rows.map((row) => [row.id, row.name])));
}

/** Those that refused first. */
function showResults(answer, names) {
  const rows = [...answer.results].sort((a, b) => a.ok - b.ok);
  const dialog = h("dialog", { class: "broad", "aria-labelledby": "results-title" },
    h("form", { method: "dialog" },
      h("h2", { id: "results-title" }, `${count(answer.failed)} failed, ${count(answer.done)} done`),
      h("div", { class: "results", tabindex: "0", role: "region", "aria-label": "Results" },
        h("table", {}, h("thead", {}, h("tr", {}, ["Machine", "Result"].map((name) => h("th", { scope: "col" }, name)))),
          h("tbody", {}, rows.map((each) => h("tr", {},
            h("th", { scope: "row" }, names.get(each.id) ?? each.id),
            h("td", { class: each.ok ? "good" : "bad" }, each.message)))))),
      h("div", { class: "buttons" }, h("button", { class: "first" }, "Close"))));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
