// What a signed-in user does who proves it with the password, and a code where codes are on.

import { $, action, h, userName } from "./base.js";
import { closing, dialog, showSecret } from "./medialogs.js";

const SATS = 1e8; // of a bitcoin

const field = (text, attributes) => h("label", {}, text, h("input", { required: true, ...attributes }));
const password = (text = "Password", name = "password") => [userName($("name").textContent), field(text, {
  name, type: "password", maxlength: "200", autocomplete: "current-password",
})];
const code = (text = "Code of the authenticator, or a recovery code") => field(text, {
  name: "code", maxlength: "64", autocomplete: "one-time-code", spellcheck: "false", autocapitalize: "none",
});
const buttons = (text, kind = "first") => h("div", { class: "buttons" }, h("button", { class: kind }, text), closing());
const words = (text) => h("p", { class: "muted small" }, text);

/** A dialog with one form; `send` gets the form, and the dialog closes when it is done. */
function ask(title, parts, send) {
  const form = h("form", { class: "stack" }, ...parts);
  const box = dialog(title, form);
  form.addEventListener("submit", action(async () => {
    await send(form);
    box.close();
  }));
}

const proof = (form) => ({ password: form.password.value, code: form.code?.value ?? "" });

/** `hasCodes`: whether a code is asked for. `save` sends. */
export function changePassword(hasCodes, save) {
  const fresh = field("New password, 10 characters at least", {
    name: "new", type: "password", maxlength: "200", minlength: "10", autocomplete: "new-password",
  });
  ask("Change password", [
    password("Old password", "old"), hasCodes && code(), fresh,
    words("You sign in again afterwards, everywhere."), buttons("Change"),
  ], (form) => save({ old: form.old.value, new: form.new.value, code: form.code?.value ?? "" }));
}

/** `contacts`: how many there are to be told. */
const toBeTold = (contacts) => (contacts
  ? "Every contact under Alerts is told of the change."
  : "Nobody is told of the change: you have no contact under Alerts.");

export function changeDestination(account, hasCodes, contacts, save) {
  const least = account.threshold_sats ? String(account.threshold_sats / SATS) : "";
  ask("Where to be paid", [
    field("Address", { name: "address", value: account.address, maxlength: "100", autocomplete: "off", spellcheck: "false" }),
    field("From a balance of, BTC (empty: the pool's own threshold)", {
      name: "threshold", type: "number", min: "0", step: "0.00000001", required: false, value: least,
    }),
    password(), hasCodes && code(), words(`It holds from the next payout on. ${toBeTold(contacts)}`), buttons("Save"),
  ], (form) => save({
    ...proof(form), address: form.address.value.trim(), threshold_sats: Math.round(Number(form.threshold.value) * SATS),
  }));
}

export function clearDestination(account, hasCodes, contacts, remove) {
  ask("Be paid no more", [
    words(`Nothing is sent to ${account.address} from now on; your balance stays until there is an address again. ${toBeTold(contacts)}`),
    password(), hasCodes && code(), buttons("Remove the address", "danger"),
  ], (form) => remove(proof(form)));
}

/** `begin` and `confirm` send; the recovery codes are shown at the end. */
export function turnCodesOn(begin, confirm) {
  ask("Ask for codes when I sign in", [
    words("An authenticator, an app on your telephone for one, shows a new code every 30 seconds. From then on it is asked for beside the password."),
    password(), buttons("Next"),
  ], async (first) => {
    const given = first.password.value;
    enrol(await begin({ password: given }), (typed) => confirm({ password: given, code: typed }));
  });
}

function enrol({ secret, uri, picture }, confirm) {
  ask("Let the authenticator read this", [
    h("img", { class: "code", src: picture, alt: "The secret as a QR code", width: "220", height: "220" }),
    h("div", {}, words("Or type it in, or open it on this device:"), h("code", { class: "secret", tabindex: "0" }, secret),
      h("p", { class: "small" }, h("a", { href: uri }, "Open in an authenticator"))),
    code("The code it shows now"), words("Nothing is asked for until this code was right."), buttons("Turn on"),
  ], async (form) => {
    const { codes } = await confirm(form.code.value);
    showSecret("Recovery codes", codes.join("\n"), "Keep them apart from the authenticator. Each signs in once in its place. They are not shown again.");
  });
}

export function turnCodesOff(remove) {
  ask("Ask for no codes", [
    words("The password alone signs in then; the authenticator's entry and the recovery codes are worth nothing any more."),
    password(), code(), buttons("Turn off", "danger"),
  ], (form) => remove(proof(form)));
}
