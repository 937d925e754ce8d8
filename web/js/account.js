// An account of a vendor: how it is, and a person signs the hub in. What has to be brought is the hub's to say.
import { h, icon } from "./dom.js";
import { has, t } from "./strings.js";
import { sentence } from "./reasons.js";
import * as api from "./api.js";
import { eye, field, form } from "./form.js";
import { themeButton } from "./shell.js";

const kLookMs = 3_000; // the account takes a new sign-in by itself, within seconds
const kLines = 3;

export const accountPath = (vendor, name) => `/accounts/${encodeURIComponent(vendor)}/${encodeURIComponent(name)}`;

/** One way in, or a step of one. `done(answer, fields)` is called with what was said to the hub. */
function wayForm({ vendor, id: account }, way, before, done) {
  const inputs = way.fields.map((f) => field(`in-${f.id}`, f.needed ? f.name : t("account.optional", { name: f.name }),
    { hint: f.note, autocomplete: "off", autocapitalize: "none", required: f.needed, ...(f.long ? { lines: kLines } : f.secret && { type: "password" }) }, f.secret && !f.long ? eye : null));
  const { el } = form(inputs, t("account.go"),
    () => { const i = way.fields.findIndex((f, at) => f.needed && !inputs[at].value.trim()); return i < 0 ? null : [inputs[i], t("account.missing")]; },
    async () => {
      const fields = { ...before, ...Object.fromEntries(way.fields.map((f, i) => [f.id, inputs[i].value.trim()]).filter(([, value]) => value)) };
      done(await api.signInTo(vendor, account, way.id, fields), fields);
    },
    way.note && h("p.quiet", {}, way.note), way.link && h("p", {}, h("a.link", { href: way.link, target: "_blank", rel: "noreferrer noopener" }, t("account.link"))), ...inputs.map((x) => x.el));
  // The vendor's refusal is of all that was brought, but a single field is where one begins anew.
  el.explain = (error) => (inputs.length === 1 && error.status === 400 ? [inputs[0], error.detail] : null);
  el.classList.add("ways");
  return el;
}

export async function account({ vendor, name }) {
  const [all, ways] = await Promise.all([api.accounts(), api.waysIn(vendor, name)]);
  let state = all.find((a) => a.vendor === vendor && a.id === name) ?? api.readAccount({ vendor, name }), timer = 0, closed = false;
  const tag = h("span.tag"), why = h("p.quiet.small"), body = h("div"), result = h("p.result", { role: "status", hidden: true });
  const card = h("section.card.account", { "aria-labelledby": "acc-title" }, h("header", {}, h("h2", { id: "acc-title" }, t("account.sign-in")), tag), why, result, body);
  const el = h("div", {}, h("header.top", {}, h("div.say", {}, h("h1", {}, state.name)), h("div.acts", {}, themeButton())), h("div.cols", {}, card));

  function draw() {
    tag.className = `tag ${state.state === "signed-in" ? "ok" : "warn"}`;
    tag.textContent = has(`account.${state.state}`) ? t(`account.${state.state}`) : state.state;
    why.hidden = !state.reason; why.textContent = state.reason ? sentence(state.reason, state.vendorName) : "";
  }
  async function look() {
    clearTimeout(timer);
    try { state = (await api.accounts()).find((a) => a.vendor === vendor && a.id === name) ?? state; } catch { /* it is asked again */ }
    if (closed) return;
    draw();
    timer = setTimeout(look, kLookMs);
  }
  function show(way, before = {}) {
    const step = wayForm(state, way, before, (answer, fields) => {
      if (answer.next) { show(answer.next, fields); body.querySelector("input, textarea")?.focus(); return; }
      result.hidden = false; result.replaceChildren(icon("check"), " ", answer.text);
      choose(); look();
    });
    const picker = !Object.keys(before).length && ways.length > 1 && h("div.field", {}, h("label", { for: "way" }, t("account.way")),
      h("select.pick", { id: "way", onchange: (e) => { result.hidden = true; show(ways.find((w) => w.id === e.target.value)); document.getElementById("way").focus(); } }, ...ways.map((w) => h("option", { value: w.id, selected: w === way }, w.name))));
    body.replaceChildren(...[picker, step, !ways.includes(way) && h("button.btn.bare.small", { type: "button", onclick: choose }, t("account.again"))].filter(Boolean));
  }
  const choose = () => show(ways[0]);

  draw(); choose(); timer = setTimeout(look, kLookMs);
  return { el, title: state.name, close() { closed = true; clearTimeout(timer); } };
}
