// What every page needs: elements, requests, numbers as text, the colour switch, live updates.

/** An element. Attributes by name; `on…` are listeners; null and false children are left out. */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "class") element.className = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((each) => each !== null && each !== false));
  return element;
}

export const $ = (id) => document.getElementById(id);

/** Put text into an element where it differs, so that nothing is drawn or read out anew. */
export function put(target, text) {
  const element = typeof target === "string" ? $(target) : target;
  if (element.textContent !== String(text)) element.textContent = text;
}

const place = $("said");

/** Say something politely, at the corner of the page and to screen readers; gone after a while. */
export function say(text, kind = "") {
  const dialog = document.querySelector("dialog[open]");
  if (dialog && !dialog.contains(place)) { // what is outside of it can be neither seen nor heard
    dialog.append(place);
    dialog.addEventListener("close", () => document.body.append(place), { once: true });
  }
  place.replaceChildren(h("span", { class: kind }, text));
  clearTimeout(say.timer);
  say.timer = setTimeout(() => place.replaceChildren(), 8000);
}

// Requests

/** An answer that is no success; `message` is what the server said. */
export class Problem extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** JSON from and to the server this page came from; null for an answer without a body. */
export async function api(path, { method = "GET", body, headers = {} } = {}) {
  const sent = { Accept: "application/json", ...headers };
  if (body !== undefined) sent["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, {
      method, headers: sent, body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin", cache: "no-store",
    });
  } catch {
    throw new Problem(0, "the server cannot be reached");
  }
  const text = await response.text();
  if (!response.ok) throw new Problem(response.status, text.trim().slice(0, 400) || response.statusText);
  return text ? JSON.parse(text) : null;
}

// Live updates

const PULSE = {
  live: "live", polling: "every few seconds", lost: "no connection", waiting: "connecting",
};

export function pulse(state) {
  const mark = $("pulse");
  mark.dataset.state = state;
  put(mark, PULSE[state]);
}

/** Call `ask` now and every `seconds`, never twice at once, and not while nobody looks. */
export function poll(ask, seconds) {
  let timer = 0;
  let ended = false;
  async function round() {
    clearTimeout(timer);
    if (!document.hidden) {
      try {
        await ask();
        if ($("pulse").dataset.state !== "live") pulse("polling");
      } catch (problem) {
        if (problem.status === 401 || problem.status === 403) return;
        pulse("lost");
      }
    }
    if (!ended) timer = setTimeout(round, seconds * 1000);
  }
  const seen = () => { if (!document.hidden && !ended) round(); };
  document.addEventListener("visibilitychange", seen);
  round();
  return () => {
    ended = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", seen);
  };
}

const AGAIN_SECONDS = 5;

/** The events of one stream, each handed to `take`, until it ends. Headers may carry a token. */
async function listen(url, take, headers, signal) {
  const response = await fetch(url, { headers: { Accept: "text/event-stream", ...headers }, signal, cache: "no-store" });
  if (!response.ok) throw new Problem(response.status, (await response.text()).trim());
  pulse("live");
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    for (const event of events) if (event.startsWith("data: ")) take(JSON.parse(event.slice(6)));
  }
}

/**
 * Hand each event of a stream to `take`; while the stream cannot be had, what `ask` answers, every
 * `seconds`. Returns what ends it.
 */
export function live(url, take, ask, seconds = 5, headers = {}) {
  const control = new AbortController();
  let stopPolling = null;
  const heard = (event) => {
    stopPolling?.();
    stopPolling = null;
    take(event);
  };
  (async () => {
    while (!control.signal.aborted) {
      try {
        await listen(url, heard, headers, control.signal);
      } catch (problem) {
        if (problem.status === 401 || problem.status === 403) return;
      }
      if (control.signal.aborted) return;
      pulse("waiting");
      stopPolling ??= poll(async () => take(await ask()), seconds);
      await new Promise((resolve) => { setTimeout(resolve, AGAIN_SECONDS * 1000); });
    }
  })();
  return () => {
    control.abort();
    stopPolling?.();
  };
}

// Numbers as text. A missing one is a dash.

const DASH = "–";
const isMissing = (value) => value === null || value === undefined || Number.isNaN(value);
const fixed = (value, digits) => value.toLocaleString("en", {
  minimumFractionDigits: digits, maximumFractionDigits: digits,
});

export const count = (value) => (isMissing(value) ? DASH : value.toLocaleString("en"));
export const decimal = (value, digits = 1) => (isMissing(value) ? DASH : fixed(value, digits));
export const percent = (part, digits = 1) => (isMissing(part) ? DASH : `${fixed(part * 100, digits)} %`);

const RATES = ["H/s", "kH/s", "MH/s", "GH/s", "TH/s", "PH/s", "EH/s", "ZH/s"];

/** Gh/s, as the APIs give it, with the prefix and the digits that suit its size. */
export function hashrate(ghs) {
  if (isMissing(ghs)) return DASH;
  let [value, at] = [ghs * 1e9, 0];
  while (value >= 999.95 && at < RATES.length - 1) [value, at] = [value / 1000, at + 1];
  return `${fixed(value, value >= 100 ? 1 : 2)} ${RATES[at]}`;
}

/** A string or number of bitcoins, without the unit and with it. */
export const coins = (amount) => (isMissing(amount) ? DASH : fixed(Number(amount), 8));
export const bitcoins = (amount) => (isMissing(amount) ? DASH : `${coins(amount)} BTC`);
export const sats = (amount) => (isMissing(amount) ? DASH : bitcoins(amount / 1e8));

/** Seconds as the two largest units of them. */
export function duration(seconds) {
  if (isMissing(seconds)) return DASH;
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`;
}
/** How long ago, in the largest unit of it. */
export const ago = (then, now) => (then ? `${/^\d+ \w+/.exec(duration(now - then))[0]} ago` : "never");

const two = (number) => String(number).padStart(2, "0");

/** Unix seconds as local date and time. */
export function moment(seconds) {
  if (!seconds) return DASH;
  const at = new Date(seconds * 1000);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} `
    + `${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** Unix seconds of 00:00 UTC as that day. */
export const day = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 10);

// Small pieces of pages

export const badge = (text, kind = "") => h("span", { class: `badge ${kind}` }, text);

/** Whom a password is of, for programs that keep passwords; nobody has to see or reach it. */
export const userName = (name) => h("input", {
  class: "unseen", name: "username", value: name, autocomplete: "username", readonly: true, tabindex: "-1", "aria-label": "User name",
});

/** A row of buttons of which one is pressed; `take` gets its value. */
export function choice(label, options, chosen, take) {
  const group = h("div", { class: "choice", role: "group", "aria-label": label });
  for (const [value, text] of options) {
    group.append(h("button", {
      type: "button", "aria-pressed": String(value === chosen),
      onclick: (event) => {
        for (const other of group.children) other.setAttribute("aria-pressed", "false");
        event.currentTarget.setAttribute("aria-pressed", "true");
        take(value);
      },
    }, text));
  }
  return group;
}

/** Ask before something is done; true where it was confirmed. */
export function confirmed(title, text, yes) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { "aria-labelledby": "dialog-title" },
      h("form", { method: "dialog", class: "stack" },
        h("h2", { id: "dialog-title" }, title), h("p", {}, text),
        h("div", { class: "buttons" },
          h("button", { class: "danger", value: "yes" }, yes),
          h("button", { value: "no", autofocus: true }, "Cancel"))));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Run a form's or button's action once at a time, and say what came of it. */
export function action(work) {
  return async (event) => {
    event.preventDefault();
    const button = event.submitter ?? event.currentTarget;
    button.disabled = true;
    try {
      await work(event);
    } catch (problem) {
      say(problem.message, "bad");
    } finally {
      button.disabled = false;
    }
  };
}

// The colour switch: as the system, light, dark.

const THEMES = { "": ["◐", "Colours: as the system"], light: ["☀", "Colours: light"], dark: ["☾", "Colours: dark"] };

function showTheme() {
  const chosen = document.documentElement.dataset.theme ?? "";
  const [sign, words] = THEMES[chosen];
  put("theme", sign);
  $("theme").setAttribute("aria-label", words);
  $("theme").title = words;
  document.dispatchEvent(new CustomEvent("theme"));
}

function turnTheme() {
  const order = Object.keys(THEMES);
  const root = document.documentElement;
  const next = order[(order.indexOf(root.dataset.theme ?? "") + 1) % order.length];
  if (next) {
    root.dataset.theme = next;
    localStorage.setItem("theme", next);
  } else {
    delete root.dataset.theme;
    localStorage.removeItem("theme");
  }
  showTheme();
}

$("theme").addEventListener("click", turnTheme);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showTheme);
showTheme();
