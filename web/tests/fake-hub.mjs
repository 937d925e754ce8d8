// A hub made of a Map: the routes of docs/ref/api.md as far as the page uses them, with knobs for what a test wants to see.
// It serves the page itself under the content policy of the real hub.
import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const kRoot = fileURLToPath(new URL("..", import.meta.url));
const kServed = /^\/(css|js|icons)\/[\w.-]+$/;
const kTypes = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".jpg": "image/jpeg" };
export const kPolicy = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const kPieceMs = 100; // live fragments go out this often

const iso = (ms) => new Date(ms).toISOString();

export class FakeHub {
  /** cameras: [{json, loop, picture}]; claimed: {name, password} or null (then `code` opens it). */
  constructor({ cameras = [], claimed = { name: "ana", password: "a long sentence" }, code = "ABCD-2345" } = {}) {
    this.cameras = new Map(cameras.map((c) => [c.json.id, c]));
    this.user = claimed; this.code = code; this.sessions = new Map(); this.tokens = []; this.accounts = []; this.events = []; this.recordings = new Map();
    this.version = "0.2.0-test"; this.started = Date.now() - 3 * 3600e3; this.problems = []; this.disks = [];
    this.broken = false; this.slowToOpen = 0; this.sockets = new Set(); this.upgraded = new Set(); this.feeds = new Set(); this.seen = []; this.sequence = 0; this.epoch = Date.now() - 600e3;
    this.onset = (setting, value) => ({ ...setting, desired: value, reported: value, pending: false });
    this.oncommand = () => ({ text: "" });
    this.sendClock = true; this.wrong = 0; this.zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    this.asked = [];      // of recordings and recording.mp4: {what, camera, from, to}
    this.slow = 0;        // milliseconds before /recordings answers
    this.cut = Infinity;  // seconds of footage before the line breaks
  }
  async start(port = 0) {
    this.server = createServer((q, s) => this.#answer(q, s).catch((error) => { if (!s.headersSent) s.writeHead(500); s.end(String(error)); }));
    this.server.on("upgrade", (q, socket) => this.#upgrade(q, socket));
    await new Promise((done) => this.server.listen(port, "127.0.0.1", done));
    this.port = this.server.address().port; this.url = `http://127.0.0.1:${this.port}`;
    return this;
  }
  async stop() {
    for (const s of this.upgraded) s.destroy();
    for (const f of this.feeds) f.end();
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }
  /** No answers any more, until `broken` is false again. */
  vanish() { this.broken = true; for (const s of this.upgraded) s.destroy(); for (const f of this.feeds) f.destroy(); this.server.closeAllConnections(); }

  /** Changes a camera and tells the page. */
  change(id, patch) { const c = this.cameras.get(id); Object.assign(c.json, patch); this.tell("camera", c.json); return c.json; }
  state(id, word, reason, since = Date.now()) { return this.change(id, { state: { word, since: iso(since), ...(reason && { reason: { action: "none", ...reason } }) } }); }
  event(event) { const e = { id: randomBytes(13).toString("hex"), sequence: ++this.sequence, text: "", ...event, start: iso(event.start), ...(event.end && { end: iso(event.end) }) }; this.events = [e, ...this.events.filter((x) => x.id !== e.id)]; this.tell("event", e); return e; }
  tell(type, data) { for (const f of this.feeds) f.write(`${type === "event" || type === "resync" ? `id: ${data.sequence ?? this.sequence}\n` : ""}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`); }
  /** Recorded stretches of a camera: [[from, to]...] and gaps [[from, to, reason]...], milliseconds. A stretch that ends later than now goes on. */
  record(id, spans, gaps = []) { this.recordings.set(id, { spans, gaps }); }

  #session(q) { const m = /(?:^|; )casement_session=(\w+)/.exec(q.headers.cookie ?? ""); return m && this.sessions.get(m[1]); }
  #open(s, name) {
    const id = randomBytes(16).toString("hex"), session = { name, csrf: randomBytes(8).toString("hex") };
    this.sessions.set(id, session);
    s.setHeader("Set-Cookie", `casement_session=${id}; HttpOnly; SameSite=Strict; Path=/`);
    return this.#sessionBody(session);
  }
  #sessionBody(session) { return { claimed: Boolean(this.user), ...(session && { user: { name: session.name }, csrf: session.csrf, version: this.version }), now: iso(Date.now()), time_zone: this.zone }; }

  async #answer(q, s) {
    if (this.broken) { q.socket.destroy(); return; }
    const url = new URL(q.url, this.url), path = url.pathname;
    if (!path.startsWith("/api/")) return this.#page(path, s);
    this.seen.push(`${q.method} ${path}`);
    const json = (status, body) => { s.writeHead(status, { "Content-Type": status < 400 ? "application/json" : "application/problem+json", "Cache-Control": "no-store" }); s.end(body === undefined ? "" : JSON.stringify(body)); };
    const problem = (status, code, detail) => json(status, { type: "about:blank", title: code, status, kind: "test", code, detail });
    const body = ["POST", "PUT"].includes(q.method) ? JSON.parse((await text(q)) || "{}") : {};
    const session = this.#session(q), m = (pattern) => { const r = pattern.exec(path); return r && r.slice(1).map(decodeURIComponent); };
    let p;
    if (path === "/api/v1/session" && q.method === "GET") return json(200, this.#sessionBody(session));
    if (path === "/api/v1/claim") {
      if (this.wrong >= 5) { s.setHeader("Retry-After", "30"); return problem(429, "too-many-tries", "Too many tries."); }
      if (this.user) return problem(409, "claimed", "Somebody has claimed this hub already.");
      if (body.code.replace("-", "") !== this.code.replace("-", "")) { this.wrong++; return problem(403, "wrong-code", "That is not the claim code."); }
      if (body.password.length < 10) return problem(400, "weak-password", "Use 10 characters or more.");
      this.user = { name: body.name, password: body.password };
      return json(201, this.#open(s, body.name));
    }
    if (path === "/api/v1/session" && q.method === "POST") {
      if (this.wrong >= 5) { s.setHeader("Retry-After", "30"); return problem(429, "too-many-tries", "Too many tries."); }
      if (body.name !== this.user?.name || body.password !== this.user?.password) { this.wrong++; return problem(401, "wrong-password", "Name or password is not right."); }
      return json(200, this.#open(s, body.name));
    }
    if (!this.user) return problem(403, "unclaimed", "Nobody has claimed this hub yet.");
    if (!session) return problem(401, "unauthenticated", "Sign in first.");
    if (q.method !== "GET" && q.headers["x-casement-csrf"] !== session.csrf) return problem(403, "csrf", "The request did not come from the page.");
    if (path === "/api/v1/session" && q.method === "DELETE") { for (const [k, v] of this.sessions) if (v === session) this.sessions.delete(k); return json(204); }
    if (path === "/api/v1/cameras") return json(200, { cameras: [...this.cameras.values()].map((c) => c.json) });
    if (path === "/api/v1/health") return json(200, { version: this.version, started: iso(this.started), disks: this.disks, listeners: this.listeners ?? [], accounts: this.#accounts(), problems: this.problems });
    if (path === "/api/v1/events/stream") {
      s.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" }); s.write(": here\n\n");
      for (const c of this.cameras.values()) s.write(`event: camera\ndata: ${JSON.stringify(c.json)}\n\n`);
      this.feeds.add(s); s.on("close", () => this.feeds.delete(s));
      return;
    }
    if (path === "/api/v1/events") {
      const limit = Number(url.searchParams.get("limit") ?? 100), skip = Number(url.searchParams.get("cursor") ?? 0), from = Date.parse(url.searchParams.get("from") ?? 0), to = Date.parse(url.searchParams.get("to") ?? "2999-01-01"), [camera, kind] = ["camera", "kind"].map((k) => url.searchParams.get(k));
      const all = this.events.filter((e) => Date.parse(e.start) >= from && Date.parse(e.start) < to && (!camera || e.camera === camera) && (!kind || e.kind === kind)).sort((a, b) => Date.parse(b.start) - Date.parse(a.start));
      return json(200, { events: all.slice(skip, skip + limit), ...(all.length > skip + limit && { next: String(skip + limit) }) });
    }
    if (path === "/api/v1/accounts") return json(200, { accounts: this.#accounts() });
    if ((p = m(/^\/api\/v1\/accounts\/([^/]+)\/([^/]+)\/sign-in$/))) {
      const account = this.accounts.find((a) => a.vendor === p[0] && a.name === p[1]);
      if (!account) return problem(404, "not-found", "There is no such account.");
      if (q.method === "GET") return json(200, { ways: account.ways });
      const said = account.onsignin(body.way, body.fields);
      return said.code ? problem(400, said.code, said.detail) : json(200, said);
    }
    if (path === "/api/v1/tokens") {
      if (q.method === "GET") return json(200, { tokens: this.tokens.map(({ token, ...k }) => k) });
      const made = { id: randomBytes(6).toString("hex"), name: body.name, created: iso(Date.now()), token: `ct_${randomBytes(20).toString("hex")}` };
      this.tokens.push(made);
      return json(201, made);
    }
    if ((p = m(/^\/api\/v1\/tokens\/([^/]+)$/))) { this.tokens = this.tokens.filter((k) => k.id !== p[0]); return json(204); }
    if ((p = m(/^\/api\/v1\/cameras\/([^/]+)(\/.*)?$/))) return this.#camera(p[0], path.slice(`/api/v1/cameras/${encodeURIComponent(p[0])}`.length), q, s, url, body, json, problem);
    return problem(404, "not-found", "There is no such route.");
  }
  #accounts() { return this.accounts.map(({ ways, onsignin, ...account }) => account); }
  #camera(id, rest, q, s, url, body, json, problem) {
    const c = this.cameras.get(id), at = (name) => Date.parse(url.searchParams.get(name));
    let p;
    if (!c) return problem(404, "not-found", "No such camera.");
    if (rest === "") return json(200, c.json);
    if (rest === "/snapshot.jpg") { if (!c.picture) return problem(404, "no-picture", "No picture was ever taken."); s.writeHead(200, { "Content-Type": "image/jpeg", "X-Casement-Taken-At": c.json.picture_at }); return s.end(c.picture); }
    if ((p = /^\/settings\/(\w+)$/.exec(rest))) {
      const i = c.json.settings.findIndex((x) => x.id === p[1]), next = this.onset(c.json.settings[i], body.value);
      if (next instanceof Promise) return next.then((x) => { c.json.settings[i] = x; json(200, x); });
      c.json.settings[i] = next;
      return json(200, next);
    }
    if (rest.startsWith("/commands/")) return json(200, this.oncommand(c, rest.slice(10), body));
    const known = this.recordings.get(id) ?? { spans: [], gaps: [] }, within = ([a, b]) => b > at("from") && a < at("to");
    const spans = known.spans.map(([a, b]) => [a, Math.min(b, Date.now())]), window = { camera: id, from: at("from"), to: at("to") };
    if (rest === "/recordings") {
      this.asked.push({ what: "recordings", ...window });
      const answer = {
        recordings: spans.filter(within).map(([a, b]) => ({ start: iso(a), end: iso(b) })),
        gaps: known.gaps.filter(within).map(([a, b, reason]) => ({ start: iso(a), end: iso(b), reason })),
      };
      return this.slow ? setTimeout(() => json(200, answer), this.slow) : json(200, answer);
    }
    if (rest === "/recording.mp4") {
      this.asked.push({ what: "recording.mp4", ...window });
      const span = spans.find(([a, b]) => at("from") >= a - 1000 && at("from") < b);
      if (!span) return problem(404, "no-footage", "Nothing was recorded then.");
      // From the key frame before `from`, as a recorder that never cuts a group of pictures.
      const origin = (ms) => (ms - this.epoch) / 1000, from = Math.floor(origin(Math.max(at("from"), span[0]))), to = origin(Math.min(at("to"), span[1]));
      const loop = c.recorded ?? c.loop, parts = [loop.init], end = Math.min(to, from + this.cut);
      let open = false;
      for (const f of loop.between(Math.max(0, from), end, from)) { open ||= f.key; if (open) parts.push(f.bytes); }
      const all = Buffer.concat(parts), broken = end < to;
      s.writeHead(200, { "Content-Type": "video/mp4", "Content-Length": all.length + (broken ? 1 : 0), "Accept-Ranges": "bytes", "X-Casement-Start": iso(this.epoch + from * 1000) });
      return broken ? s.write(all, () => setTimeout(() => s.destroy(), 50)) : s.end(all);
    }
    return problem(404, "not-found", "There is no such route.");
  }
  async #page(path, s) {
    const file = kServed.test(path) ? normalize(path) : extname(path) ? null : "/index.html";
    const bytes = file && (await readFile(join(kRoot, file)).catch(() => null));
    s.writeHead(bytes ? 200 : 404, { "Content-Type": kTypes[extname(file ?? "")] ?? "text/plain", "Content-Security-Policy": kPolicy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-cache" });
    s.end(bytes ?? "Not found");
  }

  // Live video: RFC 6455, server side, as small as it gets ------------------------------------------------------------------------------
  #upgrade(q, socket) {
    this.upgraded.add(socket); socket.on("close", () => this.upgraded.delete(socket));  // the server forgets an upgraded socket, and then waits for it
    if (this.slowToOpen) setTimeout(() => this.#accept(q, socket), this.slowToOpen); else this.#accept(q, socket);
  }
  #accept(q, socket) {
    const url = new URL(q.url, this.url), camera = this.cameras.get(url.searchParams.get("src"));
    if (socket.destroyed) return;
    if (this.broken || url.pathname !== "/api/ws" || !this.#session(q)) { socket.end("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"); return; }
    const accept = createHash("sha1").update(q.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest("base64");
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    this.sockets.add(socket); this.seen.push(`WS ${url.searchParams.get("src")}`);
    const connection = { socket, camera, timer: 0, send: (data) => socket.writable && socket.write(wsFrame(data)) };
    const stop = () => { clearInterval(connection.timer); this.sockets.delete(socket); if (camera) camera.viewers = (camera.viewers ?? []).filter((x) => x !== connection); };
    socket.on("close", stop); socket.on("error", stop);
    let rest = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      for (let f; (f = wsRead(rest)); rest = rest.subarray(f.size)) {
        if (f.opcode === 8) { socket.end(wsFrame(Buffer.alloc(0), 8)); return; }
        if (f.opcode === 9) socket.write(wsFrame(f.data, 10));
        if (f.opcode === 1) this.#message(connection, JSON.parse(f.data.toString()));
      }
    });
  }
  #message(connection, { type, value }) {
    const { camera } = connection, say = (t, v) => connection.send(JSON.stringify({ type: t, value: v }));
    if (type !== "mse") return;
    const loop = camera?.loop;
    if (!loop || camera.silent) { if (!camera) say("error", "mse: no such stream"); return; }
    connection.asked = value; (camera.viewers ??= []).push(connection);
    const codec = [...loop.info.tracks.values()].find((x) => x.kind === "video").codec.slice(0, 4);
    if (!value.split(",").some((x) => x.startsWith(codec.slice(0, 3)) || (codec === "hvc1" && /^h[ve][cv]1/.test(x)))) { say("error", `mse: codecs not matched: ${codec === "hvc1" ? "H265" : codec}`); return; }
    const now = () => (Date.now() - this.epoch) / 1000, start = Math.floor(now());
    let sent = start;
    say("mse", loop.mime); connection.send(loop.init);
    const pump = () => {
      if (camera.stalled) return;
      const to = now(), out = [];
      for (const f of loop.between(sent, to)) out.push(f.bytes);
      if (out.length) connection.send(Buffer.concat(out));
      if (this.sendClock) say("clock", { pts: to, wall: Date.now() });
      sent = to;
    };
    pump(); connection.timer = setInterval(pump, kPieceMs);
  }
}

async function text(q) { let out = ""; for await (const chunk of q) out += chunk; return out; }
function wsFrame(data, opcode = typeof data === "string" ? 1 : 2) {
  const body = Buffer.from(data), n = body.length, head = n < 126 ? Buffer.from([0x80 | opcode, n]) : n < 65536 ? Buffer.from([0x80 | opcode, 126, n >> 8, n & 255]) : Buffer.alloc(10);
  if (n >= 65536) { head[0] = 0x80 | opcode; head[1] = 127; head.writeBigUInt64BE(BigInt(n), 2); }
  return Buffer.concat([head, body]);
}
function wsRead(b) {
  if (b.length < 6) return null;
  let n = b[1] & 127, at = 2;
  if (n === 126) { n = b.readUInt16BE(2); at = 4; } else if (n === 127) { n = Number(b.readBigUInt64BE(2)); at = 10; }
  if (b.length < at + 4 + n) return null;
  const mask = b.subarray(at, at + 4), data = Buffer.from(b.subarray(at + 4, at + 4 + n));
  for (let i = 0; i < n; i++) data[i] ^= mask[i & 3];
  return { opcode: b[0] & 15, data, size: at + 4 + n };
}
