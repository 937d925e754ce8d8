// Events: what happened? One day at a time, newest first, by the hour. A row opens the camera a little before the moment.
import { h, icon } from "./dom.js";
import { span, t, tn } from "./strings.js";
import { addDays, date, dayFromText, dayStart, dayText, time } from "./time.js";
import { kindWords, look } from "./events-text.js";
import { cameras, hubNow, listen } from "./hub.js";
import * as api from "./api.js";
import { themeButton, trouble } from "./shell.js";
import { rewrite } from "./router.js";

const kBeforeMs = 5_000; // a moment makes sense with what led to it
const kPage = 200;

export function events(_, query) {
  let day = dayFromText(query.get("day") ?? "") || dayStart(hubNow()), camera = query.get("camera") ?? "", kind = query.get("kind") ?? "", list = [], next = null, error = null, loaded = false, sequence = 0;
  const cancel = new AbortController(), lead = h("p.quiet.small"), body = h("div.log"), more = h("button.btn", { type: "button", hidden: true, onclick: () => load(true) }, t("events.more"));
  const picker = h("input.pick", { type: "date", "aria-label": t("events.day"), value: dayText(day), max: dayText(dayStart(hubNow())), required: true, onchange: () => { const d = dayFromText(picker.value); if (d) { day = d; load(); } } });
  const choose = (label, first, options, value, change) => { const el = h("select.pick", { "aria-label": label, onchange: () => change(el.value) }, h("option", { value: "" }, first), ...options.map(([v, w]) => h("option", { value: v, selected: v === value }, w))); return el; };
  const byCamera = choose(t("events.camera"), t("events.all"), [...cameras.values()].map((c) => [c.id, c.name]), camera, (v) => { camera = v; load(); });
  const byKind = choose(t("events.kind"), t("events.kinds"), ["motion", "person", "sound", "cry", "button", "state", "setting", "recording"].map((k) => [k, kindWords(k)]), kind, (v) => { kind = v; load(); });
  const el = h("div", {}, h("header.top", {}, h("div.say", {}, h("h1", {}, t("events.title")), lead), h("div.filters", {}, picker, byCamera, byKind), h("div.acts", {}, themeButton())), body, more);

  function row(e) {
    const c = cameras.get(e.camera), words = e.text || kindWords(e.kind), length = e.to ? span(e.to - e.from) : "";
    const inside = [h("span.ev", { "data-kind": look(e.kind) }), h("span.what", {}, h("b", {}, words), h("small", {}, [c?.name ?? e.camera, length].filter(Boolean).join(" · "))), e.picture && h("img.thumb", { src: e.picture, alt: t("events.picture"), loading: "lazy", width: 80, height: 45 }), h("time", { datetime: new Date(e.from).toISOString() }, time(e.from, true))];
    return h("li", {}, c ? h("a", { href: `/cameras/${encodeURIComponent(e.camera)}?t=${new Date(e.from - kBeforeMs).toISOString()}`, "aria-label": t("events.row", { kind: words, camera: c.name, time: time(e.from, true) }) }, ...inside, icon("chevron", true)) : h("div.fact", {}, ...inside));
  }
  function draw() {
    rewrite(new URLSearchParams([["day", day === dayStart(hubNow()) ? "" : dayText(day)], ["camera", camera], ["kind", kind]].filter(([, v]) => v)).toString());
    if (error) { lead.textContent = ""; body.replaceChildren(trouble(error, () => load())); return; }
    if (!loaded) return;
    lead.textContent = list.length && !next ? tn("events.lead", list.length, { date: date(day) }) : list.length ? date(day) : t("events.lead.none", { date: date(day) });
    const hours = Map.groupBy ? Map.groupBy(list, hourOf) : list.reduce((m, e) => m.set(hourOf(e), [...(m.get(hourOf(e)) ?? []), e]), new Map());
    body.replaceChildren(...(list.length ? [...hours].map(([hour, rows]) => h("section.card", { "aria-label": t("events.hour", { from: time(hour), to: time(hour + 3_600_000) }) }, h("h2", {}, t("events.hour", { from: time(hour), to: time(hour + 3_600_000) })), h("ul.entries", { role: "list" }, ...rows.map(row))))
      : [h("div.empty", {}, h("b", {}, t(camera || kind ? "events.empty.filter" : "events.empty", { date: date(day) })), h("button.btn", { type: "button", onclick: () => { day = addDays(day, -1); picker.value = dayText(day); load(); } }, t("events.before")))]));
    more.hidden = !next;
  }
  const hourOf = (e) => day + Math.floor((e.from - day) / 3_600_000) * 3_600_000;
  async function load(further) {
    const mine = ++sequence;
    try {
      const page = await api.events({ from: day, to: addDays(day, 1), camera, kind, limit: kPage, cursor: further ? next : undefined }, cancel.signal);
      if (mine !== sequence) return;
      list = further ? [...list, ...page.events] : page.events; next = page.next; error = null; loaded = true;
    } catch (e) { if (cancel.signal.aborted || mine !== sequence) return; error = e; }
    draw();
  }
  const stop = listen(({ what, event }) => {
    if (what !== "event" || !loaded || event.from < day || event.from >= addDays(day, 1) || (camera && event.camera !== camera) || (kind && event.kind !== kind)) return;
    list = [event, ...list.filter((e) => e.id !== event.id)].sort((a, b) => b.from - a.from); draw();
  });
  load();
  return { el, title: t("events.title"), close() { stop(); cancel.abort(); } };
}
