// One camera: live, then, and control. `t` absent in the address = live; every moment has an address.
import { h, icon } from "./dom.js";
import { has, span, t, tn } from "./strings.js";
import { addDays, dayFromText, dayStart, dayText, foreignZone, moment, number, readMoment, time, date } from "./time.js";
import { Player } from "./player.js";
import { timeline } from "./timeline.js";
import { controls } from "./controls.js";
import { look, shows, kindWords } from "./events-text.js";
import { problemOf } from "./plates.js";
import { gapLook, gapText, sentence, untilNextTry } from "./reasons.js";
import { cameras, hub, hubNow, listen, refreshCamera, set } from "./hub.js";
import * as api from "./api.js";
import { dialog, inField, lettersOn, themeButton } from "./shell.js";
import { rewrite } from "./router.js";

const kAgainMs = 30_000;          // how often today's recordings are asked for anew
const kFactsMs = 5_000;           // viewers and data rate are no news of the event stream
const kIndexLagMs = 5_000;        // footage is in the hub's index this soon after it happened
const kRenewMs = 1_000;           // today's recordings are asked for no more often than this
const kMomentaryMs = 10_000;      // how long a mark without an end is drawn
const kOldSensorMs = 15 * 60_000;

export function camera({ id }, query) {
  let c = cameras.get(id);
  if (!c) return Promise.reject(Object.assign(new Error(), { status: 404, camera: true }));
  const cancel = new AbortController();
  let day = dayStart(hubNow()), spans = [], gaps = [], events = [], asked = 0, factsAt = 0, failed = null, urlTimer = 0;
  let going = false, journey = 0, renewing = null; // to another day; asking for what was recorded since

  // The day ---------------------------------------------------------------------------------------------------------------------------
  const model = () => ({ dayStart: day, dayEnd: addDays(day, 1), now: hubNow, known: spans, gaps, events });
  const gapAt = (ms) => gaps.find((g) => ms >= g.from && ms < g.to);
  const isToday = () => day === dayStart(hubNow());
  const player = new Player(c, { spans: () => spans, gapAt, renew, today: isToday }, (ms, live) => {
    if (going) return; // until the other day is there
    if (live && !isToday()) { useDay(dayStart(hubNow())); return; } // midnight, or back from another day
    line.show(live ? hubNow() : ms, live);
  });
  const title = h("span"), picker = h("input", { type: "date", "aria-label": t("tl.choose"), required: true, onchange: () => { const d = dayFromText(picker.value); if (d) chooseDay(d); } });
  const before = h("button.btn.bare.square.small", { type: "button", "aria-label": t("tl.before"), onclick: () => chooseDay(addDays(day, -1)) }, icon("chevron")), after = h("button.btn.bare.square.small", { type: "button", "aria-label": t("tl.after"), onclick: () => chooseDay(addDays(day, 1)) }, icon("chevron"));
  const note = h("p.daynote.small.quiet", { hidden: true, role: "status" });
  const legend = h("ul.legend", { role: "list", "aria-label": t("tl.legend") });
  const card = h("section.card.tl", { "aria-labelledby": "tl-title" },
    h("header", {}, h("div.daypick", {}, before, h("h2", { id: "tl-title" }, h("label", {}, title, icon("calendar", true), picker)), after),
      h("div.seg", { role: "radiogroup", "aria-label": t("tl.show") }, ...[[1, "tl.1h"], [6, "tl.6h"], [24, "tl.day"]].map(([v, key]) => h("label", {}, h("input", { type: "radio", name: "span", value: String(v), checked: v === 1 }), t(key))))),
    h("div.strip", { role: "slider", tabIndex: 0, "aria-label": t("tl.time"), "aria-describedby": "tl-help", "aria-valuemin": "0" }, h("div.lane"), h("div.cover"), h("div.ruler"), h("div.head"), h("div.peek", { hidden: true })),
    h("p.hush", { id: "tl-help" }, t("tl.help")),
    h("div.dayrow", { "aria-hidden": "true" }, h("span", {}, time(dayStart(hubNow()))), h("div.day", {}, h("span.view")), h("span", {}, t("tl.midnight"))), note, legend);
  picker.addEventListener("click", () => { try { picker.showPicker(); } catch { /* typing works everywhere */ } });

  const line = timeline(card, model(), (ms, live, { held }) => {
    journey++; going = false; // a finger on the strip outranks a day that is still on its way
    if (live && !held) player.live(); else if (!live) player.at(ms, { held });
    clearTimeout(urlTimer);
    if (!held) urlTimer = setTimeout(() => rewrite(live ? "" : `t=${new Date(ms).toISOString()}`), 300);
  });
  player.onstep = (s) => line.step(s);
  player.onevent = (dir) => line.event(dir);
  player.onlive = goLive;

  function drawDay() {
    const today = dayStart(hubNow());
    title.textContent = day === today ? t("tl.today") : day === addDays(today, -1) ? t("tl.yesterday") : date(day);
    picker.value = dayText(day); picker.max = dayText(today);
    after.hidden = day >= today;
    const words = failed ? t("tl.failed") : asked && !spans.length && !gaps.length ? t("tl.none", { date: date(day) }) : foreignZone() ? t("tl.zone", { zone: hub.zone }) : "";
    note.hidden = !words; note.textContent = words;
    const kinds = [...new Set(events.map((e) => e.kind))], whys = [...new Set(gaps.map((g) => g.why))];
    legend.replaceChildren(...(spans.length ? [h("li", {}, h("span.have"), t("tl.recorded"))] : []), ...kinds.map((k) => h("li", {}, h("span.ev", { "data-kind": k }), t(`kind.${k}`))), ...whys.map((w) => h("li", {}, h("span.gap", { "data-why": w }), t(`gap.${w}`))));
    player.useSteps({ back: spans.length > 0, events: events.length > 0 });
  }
  async function loadDay() {
    const mine = day, to = Math.min(addDays(mine, 1), hubNow() + 1000);
    try {
      const [footage, happened] = await Promise.all([api.recordings(id, mine, to, cancel.signal), api.events({ camera: id, from: mine, to, limit: 500 }, cancel.signal)]);
      if (mine !== day) return;
      spans = footage.spans; failed = null;
      gaps = footage.gaps.map((g) => ({ ...g, why: gapLook(g.code), text: g.text || gapText(g.code) }));
      events = happened.events.filter(shows).map(markOf).sort((a, b) => a.from - b.from);
    } catch (error) {
      if (cancel.signal.aborted || mine !== day) return;
      failed = error;
    }
    asked = Date.now();
    line.use(model()); drawDay();
  }
  const markOf = (e) => ({ id: e.id, from: e.from, to: e.to ?? e.from + kMomentaryMs, kind: look(e.kind), text: e.text || kindWords(e.kind) });
  function useDay(start) { day = start; spans = []; gaps = []; events = []; asked = 0; failed = null; line.use(model()); drawDay(); return loadDay(); }
  /** Asks for footage that may have been made since; null when the last answer would have known of it already. */
  function renew(ms) {
    if (asked && (!isToday() || asked + hubNow() - Date.now() > ms + kIndexLagMs)) return null;
    return (renewing ??= (async () => {
      await new Promise((done) => setTimeout(done, Math.max(0, asked + kRenewMs - Date.now())));
      renewing = null;
      await loadDay();
      if (failed) throw failed;
    })());
  }
  /** Fetches another day; false when something else was wanted meanwhile. */
  async function goTo(start) {
    const mine = ++journey;
    going = true;
    await useDay(start);
    if (mine !== journey) return false;
    going = false;
    return true;
  }
  /** Another day begins at its first footage, today at "live". */
  async function chooseDay(start) {
    if (start === day) return;
    if (start >= dayStart(hubNow())) goLive();
    else if (await goTo(start)) line.seek(spans[0]?.from ?? start);
  }
  function goLive() {
    journey++; going = false;
    if (!isToday()) useDay(dayStart(hubNow()));
    line.live();
  }
  async function jump(ms) {
    if (dayStart(ms) === day || (await goTo(dayStart(ms)))) line.seek(ms);
    if (!asked && !renewing) loadDay(); // the moment was so near that it is live
  }

  // The side --------------------------------------------------------------------------------------------------------------------------
  const tag = h("span.tag"), name = h("h1", {}, h("span"), tag), sensors = h("section.card", { "aria-labelledby": "s-room", hidden: true }), panel = h("section.card", { "aria-labelledby": "s-controls", hidden: true }), facts = h("dl.facts");
  const link = h("section.card", { "aria-labelledby": "s-link" }, h("header", {}, h("h2", { id: "s-link" }, t("side.connection")), h("a.small.link", { href: `/health?camera=${encodeURIComponent(id)}` }, t("side.details"))), facts);
  let made = null;
  function drawSide() {
    name.firstChild.textContent = c.name;
    const recording = c.recording.active;
    tag.replaceChildren(...(recording ? [h("span.rec"), t("mark.recording")] : [h(c.recording.mode === "events" ? "span.armed" : "span.norec"), t(c.recording.mode === "events" ? "mark.armed" : "mark.off")]));
    drawSensors();
    if (c.settings.length) {
      if (made?.ids !== c.settings.map((s) => s.id).join() && made?.of !== c.settings.length) { made = controls(c.settings, { send: (s, v) => set(c, s, v), asleep: () => c.state === "asleep" }); made.of = c.settings.length; panel.replaceChildren(h("header", {}, h("h2", { id: "s-controls" }, t("side.controls"))), made.el); } else made.update(c.settings);
    }
    panel.hidden = !c.settings.length;
    drawFacts();
  }
  function drawSensors() {
    const list = c.sensors.filter((s) => s.value !== null && !s.diagnostic && !["motion", "sound", "cry", "connectivity"].includes(s.kind)), newest = Math.max(0, ...list.map((s) => s.at ?? 0));
    sensors.hidden = !list.length;
    if (!list.length) return;
    const icons = { temperature: "thermo", humidity: "drop", battery: "battery", illuminance: "sun", sound_level: "sound", night: "moon" };
    const value = (s) => (typeof s.value === "number" ? [number(s.value), s.unit && h("small", {}, ` ${s.unit}`)] : [typeof s.value === "boolean" ? t(s.value ? "set.on" : "set.off") : String(s.value)]);
    sensors.replaceChildren(h("header", {}, h("h2", { id: "s-room" }, t("side.sensors")), newest ? h("span.small.quiet", {}, t("side.ago", { span: span(hubNow() - newest) })) : ""),
      h("div.sensors", {}, ...list.map((s) => { const old = s.at && hubNow() - s.at > kOldSensorMs; return h("dl.sensor", old ? { "data-old": "" } : {}, h("dt", {}, icon(icons[s.kind] ?? "info", true), s.name), h("dd.n", {}, ...value(s).filter(Boolean)), old && h("dd.small", {}, t("side.heard", { time: moment(s.at) }))); })),
      list.some((s) => s.babyData) ? h("p.safety", {}, t("side.safety")) : "");
  }
  function drawFacts() {
    const rows = [], row = (key, value) => value && rows.push(h("dt", {}, t(`fact.${key}`)), h("dd", {}, value)), r = problemOf(c), wait = untilNextTry(c.reason, hubNow());
    row("state", c.state === "connecting" ? t("state.connecting", { s: number(Math.max(0, Math.round((hubNow() - c.since) / 1000)), 0) }) : t(c.state === "snapshot" ? "state.snapshot.none" : `state.${c.state}`)); row("since", c.since && moment(c.since)); row("reason", r && sentence(r, c.vendorName)); row("next", wait ? t("stats.seconds", { n: wait }) : "");
    row("source", c.way && (has(`way.${c.way}`) ? t(`way.${c.way}`) : c.way)); row("address", c.way === "push" && t("way.push.where", { id: c.id })); row("video", c.video); row("audio", c.audio); row("rate", c.bitsPerSecond && t("stats.rate.value", { n: number(c.bitsPerSecond / 1e6, 2) })); row("viewers", c.viewers === null ? "" : tn("fact.viewers", c.viewers));
    row("recording", t(`record.${c.recording.mode}`)); row("vendor", c.maker);
    facts.replaceChildren(...rows);
  }

  // Keys ------------------------------------------------------------------------------------------------------------------------------
  const keys = dialog("keys", t("keys.title"), h("dl.facts", {}, ...[[t("keys.space"), "play"], ["← →", "step"], ["PgUp PgDn", "page"], ["[ ]", "event"], ["L", "live"], ["+ −", "zoom"], ["M", "sound"], ["S", "snap"], ["F", "full"], ["1 – 9", "open"], ["W", "wall"], ["?", "help"]].flatMap(([k, what]) => [h("dt", {}, k), h("dd", {}, t(`keys.${what}`))])), h("p.small.quiet", {}, t("keys.off")));
  const onKey = (e) => {
    if (inField(e) || document.querySelector("dialog[open]")) return;
    const pressed = e.target.closest?.("button, a, summary, [role=switch], [type=radio]"), letter = /^[a-zA-Z?]$/.test(e.key);
    if (letter && !lettersOn()) return;
    const onRadio = pressed?.matches("[type=radio]"); // arrows choose there
    const run = {
      " ": pressed ? null : () => player.toggle(), k: () => player.toggle(), m: () => player.sound(), s: () => player.snapshot(), f: () => player.full(),
      l: goLive, End: () => line.live(), Home: () => line.seek(day), j: () => line.step(-10),
      ArrowLeft: onRadio ? null : () => line.step(e.shiftKey ? -60 : -10), ArrowRight: onRadio ? null : () => line.step(e.shiftKey ? 60 : 10),
      PageUp: () => line.step(-600), PageDown: () => line.step(600), "[": () => line.event(-1), "]": () => line.event(1),
      "+": () => line.zoom(0.5), "-": () => line.zoom(2), "?": () => keys.showModal(),
    }[e.key];
    if (run) { e.preventDefault(); run(); }
  };
  addEventListener("keydown", onKey);

  const el = h("div.camera", {}, h("header.top", {}, h("a.btn.bare.square", { href: "/", "aria-label": t("back") }, icon("arrow")), h("div.say", {}, name),
    h("div.acts", {}, h("button.btn.bare.keysbutton", { type: "button", title: t("camera.keys.title"), onclick: () => keys.showModal() }, icon("keyboard"), t("camera.keys")), themeButton())),
  h("div.cam", {}, h("div.stage", {}, player.el, card), h("div.side", {}, sensors, panel, link)), keys);

  const stop = listen(({ what, camera: changed, event }) => {
    if (what === "tick") {
      player.tick();
      if (!document.hidden) { drawFacts(); drawSensors(); }
      if (!document.hidden && Date.now() - factsAt >= kFactsMs) { factsAt = Date.now(); refreshCamera(id).catch(() => {}); } // the event stream says when the hub is away
      if (asked && Date.now() - asked > kAgainMs && isToday() && !line.holding()) { asked = Date.now(); loadDay(); }
    } else if ((what === "camera" && changed.id === id) || what === "cameras") {
      if (!cameras.has(id)) return;
      c = cameras.get(id); player.update(c); drawSide();
      if (what === "cameras" && failed) loadDay(); // the hub is back
    } else if (what === "event" && event.camera === id && shows(event) && event.from >= day && event.from < addDays(day, 1)) {
      events = [...events.filter((x) => x.id !== event.id), markOf(event)].sort((a, b) => a.from - b.from); line.use(model()); drawDay();
    }
  });
  drawSide(); drawDay();
  const at = readMoment(query.get("t"));
  if (at && at < hubNow()) jump(at).then(() => { if (!cancel.signal.aborted) player.begin(); });
  else { player.begin(); loadDay(); }
  return {
    el, title: c.name,
    update: (q) => { const ms = readMoment(q.get("t")); if (ms) jump(ms); else goLive(); },
    close() {
      journey++; stop(); cancel.abort(); clearTimeout(urlTimer); removeEventListener("keydown", onKey);
      player.close(); line.close();
    },
  };
}
