// The little of fragmented MP4 (ISO/IEC 14496-12) that a player must know: where fragments begin and end,
// at which times whole pictures lie, and how the browser names the codecs. Pure functions over bytes.

const text = (u8, at) => String.fromCharCode(u8[at], u8[at + 1], u8[at + 2], u8[at + 3]);
const view = (u8) => new DataView(u8.buffer, u8.byteOffset, u8.byteLength);
const hex = (n) => n.toString(16).padStart(2, "0");

/** Boxes between `from` and `to`: [{type, start, body, end}]. A box without a size, or larger than what is there, ends the list. */
export function boxes(u8, from = 0, to = u8.length) {
  const v = view(u8), list = [];
  for (let at = from; at + 8 <= to;) {
    let size = v.getUint32(at), body = at + 8;
    if (size === 1) { // 64-bit size, §4.2
      if (at + 16 > to) break;
      size = v.getUint32(at + 8) * 2 ** 32 + v.getUint32(at + 12); body = at + 16;
    }
    if (size < body - at || at + size > to) break;
    list.push({ type: text(u8, at + 4), start: at, body, end: at + size });
    at += size;
  }
  return list;
}
const child = (u8, box, type) => box && boxes(u8, box.body, box.end).find((b) => b.type === type);
const path = (u8, box, ...types) => types.reduce((b, type) => child(u8, b, type), box);

/** RFC 6381 names from the sample entry; the same strings MediaSource.isTypeSupported wants. */
function codecName(u8, entry) {
  const inner = (skip, type) => boxes(u8, entry.body + skip, entry.end).find((b) => b.type === type);
  if (entry.type === "avc1" || entry.type === "avc3") {
    const c = inner(78, "avcC");
    return c ? `${entry.type}.${hex(u8[c.body + 1])}${hex(u8[c.body + 2])}${hex(u8[c.body + 3])}` : entry.type;
  }
  if (entry.type === "hvc1" || entry.type === "hev1") {
    const c = inner(78, "hvcC");
    if (!c) return entry.type;
    const v = view(u8), first = u8[c.body + 1], compatible = v.getUint32(c.body + 2);
    // ISO/IEC 14496-15 Annex E.3: compatibility flags in reverse bit order, trailing zero constraint bytes left out.
    let reversed = 0;
    for (let i = 0; i < 32; i++) if (compatible & (1 << i)) reversed |= 1 << (31 - i);
    const constraints = [...u8.subarray(c.body + 6, c.body + 12)];
    while (constraints.length && constraints.at(-1) === 0) constraints.pop();
    return [entry.type, `${["", "A", "B", "C"][first >> 6]}${first & 31}`, (reversed >>> 0).toString(16), `${first & 32 ? "H" : "L"}${u8[c.body + 12]}`,
      ...constraints.map((b) => b.toString(16).toUpperCase())].join(".");
  }
  if (entry.type === "mp4a") {
    const c = inner(28, "esds");
    const kind = c && audioObjectType(u8, c.body + 4, c.end);
    return `mp4a.40.${kind || 2}`;
  }
  return { Opus: "opus", fLaC: "flac" }[entry.type] ?? entry.type;
}
/** Walks the descriptors of an esds box (ISO/IEC 14496-1 §7.2.6) down to the AudioSpecificConfig. */
function audioObjectType(u8, at, end) {
  while (at + 2 < end) {
    const tag = u8[at++];
    let size = 0, b;
    do { b = u8[at++]; size = size * 128 + (b & 127); } while (b & 128 && at < end);
    if (tag === 3) at += 3;          // ES_Descriptor: id and flags, then its children
    else if (tag === 4) at += 13;    // DecoderConfigDescriptor: fixed part, then its children
    else if (tag === 5) { const kind = u8[at] >> 3; return kind === 31 ? 32 + (((u8[at] & 7) << 3) | (u8[at + 1] >> 5)) : kind; }
    else at += size;
  }
  return 0;
}

/**
 * Reads ftyp + moov. Answers {mime, tracks: Map(id -> {kind, timescale, codec, width, height, duration, keyByDefault})}
 * or null when there is no usable moov.
 */
export function readInit(u8) {
  const moov = boxes(u8).find((b) => b.type === "moov");
  if (!moov) return null;
  const v = view(u8), tracks = new Map();
  for (const trak of boxes(u8, moov.body, moov.end).filter((b) => b.type === "trak")) {
    const tkhd = child(u8, trak, "tkhd"), mdhd = path(u8, trak, "mdia", "mdhd"), hdlr = path(u8, trak, "mdia", "hdlr"), stsd = path(u8, trak, "mdia", "minf", "stbl", "stsd");
    const entry = stsd && boxes(u8, stsd.body + 8, stsd.end)[0];
    if (!tkhd || !mdhd || !hdlr || !entry) continue;
    const id = v.getUint32(tkhd.body + (u8[tkhd.body] === 1 ? 20 : 12)), kind = text(u8, hdlr.body + 8) === "vide" ? "video" : "audio";
    tracks.set(id, {
      kind, timescale: v.getUint32(mdhd.body + (u8[mdhd.body] === 1 ? 20 : 12)), codec: codecName(u8, entry), duration: 0, flags: 0,
      width: kind === "video" ? v.getUint16(entry.body + 24) : 0, height: kind === "video" ? v.getUint16(entry.body + 26) : 0,
    });
  }
  for (const trex of boxes(u8, child(u8, moov, "mvex")?.body ?? 0, child(u8, moov, "mvex")?.end ?? 0).filter((b) => b.type === "trex")) {
    const track = tracks.get(v.getUint32(trex.body + 4));
    if (track) { track.duration = v.getUint32(trex.body + 12); track.flags = v.getUint32(trex.body + 20); }
  }
  if (!tracks.size) return null;
  const list = [...tracks.values()];
  return { tracks, mime: `${list.some((x) => x.kind === "video") ? "video" : "audio"}/mp4; codecs="${list.map((x) => x.codec).join(",")}"` };
}

const kNonSync = 0x10000; // sample_is_non_sync_sample, §8.8.3.1

/** Reads one moof: [{kind, start, end, keys}] in seconds of the media time line; `keys` are the times of whole pictures. */
export function readFragment(u8, init) {
  const v = view(u8), parts = [];
  for (const moof of boxes(u8).filter((b) => b.type === "moof"))
    for (const traf of boxes(u8, moof.body, moof.end).filter((b) => b.type === "traf")) {
      const tfhd = child(u8, traf, "tfhd"), tfdt = child(u8, traf, "tfdt");
      const track = tfhd && init?.tracks.get(v.getUint32(tfhd.body + 4));
      if (!track || !tfdt) continue;
      let { duration, flags } = track, at = tfhd.body + 8;
      const has = v.getUint32(tfhd.body) & 0xffffff;
      if (has & 0x1) at += 8;
      if (has & 0x2) at += 4;
      if (has & 0x8) { duration = v.getUint32(at); at += 4; }
      if (has & 0x10) at += 4;
      if (has & 0x20) flags = v.getUint32(at);
      const base = u8[tfdt.body] === 1 ? v.getUint32(tfdt.body + 4) * 2 ** 32 + v.getUint32(tfdt.body + 8) : v.getUint32(tfdt.body + 4);
      let ticks = base;
      const keys = [];
      for (const trun of boxes(u8, traf.body, traf.end).filter((b) => b.type === "trun")) {
        const says = v.getUint32(trun.body) & 0xffffff, count = v.getUint32(trun.body + 4);
        let p = trun.body + 8 + (says & 0x1 ? 4 : 0), first = flags;
        if (says & 0x4) { first = v.getUint32(p); p += 4; }
        const step = 4 * [0x100, 0x200, 0x400, 0x800].filter((bit) => says & bit).length;
        for (let i = 0; i < count && p + step <= trun.end; i++, p += step) {
          const mine = says & 0x400 ? v.getUint32(p + (says & 0x100 ? 4 : 0) + (says & 0x200 ? 4 : 0)) : i === 0 ? first : flags;
          if (track.kind === "video" && !(mine & kNonSync)) keys.push(ticks / track.timescale);
          ticks += says & 0x100 ? v.getUint32(p) : duration;
        }
      }
      parts.push({ kind: track.kind, start: base / track.timescale, end: ticks / track.timescale, keys });
    }
  return parts;
}

/** Cuts a byte stream into whole pieces: the init segment first, then one moof + mdat each. */
export class Splitter {
  #rest = new Uint8Array(0);
  #held = [];
  /** Answers [{init: bool, bytes}]; what is not yet whole waits for the next call. */
  push(chunk) {
    const all = new Uint8Array(this.#rest.length + chunk.length);
    all.set(this.#rest); all.set(chunk, this.#rest.length);
    const out = [];
    let used = 0;
    for (const box of boxes(all)) {
      this.#held.push(all.slice(box.start, box.end)); used = box.end;
      if (box.type === "moov" || box.type === "mdat") { out.push({ init: box.type === "moov", bytes: join(this.#held) }); this.#held = []; }
    }
    this.#rest = all.slice(used);
    return out;
  }
}
export function join(list) {
  if (list.length === 1) return list[0];
  const out = new Uint8Array(list.reduce((n, x) => n + x.length, 0));
  let at = 0;
  for (const x of list) { out.set(x, at); at += x.length; }
  return out;
}
