// What this browser can play, and the one place that knows about its two kinds of MediaSource.

const Source = self.MediaSource ?? self.ManagedMediaSource; // iPhones offer only the managed kind
/** The order is the hub's order of preference. Asked once; the answer cannot change while the page is open. */
const kVideo = ["avc1.640029", "avc1.64002A", "avc1.640033", "hvc1.1.6.L153.B0", "hev1.1.6.L153.B0"];
const kAudio = ["mp4a.40.2", "mp4a.40.5", "flac", "opus"];
const plays = (codec) => Boolean(Source?.isTypeSupported(`video/mp4; codecs="${codec}"`));
const video = kVideo.filter(plays), audio = kAudio.filter(plays);

export const canPlay = (mime) => Boolean(Source?.isTypeSupported(mime));
/** The list the hub is told when a live stream is asked for. */
export const codecs = (withSound) => [...video, ...(withSound ? audio : [])].join(",");

/** Attaches a fresh source to the element and resolves with it once it is open. Rejects when `signal` aborts first. */
export function openSource(element, signal) {
  return new Promise((resolve, reject) => {
    if (!Source) { reject(new Error("no MediaSource")); return; }
    const source = new Source(), url = URL.createObjectURL(source);
    const stop = () => {
      // An element that has yet to look at its address would complain that nothing is there any more.
      if (element.src === url) { element.removeAttribute("src"); element.load(); }
      URL.revokeObjectURL(url); reject(signal.reason);
    };
    signal.addEventListener("abort", stop, { once: true });
    source.addEventListener("sourceopen", () => { URL.revokeObjectURL(url); signal.removeEventListener("abort", stop); resolve(source); }, { once: true });
    if (Source !== self.MediaSource) element.disableRemotePlayback = true; // else the managed kind never opens
    element.src = url;
  });
}

export const ranges = (buffered) => Array.from({ length: buffered.length }, (_, i) => [buffered.start(i), buffered.end(i)]);

/**
 * A SourceBuffer that takes one thing at a time. Everything is queued: append(bytes), retype(mime), offset(seconds), trim(before), clear().
 * `keys` holds the times of whole pictures inside, because a browser that is told to forget up to a moment forgets up to the NEXT
 * whole picture (Media Source Extensions §3.5.9), which would take the picture on screen with it.
 */
export class Buffer {
  #source; #buffer; #work = []; #fail;
  keys = [];
  bytesWaiting = 0;

  constructor(source, mime, fail) {
    this.#source = source; this.#fail = fail;
    this.#buffer = source.addSourceBuffer(mime);
    this.#buffer.mode = "segments";
    this.#buffer.addEventListener("updateend", () => this.#next());
  }
  get ranges() { try { return ranges(this.#buffer.buffered); } catch { return []; } }
  get end() { return this.ranges.at(-1)?.[1] ?? 0; }
  append(bytes) { this.bytesWaiting += bytes.byteLength; this.#work.push({ bytes }); this.#next(); }
  retype(mime) { this.#work.push({ run: (b) => b.changeType?.(mime) }); this.#next(); }
  offset(seconds) { this.#work.push({ run: (b) => { if (b.timestampOffset !== seconds) b.timestampOffset = seconds; } }); this.#next(); }
  /** Resolves when everything queued so far has been taken in. */
  settled() { return new Promise((resolve) => { this.#work.push({ run: resolve }); this.#next(); }); }
  /** Forgets what lies before the last whole picture at or before `time`. */
  trim(time) {
    const key = this.keys.findLast((k) => k <= time), first = this.ranges[0]?.[0];
    if (key === undefined || first === undefined || key - first < 1) return; // not worth the work
    this.keys = this.keys.filter((k) => k >= key);
    this.#work.push({ run: (b) => b.remove(0, key - 0.001) }); this.#next();
  }
  clear() {
    this.#work = []; this.bytesWaiting = 0; this.keys = [];
    this.#work.push({ run: (b) => { b.abort(); b.remove(0, Infinity); } }); this.#next();
  }
  end_of_stream() { this.#work.push({ run: () => this.#source.endOfStream() }); this.#next(); }

  #next() {
    while (this.#work.length && !this.#buffer.updating && this.#source.readyState !== "closed") {
      const job = this.#work.shift();
      try {
        if (job.bytes) { this.bytesWaiting -= job.bytes.byteLength; this.#buffer.appendBuffer(job.bytes); } else job.run(this.#buffer);
      } catch (error) {
        if (error.name !== "QuotaExceededError" || !job.bytes || job.again) { this.#fail(error); return; }
        // The browser's own limit: forget more of the past than we wanted, then try once again.
        this.bytesWaiting += job.bytes.byteLength; this.#work.unshift({ ...job, again: true });
        const [from, to] = this.ranges[0] ?? [0, 0];
        this.#buffer.remove(from, Math.max(from + 1, to - 2));
      }
    }
  }
}
