// Who sits before the page: signing in, and requests that change something.

import { $, api, h, put, say, userName } from "./base.js";

export const BASE = "/api/v1/fleet";
export let session = { signed_in: false, may_read: false, csrf: null, simulated: false };

const listeners = [];
export const onSession = (told) => listeners.push(told);

/** Ask how things stand; a token behind the `#` of the address signs in at once. */
export async function begin() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token) {
    history.replaceState(null, "", location.pathname + location.search);
    try {
      await signIn(token);
      return session;
    } catch (problem) {
      say(problem.message, "bad");
    }
  }
  take(await api(`${BASE}/session`));
  if (!session.may_read) await ask("Sign in to see the machines");
  return session;
}

async function signIn(password) {
  take(await api(`${BASE}/session`, { method: "POST", body: { password } }));
}

function take(standing) {
  session = standing;
  show();
  for (const told of listeners) told(session);
}

function show() {
  const place = $("session");
  if (!place) return;
  place.replaceChildren(session.signed_in
    ? h("button", {
      type: "button", class: "quiet", onclick: async () => {
        await api(`${BASE}/session`, { method: "DELETE" });
        take(await api(`${BASE}/session`));
        if (!session.may_read) location.reload();
      },
    }, "Sign out")
    : h("button", { type: "button", onclick: () => ask("Sign in") }, "Sign in"));
}

/** True once signed in; false where that was given up. */
export function ask(title) {
  return new Promise((resolve) => {
    const wrong = h("p", { class: "bad small", role: "alert" });
    const dialog = h("dialog", { "aria-labelledby": "sign-title" },
      h("form", {
        onsubmit: async (event) => {
          event.preventDefault();
          try {
            await signIn(new FormData(event.target).get("password"));
            dialog.close("yes");
          } catch (problem) {
            put(wrong, problem.message);
            event.target.elements.password.select();
          }
        },
      },
      h("h2", { id: "sign-title" }, title),
      h("p", { class: "muted small" }, "The password set with ", h("code", {}, "pithead fleet password"),
        ", or the token in the file ", h("code", {}, "fleet/token"), " of the data directory."),
      userName("fleet"),
      h("label", {}, "Password or token",
        h("input", { type: "password", name: "password", required: true, autocomplete: "current-password", autofocus: true })),
      wrong,
      h("div", { class: "buttons" },
        h("button", { class: "first", type: "submit" }, "Sign in"),
        h("button", { type: "button", onclick: () => dialog.close("no") }, "Cancel"))));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** A request that changes something; signs in first where nobody has. */
export async function change(method, path, body) {
  if (!session.signed_in && !await ask("Sign in to change something")) {
    throw new Error("nothing was changed: you are not signed in");
  }
  const send = () => api(BASE + path, { method, body, headers: { "X-CSRF-Token": session.csrf } });
  try {
    return await send();
  } catch (problem) {
    if (problem.status !== 401 || !await ask("Your session has ended")) throw problem;
    return send();
  }
}

export const machinePath = (id) => `/machines/${encodeURIComponent(id)}`;

// What both pages show in the same way

const KINDS = {
  mining: "good", starting: "warn", stopping: "warn", paused: "", suspended: "warn", stopped: "bad",
  restricted: "warn", away: "bad", refused: "bad", new: "",
};
export const stateKind = (state) => KINDS[state] ?? "";

export const terahashes = (ths) => (ths === null || ths === undefined ? null : ths * 1000);
export const watts = (value) => {
  if (value === null || value === undefined) return "–";
  return Math.abs(value) >= 10_000
    ? `${(value / 1000).toLocaleString("en", { maximumFractionDigits: 1 })} kW`
    : `${Math.round(value).toLocaleString("en")} W`;
};
export const celsius = (value) => (value === null || value === undefined ? "–" : `${value.toFixed(1)} °C`);
