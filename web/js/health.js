// Health: why is it black? One verdict per camera that needs a person, the state of all, the hub itself.
import { h, icon } from "./dom.js";
import { has, span, t, tn } from "./strings.js";
import { bytes, moment, number } from "./time.js";
import { needsPerson, problemOf, stoppedRecording, wantsSignIn } from "./plates.js";
import { sentence, steps, untilNextTry } from "./reasons.js";
import { cameras, hub, hubNow, hubOffset, listen } from "./hub.js";
import * as api from "./api.js";
import { Pane } from "./pane.js";
import { accountPath } from "./account.js";
import { themeButton, toast, trouble } from "./shell.js";

const kEveryMs = 15_000;
const tone = (c) => (c.state === "offline" ? "bad" : c.state === "signin" || c.recording.reason || stoppedRecording(c) ? "warn" : c.state === "live" || c.state === "snapshot" ? "ok" : "");
const word = (c) => (c.state === "connecting" ? t("state.connecting", { s: number(Math.max(0, Math.round((hubNow() - c.since) / 1000)), 0) }) : t(c.state === "snapshot" ? "state.snapshot.none" : `state.${c.state}`));

export function health(_, query) {
  let chosen = query.get("camera") ?? "", facts = null, error = null, asked = 0, pane = null, drawnFor = "";
  const cancel = new AbortController(), lead = h("p.quiet.small"), why = h("section.card.why", { "aria-labelledby": "why-title", hidden: true }), list = h("ul.rows", { role: "list" }), about = h("ul.rows", { role: "list" }), hubTag = h("span.tag.ok"), fine = h("section.card.fine", { hidden: true });
  const el = h("div", {}, h("header.top", {}, h("div.say", {}, h("h1", {}, t("health.title")), lead), h("div.acts", {}, themeButton())), why, fine,
    h("div.cols", {}, h("section.card", { "aria-labelledby": "h-cams" }, h("header", {}, h("h2", { id: "h-cams" }, t("health.cameras"))), list), h("section.card", { "aria-labelledby": "h-hub" }, h("header", {}, h("h2", { id: "h-hub" }, t("health.hub")), hubTag), about)));

  const troubled = () => [...cameras.values()].filter((c) => needsPerson(c) || problemOf(c));
  function draw() {
    const all = [...cameras.values()], bad = all.filter(needsPerson), up = facts?.started ? t("health.up", { span: span(hubNow() - facts.started) }) : "";
    lead.textContent = [bad.length ? tn("health.lead", bad.length) : all.length ? t("health.fine") : t("health.none"), bad.length && t("health.lead.rest", { n: all.length - bad.length }), up].filter(Boolean).join(" · ");
    drawWhy(); drawList(all); drawHub();
    fine.hidden = !all.length || troubled().length > 0;
    if (!fine.hidden && !fine.childNodes.length) fine.replaceChildren(icon("check"), h("p", {}, h("b", {}, all.length === 1 ? t("health.all.one") : t("health.all", { n: all.length }))));
    if (fine.hidden) fine.replaceChildren();
  }
  function drawWhy() {
    const list = troubled().sort((a, b) => needsPerson(b) - needsPerson(a)), c = list.find((x) => x.id === chosen) ?? list[0];
    why.hidden = !c;
    if (!c) { drawnFor = ""; return; }
    const signature = JSON.stringify([list.map((x) => [x.id, x.name]), c.id, c.state, c.since, c.reason, c.recording, c.pictureAt]);
    if (signature !== drawnFor) {
      const hadFocus = document.activeElement?.id === "which";
      drawnFor = signature;
      pane?.close(); pane = null;
      const code = problemOf(c)?.code, todo = code ? steps(code) : [];
      const picker = h("select.pick", { id: "which", onchange: () => { chosen = picker.value; draw(); } }, ...list.map((x) => h("option", { value: x.id, selected: x === c }, x.name)));
      const picture = c.snapshot && c.state !== "privacy" && pictureOf(c);
      why.replaceChildren(h("header", {}, h("h2", { id: "why-title" }, t("health.why")), h("label.hush", { for: "which" }, t("events.camera")), picker),
        h("div.verdict", {}, h("div", {}, h("p", {}, code && h("span.tag.code", { class: `tag code ${tone(c) || "info"}` }, code), " ", h("span.small.quiet.since")),
          h("h3", {}, headline(c)), detail(c) && h("p.quiet", {}, detail(c)), todo.length ? h("ol.steps", { role: "list" }, ...todo.map((x) => h("li", {}, h("span", {}, x)))) : null, h("p.small.quiet.next"),
          h("div.row", {}, wantsSignIn(c) && h("a.btn.main", { href: accountPath(c.vendor, c.account) }, t("account.sign-in")), h("a.btn", { href: `/cameras/${encodeURIComponent(c.id)}` }, t("open")), h("button.btn.bare", { type: "button", onclick: () => copy(c) }, icon("copy"), t("health.copy")))), picture));
      if (hadFocus) picker.focus();
    }
    const since = problemOf(c)?.since ?? c.since, wait = untilNextTry(c.reason, hubNow());
    why.querySelector(".since").textContent = since ? t("health.since", { time: moment(since), span: span(hubNow() - since) }) : "";
    why.querySelector(".next").textContent = wait === null ? "" : wait > 0 ? t("health.next", { s: wait }) : t("health.nextNow");
  }
  const headline = (c) => (problemOf(c) ? t("health.verdict", { name: c.name, what: sentence(problemOf(c), c.vendorName) }) : stoppedRecording(c) ? t("notice.norecord.plain", c) : t("notice.other", c));
  const detail = (c) => (stoppedRecording(c) ? `${t("notice.norecord.plain", c)} ${t("notice.more")}` : "");
  function pictureOf(c) {
    const caption = h("figcaption"), figure = h("figure", { hidden: true }, caption);
    pane = new Pane({ alt: t("tile.still", c), label: "", onstill: (has) => { figure.hidden = !has; } });
    figure.prepend(pane.still);
    caption.textContent = c.pictureAt ? t("health.last", { time: moment(c.pictureAt) }) : t("tile.still", c);
    pane.load(api.snapshotUrl(c.id, 640));
    return figure;
  }
  function drawList(all) {
    const signature = JSON.stringify(all.map((c) => [c.id, c.name, word(c), c.reason?.code, c.reason?.text, c.recording]));
    if (list.dataset.is === signature) return;
    list.dataset.is = signature;
    list.replaceChildren(...all.map((c) => h("li", {}, h("span.name", {}, h("a.link", { href: `/cameras/${encodeURIComponent(c.id)}` }, c.name)), h("span.tags", {}, problemOf(c)?.code && h("span", { class: `tag code ${tone(c)}` }, problemOf(c).code), h("span", { class: `tag ${tone(c)}` }, word(c))),
      h("span.wide", {}, [problemOf(c) && sentence(problemOf(c), c.vendorName), c.recording.active ? t("health.recording") : t("health.notrecording"), c.since && t("health.from", { time: moment(c.since) })].filter(Boolean).join(" · ")))));
    if (!all.length) list.replaceChildren(h("li", {}, t("health.none")));
  }
  function drawHub() {
    if (error) { if (about.dataset.is === "error") return; about.dataset.is = "error"; about.replaceChildren(h("li", {}, trouble(error, load))); hubTag.hidden = true; return; }
    hubTag.hidden = !facts;
    if (!facts) return;
    const signature = JSON.stringify([facts, hubOffset() === null, Math.floor(hubNow() / 60_000)]);
    if (about.dataset.is === signature) return;
    about.dataset.is = signature;
    const bad = facts.problems.length > 0;
    hubTag.className = `tag ${bad ? "warn" : "ok"}`; hubTag.replaceChildren(icon(bad ? "alert" : "check", true), bad ? facts.problems[0].code || t("home.needs") : t("health.ok"));
    const rows = [], row = (name, value, ...more) => value && rows.push(h("li", {}, h("span.name", {}, name), h("span", {}, value), ...more.filter(Boolean)));
    row(t("health.version"), facts.version); row(t("health.uptime"), facts.started && span(hubNow() - facts.started), h("span.wide", {}, facts.started ? t("health.started", { time: moment(facts.started) }) : ""));
    for (const d of facts.disks) row(d.name || t("health.disk"), d.total ? t("health.disk.value", { used: bytes(d.total - d.free), all: bytes(d.total) }) : t("health.disk.free", { free: bytes(d.free) }), d.total && meter((d.total - d.free) / d.total), d.text && h("span.wide", {}, d.text));
    for (const l of facts.listeners) row(l.name, l.open ? l.address : t("health.listener.failed"), l.text && h("span.wide", {}, l.text));
    const off = hubOffset();
    if (off !== null) row(t("health.clock"), Math.abs(off) < 1000 ? t("health.clock.same") : t(off > 0 ? "health.clock.ahead" : "health.clock.behind", { n: number(Math.abs(off) / 1000, 0) }), hub.zone && h("span.wide", {}, hub.zone));
    for (const a of facts.accounts) row(a.mayEnter ? h("a.link", { href: accountPath(a.vendor, a.id) }, a.name) : a.name, h("span.tag", { class: `tag ${a.state === "signed-in" ? "ok" : "warn"}` }, has(`account.${a.state}`) ? t(`account.${a.state}`) : a.state), a.reason && h("span.wide", {}, sentence(a.reason, a.name)));
    for (const p of facts.problems) rows.push(h("li.problem", {}, h("span.name", {}, p.text), p.code && h("span.tag.warn.code", {}, p.code)));
    about.replaceChildren(...rows);
  }
  const meter = (part) => { const bar = h("i"); bar.style.inlineSize = `${Math.round(part * 100)}%`; return h(part > 0.95 ? "span.meter.warn" : "span.meter", { "aria-hidden": "true" }, bar); };
  async function copy(c) {
    const report = { hub: facts && { version: facts.version }, camera: { id: c.id, state: c.state, since: new Date(c.since).toISOString(), reason: problemOf(c) && { code: problemOf(c).code, text: problemOf(c).text }, recording: c.recording.mode, way: c.way, video: c.video, audio: c.audio }, browser: navigator.userAgent, at: new Date().toISOString() };
    try { await navigator.clipboard.writeText(JSON.stringify(report, null, 2)); toast(t("health.copied")); } catch { toast(t("health.copyfail")); }
  }
  async function load() {
    asked = Date.now();
    try { facts = await api.health(cancel.signal); error = null; } catch (e) { if (cancel.signal.aborted) return; error = e; }
    draw();
  }
  const stop = listen(({ what }) => { if (what === "tick") { if (Date.now() - asked > kEveryMs && !document.hidden) load(); else draw(); } else if (what !== "event") draw(); });
  draw(); load();
  return { el, title: t("health.title"), update: (q) => { chosen = q.get("camera") ?? chosen; draw(); }, close() { stop(); cancel.abort(); pane?.close(); } };
}
