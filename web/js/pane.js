// The glass of a window: one picture that never goes black. Three layers: the last still, the video, and a frozen
// copy of the last frame that covers the moment in which a video element changes its source.
import { h } from "./dom.js";
import { takenAt } from "./api.js";

const kFrozenWidth = 960; // enough for a tile and for the second a large picture needs to come back

export class Pane {
  /** alt: what the still shows, in words. onstill(has): told when it is known whether there is a last picture. */
  constructor({ alt, label, onstill = () => {} }) {
    this.still = h("img.still", { alt, width: 640, height: 360, decoding: "async", draggable: false, hidden: true });
    this.video = h("video", { playsInline: true, muted: true, disablePictureInPicture: false, "aria-label": label, tabIndex: -1 });
    this.video.muted = true; // the property, not only the attribute, decides whether it may start by itself
    this.frozen = h("canvas.frozen", { hidden: true, "aria-hidden": "true" });
    this.layers = [this.still, this.video, this.frozen];
    this.hasStill = null; this.#onstill = onstill;
    this.takenAt = null; // of the still, by the hub's clock
    this.video.hidden = true;
  }
  #onstill; #loading = null;

  /** Shows a picture from the hub once it has arrived whole; a missing one leaves the glass as it is. Answers whether it came. */
  async load(url) {
    this.#loading?.abort();
    const stop = (this.#loading = new AbortController());
    try {
      const answer = await fetch(url, { signal: stop.signal, credentials: "same-origin", cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      const next = URL.createObjectURL(await answer.blob());
      const probe = new Image(); probe.src = next;
      await probe.decode();
      if (stop.signal.aborted) { URL.revokeObjectURL(next); return false; }
      const old = this.still.src;
      this.still.src = next; this.still.hidden = false;
      if (old.startsWith("blob:")) URL.revokeObjectURL(old);
      this.hasStill = true; this.takenAt = takenAt(answer); this.#onstill(true);
      return true;
    } catch {
      if (stop.signal.aborted) return false;
      if (this.hasStill === null) { this.hasStill = false; this.#onstill(false); }
      return false;
    }
  }
  /** The hub says that no picture was ever taken. */
  none() { if (this.hasStill === null) { this.hasStill = false; this.#onstill(false); } }
  /** Keeps the frame on screen while the element below is emptied. */
  freeze() {
    const v = this.video;
    if (v.hidden || v.readyState < 2 || !v.videoWidth) return;
    const scale = Math.min(1, kFrozenWidth / v.videoWidth);
    this.frozen.width = Math.round(v.videoWidth * scale); this.frozen.height = Math.round(v.videoHeight * scale);
    this.frozen.getContext("2d").drawImage(v, 0, 0, this.frozen.width, this.frozen.height);
    this.frozen.hidden = false;
  }
  /** The video has a frame to show. */
  thaw() { this.video.hidden = false; this.frozen.hidden = true; }
  /** Back to the still, for instance when a camera closes its shutters: nothing of the old picture stays. */
  forget() {
    this.#loading?.abort();
    this.video.removeAttribute("src"); this.video.load(); this.video.hidden = true;
    this.frozen.hidden = true; this.frozen.width = this.frozen.height = 1;
    if (this.still.src.startsWith("blob:")) URL.revokeObjectURL(this.still.src);
    this.still.removeAttribute("src"); this.still.hidden = true; this.hasStill = null;
  }
  /** Anything at all to look at? */
  get empty() { return this.still.hidden && this.video.hidden && this.frozen.hidden; }
  close() { this.#loading?.abort(); this.freeze(); this.video.removeAttribute("src"); this.video.load(); if (this.still.src.startsWith("blob:")) URL.revokeObjectURL(this.still.src); }
}
