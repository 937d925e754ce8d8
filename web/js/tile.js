// One camera in the grid: the pane carries the picture, the sill carries the words. A change redraws this tile only.
import { h, icon, dot } from "./dom.js";
import { span, t } from "./strings.js";
import { number, percent } from "./time.js";
import { Pane } from "./pane.js";
import { Live } from "./live.js";
import { shown, streams } from "./shown.js";
import { plateFor } from "./plates.js";
import { kindWords, look } from "./events-text.js";
import { hubNow, hubOffset } from "./hub.js";
import { snapshotUrl } from "./api.js";
import { say } from "./shell.js";

const kWidth = 640;             // of a still: a tile is rarely wider
const kEventShowsMs = 15_000;    // how long an event that has ended keeps its frame

export class Tile {
  #camera; #live = null; #pane; #plate = h("div.over"); #flag = h("span.flag", { hidden: true }, h("i"), h("span")); #busy = h("div.busy", { hidden: true }); #bare = h("div.nopane", { hidden: true }, icon("image"), h("b", {}, t("tile.nopicture")), h("small", {}, t("tile.nopicture.more")));
  #name; #state = h("span"); #extra = h("span.more"); #marks = h("ul.marks", { role: "list" }); #visible = false; #lastLive = 0; #said = ""; #pictureAt = 0; #drawn = {}; #event = null;

  constructor(camera) {
    this.#camera = camera;
    this.#pane = new Pane({ alt: t("tile.still", camera), label: t("tile.video", camera), onstill: () => this.tick() });
    this.#name = h("a", { href: `/cameras/${encodeURIComponent(camera.id)}` }, camera.name);
    this.el = h("li.tile", { id: `cam-${camera.id}` }, h("div.pane", {}, ...this.#pane.layers, h("div.shutters", { hidden: true }), this.#bare, this.#flag, this.#busy, this.#plate),
      h("div.sill", {}, h("h3", {}, this.#name), h("p.state", {}, h("span.dot"), h("span.words", {}, this.#state, this.#extra)), this.#marks));
    this.update(camera);
  }
  get id() { return this.#camera.id; }
  get camera() { return this.#camera; }
  open() { this.#name.click(); }

  update(camera) {
    const before = this.#camera;
    this.#camera = camera;
    this.#name.textContent = camera.name;
    if (before.state !== camera.state && camera.state === "privacy") { this.#stop(); this.#pane.forget(); } // no picture kept on screen
    this.#drawMarks();
    this.#stream();
    this.#picture();
    this.tick();
  }
  /** The tile came into view or left it. */
  seen(visible) { if (visible === this.#visible) return; this.#visible = visible; this.#stream(); this.#picture(); }
  event(e) { this.#event = e; this.tick(); }
  close() { this.#stop(); this.#pane.close(); }

  #stream() {
    const want = this.#visible && streams(this.#camera.state) && this.#camera.live;
    if (!want) { this.#stop(); return; }
    if (this.#live) return;
    this.#live = new Live({
      video: this.#pane.video, src: this.#camera.stream, hubOffset, onswap: () => this.#pane.freeze(), onframe: () => this.#pane.thaw(),
      onchange: (live) => { if (live.state === "codec") this.#picture(); this.tick(); },
    });
    this.#live.start();
  }
  #stop() { if (!this.#live) return; this.#pane.freeze(); this.#live.stop(); this.#live = null; }
  /** The last picture of the hub, once when the tile is first seen, again and again where pictures are all there is. */
  #picture(now = Date.now()) {
    if (!this.#visible || this.#camera.state === "privacy") return;
    if (!this.#camera.snapshot) { this.#pane.none(); return; }
    const moving = this.#camera.state === "snapshot" || this.#live?.state === "codec";
    const every = moving ? this.#camera.interval * 1000 : Infinity;
    if (this.#pictureAt && now - this.#pictureAt < every) return;
    this.#pictureAt = now;
    this.#pane.load(snapshotUrl(this.#camera.id, kWidth)).then((came) => { if (came) this.tick(); });
  }

  /** Once a second, and on every change: words that count, marks that end. Only what differs is written. */
  tick(now = Date.now()) {
    const c = this.#camera;
    if (c.state === "live" && this.#live?.state === "playing") this.#lastLive = now;
    const view = shown(c, this.#live, this.#lastLive, now);
    this.#put("state", view.state, (v) => { this.el.dataset.state = v; this.#busy.hidden = v !== "connecting"; this.el.querySelector(".shutters").hidden = v !== "privacy"; });
    const [words, extra] = this.#words(view, now);
    this.#put("words", words, (v) => { this.#state.textContent = v; });
    this.#put("extra", extra ? ` · ${extra}` : "", (v) => { this.#extra.textContent = v; });
    this.#put("old", view.state === "snapshot" && hubNow(now) - Math.max(c.pictureAt ?? 0, this.#pane.takenAt ?? 0) > 3000 * c.interval ? "1" : "", (v) => { this.el.toggleAttribute("data-old", Boolean(v)); });
    this.#put("bare", this.#pane.empty && this.#pane.hasStill === false && view.state !== "privacy", (is) => { this.#bare.hidden = !is; });
    const plate = plateFor(c, view, { codec: this.#live?.state === "codec" ? this.#live.codec : "" }, now);
    this.#put("plate", plate?.key ?? "", () => { this.#plate.replaceChildren(...(plate ? [plate.make()] : [])); });
    if (plate) this.#put("more", plate.more, (v) => { const small = this.#plate.querySelector("small"); if (small) small.textContent = v; }); else this.#drawn.more = "";
    const flag = this.#event && (!this.#event.to || now - this.#event.to < kEventShowsMs) ? this.#event : null;
    this.#put("flag", flag ? flag.kind : "", (kind) => { this.#flag.hidden = !kind; this.el.classList.toggle("now", Boolean(kind)); if (kind) { this.el.dataset.kind = look(kind); this.#flag.lastChild.textContent = kindWords(flag.kind); } });
    this.#picture(now);
    if (this.#said && this.#said !== view.state) say(`${c.name}: ${words}`);
    this.#said = view.state;
  }
  #put(key, value, write) { if (this.#drawn[key] === value) return; this.#drawn[key] = value; write(value); }

  #words(view, now) {
    const c = this.#camera;
    if (view.state === "connecting") return [t("state.connecting", { s: number(Math.max(0, Math.round((now - view.since) / 1000)), 0) }), ""];
    if (view.state === "live") { const behind = this.#live?.behind; return [t("state.live"), behind === null || behind === undefined ? c.more ?? "" : t("state.live.behind", { n: number(behind) })]; }
    if (view.state === "snapshot") {
      const at = Math.max(c.pictureAt ?? 0, this.#pane.takenAt ?? 0);
      return [at ? t("state.snapshot", { age: span(hubNow(now) - at) }) : t("state.snapshot.none"), t("state.snapshot.every", { n: c.interval })];
    }
    return [t(`state.${view.state}`), ""];
  }
  #drawMarks() {
    const c = this.#camera;
    const look = c.recording.active ? ["rec", t("mark.recording")] : c.recording.mode === "events" ? ["armed", t("mark.armed")] : ["norec", t("mark.off")];
    const temperature = c.sensors.find((s) => s.kind === "temperature" && s.value !== null);
    this.#marks.replaceChildren(...[
      temperature && h("li", { title: temperature.name }, icon("thermo", true), h("span.hush", {}, temperature.name), `${number(temperature.value)} ${temperature.unit ?? ""}`),
      c.battery !== null && h("li", {}, icon("battery", true), h("span.hush", {}, t("tile.battery")), percent(c.battery)),
      h("li.keep", {}, ...dot(...look)),
    ].filter(Boolean));
  }
}
