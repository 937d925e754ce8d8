// The time line: one strip, one play head. Sizes are read once per gesture; writing is percentages and transforms.
import { h, css } from "./dom.js";
import { t } from "./strings.js";
import { date, time } from "./time.js";

export const kKinds = ["motion", "person", "sound", "bell", "other"];
/** The looks a gap can have; anything the hub names beyond these is drawn as "unknown". */
export const kGaps = ["offline", "session", "privacy", "asleep", "off", "disk", "kept", "hub", "unknown"];
const kHour = 3_600_000, kShortest = 600_000, kLiveMs = 1500;

/**
 * model: {dayStart, dayEnd, now(), known: [{from,to}], gaps: [{from,to,why,text}], events: [{from,to,kind,text}]}, milliseconds.
 * `known` is what is on disk. onSeek(ms, live, {held}) is called while the finger is down and on every jump.
 */
export function timeline(root, first, onSeek) {
  const $ = (s) => root.querySelector(s);
  const strip = $(".strip"), lane = $(".lane"), cover = $(".cover"), ruler = $(".ruler"), head = $(".head"), peek = $(".peek"), day = $(".day"), view = $(".day .view");
  let model = first, span = kHour, to = 0, at = 0, following = true, box = null, holding = false;
  const last = () => Math.min(model.now(), model.dayEnd), length = () => model.dayEnd - model.dayStart;
  const isToday = () => model.now() < model.dayEnd;
  const part = (ms) => ((ms - (to - span)) / span) * 100;
  const place = (el, from, until, a, len) => css(el, { "inset-inline-start": `${((from - a) / len) * 100}%`, "inline-size": `${(Math.max(0, until - from) / len) * 100}%` });
  const within = (list, ms) => list.find((x) => ms >= x.from && ms < x.to);
  const visible = (list, a, b) => list.filter((x) => x.to > a && x.from < b);
  const gapAt = (ms) => within(model.gaps, ms);
  const frame = () => { to = Math.min(Math.max(last(), model.dayStart + span), Math.max(at + span / 2, model.dayStart + span)); if (span >= length()) { span = length(); to = model.dayEnd; } };

  function draw() {
    const a = to - span;
    lane.replaceChildren(...visible(model.events, a, to).map((e) => place(h("span.ev", { "data-kind": e.kind }), Math.max(e.from, a), Math.min(e.to, to), a, span)));
    cover.replaceChildren(...visible(model.known, a, to).map((k) => place(h("span.have"), Math.max(a, k.from), Math.min(to, k.to), a, span)),
      ...visible(model.gaps, a, to).map((g) => place(h("span.gap", { "data-why": g.why }), Math.max(a, g.from), Math.min(to, g.to), a, span)));
    const step = [2, 5, 10, 30, 60, 180, 240].map((m) => m * 60e3).find((s) => span / s <= (strip.clientWidth < 500 ? 6 : 9)) ?? 4 * kHour;
    const ticks = [];
    for (let ms = model.dayStart + Math.ceil((a - model.dayStart) / step) * step; ms < to; ms += step) if (part(ms) > 3 && part(ms) < 97) ticks.push(css(h("span", {}, time(ms)), { "inset-inline-start": `${part(ms)}%` }));
    ruler.replaceChildren(...ticks);
    day.replaceChildren(...model.known.map((k) => place(h("span.have"), Math.max(k.from, model.dayStart), Math.min(k.to, model.dayEnd), model.dayStart, length())),
      ...model.gaps.map((g) => place(h("span.gap", { "data-why": g.why }), Math.max(g.from, model.dayStart), Math.min(g.to, model.dayEnd), model.dayStart, length())),
      ...model.events.map((e) => css(h("b", { "data-kind": e.kind }), { "inset-inline-start": `${((e.from - model.dayStart) / length()) * 100}%` })), view);
    place(view, a, to, model.dayStart, length());
    mark();
  }
  function mark() {
    css(head, { "inset-inline-start": `${Math.min(100, Math.max(0, part(at)))}%` });
    const gap = gapAt(at), ev = within(model.events, at);
    strip.setAttribute("aria-valuemax", String(Math.round(length() / 1000)));
    strip.setAttribute("aria-valuenow", String(Math.max(0, Math.round((at - model.dayStart) / 1000))));
    strip.setAttribute("aria-valuetext", [following ? t("tl.live") : t("tl.at", { date: date(at), time: time(at, true) }), !following && gap && gap.text, ev && ev.text].filter(Boolean).join(". "));
  }
  /** Moves the head without telling anybody: the clock and playback use this, and only while no finger is down. */
  function show(ms, live) {
    if (holding) return;
    following = Boolean(live); at = Math.min(last(), Math.max(model.dayStart, ms));
    if (at > to || at < to - span || (live && to < last())) { if (live) to = Math.max(last(), model.dayStart + span); else frame(); draw(); } else mark();
  }
  function seek(ms) {
    at = Math.min(last(), Math.max(model.dayStart, ms));
    following = isToday() && model.now() - at < kLiveMs;
    if (at > to || at < to - span) { frame(); draw(); } else mark();
    onSeek(at, following, { held: holding });
  }
  const fromX = (x) => to - span + (Math.min(1, Math.max(0, (x - box.left) / box.width))) * span;
  strip.addEventListener("pointerdown", (e) => { if (e.button) return; box = strip.getBoundingClientRect(); holding = true; strip.setPointerCapture(e.pointerId); seek(fromX(e.clientX)); preview(e); });
  strip.addEventListener("pointermove", (e) => { box ??= strip.getBoundingClientRect(); if (holding) seek(fromX(e.clientX)); preview(e); });
  const release = () => { if (!holding) return; holding = false; box = null; peek.hidden = true; onSeek(at, following, { held: false }); };
  strip.addEventListener("pointerup", release);
  strip.addEventListener("pointercancel", release);
  strip.addEventListener("pointerleave", () => { if (!holding) { peek.hidden = true; box = null; } });
  function preview(e) {
    const ms = Math.min(last(), fromX(e.clientX)), gap = gapAt(ms), ev = within(model.events, ms), half = peek.offsetWidth / 2;
    peek.hidden = false;
    peek.replaceChildren(h("b", {}, time(ms, true)), ...[gap?.text ?? ev?.text].filter(Boolean).map((x) => h("span", {}, x)));
    css(peek, { transform: `translateX(${Math.min(box.width - half, Math.max(half, e.clientX - box.left)) - half}px)` });
  }
  function zoom(factor) { span = Math.min(length(), Math.max(kShortest, span * factor)); frame(); draw(); tellSpan(); }
  const tellSpan = () => { for (const r of root.querySelectorAll("[name=span]")) r.checked = Math.abs(span - Math.min(r.value * kHour, length())) < 1000; };
  strip.addEventListener("wheel", (e) => { if (!e.ctrlKey) return; e.preventDefault(); zoom(e.deltaY > 0 ? 1.25 : 0.8); }, { passive: false });
  day.addEventListener("click", (e) => { const r = day.getBoundingClientRect(); seek(model.dayStart + ((e.clientX - r.left) / r.width) * length()); });
  for (const r of root.querySelectorAll("[name=span]")) r.addEventListener("change", () => { span = Math.min(r.value * kHour, length()); frame(); draw(); });

  const api = {
    draw, seek, zoom, show, at: () => at, holding: () => holding, following: () => following,
    /** A new day, or new facts about this one; the head stays where it is when it still can. */
    use(next) { model = next; at = Math.min(last(), Math.max(model.dayStart, at)); if (at > to || at < to - span || to > model.dayEnd || to - span < model.dayStart) frame(); draw(); },
    live: () => seek(model.now()),
    step: (s) => seek(at + s * 1000),
    event: (dir) => { const e = dir > 0 ? model.events.find((x) => x.from > at + 500) : model.events.findLast((x) => x.from < at - 2000); if (e) seek(e.from); },
  };
  // Keys when the strip has focus. Arrows move time; nothing here needs a pointer.
  strip.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const k = { ArrowLeft: () => api.step(e.shiftKey ? -60 : -10), ArrowRight: () => api.step(e.shiftKey ? 60 : 10), PageUp: () => api.step(-600), PageDown: () => api.step(600),
      ArrowUp: () => zoom(0.5), ArrowDown: () => zoom(2), Home: () => seek(model.dayStart), End: () => seek(last()) }[e.key];
    if (k) { e.preventDefault(); e.stopPropagation(); k(); }
  });
  at = last(); to = Math.max(last(), model.dayStart + span);
  draw();
  const watch = new ResizeObserver(() => draw());
  watch.observe(strip);
  api.close = () => watch.disconnect();
  return api;
}
