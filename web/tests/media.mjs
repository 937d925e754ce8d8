// Moving pictures for the tests: a clip made once by ffmpeg, then played round and round with a time line that only goes forward.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Splitter, boxes, readFragment, readInit } from "../js/fmp4.js";

const cache = join(tmpdir(), `casement-web-media-${process.getuid?.() ?? 0}`);

/** Makes (or finds) a fragmented MP4 of `seconds`, one fragment per frame, a key frame every second. `filter` works on the picture. */
export function clip({ name, picture = "testsrc2", filter = "", codec = "h264", audio = true, seconds = 10, size = "320x180", rate = 10 }) {
  mkdirSync(cache, { recursive: true });
  const file = join(cache, `${name}-${codec}-${audio ? "a" : "v"}-${seconds}-${size}-${rate}.mp4`);
  if (!existsSync(file)) {
    const video = codec === "hevc" ? ["-c:v", "libx265", "-tag:v", "hvc1", "-x265-params", `log-level=error:keyint=${rate}:min-keyint=${rate}:scenecut=0:bframes=0`, "-preset", "ultrafast"]
      : ["-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-profile:v", "main", "-g", String(rate), "-keyint_min", String(rate), "-sc_threshold", "0", "-bf", "0"];
    const part = `${file}.${process.pid}.part`;
    execFileSync("ffmpeg", ["-v", "error", "-y", "-f", "lavfi", "-i", `${picture}=size=${size}:rate=${rate}${filter}`,
      ...(audio ? ["-f", "lavfi", "-i", "sine=frequency=330:sample_rate=48000"] : []), "-t", String(seconds), "-pix_fmt", "yuv420p", ...video,
      ...(audio ? ["-c:a", "aac", "-b:a", "48k"] : []), "-movflags", "empty_moov+default_base_moof+frag_every_frame", "-f", "mp4", part]);
    renameSync(part, file);
  }
  return new Loop(readFileSync(file), seconds);
}

/** Eight bars that say the number of the picture in the clip, lowest bit at the left: 0 to 99 in ten seconds. */
export const counting = (audio = true) => clip({ name: "counting", picture: "nullsrc", audio, filter: ",geq=lum='if(bitand(floor(N/pow(2,floor(X/40))),1),220,30)':cb=128:cr=128" });
/** Runs in the page: that number, read from a video element; null without a picture. */
export function countOf(video) {
  if (video.readyState < 2 || !video.videoWidth) return null;
  const canvas = document.createElement("canvas"), pen = canvas.getContext("2d", { willReadFrequently: true });
  canvas.width = 320; canvas.height = 180;
  pen.drawImage(video, 0, 0, 320, 180);
  return Array.from({ length: 8 }, (_, i) => (pen.getImageData(40 * i + 20, 90, 1, 1).data[1] > 125 ? 1 << i : 0)).reduce((a, b) => a + b);
}

/** One picture of the clip as JPEG. */
export function still({ name, picture = "testsrc2", size = "320x180" }) {
  mkdirSync(cache, { recursive: true });
  const file = join(cache, `${name}-${size}.jpg`);
  if (!existsSync(file)) execFileSync("ffmpeg", ["-v", "error", "-y", "-f", "lavfi", "-i", `${picture}=size=${size}:rate=1`, "-frames:v", "1", `${file}.${process.pid}.jpg`]), renameSync(`${file}.${process.pid}.jpg`, file);
  return readFileSync(file);
}

/** A clip repeated for ever. Time 0 is the first frame; frame times keep growing over the seam. */
export class Loop {
  constructor(bytes, seconds) {
    const parts = new Splitter().push(bytes);
    this.init = Buffer.from(parts[0].bytes);
    this.seconds = seconds;
    this.info = readInit(parts[0].bytes);
    this.mime = this.info.mime;
    this.frames = parts.slice(1).map(({ bytes: b }) => {
      const traf = readFragment(b, this.info);
      return { bytes: Buffer.from(b), at: Math.min(...traf.map((x) => x.start)), key: traf.some((x) => x.kind === "video" && x.keys.length > 0), video: traf.some((x) => x.kind === "video") };
    }).sort((a, b) => a.at - b.at).filter((f) => f.at < seconds);
  }
  /** Fragments with start times in [from, to) seconds of the endless time line; times are written relative to `origin`. */
  *between(from, to, origin = 0) {
    for (let round = Math.floor(from / this.seconds); round * this.seconds < to; round++)
      for (const frame of this.frames) {
        const at = round * this.seconds + frame.at;
        if (at >= from && at < to) yield { at, key: frame.key, video: frame.video, bytes: shifted(frame.bytes, this.info, round * this.seconds - origin) };
      }
  }
}

/** A copy of the fragment whose tfdt is moved by `seconds` (ISO/IEC 14496-12 §8.8.12). */
function shifted(bytes, info, seconds) {
  const copy = Buffer.from(bytes);
  for (const moof of boxes(copy).filter((b) => b.type === "moof"))
    for (const traf of boxes(copy, moof.body, moof.end).filter((b) => b.type === "traf")) {
      const inner = boxes(copy, traf.body, traf.end), tfhd = inner.find((b) => b.type === "tfhd"), tfdt = inner.find((b) => b.type === "tfdt");
      const { timescale } = info.tracks.get(copy.readUInt32BE(tfhd.body + 4));
      if (copy[tfdt.body] !== 1) throw new Error("the clip has 32-bit times");
      const ticks = copy.readBigUInt64BE(tfdt.body + 4) + BigInt(Math.round(seconds * timescale));
      copy.writeBigUInt64BE(ticks < 0n ? 0n : ticks, tfdt.body + 4);
    }
  return copy;
}
