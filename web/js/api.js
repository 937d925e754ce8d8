// The hub's HTTP API: one function per route (docs/ref/api.md). Nothing else on the page builds an address or reads a raw answer.

/** status 0 = no answer at all. `code` is the hub's word, `detail` its sentence. */
export class ApiError extends Error {
  constructor(status, body = {}, headers) {
    super(body.detail || body.title || String(status));
    this.status = status; this.code = body.code ?? ""; this.title = body.title ?? ""; this.detail = body.detail ?? "";
    this.retryAfter = Number(headers?.get("Retry-After")) || 0;
  }
}

const kAnswerMs = 20_000;
let csrf = "", onSignedOut = () => {};
/** f() is called when an answer says that the session has ended. */
export const whenSignedOut = (f) => { onSignedOut = f; };
export const useCsrf = (token) => { csrf = token ?? ""; };

const at = (id) => `/api/v1/cameras/${encodeURIComponent(id)}`;
const query = (values) => { const q = new URLSearchParams(Object.entries(values).filter(([, v]) => v !== undefined && v !== null && v !== "")); return q.size ? `?${q}` : ""; };
const iso = (ms) => new Date(ms).toISOString();

async function call(method, path, body, { signal, guarded = true, patience = kAnswerMs } = {}) {
  const limit = AbortSignal.timeout(patience), headers = { Accept: "application/json" };
  if (method !== "GET") headers["X-Casement-CSRF"] = csrf;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), credentials: "same-origin", cache: "no-store", signal: signal ? AbortSignal.any([signal, limit]) : limit });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0);
  }
  const json = /json/.test(answer.headers.get("Content-Type") ?? "") ? await answer.json().catch(() => ({})) : {};
  if (answer.ok) return json;
  if (answer.status === 401 && guarded) onSignedOut();
  throw new ApiError(answer.status, json, answer.headers);
}

// Reading answers: the page's own shapes, times in milliseconds -----------------------------------------------------------------------

const ms = (text) => { const n = typeof text === "number" ? text : Date.parse(text ?? ""); return Number.isFinite(n) ? n : null; };
const kVendors = { nest: "Google Nest", nanit: "Nanit", arlo: "Arlo" }; // "generic" has no name that would help anybody

function readReason(json) {
  if (!json?.code && !json?.text) return null;
  return { ...json, code: json.code ?? "", text: json.text ?? "", since: ms(json.since), nextTry: ms(json.next_try) };
}
const readSetting = (json) => ({ writable: true, options: [], ...json, since: ms(json.since) });
const readSensor = (json) => ({ ...json, value: json.value ?? null, at: ms(json.at), babyData: Boolean(json.baby_data) });
/** "Google Nest Cam Indoor": what the model's name begins with is not said twice. */
const maker = (vendor, model) => {
  const words = vendor.split(" "), said = words.findIndex((_, i) => model.startsWith(words.slice(i).join(" ")));
  return [...(said < 0 ? words : words.slice(0, said)), model].filter(Boolean).join(" ");
};
const kCodecs = { h264: "H.264", h265: "H.265", hevc: "H.265", mjpeg: "MJPEG", jpeg: "MJPEG", aac: "AAC", opus: "Opus", pcma: "G.711", pcmu: "G.711" };
const codec = (name) => kCodecs[name] ?? name;
const readVideo = (v) => (v ? [codec(v.codec), v.width && `${v.width} × ${v.height}`].filter(Boolean).join(", ") : "");
const readAudio = (a) => (a ? [codec(a.codec), a.sample_rate && `${a.sample_rate / 1000} kHz`].filter(Boolean).join(", ") : "");

export function readCamera(json) {
  const state = json.state ?? {}, recording = json.recording ?? {}, capabilities = json.capabilities ?? [], settings = (json.settings ?? []).map(readSetting), sensors = (json.sensors ?? []).map(readSensor);
  const battery = sensors.find((s) => s.kind === "battery" && typeof s.value === "number");
  return {
    id: json.id, name: json.name || json.id, place: json.place ?? "", vendor: json.vendor ?? "", vendorName: kVendors[json.vendor] ?? "", maker: maker(kVendors[json.vendor] ?? "", json.model ?? ""), model: json.model ?? "",
    state: state.word ?? "connecting", since: ms(state.since) ?? Date.now(), reason: readReason(state.reason),
    stream: json.stream ?? json.id, live: capabilities.includes("live-video"), present: json.present !== false, snapshot: json.picture_at !== undefined, pictureAt: ms(json.picture_at), interval: json.picture_every ?? 10,
    commands: new Set(json.commands ?? []), settings, sensors, battery: battery ? battery.value : null,
    recording: { mode: recording.mode ?? "off", active: Boolean(recording.active), since: ms(recording.since), reason: readReason(recording.reason) },
    way: json.way ?? "", account: json.account ?? "", video: readVideo(json.video), audio: readAudio(json.audio), bitsPerSecond: json.bitrate_bps ?? 0, viewers: json.viewers ?? null,
  };
}
export function readAccount(json) {
  return { vendor: json.vendor ?? "", id: json.name ?? "", vendorName: kVendors[json.vendor] ?? json.vendor ?? "", name: [kVendors[json.vendor] ?? json.vendor, json.name].filter(Boolean).join(", "), state: json.state ?? "", mayEnter: Boolean(json.sign_in), reason: readReason(json.reason) };
}
export function readEvent(json) {
  return { id: json.id, camera: json.camera ?? "", kind: json.kind, from: ms(json.start), to: ms(json.end), text: json.text ?? "", picture: json.picture ?? "" };
}

// Who is there ------------------------------------------------------------------------------------------------------------------------

const readSession = (json) => ({ claimed: Boolean(json.claimed), user: json.user?.name ?? json.user ?? "", csrf: json.csrf ?? "", zone: json.time_zone ?? "", version: json.version ?? "" });
export const session = async () => readSession(await call("GET", "/api/v1/session", undefined, { guarded: false }));
export const claim = async (code, name, password) => readSession({ claimed: true, ...(await call("POST", "/api/v1/claim", { code, name, password }, { guarded: false })) });
export const isWrongCode = (error) => error.code === "wrong-code";
export const signIn = async (name, password) => readSession({ claimed: true, ...(await call("POST", "/api/v1/session", { name, password }, { guarded: false })) });
export const signOut = () => call("DELETE", "/api/v1/session", undefined, { guarded: false });
/** The hub's clock with the way there and back: {now, middle, trip}. */
export async function clock() { const before = performance.now(), json = await call("GET", "/api/v1/session"), trip = performance.now() - before; return { now: ms(json.now), middle: Date.now() - trip / 2, trip }; }

// Cameras -----------------------------------------------------------------------------------------------------------------------------

export const cameras = async () => (await call("GET", "/api/v1/cameras")).cameras.map(readCamera);
export const camera = async (id) => readCamera(await call("GET", at(id)));
export const snapshotUrl = (id, width) => `${at(id)}/snapshot.jpg${query({ width })}`;
/** When the picture in this answer was taken, where the hub knows. */
export const takenAt = (answer) => ms(answer.headers.get("X-Casement-Taken-At"));
export const command = (id, name, values = {}) => call("POST", `${at(id)}/commands/${encodeURIComponent(name)}`, values);
export const set = async (id, setting, value) => readSetting(await call("PUT", `${at(id)}/settings/${encodeURIComponent(setting)}`, { value }));

/** What is on disk between two moments: {spans: [{from, to}], gaps: [{from, to, code, text}]}, sorted. */
export async function recordings(id, from, to, signal) {
  const json = await call("GET", `${at(id)}/recordings${query({ from: iso(from), to: iso(to) })}`, undefined, { signal });
  const read = (list) => (list ?? []).map((x) => ({ from: Math.max(ms(x.start), from), to: Math.min(ms(x.end) ?? to, to), code: x.reason ?? "", text: x.text ?? "" })).filter((x) => x.to > x.from).sort((a, b) => a.from - b.from);
  return { spans: read(json.recordings), gaps: read(json.gaps) };
}
/** The recording itself as a stream of bytes. `start` is the wall clock at its media time 0. */
export async function recording(id, from, to, signal) {
  const answer = await fetch(`${at(id)}/recording.mp4${query({ from: iso(from), to: iso(to) })}`, { credentials: "same-origin", signal }).catch((error) => { if (signal.aborted) throw error; throw new ApiError(0); });
  if (!answer.ok) throw new ApiError(answer.status, await answer.json().catch(() => ({})));
  return { body: answer.body, start: ms(answer.headers.get("X-Casement-Start")) ?? from };
}

// Events and health -------------------------------------------------------------------------------------------------------------------

/** A page of events, newest first; `next` goes into `cursor` for the following one. */
export async function events({ from, to, camera: id, kind, limit, cursor }, signal) {
  const json = await call("GET", `/api/v1/events${query({ from: iso(from), to: iso(to), camera: id, kind, limit, cursor })}`, undefined, { signal });
  return { events: json.events.map(readEvent), next: json.next ?? null };
}
/** The live feed. The browser itself resumes with Last-Event-ID; `failed` is called when it has given up. */
export function follow({ opened, failed, heard, camera: changed, removed, event, resync }) {
  const source = new EventSource("/api/v1/events/stream");
  const on = (type, f) => source.addEventListener(type, (e) => { heard(); f(e.data ? JSON.parse(e.data) : {}); });
  source.addEventListener("open", opened);
  source.addEventListener("error", () => { source.close(); failed(); });
  on("camera", (json) => changed(readCamera(json)));
  on("gone", (json) => removed(json.id));
  on("event", (json) => event(readEvent(json)));
  on("resync", resync);
  return source;
}
export async function health(signal) {
  const json = await call("GET", "/api/v1/health", undefined, { signal });
  return {
    version: json.version ?? "", started: ms(json.started),
    disks: (json.disks ?? []).map((d) => ({ name: d.name ?? "", total: d.total_bytes ?? 0, free: d.free_bytes ?? 0, text: d.text ?? "" })),
    listeners: (json.listeners ?? []).map((l) => ({ name: l.name, address: l.address ?? "", open: l.open !== false, text: l.text ?? "" })),
    accounts: (json.accounts ?? []).map(readAccount),
    problems: (json.problems ?? []).map((p) => ({ code: p.code ?? "", text: p.text ?? "" })),
  };
}

// Tokens ------------------------------------------------------------------------------------------------------------------------------

// Accounts of vendors -----------------------------------------------------------------------------------------------------------------

const signInAt = (vendor, name) => `/api/v1/accounts/${encodeURIComponent(vendor)}/${encodeURIComponent(name)}/sign-in`;
const kVendorMs = 60_000; // the vendor has to answer too
export const accounts = async () => (await call("GET", "/api/v1/accounts")).accounts.map(readAccount);
export const waysIn = async (vendor, name) => (await call("GET", signInAt(vendor, name))).ways;
/** {text} when the hub is signed in, {next} when something more is needed: another way, as of waysIn(). */
export const signInTo = (vendor, name, way, fields) => call("POST", signInAt(vendor, name), { way, fields }, { patience: kVendorMs });

export const tokens = async (signal) => (await call("GET", "/api/v1/tokens", undefined, { signal })).tokens.map((k) => ({ id: k.id, name: k.name, made: ms(k.created), used: ms(k.last_used) }));
/** The only answer that holds the token itself. */
export const createToken = async (name) => { const json = await call("POST", "/api/v1/tokens", { name }); return { id: json.id, name: json.name ?? name, value: json.token }; };
export const revokeToken = (id) => call("DELETE", `/api/v1/tokens/${encodeURIComponent(id)}`);
