// Reading the hub's own test picture inside the browser, and keeping count of what the page fed to its video elements.
// The layout of the cells is that of src/ffmpeg/test_picture_cells.cpp.

/** Runs in the page, before anything else there. It must stand alone: its text is sent to the browser. */
export function installTestPicture() {
  const kRows = 2, kColumns = 40, kBytes = 10, kMark = 0xa5, kEpoch = Date.UTC(2020, 0, 1);
  const even = (n) => n - (n % 2);
  let canvas = null;

  /** {media, frame, wall} of the picture on a video element: its media time in seconds, counter and clock. Null when it has none. */
  window.readTestPicture = (video) => {
    if (video.readyState < 2 || !video.videoWidth) return null;
    // A VideoFrame ties pixels to their time; a canvas drawn from the element may already hold the frame after the one announced.
    const picture = new VideoFrame(video);
    try {
      const width = picture.displayWidth, height = picture.displayHeight, tall = even(Math.floor(height / 24)), strip = kRows * tall;
      if (canvas?.width !== width || canvas.height !== strip) canvas = new OffscreenCanvas(width, strip);
      const pen = canvas.getContext("2d", { willReadFrequently: true });
      pen.drawImage(picture, 0, height - strip, width, strip, 0, 0, width, strip);
      const { data } = pen.getImageData(0, 0, width, strip), code = new Uint8Array(kBytes);
      for (let i = 0; i < kRows * kColumns; i++) {
        const column = i % kColumns;
        const left = even(Math.floor((width * column) / kColumns)), right = even(Math.floor((width * (column + 1)) / kColumns));
        const x = left + ((right - left) >> 1), y = Math.floor(i / kColumns) * tall + (tall >> 1);
        if (data[4 * (y * width + x) + 1] > 125) code[i >> 3] |= 0x80 >> i % 8;
      }
      const sum = code.slice(0, -1).reduce((n, byte, i) => n + byte * (i + 1), 0) & 0xff;
      if (code[0] !== kMark || code[kBytes - 1] !== sum) return null;
      const number = (from, until) => code.slice(from, until).reduce((n, byte) => n * 256 + byte, 0);
      return { media: picture.timestamp / 1e6, frame: number(1, 4), wall: kEpoch + number(4, 9) };
    } finally { picture.close(); }
  };

  /** Every picture that a video element shows from now on: {seen: [{media, frame, wall, seeks}], unreadable, seeks}. */
  window.followTestPicture = (video) => {
    const log = { seen: [], unreadable: 0, seeks: 0 };
    const each = () => {
      const picture = window.readTestPicture(video);
      if (video.readyState < 2) { /* it has just run dry: there is nothing to read */ }
      else if (!picture) log.unreadable++;
      else if (picture.media !== log.seen.at(-1)?.media) log.seen.push({ ...picture, seeks: log.seeks });
      video.requestVideoFrameCallback(each);
    };
    video.requestVideoFrameCallback(each);
    video.addEventListener("seeking", () => log.seeks++);
    return log;
  };

  // A copy of all that was handed to the browser for the newest source.
  const append = SourceBuffer.prototype.appendBuffer;
  window.appended = { buffer: null, parts: [] };
  SourceBuffer.prototype.appendBuffer = function (bytes) {
    if (window.appended.buffer !== this) window.appended = { buffer: this, parts: [] };
    window.appended.parts.push({ bytes: new Uint8Array(bytes).slice(), offset: this.timestampOffset });
    return append.call(this, bytes);
  };
}

/** Runs in the page: when each picture that was handed over is to be shown, in seconds; one that came twice counts once. {times, inits} */
export async function readAppended() {
  const { boxes, readInit, Splitter } = await import("/js/fmp4.js"), times = [];
  let init = null, inits = 0;
  for (const { bytes, offset } of window.appended.parts) {
    for (const part of new Splitter().push(bytes)) {
      if (part.init) { init = readInit(part.bytes); inits++; } else times.push(...pictures(part.bytes).map((time) => time + offset));
    }
  }
  times.sort((a, b) => a - b);
  return { times: times.filter((time, i) => !(time - times[i - 1] < 0.002)), inits };

  // ISO/IEC 14496-12 8.8.7, 8.8.8 and 8.8.12; the cameras of this test send no B-frames.
  function pictures(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), out = [];
    for (const moof of boxes(bytes).filter((b) => b.type === "moof"))
      for (const traf of boxes(bytes, moof.body, moof.end).filter((b) => b.type === "traf")) {
        const inside = boxes(bytes, traf.body, traf.end), tfhd = inside.find((b) => b.type === "tfhd"), tfdt = inside.find((b) => b.type === "tfdt");
        const track = init.tracks.get(view.getUint32(tfhd.body + 4)), has = view.getUint32(tfhd.body);
        if (track?.kind !== "video") continue;
        const usual = has & 0x8 ? view.getUint32(tfhd.body + 8 + (has & 0x1 ? 8 : 0) + (has & 0x2 ? 4 : 0)) : track.duration;
        let ticks = bytes[tfdt.body] === 1 ? Number(view.getBigUint64(tfdt.body + 4)) : view.getUint32(tfdt.body + 4);
        for (const trun of inside.filter((b) => b.type === "trun")) {
          const says = view.getUint32(trun.body), step = 4 * [0x100, 0x200, 0x400, 0x800].filter((bit) => says & bit).length;
          let at = trun.body + 8 + (says & 0x1 ? 4 : 0) + (says & 0x4 ? 4 : 0);
          for (let n = view.getUint32(trun.body + 4); n > 0; n--, at += step) {
            out.push(ticks / track.timescale);
            ticks += says & 0x100 ? view.getUint32(at) : usual;
          }
        }
      }
    return out;
  }
}
