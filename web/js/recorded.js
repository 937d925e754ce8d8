// Recordings into a <video>: short pieces around the play head, fetched as they are needed and thrown away behind it.
// The time line of the element is the wall clock, shifted so that `#origin` is second 0.

import { Splitter, readFragment, readInit } from "./fmp4.js";
import { Buffer, canPlay, openSource } from "./media-source.js";
import { Backoff } from "./backoff.js";
import { onNudge } from "./attention.js";

const kPieceMs = 60_000;     // one request
const kAheadSeconds = 25;    // held ready in front of the play head
const kBehindSeconds = 20;   // and behind it, for "10 seconds back"
const kJoinMs = 2_000;       // a hole this small is played over without a word
const kTickMs = 250;
const kReadySeconds = 0.15;  // enough to start with
const kRenewSeconds = 5;     // this close to the end of what is known, the hub is asked for what has been recorded since

/**
 * load(from, to, signal) -> {body, start} of the recording; spans() -> [{from, to}] on disk, sorted, milliseconds; renew(ms) -> a promise
 * while footage of that moment may have come to be since the spans were told, null when asking again would be of no use.
 * States: "idle", "loading", "playing", "paused", "gap", "codec", "error", "end". onchange(recorded), onskip({from, to}) when play jumps over a hole.
 */
export class Recorded {
  state = "idle"; codec = ""; wanted = 0; error = null;
  #video; #load; #spans; #renew; #onchange; #onskip; #onswap; #onframe;
  #origin = 0; #buffer = null; #init = null; #cancel = null; #fetching = false; #cursor = 0; #tick = 0; #play = true; #mime = "";
  #hopeless = ""; // "codec" or "error" once nothing more can come
  #backoff = new Backoff(); #unfollow = () => {};

  constructor({ video, load, spans, renew = () => null, onchange = () => {}, onskip = () => {}, onswap = () => {}, onframe = () => {} }) {
    this.#video = video; this.#load = load; this.#spans = spans; this.#renew = renew;
    this.#onchange = onchange; this.#onskip = onskip; this.#onswap = onswap; this.#onframe = onframe;
  }
  /** The moment on screen, milliseconds. While something is on its way: the moment that was asked for. */
  get now() { return this.#buffer && (this.state === "playing" || this.state === "paused") && !this.#video.seeking ? this.#origin + this.#video.currentTime * 1000 : this.wanted; }
  get playing() { return this.#play; }

  /** Jumps; whatever was in flight for the old place is dropped. */
  seek(ms, { play = this.#play } = {}) {
    this.#play = play; this.wanted = ms;
    const span = this.#at(ms);
    if (!span) { this.#lookAgain(ms); return; }
    if (!this.#buffer || !this.#has(ms)) { this.#begin(Math.max(ms, span.from)); return; }
    this.#video.currentTime = (ms - this.#origin) / 1000;
    this.#go(); this.#become(this.#play ? "playing" : "paused");
  }
  pause() {
    this.#play = false; this.#video.pause();
    if (this.state === "playing") this.#become("paused");
  }
  resume() {
    this.#play = true;
    if (this.state === "gap" || this.state === "end") { if (this.#at(this.wanted)) this.seek(this.wanted); else this.#skip(this.wanted); }
    else if (this.state === "error" && this.#backoff.nextTry) this.#backoff.now();
    else if (this.state === "idle" || this.state === "error") this.seek(this.wanted);
    else { this.#go(); if (this.state === "paused") this.#become("playing"); }
  }
  stop() {
    this.#cancel?.abort(); this.#cancel = null; clearInterval(this.#tick); this.#backoff.cancel(); this.#backoff.reset(); this.#unfollow();
    if (this.#buffer) this.#onswap();
    this.#video.pause(); this.#buffer = null; this.#init = null; this.#fetching = false; this.state = "idle";
  }

  #become(state) { if (state === this.state) return; this.state = state; this.#onchange(this); }
  #at(ms) { return this.#spans().find((s) => ms >= s.from - 500 && ms < s.to); }
  #has(ms) { const at = (ms - this.#origin) / 1000; return this.#buffer.ranges.some(([a, b]) => at >= a - 0.05 && at < b - 0.2); }
  #go() { if (this.#play) { this.#video.playbackRate = 1; this.#video.play().catch(() => {}); } else this.#video.pause(); }

  #begin(ms) {
    this.stop();
    const cancel = (this.#cancel = new AbortController());
    this.#cursor = ms; this.#origin = ms; this.#mime = ""; this.#hopeless = ""; this.wanted = ms;
    this.#become("loading");
    this.#tick = setInterval(() => this.#watch(), kTickMs);
    this.#unfollow = onNudge(() => this.#backoff.now());
    this.#fill(cancel);
  }
  /** No footage is known of this moment: asks whether there is some by now, and says so when there is none. */
  async #lookAgain(ms) {
    this.stop();
    const cancel = (this.#cancel = new AbortController()), asking = this.#renew(ms);
    this.wanted = ms;
    if (asking) {
      this.#become("loading");
      try { await asking; } catch (error) { if (!cancel.signal.aborted) { this.error = error; this.#become("error"); } return; }
      if (cancel.signal.aborted) return;
      const span = this.#at(ms);
      if (span) { this.#begin(Math.max(ms, span.from)); return; }
    }
    this.#become("gap");
  }
  get #ahead() { return this.#buffer ? this.#buffer.end - this.#video.currentTime : 0; }
  /** Fetches pieces until enough lies ready. One at a time. */
  async #fill(cancel) {
    if (this.#fetching || this.#hopeless || cancel.signal.aborted || this.#backoff.nextTry) return;
    this.#fetching = true;
    try {
      while (!cancel.signal.aborted && this.#ahead < kAheadSeconds) {
        const span = this.#at(this.#cursor);
        if (!span) {
          const asking = this.#ahead < kRenewSeconds ? this.#renew(this.#cursor) : null;
          if (!asking) break;
          await asking;
          this.#cursor = this.#joined(this.#cursor);
          continue;
        }
        const to = Math.min(this.#cursor + kPieceMs, span.to);
        await this.#piece(this.#cursor, to, cancel.signal);
        await this.#buffer?.settled(); // else a fast line fetches piece after piece before the first one counts as ready
        if (cancel.signal.aborted) return;
        this.#backoff.reset();
        this.#cursor = to >= span.to - 1 ? this.#joined(span.to) : to;
      }
    } catch (error) {
      if (!cancel.signal.aborted) this.#failed(error, cancel);
    } finally { if (this.#cancel === cancel) this.#fetching = false; }
  }
  /** What lies ready plays on in any case. A broken line is tried again; an answer that would only be repeated is not asked for again. */
  #failed(error, cancel) {
    this.error = error;
    if (error.name === "codec") this.#hopeless = "codec";
    else if (error.status >= 400 && error.status < 500) this.#hopeless = "error";
    else {
      if (this.#buffer) this.#cursor = Math.max(this.#cursor, this.#origin + this.#buffer.end * 1000); // half a piece may have arrived
      this.#backoff.plan(() => this.#fill(cancel));
    }
    if (this.state === "loading") this.#become(this.#hopeless || "error");
  }
  /** Where to go on after `ms`: the next span when the hole is not worth a word. */
  #joined(ms) { const next = this.#spans().find((s) => s.from >= ms - 1 && s.from - ms < kJoinMs); return next ? Math.max(ms, next.from) : ms; }

  async #piece(from, to, signal) {
    const answer = await this.#load(from, to, signal), splitter = new Splitter(), reader = answer.body.getReader();
    const start = answer.start ?? from; // the wall clock at media time 0 of this piece
    let first = true;
    for (;;) {
      const { done, value } = await reader.read();
      if (signal.aborted) { reader.cancel().catch(() => {}); return; }
      if (done) return;
      for (const part of splitter.push(value)) {
        if (part.init) {
          const init = readInit(part.bytes);
          if (!init) continue;
          if (!canPlay(init.mime)) { this.codec = /hvc1|hev1/.test(init.mime) ? "H.265" : init.mime.match(/codecs="([^",.]+)/)?.[1] ?? ""; throw Object.assign(new Error(init.mime), { name: "codec" }); }
          if (!this.#buffer) {
            this.#onswap();
            const source = await openSource(this.#video, signal);
            this.#buffer = new Buffer(source, init.mime, (error) => { this.error = error; this.#hopeless = "error"; });
          } else if (init.mime !== this.#mime) this.#buffer.retype(init.mime);
          this.#mime = init.mime; this.#init = init;
          this.#buffer.offset((start - this.#origin) / 1000); first = true;
          this.#buffer.append(part.bytes);
          continue;
        }
        if (!this.#buffer) continue;
        const video = readFragment(part.bytes, this.#init).find((x) => x.kind === "video");
        if (video) this.#buffer.keys.push(...video.keys.map((k) => k + (start - this.#origin) / 1000));
        this.#buffer.append(part.bytes);
        if (first) { first = false; this.#watch(); }
      }
    }
  }
  #watch() {
    const video = this.#video, buffer = this.#buffer, waiting = this.state === "loading" || this.state === "error";
    // Nothing more will come of what was asked for: footage ends a moment after the place, or is not what the hub said it was.
    const dry = !this.#fetching && !this.#hopeless && !this.#backoff.nextTry && !this.#at(this.#cursor);
    if (waiting) {
      const target = (this.wanted - this.#origin) / 1000, ready = buffer?.ranges.find(([, b]) => b >= target + kReadySeconds);
      if (!ready && this.#hopeless) this.#become(this.#hopeless);
      if (!ready && dry) this.#skip(Math.max(this.wanted, this.#cursor));
      if (!ready) return;
      const place = Math.min(Math.max(target, ready[0]), ready[1]);
      if (Math.abs(video.currentTime - place) > 0.05) video.currentTime = place;
      if (video.readyState < 2) return;
      this.#go(); this.#onframe(this); this.#become(this.#play ? "playing" : "paused");
    }
    if (!buffer) return;
    const at = video.currentTime;
    if (this.state === "playing") {
      this.wanted = this.#origin + at * 1000;
      const range = buffer.ranges.find(([a, b]) => at >= a - 0.1 && at < b);
      // The end of what is on disk here, or a hole inside the buffer: say why, and go on behind it.
      const end = range?.[1] ?? at, over = end - at < 0.12 || (!range && video.readyState < 3);
      if ((over && this.#backoff.nextTry) || ((over || video.error) && this.#hopeless)) { this.#become(this.#hopeless || "error"); return; }
      if (over && !this.#fetching && !this.#at(this.#origin + end * 1000 + 300)) { this.#skip(this.#origin + end * 1000); return; }
      if (over) { const next = buffer.ranges.find(([a]) => a > at); if (next) video.currentTime = next[0] + 0.01; }
      if (video.paused) this.#go();
    }
    buffer.trim(at - kBehindSeconds);
    if (this.#cancel) this.#fill(this.#cancel);
  }
  /** Over a hole to the next footage; at the very end there is none. */
  #skip(from) {
    const next = this.#spans().find((s) => s.from > from - 100 && s.to > from + 500);
    if (!next) { this.#video.pause(); this.wanted = from; this.#become("end"); return; }
    const before = this.#spans().findLast((s) => Math.abs(s.to - from) < kJoinMs); // its end, not that of the last frame, is where the hole begins
    if (next.from - from > kJoinMs) this.#onskip({ from: before?.to ?? from, to: next.from });
    this.seek(next.from + 10, { play: true });
  }
}
