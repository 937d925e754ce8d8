// One camera: live with sound, any moment of the past, and the way back.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { closeBrowser, openPage, signIn, until, videoState } from "./browser.mjs";
import { cameraJson, house, kHour, kMinute, moving, picture } from "./house.mjs";
import { clip, countOf, counting } from "./media.mjs";
import { addDays, date, dayStart, dayText, time, useZone } from "../js/time.js";

after(closeBrowser);

// The hub lives where no midnight is near, so that "an hour ago" is always today; the page must show the hub's time, not the browser's.
const hourIn = (zone) => Number(new Intl.DateTimeFormat("en-GB", { hour: "numeric", hourCycle: "h23", timeZone: zone }).format());
const kZone = ["Asia/Kolkata", "America/St_Johns"].find((zone) => hourIn(zone) >= 3 && hourIn(zone) <= 22);
useZone(kZone);
const today = () => dayStart(Date.now()), yesterday = () => addDays(today(), -1);
const kAway = [/Failed to load resource/, /WebSocket/, /ERR_/]; // what a browser says when a hub is gone

const player = (page) => page.locator(".player"), strip = (page) => page.locator(".strip");
const badge = (page) => player(page).locator(".badge").first().innerText();
const message = (page) => player(page).locator(".nopicture").innerText().then((x) => x.replace(/\s+/g, " ").trim());
const bar = (page, name) => player(page).getByRole("button", { name, exact: true });
const addressed = (page) => Date.parse(new URL(page.url()).searchParams.get("t") ?? "");
const asked = (hub, what) => hub.asked.filter((x) => x.what === what && x.camera === "porch");

/** Porch has sound and footage of the last hours and of yesterday morning, with a hole of 18 minutes today; Hall has neither. */
async function stage({ spans, gaps, ...options } = {}) {
  const now = Date.now(), hole = [now - 40 * kMinute, now - 22 * kMinute];
  const hub = await house({ cameras: [
    { json: cameraJson("porch", "Porch", {}), loop: counting(), picture: picture() },
    { json: cameraJson("hall", "Hall", {}, { audio: null }), loop: clip({ name: "silent", picture: "smptebars", audio: false }), picture: picture("bars", "smptebars") },
  ], ...options });
  hub.zone = kZone; hub.epoch = yesterday();
  hub.record("porch", spans ?? [[yesterday() + 9 * kHour, yesterday() + 9 * kHour + 5 * kMinute], [now - 2 * kHour, hole[0]], [hole[1], Infinity]], gaps ?? [[...hole, "no-route"]]);
  return { hub, hole, now };
}
async function open(hub, query = "", options = {}) {
  const page = await openPage(hub.url, { height: 1000, ...options });
  await signIn(page, {}, `/cameras/porch${query}`);
  await player(page).waitFor();
  return page;
}
async function live(page) {
  await until(async () => (await badge(page)).startsWith("Live"), "live");
  const { frames } = await videoState(player(page));
  await until(async () => { const v = await videoState(player(page)); return !v.hidden && v.frames > (v.frames < frames ? 3 : frames + 3); }, "live frames");
}
async function plays(page) {
  await until(async () => (await badge(page)).endsWith("recorded"), "the recording plays");
  const { time: from } = await videoState(player(page));
  await until(async () => (await videoState(player(page))).time > from + 0.5, "it moves");
}
/** Presses the strip where `ms` is. */
async function press(page, ms) {
  const box = await strip(page).boundingBox(), [from, to] = [Date.now() - kHour, Date.now()];
  await page.mouse.click(box.x + (box.width * (ms - from)) / (to - from), box.y + box.height / 2);
}
/**
 * The page's clock whenever it is written, with the number on the picture at that time: they must tell the same moment, `times` times running.
 * A decoder without a processor may fall behind for a while; a wrong clock stays wrong.
 */
async function clockIsRight(page, hub, times = 3) {
  await page.evaluate(`window.countOf = ${countOf}`);
  const wrong = [];
  for (let right = 0; right < times;) {
    const { said, count } = await page.evaluate(() => new Promise((done, failed) => {
      const video = document.querySelector(".player video"), when = document.querySelector(".when b");
      const look = new MutationObserver(() => { look.disconnect(); done({ said: when.textContent, count: window.countOf(video) }); });
      look.observe(when, { childList: true, characterData: true, subtree: true });
      setTimeout(() => failed(new Error(`the clock stands still at ${when.textContent}`)), 30_000);
    }));
    const [h, m, s] = said.split(":").map(Number), ms = dayStart(hub.day ?? Date.now()) + ((h * 60 + m) * 60 + s) * 1000;
    const apart = ((count / 10 - ((ms - hub.epoch) / 1000) % 10 + 15) % 10) - 5; // the text leaves out the fraction: 0 to 1 is exact
    if (apart > -0.5 && apart < 1.5) right++;
    else { right = 0; wrong.push(`${said}: the picture is ${apart.toFixed(1)} s off`); }
    assert.ok(wrong.length < 10, wrong.join("; "));
  }
}

test("A camera is live, with sound after one press, and remembers it", async () => {
  const { hub } = await stage(), page = await open(hub);
  await live(page);
  const button = bar(page, "Sound"), heard = () => player(page).locator("video").evaluate((v) => ({ muted: v.muted, bytes: v.webkitAudioDecodedByteCount }));
  assert.deepEqual([await button.getAttribute("aria-pressed"), (await heard()).muted], ["false", true]);
  await button.click();
  assert.equal(await button.getAttribute("aria-pressed"), "true");
  const { bytes } = await heard();
  await until(async () => { const x = await heard(); return !x.muted && x.bytes > bytes + 5_000; }, "sound");
  await page.reload();
  await live(page);
  await until(async () => !(await heard()).muted && (await button.getAttribute("aria-pressed")) === "true", "sound again");
  await page.done(); await hub.stop();
});

test("The sound button of a camera without sound says so and does nothing", async () => {
  const { hub } = await stage(), page = await openPage(hub.url);
  await signIn(page, {}, "/cameras/hall");
  await live(page);
  await until(async () => (await bar(page, "Sound").getAttribute("aria-disabled")) === "true", "no sound");
  assert.equal(await bar(page, "Sound").getAttribute("title"), "This camera sends no sound");
  for (const press of [() => bar(page, "Sound").click({ force: true }), () => page.keyboard.press("m")]) {
    await press();
    assert.equal(await bar(page, "Sound").getAttribute("aria-pressed"), "false");
    assert.equal((await videoState(player(page))).muted, true);
  }
  await page.done(); await hub.stop();
});

test("Viewers and data rate are asked for again while somebody looks", async () => {
  const { hub } = await stage(), page = await open(hub);
  const facts = () => page.locator(".side .facts").innerText();
  await until(async () => /one viewer/.test(await facts()), "the first facts");
  Object.assign(hub.cameras.get("porch").json, { viewers: 3, bitrate_bps: 2_500_000 }); // nothing is told
  await until(async () => /3 viewers/.test(await facts()) && /2\.5 Mbit\/s/.test(await facts()), "newer facts", 15_000);
  await page.done(); await hub.stop();
});

test("A paused live picture stands still; playing goes on with the newest", async () => {
  const { hub } = await stage(), page = await open(hub);
  await live(page);
  await bar(page, "Pause").click();
  await bar(page, "Play").waitFor();
  assert.match(await badge(page), /paused/);
  const still = await videoState(player(page));
  await page.waitForTimeout(5_000);
  const later = await videoState(player(page));
  assert.ok(Math.abs(later.time - still.time) < 0.1, `the paused picture went on from ${still.time} to ${later.time}`);
  await bar(page, "Play").click();
  await until(async () => (await videoState(player(page))).time > still.time + 4, "the newest picture");
  await live(page);
  await page.done(); await hub.stop();
});

test("A press on the time line plays that moment, and the clock is that of the picture", async () => {
  const { hub } = await stage(), page = await open(hub), at = Date.now() - 10 * kMinute;
  await live(page);
  await press(page, at);
  await plays(page);
  await clockIsRight(page, hub);
  const [{ from }] = asked(hub, "recording.mp4");
  assert.ok(Math.abs(from - at) < 15_000, `asked for ${new Date(from).toISOString()}, pressed at ${new Date(at).toISOString()}`);
  await until(() => Math.abs(addressed(page) - at) < 15_000, "the moment is in the address");
  assert.equal(hub.cameras.get("porch").viewers.length, 0, "the live stream has ended");
  await page.done(); await hub.stop();
});

test("While a finger is on the time line playback does not pull the head away; the picture comes when it rests", async () => {
  const { hub } = await stage(), page = await open(hub), now = () => strip(page).getAttribute("aria-valuenow").then(Number);
  await live(page);
  const box = await strip(page).boundingBox(), y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * 0.95, y);
  await page.mouse.down();
  for (const part of [0.92, 0.89, 0.86, 0.83]) await page.mouse.move(box.x + box.width * part, y);
  const held = await now();
  await until(async () => asked(hub, "recording.mp4").length > 0, "the picture under the finger");
  await until(async () => (await badge(page)).endsWith("paused"), "a still picture while the finger rests");
  await page.waitForTimeout(1500);
  assert.equal(await now(), held);
  await page.mouse.up();
  await plays(page);
  assert.ok((await now()) - held < 20, "plays from where the finger was");
  await clockIsRight(page, hub, 2);
  await page.done(); await hub.stop();
});

test("The time line is moved by keys", async () => {
  const { hub } = await stage(), page = await open(hub), text = () => strip(page).getAttribute("aria-valuetext"), now = () => strip(page).getAttribute("aria-valuenow").then(Number);
  await live(page);
  assert.equal(await text(), "Live");
  await strip(page).focus();
  const before = await now();
  await page.keyboard.press("PageUp");
  await until(async () => (await now()) <= before - 595, "ten minutes back");
  assert.ok((await now()) > before - 610);
  assert.match(await text(), new RegExp(`^${date(Date.now())}, \\d\\d:\\d\\d:\\d\\d$`));
  await plays(page);
  await bar(page, "Pause").click();
  await strip(page).focus();
  const paused = await now();
  await page.keyboard.press("ArrowLeft"); assert.equal(await now(), paused - 10);
  await page.keyboard.press("Shift+ArrowLeft"); assert.equal(await now(), paused - 70);
  await page.keyboard.press("Shift+ArrowRight"); assert.equal(await now(), paused - 10);
  await page.keyboard.press("ArrowUp");
  assert.equal(await page.locator("[name=span]:checked").count(), 0, "half an hour is none of the three");
  await page.keyboard.press("ArrowDown");
  assert.equal(await page.locator("[name=span]:checked").getAttribute("value"), "1");
  await page.keyboard.press("Home");
  await until(async () => (await now()) === 0, "the start of the day");
  await until(async () => (await message(page)) === "Nothing was recorded then", "no footage there");
  await page.keyboard.press("End");
  await live(page);
  assert.equal(await text(), "Live");
  await page.done(); await hub.stop();
});

test("Seconds that are not on the disk yet are no hole: recording has just begun", async () => {
  const { hub } = await stage({ spans: [[Date.now() - 2 * kHour, Date.now() - kHour]], gaps: [] }), page = await open(hub);
  const records = (since) => hub.change("porch", { recording: { mode: "always", active: true, since: new Date(since).toISOString() } });
  await live(page);
  records(Date.now() - kMinute);
  await bar(page, "Pause").click();
  await strip(page).focus();
  await page.keyboard.press("ArrowLeft");
  await until(async () => (await message(page)).startsWith("Recording has just begun"), "it was recorded then");
  records(Date.now());
  await until(async () => (await message(page)) === "Nothing was recorded then", "it was not");
  await page.done(); await hub.stop();
});

test("Ten seconds back from live shows them, though the day was asked for before they happened", async () => {
  const { hub } = await stage(), page = await open(hub);
  await live(page);
  await until(() => asked(hub, "recordings").length > 0 && Date.now() - asked(hub, "recordings").at(-1).to > 14_000, "an old answer", 25_000);
  await page.evaluate(() => { window.wrong = []; new MutationObserver(() => window.wrong.push(document.querySelector(".nopicture").innerText)).observe(document.querySelector(".nopicture"), { childList: true, attributes: true }); });
  await bar(page, "Back 10 seconds").click();
  await plays(page);
  await clockIsRight(page, hub);
  assert.deepEqual(await page.evaluate(() => window.wrong), []);
  // It goes on past what was known, at its distance to the present.
  await page.waitForTimeout(8_000);
  await clockIsRight(page, hub, 2);
  assert.match(await badge(page), /recorded$/);
  await page.done(); await hub.stop();
});

test("A gap says why and how long; play goes on behind it and says what is missing", async () => {
  const { hub, hole } = await stage(), page = await open(hub);
  await live(page);
  await press(page, hole[0] + 9 * kMinute);
  await until(async () => (await message(page)) === `No picture: Camera unreachable ${time(hole[0])} – ${time(hole[1])}`, "why");
  assert.match(await strip(page).getAttribute("aria-valuetext"), /Camera unreachable$/);
  assert.equal(await page.locator(".legend").innerText().then((x) => x.replace(/\s+/g, " ")), "Recorded Camera unreachable");
  await bar(page, "Pause").click();
  await bar(page, "Play").click();
  await plays(page);
  await clockIsRight(page, hub, 2);
  assert.ok(asked(hub, "recording.mp4").at(-1).from >= hole[1]);
  await page.done(); await hub.stop();
});

test("Playing into a gap goes over it and says so", async () => {
  const { hub, hole } = await stage(), page = await open(hub, `?t=${new Date(hole[0] - 4_000).toISOString()}`);
  await plays(page);
  await player(page).getByText("18 min missing: Camera unreachable").waitFor();
  await plays(page);
  await clockIsRight(page, hub, 2);
  assert.ok(asked(hub, "recording.mp4").at(-1).from >= hole[1]);
  await page.done(); await hub.stop();
});

test("A moment that has too little footage left goes on behind it instead of waiting for ever", async () => {
  const { hub, hole } = await stage(), page = await open(hub, `?t=${new Date(Date.now() - 40 * kMinute).toISOString()}`);
  hub.record("porch", hub.recordings.get("porch").spans.map(([a, b]) => [a, b === hole[0] ? hole[0] + 100 : b]));
  await page.goto(`/cameras/porch?t=${new Date(hole[0] + 50).toISOString()}`);
  await plays(page);
  assert.ok(asked(hub, "recording.mp4").at(-1).from >= hole[1]);
  await page.done(); await hub.stop();
});

test("Another day is chosen by button or date, and left again by going live", async () => {
  const { hub } = await stage(), page = await open(hub), first = yesterday() + 9 * kHour, title = () => page.locator("#tl-title span").innerText();
  await live(page);
  assert.equal(await title(), "Today");
  hub.slow = 2500; // the clock of the live picture ticks twice before the day is known
  await page.getByRole("button", { name: "Day before" }).click();
  await plays(page);
  assert.equal(await title(), "Yesterday");
  hub.slow = 0; hub.day = first;
  await clockIsRight(page, hub, 2);
  assert.equal(asked(hub, "recording.mp4").length, 1, "one piece lies ready, so no other is fetched yet");
  assert.ok(Math.abs(asked(hub, "recording.mp4")[0].from - first) < 1_000, "begins at the first footage");
  await until(() => Math.abs(addressed(page) - first) < 1_000, "the address");
  await page.keyboard.press("l");
  await live(page);
  assert.deepEqual([await title(), await strip(page).getAttribute("aria-valuetext")], ["Today", "Live"]);
  await until(() => Number.isNaN(addressed(page)), "live has no moment in its address");

  await page.getByLabel("Day", { exact: true }).first().fill(dayText(addDays(today(), -3)));
  await page.getByText(`Nothing was recorded on ${date(addDays(today(), -3))}.`).waitFor();
  assert.equal(await title(), date(addDays(today(), -3)));
  await bar(page, "Live").click();
  await live(page);
  assert.equal(await title(), "Today");
  await until(() => Number.isNaN(addressed(page)), "live has no moment in its address");
  assert.equal(await page.getByRole("button", { name: "Day after" }).isVisible(), false);
  await page.done(); await hub.stop();
});

test("Of two days chosen in haste the second is shown", async () => {
  const { hub } = await stage(), page = await open(hub);
  await live(page);
  hub.slow = 1000;
  await page.getByRole("button", { name: "Day before" }).click();
  await page.getByRole("button", { name: "Day before" }).click();
  await until(async () => (await message(page).catch(() => "")) === "Nothing was recorded then", "an empty day");
  assert.equal(await page.locator("#tl-title span").innerText(), date(addDays(today(), -2)));
  assert.equal(asked(hub, "recording.mp4").length, 0);
  await page.done(); await hub.stop();
});

test("The end of what was recorded is said", async () => {
  const now = Date.now(), { hub } = await stage({ spans: [[yesterday() + 9 * kHour, yesterday() + 9 * kHour + 6_000], [now - kHour, now - 30 * kMinute]], gaps: [] });
  const page = await open(hub, `?t=${new Date(now - 30 * kMinute - 3_000).toISOString()}`);
  await until(async () => (await message(page)) === "That was the newest recording.", "the end");
  assert.equal(await bar(page, "Play").isVisible(), true);
  await page.goto(`/cameras/porch?t=${new Date(yesterday() + 9 * kHour).toISOString()}`);
  await until(async () => (await message(page)) === "That was the last recording of this day.", "the end of that day");
  await page.done(); await hub.stop();
});

test("An address with a moment opens there without a live stream; one without goes live", async () => {
  const { hub } = await stage(), at = yesterday() + 9 * kHour + 2 * kMinute, page = await open(hub, `?t=${new Date(at).toISOString()}`);
  await plays(page);
  hub.day = at;
  await clockIsRight(page, hub, 2);
  assert.equal(await page.locator("#tl-title span").innerText(), "Yesterday");
  assert.ok(Math.abs(asked(hub, "recording.mp4")[0].from - at) < 1_500);
  assert.deepEqual(hub.seen.filter((x) => x.startsWith("WS")), [], "nothing was streamed live");
  await page.goto(`/cameras/porch?t=${new Date(Date.now() - 5 * kMinute).toISOString()}`);
  await plays(page);
  assert.deepEqual(hub.seen.filter((x) => x.startsWith("WS")), [], "nothing was streamed live");
  await page.goto("/cameras/porch?t=nonsense");
  await live(page);
  await page.done(); await hub.stop();
});

test("Events are reached by key and named", async () => {
  const { hub } = await stage(), at = Date.now() - 15 * kMinute, page = await open(hub);
  hub.event({ camera: "porch", kind: "person", start: at, end: at + 20_000, text: "Person at the door" });
  await live(page);
  await page.locator(".lane .ev").waitFor();
  await page.keyboard.press("[");
  await plays(page);
  await until(async () => /Person at the door$/.test(await strip(page).getAttribute("aria-valuetext")), "its name");
  assert.ok(Math.abs(asked(hub, "recording.mp4")[0].from - at) < 1_500);
  await page.done(); await hub.stop();
});

test("A snapshot is saved with the moment it shows, live and then", async () => {
  const { hub } = await stage(), page = await open(hub), at = Date.now() - 10 * kMinute;
  const saved = async () => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("s")]), bytes = readFileSync(await download.path());
    assert.deepEqual([...bytes.subarray(0, 3), ...bytes.subarray(-2)], [0xff, 0xd8, 0xff, 0xff, 0xd9]);
    await page.getByText("Snapshot saved.").waitFor();
    return download.suggestedFilename();
  };
  await live(page);
  assert.equal((await saved()).slice(0, -7), `Porch ${dayText(Date.now())} ${time(Date.now()).replace(":", "-")}`);
  await press(page, at);
  await plays(page);
  const name = await saved(), [, h, m] = / (\d\d)-(\d\d)-\d\d\.jpg$/.exec(name).map(Number), said = await player(page).locator(".when b").innerText();
  const [saidH, saidM] = said.split(":").map(Number);
  assert.ok(Math.abs((saidH - h) * 60 + saidM - m) <= 1, `${name} at ${said}`);
  await page.done(); await hub.stop();
});

test("Behind closed shutters there is nothing to save, but the past can still be seen", async () => {
  const { hub } = await stage(), page = await open(hub);
  await live(page);
  hub.state("porch", "privacy");
  await player(page).getByText("Shutters closed").waitFor();
  await page.keyboard.press("s");
  await page.getByText("There is no picture to save yet.").waitFor();
  await press(page, Date.now() - 10 * kMinute);
  await plays(page);
  const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("s")]);
  assert.match(download.suggestedFilename(), /^Porch /);
  await bar(page, "Live").click();
  await player(page).getByText("Shutters closed").waitFor();
  assert.deepEqual(await player(page).evaluate((p) => [...p.querySelectorAll("video, .frozen, .still")].map((x) => x.hidden)), [true, true, true], "nothing of the recording stays on the glass");
  await page.done(); await hub.stop();
});

test("A line that breaks while a recording plays: what lies ready plays on, and the rest follows by itself", async () => {
  const { hub } = await stage(), page = await open(hub, `?t=${new Date(Date.now() - 10 * kMinute).toISOString()}`, { allowed: kAway });
  await plays(page);
  hub.cut = 6;
  await page.goto(`/cameras/porch?t=${new Date(Date.now() - 8 * kMinute).toISOString()}`);
  await until(() => asked(hub, "recording.mp4").length > 1, "half a piece");
  await until(() => page.evaluate(() => { const { buffered: b } = document.querySelector(".player video"); return b.length > 0 && b.end(0) - b.start(0) > 3; }), "half a piece lies ready");
  hub.vanish();
  await plays(page); // the six seconds that had arrived
  await until(async () => (await message(page)).startsWith("The recording did not arrive."), "it says so when they are over");
  const { time: stopped } = await videoState(player(page));
  hub.cut = Infinity; hub.broken = false;
  await plays(page);
  assert.equal(await player(page).locator(".nopicture").isVisible(), false);
  const { time: goesOn } = await videoState(player(page));
  assert.ok(goesOn - stopped < 5, `goes on where it stopped: ${stopped}, then ${goesOn}`);
  await clockIsRight(page, hub, 2);
  await page.done(); await hub.stop();
});

test("Footage that is gone is said, with the hub's sentence, and not asked for again and again", async () => {
  const { hub } = await stage(), at = Date.now() - 10 * kMinute, page = await open(hub, "", { allowed: [/status of 404/] });
  await live(page);
  await page.locator(".cover .have").first().waitFor();
  hub.record("porch", []);
  await press(page, at);
  await until(async () => (await message(page)) === "The recording did not arrive. Nothing was recorded then.", "the sentence");
  const times = asked(hub, "recording.mp4").length;
  await page.waitForTimeout(2_000);
  assert.equal(asked(hub, "recording.mp4").length, times);
  await bar(page, "Live").click();
  await live(page);
  await page.done(); await hub.stop();
});

test("Leaving the view ends everything it started", async () => {
  const { hub } = await stage(), page = await open(hub);
  await live(page);
  hub.slow = 1500;
  await page.getByRole("button", { name: "Day before" }).click();
  await page.getByRole("link", { name: "Events" }).click();
  await page.getByRole("heading", { name: "Events", exact: true }).waitFor();
  await until(() => hub.sockets.size === 0, "no stream");
  await page.waitForTimeout(2_000);
  assert.equal(asked(hub, "recording.mp4").length, 0);
  assert.equal(new URL(page.url()).pathname, "/events");
  await page.done(); await hub.stop();
});

test("A camera that pushes says which command shows its address, and only such a camera does", async () => {
  const pushed = cameraJson("nursery", "Nursery", {}, { way: "push" }), pulled = cameraJson("porch", "Porch");
  const hub = await house({ cameras: [pushed, pulled].map((json) => ({ json, loop: moving.one(), picture: picture() })) }), page = await openPage(hub.url);
  await signIn(page);
  const facts = async (id) => { await page.goto(`/cameras/${id}`); await until(async () => (await page.locator(".side dl.facts dt").count()) > 3, "the facts are there"); return page.locator(".side dl.facts").innerText(); };
  assert.match(await facts("nursery"), /casement camera nursery --push-address/);
  assert.doesNotMatch(await facts("porch"), /--push-address/);
  await page.done(); await hub.stop();
});

test("What is told of a baby is never shown without its notice, and nothing else carries it", async () => {
  const asleep = { id: "asleep", name: "Asleep", kind: "flag", value: true, diagnostic: false, baby_data: true, notice: "Not a medical or safety device." };
  const warm = { id: "temperature", name: "Temperature", kind: "temperature", unit: "°C", value: 21.4, diagnostic: false, baby_data: false };
  for (const [sensors, notices] of [[[warm, asleep], 1], [[warm], 0], [[warm, { ...asleep, value: null }], 0]]) {
    const hub = await house({ cameras: [{ json: cameraJson("porch", "Porch", {}, { sensors }), loop: moving.one(), picture: picture() }] });
    const page = await open(hub);
    await page.getByText("21.4").waitFor();
    assert.equal(await page.locator(".safety").count(), notices);
    if (notices) assert.match(await page.locator(".safety").innerText(), /Not a medical or safety device/);
    await page.done(); await hub.stop();
  }
});
