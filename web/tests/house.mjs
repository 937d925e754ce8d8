// The house the tests look at: one camera for every state, with footage, events, sensors and settings where a test needs them.
import { after } from "node:test";
import { clip, still } from "./media.mjs";
import { FakeHub } from "./fake-hub.mjs";

const iso = (ms) => new Date(ms).toISOString();
export const kMinute = 60_000, kHour = 3_600_000;

/** A camera as the hub describes it. */
export function cameraJson(id, name, state, more = {}) {
  return {
    id, unique_id: `generic:${id}`, name, vendor: "generic", model: "", serial: "", firmware: "", place: "", present: true, capabilities: ["live-video", "live-audio"], qualities: ["main"],
    state: { word: "live", since: iso(Date.now() - 2 * kHour), ...state }, settings: [], sensors: [], way: "rtsp", stream: id, recording: { mode: "always", active: true, since: iso(Date.now() - 2 * kHour) },
    commands: [], picture_every: 10,
    video: { codec: "h264", width: 320, height: 180 }, audio: { codec: "aac", sample_rate: 48000, channels: 1 }, bitrate_bps: 400_000, viewers: 1, picture_at: iso(Date.now() - 5000), ...more,
  };
}
export const moving = { one: () => clip({ name: "one" }), two: () => clip({ name: "two", picture: "mandelbrot=rate=10:start_scale=1", audio: false }), hevc: () => clip({ name: "hevc", codec: "hevc", seconds: 2 }) };
export const picture = (name = "still", what = "testsrc2") => still({ name, picture: what });

/** Two plain live cameras, one with sound. */
export function twoCameras() {
  return [{ json: cameraJson("porch", "Porch", {}, { place: "Outside" }), loop: moving.one(), picture: picture() }, { json: cameraJson("hall", "Hall", {}, { place: "Inside", audio: null }), loop: clip({ name: "silent", picture: "smptebars", audio: false }), picture: picture("bars", "smptebars") }];
}

const started = [];
after(() => Promise.all(started.map((hub) => hub.stop()))); // one that a failed test left open would keep the runner waiting for ever
export async function house(options = {}) {
  const hub = new FakeHub({ cameras: twoCameras(), ...options });
  started.push(hub);
  return hub.start();
}
