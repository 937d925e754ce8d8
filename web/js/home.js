// Home: what is happening now? The worst problem, the filters, the grid.
import { h, icon, css } from "./dom.js";
import { t, tn } from "./strings.js";
import { date, moment, time } from "./time.js";
import { Tile } from "./tile.js";
import { needsPerson, problemOf, stoppedRecording } from "./plates.js";
import { cameras, listen } from "./hub.js";
import { inField, lettersOn, themeButton } from "./shell.js";
import { shows } from "./events-text.js";

const kAll = "all", kAttention = "attention";

export function home(_, query) {
  const tiles = new Map(), list = h("ul.panes", { role: "list" }), chips = h("div.chips", { role: "group", "aria-label": t("home.show") }), lead = h("p.quiet.small"), notice = h("div"), empty = h("p.empty", { hidden: true });
  let filter = kAll;
  const watch = new IntersectionObserver((entries) => { for (const e of entries) tiles.get(e.target.id.slice(4))?.seen(e.isIntersecting); }, { rootMargin: "120px" });
  const el = h("div.home", {}, h("header.top", {}, h("div.say", {}, h("h1", {}, t("home.title")), lead), chips,
    h("div.acts", {}, themeButton(), h("button.btn.bare.wallbutton", { type: "button", onclick: () => wall(true) }, icon("wall"), t("home.wall")))), notice, h("h2.hush", {}, t("home.cameras")), list, empty);

  const sorted = () => [...cameras.values()].filter((c) => c.present);
  const groups = () => [...new Set(sorted().map((c) => c.place).filter(Boolean))];
  const fits = (c) => filter === kAll || (filter === kAttention ? needsPerson(c) : c.place === filter);

  function drawList() {
    const all = sorted();
    for (const [id, tile] of tiles) if (!cameras.get(id)?.present) { watch.unobserve(tile.el); tile.close(); tile.el.remove(); tiles.delete(id); }
    all.forEach((c, i) => {
      let tile = tiles.get(c.id);
      if (!tile) { tile = new Tile(c); tiles.set(c.id, tile); watch.observe(tile.el); } else tile.update(c);
      if (list.children[i] !== tile.el) list.insertBefore(tile.el, list.children[i] ?? null);
    });
    // A lone last tile would leave a hole on phones: with an odd number the first one is wide there.
    [...tiles.values()].forEach((tile) => tile.el.classList.toggle("pin", all.length % 2 === 1 && tile.id === all[0].id));
    list.classList.toggle("few", all.length < 4);
    drawAround();
  }
  /** All that counts cameras; the tiles themselves are not touched. */
  function drawAround() {
    const all = sorted(), live = all.filter((c) => c.state === "live").length, rec = all.filter((c) => c.recording.active).length, attention = all.filter(needsPerson).length;
    if (filter !== kAll && filter !== kAttention && !groups().includes(filter)) filter = kAll;
    lead.replaceChildren(t("home.lead", { live, all: all.length, rec }), h("span.wide-only", {}, ` · ${date(Date.now())}, ${time(Date.now())}`));
    const places = groups().length > 1 ? groups() : [];
    const wanted = [[kAll, t("chip.all", { n: all.length })], ...places.map((p) => [p, `${p} ${all.filter((c) => c.place === p).length}`]), [kAttention, t("chip.attention", { n: attention })]];
    const signature = JSON.stringify([wanted, filter]);
    if (chips.dataset.is !== signature) {
      const focused = document.activeElement?.dataset?.show;
      chips.dataset.is = signature;
      chips.replaceChildren(...(all.length > 1 ? wanted : []).map(([key, text]) => h("button.chip", { type: "button", "aria-pressed": String(key === filter), "data-show": key, onclick: () => { filter = key; drawAround(); } }, text)));
      if (focused) chips.querySelector(`[data-show="${CSS.escape(focused)}"]`)?.focus();
    }
    let shown = 0;
    for (const tile of tiles.values()) { const fit = fits(tile.camera); tile.el.hidden = !fit; if (fit) shown++; }
    empty.hidden = shown > 0;
    if (!shown) empty.replaceChildren(...(all.length ? [h("b", {}, t("home.empty.filter"))] : [h("b", {}, t("home.empty")), " ", h("span.quiet", {}, t("home.empty.more"))]));
    drawNotice(all);
    if (document.body.classList.contains("wall")) fitWall();
  }
  function drawNotice(all) {
    const worst = all.filter(needsPerson).sort((a, b) => rank(b) - rank(a) || (problemOf(a)?.since ?? a.since) - (problemOf(b)?.since ?? b.since));
    const c = worst[0], signature = c ? `${c.id} ${c.state} ${c.since} ${c.recording.active} ${worst.length} ${problemOf(c)?.text}` : "";
    if (notice.dataset.is === signature) return;
    notice.dataset.is = signature;
    notice.replaceChildren(...(c ? [h("section.notice", { "aria-label": t("home.needs") }, icon("alert"), h("p", {}, h("strong", {}, headline(c)), " ",
      h("span.quiet", {}, [problemOf(c)?.text, c.recording.mode === "always" && t("notice.more"), worst.length > 1 && tn("notice.others", worst.length - 1)].filter(Boolean).join(" "))),
      h("a.btn.small", { href: `/health?camera=${encodeURIComponent(c.id)}`, "aria-label": t("tile.button", { button: t("tile.why"), name: c.name }) }, t("tile.why")))] : []));
  }
  const rank = (c) => (stoppedRecording(c) ? 4 : 0) + (c.state === "signin" ? 2 : 0) + (c.state === "offline" ? 1 : 0);
  const headline = (c) => {
    const since = c.recording.since ?? c.reason?.since ?? c.since, values = { name: c.name, time: moment(since) };
    return stoppedRecording(c) ? t("notice.norecord", values) : c.state === "signin" ? t("notice.signin", values) : c.state === "offline" ? t("notice.offline", values) : t("notice.other", values);
  };

  // Wall: the largest panes that all fit; no scrolling.
  function fitWall() {
    const n = [...tiles.values()].filter((x) => !x.el.hidden).length, sill = 3.6 * parseFloat(getComputedStyle(document.documentElement).fontSize);
    const fit = (c) => Math.ceil(n / c) * (((innerWidth - 16) / c) * 0.5625 + sill + 8) <= innerHeight - 8;
    let c = 1;
    while (c < n && !fit(c)) c++;
    css(list, { "--columns": c });
  }
  let lock = null;
  const wall = (on, full = true) => {
    document.body.classList.toggle("wall", on);
    if (on) { fitWall(); if (full) document.documentElement.requestFullscreen?.().catch(() => {}); navigator.wakeLock?.request("screen").then((l) => { lock = l; }, () => {}); }
    else { lock?.release(); lock = null; if (document.fullscreenElement) document.exitFullscreen().catch(() => {}); }
  };
  const onResize = () => document.body.classList.contains("wall") && fitWall();
  const onKey = (e) => {
    if (inField(e) || document.querySelector("dialog[open]")) return;
    if (e.key === "Escape") wall(false);
    if (!lettersOn()) return;
    if (e.key === "w") wall(!document.body.classList.contains("wall"));
    if (/^[1-9]$/.test(e.key)) [...tiles.values()].filter((x) => !x.el.hidden)[e.key - 1]?.open();
  };
  const onFull = () => { if (!document.fullscreenElement && document.body.classList.contains("wall")) wall(false); };
  addEventListener("resize", onResize); addEventListener("keydown", onKey); document.addEventListener("fullscreenchange", onFull);

  const stop = listen(({ what, camera, event }) => {
    if (what === "tick") { for (const tile of tiles.values()) tile.tick(); if (new Date().getSeconds() === 0) drawAround(); }
    else if (what === "camera" && tiles.has(camera.id)) { tiles.get(camera.id).update(camera); drawAround(); }
    else if (what === "camera" || what === "cameras") drawList();
    else if (what === "event" && shows(event)) tiles.get(event.camera)?.event(event);
  });
  drawList();
  if (query.has("wall")) wall(true, false);
  return {
    el, title: t("home.title"),
    close() {
      stop(); watch.disconnect(); for (const tile of tiles.values()) tile.close(); if (document.body.classList.contains("wall")) wall(false);
      removeEventListener("resize", onResize); removeEventListener("keydown", onKey); document.removeEventListener("fullscreenchange", onFull);
    },
  };
}
