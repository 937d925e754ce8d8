// The large picture of one camera: live or then, one element, one bar. Black only when no picture was ever taken.
import { h, icon, remember } from "./dom.js";
import { span, t } from "./strings.js";
import { date, dayText, number, time } from "./time.js";
import { Pane } from "./pane.js";
import { Live } from "./live.js";
import { Recorded } from "./recorded.js";
import { shown, streams } from "./shown.js";
import { plateFor } from "./plates.js";
import { hubOffset } from "./hub.js";
import { recording, snapshotUrl } from "./api.js";
import { dialog, say, toast } from "./shell.js";

const kCatchUpSeconds = 3;
const kBarLeavesMs = 3_000;
const kRestMs = 150; // a finger that rests this long wants to see the picture

/**
 * source: {spans(), gapAt(ms) -> {from, to, text} | undefined, renew(ms), today()}, as recorded.js wants them; ontime(ms, live) while
 * playback moves. onstep(seconds), onevent(direction) and onlive() are set by whoever owns the time line.
 */
export class Player {
  #camera; #source; #ontime; #pane;
  #live = null; #recorded = null; #past = false; #begun = false;
  #lastLive = 0; #pictureAt = 0; #drawn = {}; #skipped = null; #stats = null; #barTimer = 0; #rest = 0;
  #say = h("span"); #more = h("span.quiet"); #badge; #catchUp; #plate = h("div.over"); #busy = h("div.busy", { hidden: true });
  #message = h("div.nopicture", { hidden: true });
  #bare = h("div.nopane", { hidden: true }, icon("image"), h("b", {}, t("tile.nopicture")), h("small", {}, t("tile.nopicture.more")));
  #when = h("b"); #date = h("small"); #play; #sound; #golive; #steps;

  constructor(camera, source, ontime) {
    this.#camera = camera; this.#source = source; this.#ontime = ontime;
    this.#pane = new Pane({ alt: t("tile.still", camera), label: t("tile.video", camera), onstill: () => this.tick() });
    this.#badge = h("button.badge", { type: "button", "aria-haspopup": "dialog", title: t("badge.numbers"), onclick: () => this.#numbers() }, h("i"), this.#say, this.#more);
    this.#catchUp = h("button.badge.act", { type: "button", hidden: true, onclick: () => this.#live?.catchUp() }, t("badge.catchup"));
    const button = (name, look, words, run, extra = "") => h(`button.btn.bare.square${extra}`, { type: "button", id: name, "aria-label": words, title: words, onclick: run }, icon(look));
    this.#play = button("play", "pause", t("player.pause"), () => this.toggle());
    this.#sound = button("sound", "mute", t("player.sound"), () => this.sound());
    this.#golive = h("button.btn.small.golive", { type: "button", hidden: true, onclick: () => this.onlive?.() }, t("player.golive"));
    this.#steps = [button("back", "back10", t("player.back"), () => this.step(-10), ".step"), button("prev", "prev", t("player.prev"), () => this.onevent?.(-1), ".step"), button("next", "next", t("player.next"), () => this.onevent?.(1), ".step")];
    this.#sound.setAttribute("aria-pressed", "false");
    this.el = h("section.player", { "aria-label": t("camera.player") },
      h("div.screen", {}, ...this.#pane.layers, h("div.shutters", { hidden: true }), this.#bare, this.#busy, this.#message, h("div.badges", {}, this.#badge, this.#catchUp), this.#plate),
      h("div.bar", { role: "group", "aria-label": t("camera.controls") }, this.#play, ...this.#steps, h("p.when", {}, this.#when, this.#date), this.#golive, this.#sound,
        button("snap", "camera", t("player.snap"), () => this.snapshot()), button("full", "full", t("player.full"), () => this.full())));
    this.el.addEventListener("pointermove", () => this.#wakeBar());
    this.el.addEventListener("keydown", () => this.#wakeBar());
  }
  /** Once everything that listens to the player is there, and the moment of the address has been found; before that nothing streams. */
  begin() { this.#begun = true; if (!this.#past) this.#start(); this.tick(); }
  get past() { return this.#past; }
  update(camera) {
    const before = this.#camera;
    this.#camera = camera;
    if (camera.state === "privacy" && before.state !== "privacy" && !this.#past) { this.#stopLive(); this.#pane.forget(); }
    if (!this.#past && this.#begun) this.#start();
    this.tick();
  }
  /** What is on disk has changed, or the day has: buttons that would do nothing are not shown. */
  useSteps({ back, events }) { this.#steps[0].hidden = !back; this.#steps[1].hidden = this.#steps[2].hidden = !events; }
  close() { this.#stopLive(); this.#recorded?.stop(); this.#pane.close(); clearTimeout(this.#barTimer); clearTimeout(this.#rest); this.#stats?.remove(); }

  // Live ----------------------------------------------------------------------------------------------------------------------------
  live() {
    const was = this.#past;
    this.#past = false; this.#recorded?.stop(); clearTimeout(this.#rest); this.#skipped = null;
    this.#begun = true;
    delete this.#pane.video.dataset.held;
    if (this.#camera.state === "privacy") this.#pane.forget(); // nor may the recording stay on the glass
    this.#start();
    if (was) say(t("badge.live"));
    this.tick();
  }
  #start() {
    if (streams(this.#camera.state) && this.#camera.live) {
      if (!this.#live) {
        this.#live = new Live({ video: this.#pane.video, src: this.#camera.stream, sound: true, hubOffset, onswap: () => this.#pane.freeze(),
          onframe: () => { this.#pane.thaw(); this.#restoreSound(); }, onchange: () => this.tick() });
        this.#live.start();
      }
    } else this.#stopLive();
    this.#picture();
  }
  #stopLive() {
    const live = this.#live;
    if (!live) return;
    this.#pane.freeze();
    this.#live = null; // first: stopping draws the player, and there is no stream any more
    live.stop();
  }
  #picture(now = Date.now()) {
    const c = this.#camera;
    if (this.#past || c.state === "privacy") return;
    if (!c.snapshot) { this.#pane.none(); return; }
    if (this.#pictureAt && now - this.#pictureAt < (c.state === "snapshot" || this.#live?.state === "codec" ? c.interval * 1000 : Infinity)) return;
    this.#pictureAt = now;
    this.#pane.load(snapshotUrl(c.id)).then((came) => { if (came) this.tick(); });
  }

  // Then ----------------------------------------------------------------------------------------------------------------------------
  /** Shows the moment; while the finger is down (`held`) only the words follow, the picture comes when it rests. */
  at(ms, { held = false } = {}) {
    const recorded = this.#player();
    recorded.wanted = ms; // before the live stream goes: its farewell draws the player, which is to show this moment already
    if (!this.#past) { this.#past = true; this.#stopLive(); }
    this.#skipped = null;
    clearTimeout(this.#rest);
    if (held) {
      recorded.pause(); recorded.stop(); recorded.wanted = ms;
      this.#rest = setTimeout(() => recorded.seek(ms, { play: false }), kRestMs);
    } else recorded.seek(ms, { play: true });
    this.tick();
  }
  #player() {
    return (this.#recorded ??= new Recorded({
      video: this.#pane.video, load: (from, to, signal) => recording(this.#camera.id, from, to, signal),
      spans: () => this.#source.spans(), renew: (ms) => this.#source.renew(ms),
      onswap: () => this.#pane.freeze(), onframe: () => { this.#pane.thaw(); this.#restoreSound(); }, onchange: () => this.tick(),
      onskip: (hole) => { this.#skipped = { ...hole, until: Date.now() + 5_000 }; say(this.#skipWords(hole)); },
    }));
  }
  #skipWords(hole) { return t("player.skip", { span: span(hole.to - hole.from), why: this.#source.gapAt(hole.from + 1)?.text ?? t("gap.unknown") }); }
  get now() { return this.#past ? this.#recorded?.now ?? Date.now() : Date.now(); }
  step(seconds) { this.onstep?.(seconds); }

  // The bar -------------------------------------------------------------------------------------------------------------------------
  toggle() {
    const v = this.#pane.video;
    if (this.#past) { if (this.#recorded.playing) this.#recorded.pause(); else this.#recorded.resume(); }
    else if (v.dataset.held) { delete v.dataset.held; this.#live?.catchUp(); v.play().catch(() => {}); }
    else { v.dataset.held = "1"; v.pause(); }
    this.tick();
  }
  /** Starts off; one press, remembered per camera. */
  sound() {
    if (this.#sound.getAttribute("aria-disabled")) return;
    const v = this.#pane.video;
    v.muted = !v.muted;
    remember.set(`sound.${this.#camera.id}`, v.muted ? null : "on");
    this.tick();
  }
  #restoreSound() {
    const v = this.#pane.video;
    if (remember.get(`sound.${this.#camera.id}`) !== "on" || !v.muted) return;
    v.muted = false;
    // Without a press on this page a browser may refuse: then the picture goes on without sound, and the button says so.
    v.play().catch(() => { v.muted = true; v.play().catch(() => {}); this.tick(); });
  }
  async snapshot() {
    const v = this.#pane.video, from = !v.hidden && v.videoWidth ? v : this.#pane.still.hidden ? null : this.#pane.still;
    if (!from || (!this.#past && this.#camera.state === "privacy")) { toast(t("snap.none")); return; }
    const canvas = h("canvas", { width: from.videoWidth || from.naturalWidth, height: from.videoHeight || from.naturalHeight });
    canvas.getContext("2d").drawImage(from, 0, 0);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.92)), url = URL.createObjectURL(blob), at = this.now;
    const name = t("snap.name", { name: this.#camera.name, date: dayText(at), time: time(at, true).replaceAll(":", "-") });
    const a = h("a", { href: url, download: name });
    document.body.append(a); a.click(); a.remove();
    toast(t("snap.saved"), { text: t("open"), run: () => open(url, "_blank") });
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }
  full() {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (this.el.requestFullscreen) this.el.requestFullscreen().catch(() => {});
    else this.#pane.video.webkitEnterFullscreen?.(); // iPhones know full screen only for the video itself
  }
  #wakeBar() {
    this.el.classList.remove("calm"); clearTimeout(this.#barTimer);
    if (document.fullscreenElement === this.el) this.#barTimer = setTimeout(() => { if (!this.el.querySelector(".bar :focus-visible")) this.el.classList.add("calm"); }, kBarLeavesMs);
  }
  #numbers() {
    const facts = h("dl.facts"), draw = () => {
      const f = this.#live?.facts, behind = this.#live?.behind, rows = [];
      const row = (name, value) => value && rows.push(h("dt", {}, t(`stats.${name}`)), h("dd", {}, value));
      row("way", this.#past ? t("badge.recorded") : this.#live?.state === "playing" ? t("badge.way") : t("badge.pictures"));
      if (f && !this.#past) {
        row("behind", behind !== null && t("stats.seconds", { n: number(behind) }));
        row("size", f.width && t("stats.size.value", { w: f.width, h: f.height })); row("codec", f.codec); row("sound", t(f.sound ? "stats.yes" : "stats.no"));
        row("frames", number(f.frames, 0)); row("lost", number(f.lost, 0)); row("key", f.keyAge !== null && t("stats.key.value", { n: number(f.keyAge) }));
        row("buffer", t("stats.seconds", { n: number(f.buffered) })); row("rate", f.bitsPerSecond && t("stats.rate.value", { n: number(f.bitsPerSecond / 1e6, 2) }));
      }
      facts.replaceChildren(...rows);
    };
    draw();
    const box = (this.#stats = dialog("stats", t("stats.title"), facts)), timer = setInterval(draw, 1000);
    box.addEventListener("close", () => { clearInterval(timer); box.remove(); });
    document.body.append(box); box.showModal();
  }

  // What is said --------------------------------------------------------------------------------------------------------------------
  tick(now = Date.now()) {
    const c = this.#camera, v = this.#pane.video;
    if (c.state === "live" && this.#live?.state === "playing") this.#lastLive = now;
    const view = shown(c, this.#live, this.#lastLive, now), codec = this.#live?.state === "codec" ? this.#live.codec : "";
    const past = this.#past, rec = this.#recorded, at = past ? rec.now : now;
    this.#put("mode", `${past} ${view.state}`, () => {
      this.el.classList.toggle("past", past); this.el.dataset.state = past ? "past" : view.state;
      this.el.querySelector(".shutters").hidden = past || view.state !== "privacy"; this.#golive.hidden = !past;
    });
    this.#put("busy", past ? rec.state === "loading" : view.state === "connecting", (is) => { this.#busy.hidden = !is; });
    const playing = past ? rec.playing && rec.state !== "end" : !v.dataset.held;
    this.#put("play", playing, (is) => { this.#play.replaceChildren(icon(is ? "pause" : "play")); this.#play.setAttribute("aria-label", t(is ? "player.pause" : "player.play")); this.#play.title = t(is ? "player.pause" : "player.play"); });
    this.#put("sound", !v.muted, (is) => { this.#sound.replaceChildren(icon(is ? "sound" : "mute")); this.#sound.setAttribute("aria-pressed", String(is)); });
    const silent = !past && this.#live?.state === "playing" && this.#live.facts.sound === false;
    this.#put("silent", silent, (is) => { if (is) this.#sound.setAttribute("aria-disabled", "true"); else this.#sound.removeAttribute("aria-disabled"); this.#sound.title = t(is ? "player.nosound" : "player.sound"); });
    this.#badgeWords(past, rec, view, at, now);
    this.#put("usable", past || (streams(c.state) && c.live), (is) => { this.#play.hidden = this.#sound.hidden = !is; });
    this.#put("when", past ? time(at, true) : t(view.state === "live" ? "badge.live" : "badge.now"), (x) => { this.#when.textContent = x; });
    this.#put("date", date(at), (x) => { this.#date.textContent = x; });
    this.#messageWords(past, rec, at, now);
    this.#put("bare", !past && this.#pane.empty && this.#pane.hasStill === false && view.state !== "privacy", (is) => { this.#bare.hidden = !is; });
    const plate = past ? null : plateFor(c, view, { codec }, now);
    this.#put("plate", plate?.key ?? "", () => this.#plate.replaceChildren(...(plate ? [plate.make()] : [])));
    if (plate) this.#put("small", plate.more, (x) => { const el = this.#plate.querySelector("small"); if (el) el.textContent = x; }); else this.#drawn.small = "";
    if (!past) this.#picture(now);
    if (past && rec.state !== "loading") this.#ontime(at, false); else if (!past) this.#ontime(now, true);
  }
  #put(key, value, write) { if (this.#drawn[key] === value) return; this.#drawn[key] = value; write(value); }
  #badgeWords(past, rec, view, at, now) {
    const behind = past ? null : this.#live?.behind ?? null, held = Boolean(this.#pane.video.dataset.held);
    let [words, more] = ["", ""];
    if (past) [words, more] = [time(at, true), t(rec.state === "loading" ? "badge.loading" : rec.playing && rec.state === "playing" ? "badge.recorded" : "badge.paused")];
    else if (view.state === "live") [words, more] = [t("badge.live"), [held ? t("badge.paused") : behind !== null && t("badge.behind", { n: number(behind) }), this.#live?.state === "playing" && t("badge.way")].filter(Boolean).join(" · ")];
    else if (view.state === "connecting") words = t("state.connecting", { s: number(Math.max(0, Math.round((now - view.since) / 1000)), 0) });
    else if (view.state === "snapshot") [words, more] = [t("badge.pictures"), t("state.snapshot.every", { n: this.#camera.interval })];
    else words = t(`state.${view.state}`);
    this.#put("say", words, (x) => { this.#say.textContent = x; });
    this.#put("more", more, (x) => { this.#more.textContent = x; });
    this.#put("catch", behind !== null && behind > kCatchUpSeconds && !held, (is) => { this.#catchUp.hidden = !is; });
  }
  #gapWords(at) {
    const gap = this.#source.gapAt(at), { active, since } = this.#camera.recording;
    if (gap) return [t("player.gap", { why: gap.text }), t("gap.span", { from: time(gap.from), to: time(gap.to) }), gap.why === "privacy" ? "shutter" : "film"];
    if (active && since && at >= since) return [t("player.begun"), t("player.begun.more"), "film"]; // and not in the index yet
    return [t("player.norecording"), "", "film"];
  }
  #messageWords(past, rec, at, now) {
    let words = null, look = "info", small = "";
    if (past && rec.state === "gap") [words, small, look] = this.#gapWords(at);
    else if (past && rec.state === "codec") [words, look] = [t("player.codec", { codec: rec.codec }), "film"];
    else if (past && rec.state === "error") [words, look, small] = [t("player.error"), "alert", rec.error?.detail ?? ""];
    else if (past && rec.state === "end") [words, look] = [t(this.#source.today() ? "player.end" : "player.end.day"), "film"];
    this.#put("message", words === null ? "" : `${words} ${small}`, () => {
      this.#message.hidden = words === null;
      if (words !== null) this.#message.replaceChildren(icon(look), h("b", {}, words), h("small", {}, small));
    });
    const skipped = this.#skipped && now < this.#skipped.until ? this.#skipWords(this.#skipped) : "";
    this.#put("skip", skipped, (x) => { this.el.querySelector(".skipnote")?.remove(); if (x) this.el.querySelector(".screen").append(h("p.skipnote", {}, x)); });
  }
}
