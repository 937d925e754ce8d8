// The two doors: claiming a new hub, and signing in.
import { h, svg } from "./dom.js";
import { t } from "./strings.js";
import * as api from "./api.js";
import { mark } from "./shell.js";
import { eye, field, form } from "./form.js";

const kPassword = 10; // characters; the hub says its own number where it has one

function outlook() {
  const gradient = (id, stops, more = {}) => svg("linearGradient", { id, ...more }, ...stops.map(([offset, colour, opacity]) => svg("stop", { offset, "stop-color": colour, ...(opacity && { "stop-opacity": opacity }) })));
  const p = (d, more) => svg("path", { d, ...more });
  return h("div.outlook", {}, svg("svg", { viewBox: "0 0 800 900", preserveAspectRatio: "xMidYMid slice", "aria-hidden": "true" },
    svg("defs", {}, gradient("dusk", [["0", "#16323a"], [".55", "#5c6f6a"], ["1", "#e8b98a"]], { x2: "0", y2: "1" }), gradient("wall", [["0", "#12211e"], ["1", "#0a1412"]], { x2: "1", y2: "1" }), gradient("glass", [["0", "#fff", ".16"], ["1", "#fff", ".02"]], { x2: "1" }),
      svg("radialGradient", { id: "sun" }, svg("stop", { "stop-color": "#ffe9c2", "stop-opacity": ".95" }), svg("stop", { offset: "1", "stop-color": "#ffe9c2", "stop-opacity": "0" })), svg("clipPath", { id: "pane" }, p("M250 150h330v560H250z"))),
    svg("rect", { width: "800", height: "900", fill: "url(#wall)" }),
    svg("g", { "clip-path": "url(#pane)" }, p("M250 150h330v560H250z", { fill: "url(#dusk)" }), svg("circle", { cx: "470", cy: "560", r: "150", fill: "url(#sun)" }), svg("circle", { cx: "470", cy: "560", r: "34", fill: "#fff3d8" }),
      p("M250 600q90-50 180-10t150-20v140H250z", { fill: "#2f4a43" }), p("M250 650q120-40 330 6v54H250z", { fill: "#1f352f" }), p("M318 596l-20 50h16l-22 44h52l-22-44h16z", { fill: "#172923" })),
    p("M250 150h330v560H250z", { fill: "none", stroke: "#d9cfbb", "stroke-width": "18" }), p("M580 150v560M250 402h330", { stroke: "#d9cfbb", "stroke-width": "10" }),
    p("M241 141 96 206v584l145-71z", { fill: "#20413a", "fill-opacity": ".55" }), p("M241 141 96 206v584l145-71z", { fill: "url(#glass)" }), p("M241 141 96 206v584l145-71zM96 470l145-52", { fill: "none", stroke: "#d9cfbb", "stroke-width": "14", "stroke-linejoin": "round" }), svg("circle", { cx: "112", cy: "486", r: "7", fill: "#63cdb4" }),
    p("M222 719h386v22H222z", { fill: "#e6dcc8" }), p("M222 741h386v8H222z", { fill: "#b9ae98" }), p("M259 719 120 900h560L571 719z", { fill: "#f0c690", opacity: ".07" }),
    svg("g", { transform: "translate(500 655)" }, p("M6 30h52l-6 36H12z", { fill: "#b4633f" }), p("M32 32C10 16 14-8 30-26c2 16 6 22 8 32 4-14 10-20 22-26 2 24-6 40-28 52z", { fill: "#63a58a" }))));
}

const brand = () => h("p.brand", {}, mark(), t("app.name"));

export function claim(done, goSignIn) {
  const code = field("code", t("claim.code"), { autocomplete: "one-time-code", autocapitalize: "characters", placeholder: "XXXX-XXXX", maxLength: 40 });
  code.input.classList.add("code");
  // A code is read from a terminal and typed or pasted, with or without its dash, in either case.
  code.input.addEventListener("input", () => { const raw = code.value.toUpperCase().replace(/[^A-Z0-9]/g, "").slice(0, 8); code.input.value = raw.length > 4 ? `${raw.slice(0, 4)}-${raw.slice(4)}` : raw; });
  const name = field("name", t("claim.name"), { autocomplete: "username", autocapitalize: "none", maxLength: 64 });
  const password = field("password", t("claim.password"), { type: "password", autocomplete: "new-password", hint: t("claim.password.hint", { n: kPassword }) }, eye);
  const { el } = form([code, name, password], t("claim.go"),
    () => (code.value.length < 9 ? [code, t("claim.code.missing")] : !name.value.trim() ? [name, t("claim.name.missing")] : [...password.value].length < kPassword ? [password, t("claim.password.short", { n: kPassword })] : null),
    async () => done(await api.claim(code.value, name.value.trim(), password.value)),
    brand(), h("h1", {}, t("claim.head")), h("p.quiet", {}, t("claim.lead.a"), h("code", {}, "casement serve"), t("claim.lead.b")), code.el, name.el, password.el);
  el.explain = (error) => {
    if (api.isWrongCode(error)) return [code, t("claim.code.wrong")];
    if (error.status === 409) { goSignIn(t("claim.done")); return [null, t("claim.done")]; }
    return null;
  };
  el.append(h("p.small.quiet.foot", {}, t("claim.cert")));
  return { el: h("div.door", {}, outlook(), h("main", { id: "main" }, el)), title: t("claim.title"), focus: code.input };
}

export function signIn(done, words) {
  const name = field("user", t("signin.name"), { autocomplete: "username", autocapitalize: "none", maxLength: 64 });
  const password = field("pw", t("signin.password"), { type: "password", autocomplete: "current-password" }, eye);
  const { el } = form([name, password], t("signin.go"), () => (!name.value.trim() ? [name, t("signin.name.missing")] : !password.value ? [password, t("signin.password.missing")] : null),
    async () => done(await api.signIn(name.value.trim(), password.value)),
    brand(), h("h1", {}, t("signin.title")), words && h("p.quiet", { role: "status" }, words), name.el, password.el);
  el.explain = (error) => (error.status === 401 || error.status === 403 ? [password, t("signin.wrong")] : null);
  el.append(h("p.small.quiet.foot", {}, t("signin.foot")));
  return { el: h("div.door", {}, outlook(), h("main", { id: "main" }, el)), title: t("signin.title"), focus: name.input };
}
