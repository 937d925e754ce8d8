// One renderer for every maker. A setting says what it is; the page never asks who made the camera.
// desired = what somebody asked for; reported = what the camera last said. They are shown apart whenever they differ.
import { h, icon, css } from "./dom.js";
import { ask, toast } from "./shell.js";
import { t } from "./strings.js";
import { number, time } from "./time.js";

const kNoAnswerMs = 10_000;
const kElsewhereMs = 5_000;
const isLight = (s) => s.kind === "light";
const dimmable = (s) => s.max > s.min;
const known = (v) => v !== null && v !== undefined;
const same = (a, b) => a === b || (typeof a === "object" && typeof b === "object" && a && b && a.on === b.on && (!known(a.level) || !known(b.level) || a.level === b.level));

/** A value as a word: "on", "60 %", "Auto", "on, 35 %". */
export function words(s, v) {
  if (!known(v)) return t("set.none");
  if (isLight(s)) return [t(v.on ? "set.on" : "set.off"), v.on && known(v.level) ? `${number(v.level)} %` : ""].filter(Boolean).join(", ");
  if (s.kind === "toggle") return t(v ? "set.on" : "set.off");
  if (s.kind === "choice") return s.options.find((o) => o[0] === v)?.[1] ?? String(v);
  return `${number(v)}${s.unit ? ` ${s.unit}` : ""}`;
}

/**
 * send(setting, value) resolves with the setting as it is then, or rejects with a sentence.
 * Answers {el, update(setting)}: update() is for what arrives from the hub later.
 */
export function control(first, { send, asleep }) {
  let s = first, busy = 0, local = null, failed = "", elsewhere = 0, quiet = 0;
  const el = h("li", { "data-setting": s.id }), id = `set-${s.id}`, noteId = `${id}-note`;
  const wanted = () => local ?? (known(s.desired) ? s.desired : s.reported);
  const apart = () => known(wanted()) && !same(wanted(), s.reported);

  function note() {
    const p = (tone, look, text) => h(`p.note${tone && `.${tone}`}`, { id: noteId }, look && icon(look), text);
    if (failed) return p("bad", "alert", failed);
    if (s.refused) return p("bad", "alert", t(known(s.tried) ? "set.refused" : "set.refused.plain", { want: words(s, s.tried), why: s.refused, have: words(s, s.reported) }));
    if (s.kind === "button") return s.note ? p("", "", s.note) : null;
    if (apart() && asleep()) return p("wait", "clock", t("set.asleep"));
    if (apart() && busy && Date.now() - busy > kNoAnswerMs) return p("wait", "clock", t("set.noanswer"));
    if (apart()) return p("wait", "clock", known(s.reported) ? t("set.wait", { want: words(s, wanted()), have: words(s, s.reported) }) : t("set.wait.unknown", { want: words(s, wanted()) }));
    if (elsewhere) return p("", "", t("set.changed", { time: time(elsewhere) }));
    if (!known(s.reported)) return p("", "", t("set.unreported"));
    return s.note ? p("", "", s.note) : null;
  }
  async function change(value) {
    failed = ""; s = { ...s, refused: "", tried: value }; local = value; busy = Date.now();
    const mine = busy, slow = setTimeout(draw, kNoAnswerMs + 50);
    draw();
    try { const now = await send(s, value); if (mine === busy) { local = null; s = { ...now, tried: value }; } }
    catch (error) { if (mine === busy) { local = null; failed = t("set.failed", { name: s.name, why: error.message }); } }
    clearTimeout(slow);
    if (mine === busy) draw();
  }
  async function press() {
    if (s.destructive && !(await ask(t("set.sure", s), s.verb, t("close")))) return;
    failed = "";
    try { await send(s, true); toast(t("set.done", s)); } catch (error) { failed = t("set.failed", { name: s.name, why: error.message }); }
    draw();
  }
  const level = (value, reported, set, label) => {
    const scale = (v) => ((v - s.min) / (s.max - s.min || 1)) * 100, unit = isLight(s) ? { ...s, kind: "range", unit: "%" } : s;
    const box = h("span.range.wide", {}, h("input", { type: "range", id: label ? undefined : id, "aria-label": label, min: String(s.min), max: String(s.max), step: String(s.step || 1), value: String(value), disabled: !s.writable, "aria-valuetext": words(unit, value), "aria-describedby": noteId,
      oninput: (e) => { css(box, { "--want": scale(e.target.value) }); const text = words(unit, Number(e.target.value)); el.querySelector("output")?.replaceChildren(text); e.target.setAttribute("aria-valuetext", text); },
      onchange: (e) => set(Number(e.target.value)) }), known(reported) && reported !== value && h("i"));
    return css(box, { "--want": scale(value), "--have": known(reported) ? scale(reported) : 0 });
  };
  const toggle = (on, set) => h("span.switch", {}, h("input", { type: "checkbox", id, role: "switch", checked: Boolean(on), disabled: !s.writable, "aria-describedby": noteId, onchange: (e) => set(e.target.checked) }), h("span"));
  const kinds = {
    toggle: () => [h("label.name", { for: id }, s.name), toggle(wanted(), change)],
    range: () => [h("label.name", { for: id }, s.name), h("output", { for: id }, words(s, wanted())), level(known(wanted()) ? wanted() : s.min, s.reported, change)],
    light: () => {
      const v = wanted() ?? { on: false };
      return [h("label.name", { for: id }, s.name), toggle(v.on, (on) => change({ ...v, on })), dimmable(s) && h("output.wide", {}, known(v.level) ? words({ ...s, kind: "range", unit: "%" }, v.level) : ""),
        dimmable(s) && level(v.level ?? s.min, s.reported?.level, (n) => change({ on: true, level: n }), s.name)];
    },
    choice: () => (s.options.length <= 4 && s.options.map((o) => o[1]).join("").length + 4 * s.options.length < 32
      ? [h("span.name", { id: `${id}-l` }, s.name), h("span.seg", { role: "radiogroup", "aria-labelledby": `${id}-l`, "aria-describedby": noteId }, ...s.options.map(([v, w]) => h("label", {}, h("input", { type: "radio", name: id, checked: wanted() === v, disabled: !s.writable, onchange: () => change(v) }), w)))]
      : [h("label.name", { for: id }, s.name), h("select.pick", { id, disabled: !s.writable, "aria-describedby": noteId, onchange: (e) => change(e.target.value) }, !known(wanted()) && h("option", { value: "", selected: true }, t("set.none")), ...s.options.map(([v, w]) => h("option", { value: v, selected: wanted() === v }, w)))]),
    button: () => [h("span.name", {}, s.name), h("button.btn.small", { type: "button", disabled: !s.writable, onclick: press }, s.verb)],
  };
  function draw() {
    const focused = el.contains(document.activeElement) ? document.activeElement : null, said = note();
    const place = focused && [...el.querySelectorAll("input, select, button")].indexOf(focused);
    el.replaceChildren(...(kinds[s.kind] ?? (() => [h("span.name", {}, s.name), h("output", {}, words(s, s.reported))]))().filter(Boolean), ...(said ? [said] : []));
    if (focused) [...el.querySelectorAll("input, select, button")][place]?.focus();
  }
  draw();
  return {
    el,
    update(next) {
      const moved = known(s.reported) && !same(next.reported, s.reported) && next.by === "camera";
      s = { ...next, tried: s.tried };
      if (moved) { elsewhere = next.since || Date.now(); clearTimeout(quiet); quiet = setTimeout(() => { elsewhere = 0; draw(); }, kElsewhereMs); }
      // A finger on the slider outranks the hub until it is lifted.
      if (!el.querySelector("input[type=range]:active")) draw();
    },
  };
}

/** The list of a camera's settings in the hub's order of groups; more than eight fold under "More". */
const kGroups = ["light-and-sound", "picture", "alarms", "device"], kShown = 8;
export function controls(settings, options) {
  const order = (s) => { const i = kGroups.indexOf(s.group); return i < 0 ? kGroups.length : i; };
  const sorted = settings.map((s, i) => [s, i]).sort((a, b) => order(a[0]) - order(b[0]) || a[1] - b[1]).map(([s]) => s);
  const made = new Map(sorted.map((s) => [s.id, control(s, options)])), items = [...made.values()].map((c) => c.el);
  const el = h("div", {}, h("ul.controls", { role: "list" }, ...items.slice(0, kShown)), items.length > kShown && h("details", {}, h("summary", {}, t("side.more")), h("ul.controls", { role: "list" }, ...items.slice(kShown))));
  return { el, ids: sorted.map((s) => s.id).join(), update: (list) => { for (const s of list) made.get(s.id)?.update(s); } };
}
