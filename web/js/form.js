// Forms: a labelled input with its hint and its complaint, and a form that is sent once at a time.
import { h, icon } from "./dom.js";
import { t } from "./strings.js";

/** One labelled input with its hint and its complaint; `lines`: one of several lines. Answers {el, input, value, complain(text)}. */
export function field(id, label, { hint, lines, ...attributes }, after) {
  const error = h("p.hint.bad", { id: `${id}-err`, hidden: true, role: "alert" });
  const input = h(lines ? "textarea.input" : "input.input", { ...(lines && { rows: lines }), id, name: id, required: true, spellcheck: false, "aria-describedby": hint ? `${id}-hint ${id}-err` : `${id}-err`, ...attributes });
  const note = hint && h("p.hint", { id: `${id}-hint` }, hint);
  return {
    input, get value() { return input.value; },
    el: h("div.field", {}, h("label", { for: id }, label), after ? h("div.passrow", {}, input, after(input)) : input, note, error),
    complain(text) { error.hidden = !text; error.textContent = text ?? ""; input.setAttribute("aria-invalid", String(Boolean(text))); if (note) note.hidden = Boolean(text); },
  };
}
export const eye = (input) => {
  const button = h("button.btn.bare", { type: "button", "aria-pressed": "false", "aria-label": t("signin.show"), onclick: () => { const show = input.type === "password"; input.type = show ? "text" : "password"; button.setAttribute("aria-pressed", String(show)); } }, icon("eye"));
  return button;
};
/** A form that is sent once at a time; `check` answers the first field that is not ready, `send` the rest. */
export function form(fields, label, check, send, ...content) {
  const general = h("p.hint.bad", { role: "alert", hidden: true }), button = h("button.btn.main", { type: "submit" }, label);
  const el = h("form", { noValidate: true, onsubmit: async (e) => {
    e.preventDefault();
    if (button.disabled) return;
    general.hidden = true;
    for (const f of fields) f.complain(null);
    const missing = check();
    if (missing) { missing[0].complain(missing[1]); missing[0].input.focus(); return; }
    button.disabled = true; button.textContent = t("busy");
    try { await send(); }
    catch (error) {
      const [where, words] = complaint(error);
      if (where) { where.complain(words); where.input.focus(); where.input.select(); } else { general.textContent = words; general.hidden = false; }
    }
    button.disabled = false; button.textContent = label;
  } }, ...content, general, button);
  const complaint = (error) => el.explain?.(error) ?? [null, error.status === 429 ? (error.retryAfter ? t("error.slow", { s: error.retryAfter }) : t("error.slow.some")) : error.status === 0 ? t("error.network") : error.detail || t("error.title", { status: error.status })];
  return { el, button };
}
