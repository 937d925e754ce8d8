// Making elements. No templates in strings, so nothing a camera or a vendor says can ever become markup.

/** h("button.btn.main", {onclick, "aria-label": "…"}, "text", child); undefined, null and false are left out. */
export function h(spec, props = {}, ...kids) {
  const [tag, ...classes] = spec.split(".");
  const el = document.createElement(tag || "div");
  if (classes.length) el.className = classes.join(" ");
  for (const [k, v] of Object.entries(props)) {
    if (v === undefined || v === null || v === false) continue;
    if (k.startsWith("on")) el.addEventListener(k.slice(2), v);
    else if (k in el && typeof v !== "string") el[k] = v;
    else el.setAttribute(k, v === true ? "" : v);
  }
  el.append(...kids.flat().filter((k) => k !== null && k !== undefined && k !== false));
  return el;
}
/** Sizes and custom properties go through the style object: the page's content policy forbids style attributes. */
export function css(el, values) { for (const [k, v] of Object.entries(values)) el.style.setProperty(k, String(v)); return el; }

const kSvg = "http://www.w3.org/2000/svg";
export function svg(tag, attributes = {}, ...kids) {
  const el = document.createElementNS(kSvg, tag);
  for (const [k, v] of Object.entries(attributes)) el.setAttribute(k, v);
  el.append(...kids);
  return el;
}
export const icon = (name, small) => svg("svg", { class: small ? "icon s" : "icon", "aria-hidden": "true" }, svg("use", { href: `/icons/icons.svg#${name}` }));
/** An icon with its name for those who cannot see it, when no visible word stands beside it. */
export const dot = (look, words) => [h(`span.${look}`, { title: words }), h("span.hush", {}, words)];

export const remember = {
  get(key) { try { return localStorage.getItem(`casement.${key}`); } catch { return null; } },
  set(key, value) { try { if (value === null) localStorage.removeItem(`casement.${key}`); else localStorage.setItem(`casement.${key}`, value); } catch { /* private window */ } },
};
