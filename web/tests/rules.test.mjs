// The page's rules that need no browser.
import { test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { shown, streams } from "../js/shown.js";
import { boxes, readFragment, readInit, Splitter } from "../js/fmp4.js";
import { readCamera } from "../js/api.js";
import { Backoff } from "../js/backoff.js";
import { en, span, t, tn } from "../js/strings.js";
import { addDays, dayFromText, dayStart, dayText, useZone } from "../js/time.js";
import { gapLook, sentence, steps, untilNextTry } from "../js/reasons.js";
import { clip } from "./media.mjs";

const kJs = new URL("../js/", import.meta.url);
const now = 1_000_000, at = (state, ago) => ({ state, since: now - ago });

test("A stream that is lost for a moment stays Live", () => {
  assert.equal(shown(at("live", 60_000), at("lost", 500), now - 1_999, now).state, "live");
  assert.deepEqual(shown(at("live", 60_000), at("lost", 2_500), now - 2_500, now), { state: "connecting", since: now - 2_500 });
});
test("A camera that goes offline is Connecting until 30 seconds have passed", () => {
  assert.equal(shown(at("offline", 1_000), null, now - 1_000, now).state, "live");
  assert.equal(shown(at("offline", 29_999), null, now - 29_999, now).state, "connecting");
  assert.equal(shown(at("offline", 30_000), null, now - 30_000, now).state, "offline");
});
test("What the hub says about sleep, privacy and sign-in is shown at once", () => {
  for (const word of ["asleep", "privacy", "signin", "snapshot"]) assert.equal(shown(at(word, 0), at("playing", 9), now - 1, now).state, word);
});
test("A picture that cannot be played here becomes single pictures, with the reason", () => {
  assert.deepEqual(shown(at("live", 9_000), at("codec", 10), 0, now), { state: "snapshot", since: now - 10, reason: "screen-codec" });
});
test("A maker's name is not said twice", () => {
  const maker = (vendor, model) => readCamera({ id: "a", vendor, model }).maker;
  assert.equal(maker("nest", "Nest Cam Indoor"), "Google Nest Cam Indoor");
  assert.equal(maker("nest", "Google Nest Hub Max"), "Google Nest Hub Max");
  assert.equal(maker("nanit", "Nanit, hardware 3"), "Nanit, hardware 3");
  assert.equal(maker("arlo", "VMC4030P"), "Arlo VMC4030P");
  assert.equal(maker("nest", ""), "Google Nest");
  assert.equal(maker("generic", "IPC-1"), "IPC-1");
});
test("The page never says Cannot be reached on its own account", () => {
  for (const word of ["lost", "opening", "refused"]) assert.equal(shown(at("live", 1e6), at(word, 1e6), 0, now).state, "connecting");
});
test("Only a camera that is live or coming up is streamed", () => {
  assert.deepEqual(["live", "connecting", "snapshot", "asleep", "privacy", "offline", "signin"].filter(streams), ["live", "connecting"]);
});

test("An init segment tells codecs, sizes and clocks", () => {
  const { init } = clip({ name: "one" }), read = readInit(init), [video, audio] = [...read.tracks.values()];
  assert.match(read.mime, /^video\/mp4; codecs="avc1\.4d[0-9a-f]{4},mp4a\.40\.2"$/);
  assert.deepEqual([video.kind, video.width, video.height, audio.kind, audio.timescale], ["video", 320, 180, "audio", 48000]);
});
test("H.265 is named the way browsers name it", () => { assert.match(readInit(clip({ name: "hevc", codec: "hevc", seconds: 2 }).init).mime, /"hvc1\.1\.6\.L\d+\.90,/); });
test("A fragment tells its time, its length and its whole pictures", () => {
  const loop = clip({ name: "silent", picture: "smptebars", audio: false }), parts = loop.frames.filter((f) => f.video).slice(0, 21).map((f) => readFragment(f.bytes, loop.info).find((x) => x.kind === "video"));
  assert.deepEqual(parts.filter((p) => p.keys.length).map((p) => p.start), [0, 1, 2]);
  for (const p of parts) assert.ok(Math.abs(p.end - p.start - 0.1) < 0.001);
});
test("A stream cut anywhere comes out of the splitter whole", () => {
  const loop = clip({ name: "one" }), bytes = Buffer.concat([loop.init, ...loop.frames.slice(0, 4).map((f) => f.bytes)]);
  for (const size of [1, 7, 1000]) {
    const splitter = new Splitter(), out = [];
    for (let i = 0; i < bytes.length; i += size) out.push(...splitter.push(bytes.subarray(i, i + size)));
    assert.deepEqual(out.map((x) => x.init), [true, false, false, false, false]);
    assert.ok(Buffer.concat(out.map((x) => x.bytes)).equals(bytes));
  }
});
test("A box that claims more than there is, or nothing, ends the list", () => {
  assert.deepEqual(boxes(Uint8Array.of(0, 0, 0, 9, 102, 114, 101, 101)), []);
  assert.deepEqual(boxes(Uint8Array.of(0, 0, 0, 0, 102, 114, 101, 101)), []);
  assert.equal(boxes(Uint8Array.of(0, 0, 0, 8, 102, 114, 101, 101)).length, 1);
});
test("An init segment cut short at any byte is refused, not misread", () => {
  const { init } = clip({ name: "one" });
  for (let n = 0; n < init.length; n++) assert.equal(readInit(init.subarray(0, n)), null, `cut at ${n}`);
});
test("A fragment cut short at any byte does not throw", () => {
  const loop = clip({ name: "one" }), { bytes } = loop.frames[0];
  for (let n = 0; n < bytes.length; n++) readFragment(bytes.subarray(0, n), loop.info);
});

test("Waiting doubles from half a second to fifteen", () => {
  const backoff = new Backoff(), waits = [];
  for (let i = 0; i < 8; i++) { waits.push(backoff.delay(1)); backoff.plan(() => {}); }
  backoff.cancel();
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 15000, 15000, 15000]);
  assert.equal(backoff.delay(0), 15000 * 0.75);
  backoff.reset(); assert.equal(backoff.delay(1), 500);
});

test("Days begin where the hub is, also when the clocks change", () => {
  useZone("Europe/Vienna");
  const spring = dayFromText("2026-03-29"), autumn = dayFromText("2026-10-25");
  assert.equal(new Date(spring).toISOString(), "2026-03-28T23:00:00.000Z");
  assert.equal((addDays(spring, 1) - spring) / 3_600_000, 23);
  assert.equal((addDays(autumn, 1) - autumn) / 3_600_000, 25);
  assert.equal(dayText(addDays(autumn, -1)), "2026-10-24");
  assert.equal(dayStart(Date.parse("2026-07-01T22:30:00Z")), Date.parse("2026-07-01T22:00:00Z"));
  useZone("Nowhere/Land"); // ignored
  useZone("");
});
test("Spans are said in their largest unit", () => { assert.deepEqual([9_999, 18 * 60_000, 3 * 3_600_000, 3 * 86_400_000].map(span), ["9 s", "18 min", "3 h", "3 days"]); });
test("Numbers choose their form", () => { assert.equal(tn("health.lead", 1), "One camera needs you"); assert.equal(tn("health.lead", 3), "3 cameras need you"); });

test("The hub's sentence comes first, the page's deck where there is none", () => {
  assert.equal(sentence({ code: "refused", text: "It answers, but not on port 554." }), "It answers, but not on port 554.");
  assert.equal(sentence({ code: "refused" }), "It answers, but refuses the connection.");
  assert.equal(sentence({ code: "session-ended" }, "Nanit"), "Nanit signed us out.");
  assert.equal(sentence({ code: "wrong-password" }), "The camera did not accept the password.");
  assert.equal(sentence({ code: "never-heard-of" }), "");
});
test("Every reason of the deck has a shape on the time line or says that none is known", () => {
  assert.deepEqual(["no-route", "camera-unreachable", "session-ended", "privacy", "asleep", "recording-off", "disk-full", "deleted-as-agreed", "hub-stopped", "?"].map(gapLook), ["offline", "offline", "session", "privacy", "asleep", "off", "disk", "kept", "hub", "unknown"]);
  assert.equal(steps("no-route").length, 3);
});
test("The next try is counted down to nothing", () => { assert.deepEqual([untilNextTry({ nextTry: 5_400 }, 0), untilNextTry({ nextTry: 1 }, 9), untilNextTry({}, 0)], [6, 0, null]); });

test("Every word the script asks for is in the catalogue, and no word is left over", () => {
  const source = readdirSync(kJs).filter((f) => f !== "strings.js").map((f) => readFileSync(new URL(f, kJs), "utf8")).join("\n") + readFileSync(new URL("strings.js", kJs), "utf8").split("const pseudo")[1];
  const asked = [...source.matchAll(/\btn?\(\s*"([\w.-]+)"/g)].map((m) => m[1]), has = (k) => k in en || `${k}.other` in en;
  assert.deepEqual(asked.filter((k) => !has(k)), []);
  const built = /^(reason|step|state|gap|kind|event|keys|nav|stats|fact|record|way|account|span|settings\.theme)\./;
  const spare = Object.keys(en).filter((k) => !built.test(k) && !source.includes(`"${k}"`) && !source.includes(`"${k.replace(/\.(one|other)$/, "")}"`));
  assert.deepEqual(spare, []);
});
test("Nothing on the page writes markup from text or a style attribute", () => {
  for (const f of readdirSync(kJs)) assert.doesNotMatch(readFileSync(new URL(f, kJs), "utf8"), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|setAttribute\("style"|\beval\(/, f);
  assert.equal(t("state.connecting", { s: "<b>" }), "Connecting, <b> s");
});
