// One live stream into one <video>: a WebSocket that brings fragmented MP4, Media Source Extensions that play it,
// and a gentle hand on the speed that keeps the picture near the live edge.

import { readFragment, readInit } from "./fmp4.js";
import { Buffer, canPlay, codecs, openSource } from "./media-source.js";
import { Backoff } from "./backoff.js";
import { looking, onLooking, onNudge } from "./attention.js";

const kKeepSeconds = 5;              // of the past; a longer group of pictures is kept whole
const kJumpSeconds = 3;              // this far behind, speed alone would take too long
const kWaitingBytes = 8 * 1024 ** 2; // more than this not yet taken in: the browser is asleep, start afresh
const kSilenceMs = 8_000;            // an open socket that brings nothing
const kTickMs = 200;

/**
 * States told through `onchange(live)`: "idle" (stopped), "opening" (nothing seen since start), "playing", "lost" (had or wanted a
 * picture, trying again), "codec" (this browser cannot play it; `codec` says what), "refused" (the hub said why: `error`).
 */
export class Live {
  state = "idle"; since = Date.now(); error = ""; codec = "";
  #video; #url; #sound; #onchange; #onframe; #onswap; #clock = null; #hubOffset;
  #socket = null; #buffer = null; #init = null; #cancel = null; #tick = 0; #backoff = new Backoff(); #unfollow = [];
  #wanted = false; #heard = 0; #arrivals = []; #lastKey = 0; #bytes = 0; #opened = 0; #stalls = 0; #newestEnd = -1;

  /** onframe(): a first picture is there; onswap(): the one on screen is about to go. hubOffset(): milliseconds the hub's clock is ahead of this one, or null when nobody knows. */
  constructor({ video, src, sound = false, onchange = () => {}, onframe = () => {}, onswap = () => {}, hubOffset = () => null }) {
    this.#video = video; this.#sound = sound; this.#onchange = onchange; this.#onframe = onframe; this.#onswap = onswap; this.#hubOffset = hubOffset;
    this.#url = new URL(`/api/ws?src=${encodeURIComponent(src)}`, location.href);
    this.#url.protocol = this.#url.protocol === "https:" ? "wss:" : "ws:";
  }
  start() {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#unfollow = [onLooking((is) => (is ? this.#open() : this.#close("idle"))), onNudge(() => this.#backoff.now())];
    this.#video.addEventListener("waiting", this.#stalled);
    if (looking) this.#open();
  }
  stop() {
    if (!this.#wanted) return;
    this.#wanted = false;
    for (const f of this.#unfollow) f();
    this.#video.removeEventListener("waiting", this.#stalled);
    this.#close("idle");
  }
  /** Seconds between the camera's moment and this screen, or null when it cannot be measured. */
  get behind() {
    const offset = this.#hubOffset();
    if (!this.#clock || offset === null || this.state !== "playing") return null;
    const seconds = (Date.now() + offset - this.#clock.wall) / 1000 - (this.#video.currentTime - this.#clock.pts);
    return seconds >= 0 && seconds < 120 ? seconds : null;
  }
  get facts() {
    const quality = this.#video.getVideoPlaybackQuality?.(), video = this.#init && [...this.#init.tracks.values()].find((x) => x.kind === "video");
    return {
      width: this.#video.videoWidth, height: this.#video.videoHeight, codec: video?.codec ?? "",
      sound: this.#init ? [...this.#init.tracks.values()].some((x) => x.kind === "audio") : false,
      frames: quality?.totalVideoFrames ?? 0, lost: quality?.droppedVideoFrames ?? 0,
      buffered: Math.max(0, (this.#buffer?.end ?? 0) - this.#video.currentTime), keyAge: this.#lastKey ? (Date.now() - this.#lastKey) / 1000 : null,
      bitsPerSecond: this.#opened ? (this.#bytes * 8000) / Math.max(1000, Date.now() - this.#opened) : 0,
    };
  }
  /** Straight to the newest picture. */
  catchUp() { if (this.#buffer?.end) { this.#video.currentTime = Math.max(0, this.#buffer.end - this.#target()); this.#video.playbackRate = 1; } }

  #become(state) {
    if (state === this.state) return;
    this.state = state; this.since = Date.now();
    this.#onchange(this);
  }
  #open() {
    this.#drop();
    if (!this.#wanted || !looking) return;
    if (this.state === "idle" || this.state === "codec") this.#become("opening");
    const cancel = (this.#cancel = new AbortController()), socket = (this.#socket = new WebSocket(this.#url));
    socket.binaryType = "arraybuffer";
    this.#heard = Date.now(); this.#opened = Date.now(); this.#bytes = 0; this.#arrivals = []; this.#clock = null; this.#newestEnd = -1;
    this.#tick = setInterval(() => this.#steer(), kTickMs);
    // Everything of one connection hangs on its own AbortController: a late message of an old one changes nothing.
    const mine = (f) => (event) => { if (!cancel.signal.aborted) f(event); };
    socket.addEventListener("open", mine(() => socket.send(JSON.stringify({ type: "mse", value: codecs(this.#sound) }))));
    socket.addEventListener("close", mine(() => this.#again()));
    let chain = Promise.resolve(); // opening a source takes a moment; what arrives meanwhile waits its turn
    socket.addEventListener("message", mine((event) => {
      this.#heard = Date.now();
      chain = chain.then(() => (cancel.signal.aborted ? null : typeof event.data === "string" ? this.#text(event.data, cancel.signal) : this.#media(new Uint8Array(event.data))))
        .catch(() => { if (!cancel.signal.aborted) this.#again(); });
    }));
  }
  async #text(data, signal) {
    const { type, value } = JSON.parse(data);
    if (type === "mse") {
      if (!canPlay(value)) { this.codec = codecWord(value); this.#close("codec"); return; }
      if (this.#buffer) { this.#buffer.retype(value); this.#init = null; return; }
      this.#onswap(); // the element is about to be emptied
      const source = await openSource(this.#video, signal);
      this.#buffer = new Buffer(source, value, () => this.#again());
    } else if (type === "clock") this.#clock = { pts: Number(value.pts), wall: typeof value.wall === "number" ? value.wall : Date.parse(value.wall) };
    else if (type === "drop") this.#newestEnd = -1; // the hub skipped; the next fragment begins a new stretch
    else if (type === "error") {
      this.error = String(value).replace(/^\w+: /, "");
      // No codec in common is an answer, not a fault of the line: asking again would only repeat it.
      if (/codec/i.test(this.error)) { this.codec = codecWord(this.error); this.#close("codec"); } else this.#again("refused");
    }
  }
  #media(bytes) {
    if (!this.#buffer) return;
    this.#bytes += bytes.byteLength;
    const init = readInit(bytes);
    if (init) { this.#init = init; this.#buffer.append(bytes); return; }
    if (this.#buffer.bytesWaiting > kWaitingBytes) { this.#again(); return; }
    const video = this.#init && readFragment(bytes, this.#init).find((x) => x.kind === "video");
    if (video) {
      this.#arrivals.push(Date.now());
      if (this.#arrivals.length > 60) this.#arrivals.shift();
      if (video.keys.length) { this.#lastKey = Date.now(); this.#buffer.keys.push(...video.keys); }
      const jumped = this.#newestEnd >= 0 && (video.start < this.#newestEnd - 1 || video.start > this.#newestEnd + kJumpSeconds);
      if (jumped) this.#restart(video.start); // the sender's time line broke off: follow it, forget the old stretch
      this.#newestEnd = video.end;
    }
    this.#buffer.append(bytes);
  }
  #restart(at) { this.#buffer.clear(); this.#buffer.settled().then(() => { this.#video.currentTime = at; }); }

  /** How much is held ready: a little over the usual wait between two fragments, more after every stall. */
  #target() {
    let longest = 0;
    for (let i = 1; i < this.#arrivals.length; i++) longest = Math.max(longest, this.#arrivals[i] - this.#arrivals[i - 1]);
    return Math.min(2.5, Math.max(0.2, (longest * 1.3) / 1000 + 0.05) + this.#stalls * 0.1);
  }
  #stalled = () => { if (this.state === "playing") this.#stalls = Math.min(5, this.#stalls + 1); };

  #steer() {
    const video = this.#video, range = this.#buffer?.ranges.at(-1);
    if (Date.now() - this.#heard > kSilenceMs) { this.#again(); return; }
    if (!range) return;
    const [start, end] = range, target = this.#target(), lag = end - video.currentTime, held = Boolean(video.dataset.held);
    if (held) { /* somebody looks at this very picture */ }
    else if (video.currentTime < start || video.currentTime > end + 0.5 || lag > kJumpSeconds + target) video.currentTime = Math.max(start, end - target);
    else {
      // Between the two thresholds nothing changes, so that the speed does not flutter.
      if (lag > target + 0.6) video.playbackRate = lag > target + 1.5 ? 1.25 : 1.08;
      else if (lag < target + 0.1) video.playbackRate = 1;
    }
    if (video.paused && !held) video.play().catch(() => { /* a browser that wants a press first; muted video needs none */ });
    if (this.state !== "playing" && video.readyState >= 2 && video.videoWidth) { this.#backoff.reset(); this.error = ""; this.#become("playing"); this.#onframe(this); }
    this.#buffer.trim(Math.min(video.currentTime - 1, end - kKeepSeconds));
  }
  #again(state = "lost") {
    this.#drop();
    if (!this.#wanted) return;
    this.#become(state);
    this.#backoff.plan(() => this.#open());
  }
  /** Ends the connection but leaves the last picture on the element. */
  #drop() {
    this.#backoff.cancel(); this.#cancel?.abort(); this.#cancel = null; clearInterval(this.#tick);
    hangUp(this.#socket); this.#socket = null; this.#buffer = null; this.#init = null; this.#clock = null;
  }
  #close(state) { this.#drop(); this.#video.pause(); this.#become(state); }
}

const kConnectingMs = 5000; // a hub that is there opens a WebSocket in a fraction of this

/** A WebSocket left before it opened is closed once it has: the browser writes a warning into the console otherwise. */
function hangUp(socket) {
  if (socket?.readyState !== WebSocket.CONNECTING) { socket?.close(); return; }
  const close = () => { clearTimeout(late); socket.close(); };
  const late = setTimeout(close, kConnectingMs);
  socket.addEventListener("open", close); socket.addEventListener("close", () => clearTimeout(late));
}

/** "video/mp4; codecs=\"hvc1...\"" or the hub's sentence, as people call it. */
function codecWord(text) {
  if (/hvc1|hev1|hevc|h\.?265/i.test(text)) return "H.265";
  if (/av01|av1/i.test(text)) return "AV1";
  if (/mjpe?g/i.test(text)) return "MJPEG";
  if (/avc|h\.?264/i.test(text)) return "H.264";
  return text.match(/codecs="([^",.]+)/)?.[1] ?? "this format";
}
