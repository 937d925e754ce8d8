// The front door of the page: who is there, which view, what stands around it.
import { h } from "./dom.js";
import { t } from "./strings.js";
import { useZone } from "./time.js";
import * as api from "./api.js";
import { cameras, hub, begin, end, listen, tryNow } from "./hub.js";
import { again, go, onRoute, otherwise, route, start } from "./router.js";
import { rail, trouble } from "./shell.js";
import { needsPerson } from "./plates.js";
import { claim, signIn } from "./door.js";
import { home } from "./home.js";
import { camera } from "./camera.js";
import { account } from "./account.js";
import { events } from "./events.js";
import { health } from "./health.js";
import { settings } from "./settings.js";

const kWaitingMs = 5_000;
const place = document.getElementById("page");
document.querySelector(".skip").textContent = t("app.skip");
let around = null, started = false, door = "";

// The frame around the views ---------------------------------------------------------------------------------------------------------
function frame() {
  const side = rail(), main = h("main", { id: "main", tabIndex: -1 });
  const gone = h("div.gone", { hidden: true, role: "status" }, h("span"), h("button.btn.small", { type: "button", onclick: tryNow }, t("hub.try")));
  const el = h("div.frame", {}, side.el, h("div.body", {}, gone, main));
  const stop = listen(({ what }) => {
    if (what === "camera" || what === "cameras") side.attention([...cameras.values()].filter(needsPerson).length);
    if (what === "link" || (what === "tick" && hub.failing)) {
      gone.hidden = !hub.failing;
      const s = Math.ceil((hub.nextTry - Date.now()) / 1000), words = s > 0 ? t("hub.gone", { s }) : t("hub.gone.now");
      if (gone.firstChild.textContent !== words) gone.firstChild.textContent = words;
    }
  });
  side.attention([...cameras.values()].filter(needsPerson).length);
  return { el, main, side, stop };
}
function showDoor(view) {
  around?.stop(); around = null;
  place.replaceChildren(view.el); document.title = t("app.title", { view: view.title });
  view.focus.focus();
}
onRoute((view, path, first) => {
  if (view.door) { showDoor(view); return; }
  if (!around) { around = frame(); place.replaceChildren(around.el); }
  around.main.replaceChildren(view.el); around.side.at(path);
  document.title = t("app.title", { view: view.title });
  if (!first) around.main.focus({ preventScroll: true });
});

// Who is there ------------------------------------------------------------------------------------------------------------------------
const kDoors = ["/claim", "/sign-in"];
/** Where the reader wanted to go before the door; only a place of this page counts. */
const wanted = () => { const to = new URLSearchParams(location.search).get("to") ?? "/"; return to.startsWith("/") && !to.startsWith("//") && !kDoors.some((d) => to.startsWith(d)) ? to : "/"; };
const asDoor = (view) => ({ ...view, door: true });
async function enter(session) {
  api.useCsrf(session.csrf); useZone(session.zone); hub.zone = session.zone ?? "";
  await begin(session);
  go(wanted(), { replace: true });
}
const toSignIn = (words) => { door = words ?? ""; const to = location.pathname + location.search; go(`/sign-in${to === "/" || kDoors.includes(location.pathname) ? "" : `?to=${encodeURIComponent(to)}`}`, { replace: true }); };
api.whenSignedOut(() => { if (!hub.session) return; end(); toSignIn(t("signin.ended")); });
async function signOut() { try { await api.signOut(); } catch { /* the hub forgets the session by itself in time */ } end(); api.useCsrf(""); go("/sign-in", { replace: true }); }

route("/claim", () => asDoor(claim(enter, toSignIn)));
route("/sign-in", () => { const words = door; door = ""; return asDoor(signIn(enter, words)); });
route("/", home);
/** A view that fails to be made says so in its place, with the rail still there. */
const guarded = (view) => async (...args) => { try { return await view(...args); } catch (error) { if (!(error instanceof Error) || error.status === undefined) throw error; return { el: h("div", {}, h("h1.hush", {}, t("app.name")), trouble(error, error.status === 404 ? null : again)), title: t("app.name") }; } };
route("/cameras/:id", guarded(camera));
route("/accounts/:vendor/:name", guarded(account));
route("/events", events);
route("/health", health);
route("/settings", settings(signOut));
otherwise(() => ({ el: h("div", {}, h("h1.hush", {}, t("app.name")), trouble({ status: 404 })), title: t("app.name") }));

async function run() {
  const waiting = setTimeout(() => { if (!started) place.replaceChildren(h("p.waiting", { role: "status" }, t("hub.waiting"))); }, kWaitingMs);
  try {
    const session = await api.session();
    const path = location.pathname;
    if (!session.claimed && path !== "/claim") history.replaceState({}, "", "/claim");
    else if (session.claimed && !session.user && path !== "/sign-in") { const to = kDoors.includes(path) || path === "/" ? "" : `?to=${encodeURIComponent(path + location.search)}`; history.replaceState({}, "", `/sign-in${to}`); }
    else if (session.user) {
      api.useCsrf(session.csrf); useZone(session.zone); hub.zone = session.zone ?? "";
      await begin(session);
      if (kDoors.includes(path)) history.replaceState({}, "", wanted());
    }
    started = true; clearTimeout(waiting);
    await start();
  } catch (error) {
    clearTimeout(waiting);
    if (error.status === undefined) throw error;
    place.replaceChildren(h("main.alone", { id: "main" }, h("h1.hush", {}, t("app.name")), trouble(error, () => { place.replaceChildren(); run(); })));
  }
}
run();
