// Addresses and views. Every moment and every place has an address; going back finds the same scroll place.

const routes = [];
let current = null, fallback = null, onchange = () => {}, sequence = 0;

/** route("/cameras/:id", view): view(params, query) answers {el, title, close?, update?(query)}, or a promise of it. */
export function route(pattern, view) {
  const names = [...pattern.matchAll(/:(\w+)/g)].map((m) => m[1]);
  routes.push({ pattern, names, test: new RegExp(`^${pattern.replace(/:\w+/g, "([^/]+)")}/?$`), view });
}
export const otherwise = (view) => { fallback = view; };
export const onRoute = (f) => { onchange = f; };

function find(path) {
  for (const r of routes) {
    const m = r.test.exec(path);
    if (m) { try { return { view: r.view, key: r.pattern + m.slice(1).join("/"), params: Object.fromEntries(r.names.map((n, i) => [n, decodeURIComponent(m[i + 1])])) }; } catch { /* a broken % sequence is no address */ } }
  }
  return { view: fallback, key: "?", params: {} };
}
async function show(scroll) {
  const url = new URL(location.href), { view, key, params } = find(url.pathname), mine = ++sequence;
  if (current?.key === key && current.view.update) { current.view.update(url.searchParams); return; }
  const next = await view(params, url.searchParams);
  if (mine !== sequence) { next.close?.(); return; } // somebody went on while this view was being made
  const first = !current;
  current?.view.close?.();
  current = { key, view: next };
  onchange(next, url.pathname, first);
  scrollTo(0, scroll ?? 0);
}
export function go(href, { replace = false } = {}) {
  if (replace) history.replaceState({}, "", href);
  else { history.replaceState({ ...history.state, scroll: scrollY }, ""); history.pushState({}, "", href); }
  return show();
}
/** Changes the query of the address on screen without making the view anew. */
export const rewrite = (query) => { const url = new URL(location.href); url.search = query; history.replaceState(history.state, "", url); };
/** Makes the view on screen afresh. */
export function again() { if (current) current.key = ""; return show(scrollY); }

export function start() {
  history.scrollRestoration = "manual";
  addEventListener("popstate", (e) => show(e.state?.scroll));
  let timer = 0;
  addEventListener("scroll", () => { clearTimeout(timer); timer = setTimeout(() => history.replaceState({ ...history.state, scroll: scrollY }, ""), 150); }, { passive: true });
  document.addEventListener("click", (e) => {
    const a = e.target.closest?.("a[href]");
    if (!a || e.defaultPrevented || e.button || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey || a.target || a.hasAttribute("download")) return;
    const url = new URL(a.href);
    if (url.origin !== location.origin || !url.pathname || url.pathname.startsWith("/api/") || url.protocol === "blob:") return;
    if (url.pathname === location.pathname && url.search === location.search && url.hash) return; // within the page
    e.preventDefault(); go(url.href);
  });
  return show(history.state?.scroll);
}
