// What the page knows of the hub: cameras, session, clock. Filled once, then kept true by the event stream; views only listen.

import * as api from "./api.js";
import { Backoff } from "./backoff.js";
import { onNudge } from "./attention.js";

export const cameras = new Map();
export const hub = { loaded: false, failing: 0, nextTry: 0, session: null, zone: "", name: "" };

const listeners = new Set();
/** f({what: "camera"|"cameras"|"event"|"link"|"tick", camera?, event?}); answers the function that ends it. */
export function listen(f) { listeners.add(f); return () => listeners.delete(f); }
const tell = (news) => { for (const f of [...listeners]) f(news); };

// The hub's clock. The best of several answers is the one with the shortest way there and back.
let offset = null, bestTrip = Infinity;
function clock(answer) {
  if (!answer?.now || !(answer.trip <= bestTrip)) return;
  bestTrip = answer.trip; offset = answer.now - answer.middle;
}
/** Milliseconds the hub's clock is ahead of this device's; null when not known well enough to speak of tenths of a second. */
export const hubOffset = () => (offset === null || bestTrip > 400 ? null : offset);
export const hubNow = (now = Date.now()) => now + (offset ?? 0);

function put(camera) { cameras.set(camera.id, camera); tell({ what: "camera", camera }); }

/** Loads everything afresh; also after the event stream says it cannot go on where it was. */
export async function refresh() {
  const list = await api.cameras();
  const gone = [...cameras.keys()].filter((id) => !list.some((c) => c.id === id));
  for (const id of gone) cameras.delete(id);
  for (const c of list) cameras.set(c.id, c);
  hub.loaded = true;
  tell({ what: "cameras" });
}
export async function refreshCamera(id) { put(await api.camera(id)); return cameras.get(id); }
export async function command(camera, name, values) { return api.command(camera.id, name, values); }
export async function set(camera, setting, value) { return api.set(camera.id, setting.id, value); }

// The event stream -------------------------------------------------------------------------------------------------------------------

const kTellAfterMs = 3_000; // a hiccup is not worth a bar on top
let source = null, backoff = new Backoff(), lost = 0, again = false, heard = 0;

function up() {
  heard = Date.now(); backoff.reset();
  if (lost) { lost = 0; hub.failing = 0; tell({ what: "link" }); }
}
function down() {
  source?.close(); source = null;
  lost ||= Date.now(); again = true;
  setTimeout(() => { if (lost) { hub.failing = lost; tell({ what: "link" }); } }, kTellAfterMs);
  backoff.plan(open); hub.nextTry = backoff.nextTry;
  if (hub.failing) tell({ what: "link" });
}
async function open() {
  hub.nextTry = 0;
  if (again) {
    // After a break the stream may have passed things by: look once at everything, quietly.
    try { await measure(); await refresh(); } catch (error) { if (error.status === 401) return; down(); return; }
  }
  source = api.follow({ opened: up, failed: down, heard: up,
    camera: (c) => put(c), partial: (id) => refreshCamera(id).catch(() => {}), removed: (id) => { cameras.delete(id); tell({ what: "cameras" }); },
    event: (event) => tell({ what: "event", event }), resync: () => refresh().catch(() => {}) });
}
async function measure() { for (let i = 0; i < 3; i++) clock(await api.clock()); }

/** Starts once after sign-in; rejects when the first look fails. */
export async function begin(session) {
  hub.session = session;
  measure().catch(() => {});
  await refresh();
  open();
}
export function end() { source?.close(); source = null; backoff.cancel(); cameras.clear(); hub.loaded = false; hub.session = null; lost = 0; hub.failing = 0; again = false; }
export const tryNow = () => backoff.now();
onNudge(() => { if (lost) backoff.now(); });
setInterval(() => tell({ what: "tick" }), 1000);
