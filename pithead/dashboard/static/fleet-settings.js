// Forms made from a machine's own constraints: each sends what its own API takes.

import { action, choice, h, say } from "./base.js";
import { check, get, number, numberOf, select, wrapped } from "./fleet-fields.js";
import { boardsForm, manualForm, rampingForm } from "./fleet-hashboards.js";
import { change, machinePath } from "./fleet-session.js";

// One function for each form: its fields from what the machine says, and what it sends: the names
// of settings, and their bodies.

const FORMS = {
  power: ["Power target", powerForm],
  hashrate: ["Hashrate target", hashrateForm],
  dps: ["Performance scaling", dpsForm],
  manual: ["Frequency and voltage", manualForm],
  boards: ["Boards", boardsForm],
  ramping: ["Quick ramping", rampingForm],
  cooling: ["Cooling", coolingForm],
  pools: ["Pools", poolsForm],
};

function powerForm(view) {
  const limits = view.constraints?.tuner_constraints?.power_target;
  return {
    fields: [number("Watts", "watt", get(view.configuration, "tuner", "power_target", "watt"), limits, "watt", { required: true })],
    send: (values) => [["power-target", { watt: numberOf(values, "watt") }]],
  };
}

function hashrateForm(view) {
  const limits = view.constraints?.tuner_constraints?.hashrate_target;
  const now = get(view.configuration, "tuner", "hashrate_target", "terahash_per_second");
  return {
    fields: [number("TH/s", "ths", now, limits, "terahash_per_second", { step: "any", required: true })],
    send: (values) => [["hashrate-target", { terahash_per_second: numberOf(values, "ths") }]],
  };
}

/** Steps and the lowest target are of what the tuner aims at: watts or TH/s. */
function dpsForm(view) {
  const [dps, limits] = [view.configuration?.dps ?? {}, view.constraints?.dps_constraints ?? {}];
  const isRate = view.configuration?.tuner?.tuner_mode === 2;
  const [step, lowest, unit, words, kind] = isRate
    ? ["hashrate_step", "min_hashrate_target", "terahash_per_second", "TH/s", "hashratetarget"]
    : ["power_step", "min_power_target", "watt", "watts", "powertarget"];
  const target = (label, name, of) => number(`${label}, ${words}`, name, get(dps, of, unit), limits[of], unit, { step: isRate ? "any" : "1" });
  return {
    fields: [
      check("Scale the target with the heat", "enable", Boolean(dps.enabled)),
      select("Mode", "mode", [[1, "normal: never above the target"], [2, "boost: above it where it is cool"]], dps.mode ?? 1),
      target("Step", "step", step),
      target("Lowest target", "lowest", lowest),
      check("Shut down when too hot at the lowest target", "enable_shutdown", Boolean(dps.shutdown_enabled)),
      number("Shut down for, hours", "hours", get(dps, "shutdown_duration", "hours"), limits.shutdown_duration, "hours"),
      number("Begin at, % of the target", "start", dps.on_start_target_percent, limits.on_start_target_percent),
    ],
    send: (values) => [["dps", {
      enable: values.has("enable"), mode: numberOf(values, "mode"), enable_shutdown: values.has("enable_shutdown"),
      shutdown_duration: wrapped(numberOf(values, "hours"), "hours"), on_start_target_percent: numberOf(values, "start"),
      target: { target: { [kind]: {
        [step]: wrapped(numberOf(values, "step"), unit), [lowest]: wrapped(numberOf(values, "lowest"), unit),
      } } },
    }]],
  };
}

const COOLING = { auto: "automatic", manual: "fixed fan speed", immersion: "immersion", hydro: "hydro" };

function coolingForm(view) {
  const limits = view.constraints?.cooling_constraints ?? {};
  const mode = view.configuration?.temperature?.mode ?? {};
  const now = Object.keys(COOLING).find((name) => mode[name]) ?? "auto";
  const set = mode[now] ?? {};
  const degrees = (label, name) => number(label, name, get(set, name, "degree_c"), limits[name], "degree_c", { step: "any" });
  const fans = h("div", { class: "flow" });
  const showFans = (chosen) => fans.replaceChildren(...({
    auto: [
      number("Slowest fans, %", "min_fan_speed", set.min_fan_speed, limits.min_fan_speed),
      number("Fastest fans, %", "max_fan_speed", set.max_fan_speed, limits.max_fan_speed),
      number("Fans it needs", "minimum_required_fans", set.minimum_required_fans, limits.minimum_required_fans),
    ],
    manual: [
      number("Fan speed, from 0 to 1", "fan_speed_ratio", set.fan_speed_ratio, limits.fan_speed_ratio, null, { step: "any", required: true }),
      number("Fans it needs", "minimum_required_fans", set.minimum_required_fans, limits.minimum_required_fans),
    ],
  }[chosen] ?? []));
  const chooser = select("Mode", "mode", Object.entries(COOLING), now);
  chooser.querySelector("select").addEventListener("change", (event) => showFans(event.target.value));
  showFans(now);
  const temperatures = ["target_temperature", "hot_temperature", "dangerous_temperature"];
  return {
    fields: [chooser, degrees("Target, °C", temperatures[0]), degrees("Hot, °C", temperatures[1]), degrees("Dangerous, °C", temperatures[2]), fans],
    send: (values) => {
      const body = {};
      for (const name of temperatures) body[name] = wrapped(numberOf(values, name), "degree_c");
      for (const name of ["min_fan_speed", "max_fan_speed", "minimum_required_fans", "fan_speed_ratio"]) body[name] = numberOf(values, name);
      return [["cooling", { [values.get("mode")]: body }]];
    },
  };
}

function poolsForm(view) {
  const groups = structuredClone(view.configuration?.pool_groups ?? []);
  if (!groups.length) groups.push({ name: "Default", pools: [] });
  for (const group of groups) if (!group.pools.length) group.pools.push({ url: "", user: "", password: "", enabled: true });
  const place = h("div", { class: "stack" });
  const field = (pool, name, label, more) => h("label", {}, label, h("input", {
    value: pool[name] ?? "", maxlength: "1024", ...more, oninput: (event) => { pool[name] = event.target.value; },
  }));
  const line = (group, pool) => h("div", { class: "pool-line" },
    field(pool, "url", "Address", { required: true, placeholder: "stratum+tcp://pool.example:3333" }),
    field(pool, "user", "User", { required: true }), field(pool, "password", "Password"),
    h("label", { class: "check" }, h("input", {
      type: "checkbox", checked: pool.enabled !== false, onchange: (event) => { pool.enabled = event.target.checked; },
    }), "on"),
    h("button", { type: "button", class: "quiet", "aria-label": `Remove ${pool.url || "this pool"}`, onclick: () => {
      group.pools.splice(group.pools.indexOf(pool), 1);
      draw();
    } }, "✕"));
  const draw = () => place.replaceChildren(...groups.map((group) => h("fieldset", { class: "pool-group" },
    h("legend", {}, `Group ${group.name}`), group.pools.map((pool) => line(group, pool)),
    h("div", {}, h("button", { type: "button", class: "small", onclick: () => {
      group.pools.push({ url: "", user: group.pools[0]?.user ?? "", password: "", enabled: true });
      draw();
    } }, "Add a pool")))));
  draw();
  return { fields: [place], isWhole: true, send: () => [["pools", groups]] };
}

/** The forms of one machine; `take` gives them what it says, `look` is called after a change. */
export function settingsForms(place, chooser, id, look) {
  let shown = "power";
  let view = null;
  let isTouched = false;
  let signature = "";

  function draw() {
    isTouched = false;
    if (!view?.constraints || !view.configuration) {
      place.replaceChildren(h("p", { class: "empty" }, "It does not say what can be set."));
      return;
    }
    const form = FORMS[shown][1](view);
    place.replaceChildren(h("form", {
      class: "setting", oninput: () => { isTouched = true; },
      onsubmit: action(async (event) => {
        const changes = form.send(new FormData(event.target));
        if (!changes.length) throw new Error("nothing is different from what it is now");
        for (const [name, body] of changes) await change("PUT", `${machinePath(id)}/${name}`, body);
        say(`${FORMS[shown][0]} set`, "good");
        isTouched = false;
        signature = "";
        await look();
      }),
    }, form.isWhole ? form.fields : h("div", { class: "fields" }, form.fields),
    h("div", { class: "buttons" }, h("button", { class: "first", type: "submit" }, "Apply"),
      h("button", { type: "button", onclick: draw }, "As it is now"))));
  }

  chooser.append(choice("Which settings", Object.entries(FORMS).map(([name, [label]]) => [name, label]), shown, (value) => {
    shown = value;
    draw();
  }));

  return {
    /** What somebody types is never drawn over. */
    take(said) {
      view = said;
      const now = JSON.stringify([said.configuration, said.constraints]);
      if (now === signature || isTouched || (place.contains(document.activeElement) && signature)) return;
      signature = now;
      draw();
    },
  };
}
