// What every view shares: the rail, the theme, toasts, the announcer, the bar that says the hub is gone.
import { h, icon, remember, svg } from "./dom.js";
import { t } from "./strings.js";
import { lang } from "./time.js";

const root = document.documentElement;
if (lang !== "en" && lang !== "pseudo") root.lang = lang;

const darkNow = () => root.dataset.theme === "dark" || (!root.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
/** "light", "dark" or "auto" (what the device says). */
export const theme = () => root.dataset.theme ?? "auto";
export function setTheme(name) {
  if (name === "auto") delete root.dataset.theme; else root.dataset.theme = name;
  remember.set("theme", name === "auto" ? null : name);
  for (const f of [...themed]) f();
}
const themed = new Set();
export function themeButton() {
  const button = h("button.btn.bare.square.theme", { type: "button", "aria-label": t("theme.switch"), title: t("theme.switch"), onclick: () => setTheme(darkNow() ? "light" : "dark") });
  const draw = () => { if (!button.isConnected && button.childNodes.length) { themed.delete(draw); return; } button.replaceChildren(icon(darkNow() ? "sun" : "moon")); };
  draw(); themed.add(draw);
  return button;
}
/** One-letter shortcuts act outside fields and can be switched off (WCAG 2.1.4). */
export const lettersOn = () => remember.get("letters") !== "off";
export const inField = (e) => Boolean(e.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]")) || e.ctrlKey || e.metaKey || e.altKey;

export const mark = () => svg("svg", { viewBox: "0 0 32 32", fill: "none", stroke: "currentColor", "stroke-width": "2.2", "stroke-linejoin": "round", "stroke-linecap": "round", "aria-hidden": "true" },
  svg("path", { d: "M12 5h13.5v22H12z" }), svg("path", { d: "M12 5 4.5 8.5v22L12 27", fill: "currentColor", "fill-opacity": ".16" }), svg("path", { d: "M12 16h13.5" }));

const kPlaces = [["/", "home"], ["/events", "events"], ["/health", "health"], ["/settings", "settings"]];
/** The rail at the side (phone: bar at the bottom). Answers {el, at(path), attention(count)}. */
export function rail() {
  const count = h("span.count", { hidden: true });
  const links = kPlaces.map(([href, name]) => h("a", { href }, icon(name), h("span", {}, t(`nav.${name}`)), name === "health" && count));
  const el = h("nav.rail", { "aria-label": t("app.main") }, h("a.mark", { href: "/", "aria-label": t("app.homeLink") }, mark()),
    h("ul", { role: "list" }, ...links.map((a, i) => h(i === kPlaces.length - 1 ? "li.end" : "li", {}, a))));
  return {
    el,
    at(path) { kPlaces.forEach(([href], i) => { const here = href === "/" ? path === "/" || path.startsWith("/cameras/") : path.startsWith(href); if (here) links[i].setAttribute("aria-current", path === href ? "page" : "true"); else links[i].removeAttribute("aria-current"); }); },
    attention(n) { count.hidden = !n; count.replaceChildren(h("span.hush", {}, t("nav.attention")), String(n)); },
  };
}

const tray = document.body.appendChild(h("div.toasts", { role: "status", "aria-live": "polite" }));
/** Never the only copy of a fact, never asks for a decision. action: {text, run} keeps it 10 s instead of 6. */
export function toast(text, action) {
  const el = h("div.toast", {}, h("span", {}, text), action && h("button", { type: "button", onclick: () => { action.run(); el.remove(); } }, action.text));
  tray.replaceChildren(el);
  setTimeout(() => el.remove(), action ? 10_000 : 6_000);
}
const voice = document.body.appendChild(h("p.hush.voice", { "aria-live": "polite" }));
let said = 0;
/** At most one announcement a second, so that sixteen tiles cannot talk over each other. */
export function say(text) { const now = performance.now(); if (now - said < 1000) return; said = now; voice.textContent = text; }

/** A question that must be answered before something ends for good. Resolves true when it was meant. */
export function ask(question, yes, no) {
  return new Promise((resolve) => {
    const box = h("dialog.ask", { "aria-labelledby": "ask-q", onclose: () => { resolve(box.returnValue === "yes"); box.remove(); } },
      h("form", { method: "dialog" }, h("p", { id: "ask-q" }, question), h("div.row", {}, h("button.btn", { value: "no" }, no), h("button.btn.main", { value: "yes" }, yes))));
    document.body.append(box); box.showModal();
  });
}
/** A panel with a title and a cross. */
export function dialog(id, title, ...content) {
  const box = h("dialog", { id, "aria-labelledby": `${id}-title` }, h("form", { method: "dialog" },
    h("header", {}, h("h2", { id: `${id}-title` }, title), h("button.btn.bare.square", { "aria-label": t("close") }, icon("cross"))), ...content));
  box.addEventListener("click", (e) => { if (e.target === box) box.close(); });
  return box;
}
/** What is said instead of a view that cannot be shown. */
export function trouble(error, again) {
  const words = error.status === 403 ? t("error.403") : error.status === 404 ? t(error.camera ? "error.404.camera" : "error.404") : error.status ? t("error.title", { status: error.status }) : t("error.network");
  return h("section.trouble.card", { role: "alert" }, icon("alert"), h("div", {}, h("p", {}, h("b", {}, words)), error.status >= 500 && h("p.quiet.small", {}, t("error.safe")), error.detail && h("p.quiet.small", {}, error.detail)),
    h("div.row", {}, again && h("button.btn", { type: "button", onclick: again }, t("again")), error.status === 404 && h("a.btn", { href: "/" }, t("error.home"))));
}
