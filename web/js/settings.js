// Settings: appearance, the person, API tokens.
import { h, icon, remember } from "./dom.js";
import { t } from "./strings.js";
import { moment } from "./time.js";
import { hub } from "./hub.js";
import * as api from "./api.js";
import { ask, lettersOn, setTheme, theme, themeButton, toast, trouble } from "./shell.js";

export function settings(signOut) {
  return () => {
    const cancel = new AbortController(), list = h("ul.rows.tokens", { role: "list" }), fresh = h("div.fresh", { hidden: true, role: "status" });
    const error = h("p.hint.bad", { id: "token-err", hidden: true, role: "alert" }), input = h("input.input", { id: "token-name", maxLength: 64, autocomplete: "off", placeholder: t("tokens.example"), "aria-describedby": "token-err" });
    const make = h("form.make", { noValidate: true, onsubmit: create }, h("div.field", {}, h("label", { for: "token-name" }, t("tokens.name")), h("div.rowed", {}, input, h("button.btn.main", { type: "submit" }, icon("plus"), t("tokens.create"))), error));

    async function create(e) {
      e.preventDefault();
      const name = input.value.trim();
      error.hidden = Boolean(name); error.textContent = t("tokens.name.missing"); input.setAttribute("aria-invalid", String(!name));
      if (!name) { input.focus(); return; }
      try { const made = await api.createToken(name); input.value = ""; show(made); await draw(); }
      catch (x) { error.hidden = false; error.textContent = x.detail || t("error.title", { status: x.status }); }
    }
    function show(made) {
      const value = h("input.input.mono", { readOnly: true, value: made.value, "aria-label": t("tokens.value"), onfocus: (e) => e.target.select() });
      fresh.replaceChildren(h("p", {}, h("b", {}, made.name), " ", t("tokens.new")), h("div.rowed", {}, value, h("button.btn", { type: "button", onclick: async () => { try { await navigator.clipboard.writeText(made.value); toast(t("tokens.copied")); } catch { value.focus(); value.select(); } } }, icon("copy"), t("tokens.copy"))),
        h("button.btn.bare.small", { type: "button", onclick: () => { fresh.hidden = true; fresh.replaceChildren(); input.focus(); } }, t("tokens.done")));
      fresh.hidden = false; value.focus();
    }
    async function revoke(token) {
      if (!(await ask(t("tokens.sure", token), t("tokens.yes"), t("tokens.no")))) return;
      try { await api.revokeToken(token.id); toast(t("tokens.revoked", token)); } catch (x) { toast(x.detail || t("error.title", { status: x.status })); }
      await draw();
    }
    async function draw() {
      try {
        const tokens = await api.tokens(cancel.signal);
        list.replaceChildren(...(tokens.length ? tokens.map((k) => h("li", {}, h("span.name", {}, k.name), h("button.btn.small", { type: "button", "aria-label": t("tile.button", { button: t("tokens.revoke"), name: k.name }), onclick: () => revoke(k) }, t("tokens.revoke")),
          h("span.wide", {}, [k.made && t("tokens.made", { time: moment(k.made) }), k.used ? t("tokens.used", { time: moment(k.used) }) : t("tokens.unused")].filter(Boolean).join(" · ")))) : [h("li.quiet", {}, t("tokens.none"))]));
      } catch (x) { if (!cancel.signal.aborted) list.replaceChildren(h("li", {}, trouble(x, draw))); }
    }
    const segments = h("div.seg", { role: "radiogroup", "aria-label": t("settings.theme") }, ...["auto", "light", "dark"].map((name) => h("label", {}, h("input", { type: "radio", name: "theme", checked: theme() === name, onchange: () => setTheme(name) }), t(`settings.theme.${name}`))));
    const letters = h("input", { type: "checkbox", id: "letters", role: "switch", checked: lettersOn(), "aria-describedby": "letters-note", onchange: () => remember.set("letters", letters.checked ? null : "off") });
    const el = h("div", {}, h("header.top", {}, h("div.say", {}, h("h1", {}, t("settings.title"))), h("div.acts", {}, themeButton())),
      h("div.cols.settings", {},
        h("section.card", { "aria-labelledby": "st-tokens" }, h("header", {}, h("h2", { id: "st-tokens" }, t("tokens.title"))), h("p.small.quiet", {}, t("tokens.lead")), fresh, make, list),
        h("div.stack", {}, h("section.card", { "aria-labelledby": "st-you" }, h("header", {}, h("h2", { id: "st-you" }, t("settings.account"))), h("ul.rows", { role: "list" }, h("li", {}, h("span.name", {}, t("settings.signedin", { name: hub.session?.user ?? "" })), h("button.btn.small", { type: "button", onclick: signOut }, t("settings.signout"))))),
          h("section.card", { "aria-labelledby": "st-look" }, h("header", {}, h("h2", { id: "st-look" }, t("settings.look"))), h("ul.controls", { role: "list" }, h("li", {}, h("span.name", {}, t("settings.theme")), segments), h("li", {}, h("label.name", { for: "letters" }, t("settings.keys")), h("span.switch", {}, letters, h("span")), h("p.note", { id: "letters-note" }, t("settings.keys.note"))))))));
    draw();
    return { el, title: t("settings.title"), close() { cancel.abort(); } };
  };
}
