#!/usr/bin/env node
// The real hub and a real Chromium: what the owner does on the page, from the claim code to the end of the hub.
//
// E2E_SECONDS: how long the live picture is judged frame by frame (60 by default).
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { House, freePort, kRoot, waitUntil } from "./house.mjs";
import { installTestPicture, readAppended } from "./test_picture.mjs";

const { openPage, closeBrowser, signIn } = await import("../../web/tests/browser.mjs").catch((error) => {
  if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
  console.error(`FAIL  the browser's driver is not installed (${error.message}): run "npm ci" in web/, or script/test, which does`);
  process.exit(1);
});

const kSeconds = Number(process.env.E2E_SECONDS ?? 60);
const kFps = 15; // of the demo's cameras (src/ffmpeg/test_picture.hpp)
const kQueue = 8; // pictures that the browser may hold decoded ahead of the one on screen
const kOwner = { name: "ana", password: "a long sentence" };
const kFolder = join(kRoot, "build/test/page");

// The hub's clock is not the browser's, so that the page must speak of the hub's. A zone in which no midnight is near: a day's end would
// put the footage of this test on two days.
const hourIn = (zone) => Number(new Intl.DateTimeFormat("en-GB", { hour: "numeric", hourCycle: "h23", timeZone: zone }).format());
const kZone = ["Asia/Kolkata", "America/St_Johns"].find((zone) => hourIn(zone) >= 2 && hourIn(zone) <= 22);

const attic = await freePort(); // nobody listens there
const house = new House({
  command: "demo",
  config: `defaults: {record: {mode: always, segment: 5s}}\ncameras: {attic: {name: Attic, source: "rtsp://127.0.0.1:${attic}/stream1"}}`,
  env: { TZ: kZone },
});
let page, lived; // what was seen live

// Words of this test -------------------------------------------------------------------------------------------------------------------

const tile = (id) => page.locator(`#cam-${id}`);
const player = () => page.locator(".player");
/** What a video element says about itself. */
const video = (where) => where.locator("video").evaluate((v) => {
  const quality = v.getVideoPlaybackQuality();
  return {
    time: v.currentTime, muted: v.muted, audioBytes: v.webkitAudioDecodedByteCount,
    frames: quality.totalVideoFrames, dropped: quality.droppedVideoFrames,
    buffered: Array.from({ length: v.buffered.length }, (_, i) => [v.buffered.start(i), v.buffered.end(i)]),
  };
});
/** Waits until a picture of the camera has been shown and `more` others after it. */
async function moves(where, more = 5) {
  let first = null;
  await waitUntil("the picture moves", async () => {
    const { frames } = await video(where);
    if (first === null || frames < first) first = frames; // another source has begun to count anew
    return frames > first + more;
  }, 60);
}
async function openCamera(id) {
  await page.goto(`/cameras/${id}`);
  await waitUntil(`${id} is live`, async () => (await player().locator(".badge").first().innerText()).startsWith("Live"), 60);
  await moves(player());
}
/**
 * Between two pictures on the screen exactly those were handed to the browser that the camera made between them: the counter on the picture
 * and the place in the stream go on by the same number. Time says nothing here: on a busy machine the emulated camera itself makes pauses.
 */
function unbroken({ seen, unreadable }, times) {
  assert.equal(unreadable, 0, `${unreadable} pictures could not be read`);
  const place = ({ media }) => times.findIndex((time) => Math.abs(time - media) < 0.005);
  for (const [i, b] of seen.entries()) {
    const a = seen[i - 1];
    assert.ok(place(b) >= 0, `a picture that nobody sent: ${JSON.stringify(b)}`);
    if (!a) continue;
    const apart = `${JSON.stringify(a)} then ${JSON.stringify(b)}`;
    // A player that has run dry goes back a little to have something in hand again; the stream itself is judged all the same.
    if (a.seeks === b.seeks) assert.ok(b.frame > a.frame && b.media > a.media, `a picture is there twice: ${apart}`);
    assert.equal(b.frame - a.frame, place(b) - place(a), `a picture is lost: ${apart}`);
    assert.ok(Math.abs((b.wall - a.wall) / 1000 - (b.media - a.media)) < 1, `the stream's clock is not the camera's: ${apart}`);
  }
}
/** How far the camera's own clock has run away from its stream while it was watched, in seconds: it is an emulated one and may starve. */
const slip = (...logs) => Math.max(...logs.map(({ seen }) => {
  const apart = seen.map(({ media, wall }) => wall / 1000 - media);
  return Math.max(...apart) - Math.min(...apart);
}));
const pauses = (times) => times.filter((time, i) => time - times[i - 1] > 1.5 / kFps).length;
async function noSideways(words) {
  const [wide, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(wide <= screen, `${words} is ${wide} wide on a screen of ${screen}`);
}

// What is tested, in the order of a first evening with the hub ----------------------------------------------------------------------------

const steps = {
  async "the printed fingerprint is that of the certificate served"() {
    const { hostname, port } = new URL(house.url);
    assert.equal(`https://127.0.0.1:${house.port}`, house.url.replace(/\/$/, ""));
    const served = await new Promise((done, failed) => {
      const socket = connect({ host: hostname, port, rejectUnauthorized: false }, () => {
        done(socket.getPeerCertificate().fingerprint256);
        socket.end();
      });
      socket.on("error", failed);
    });
    assert.equal(served, house.fingerprint);
  },

  async "a wrong claim code is refused with its sentence"() {
    await page.goto("/");
    await page.getByLabel("Claim code").fill(house.code === "AAAA-2222" ? "BBBB-2222" : "AAAA-2222");
    await page.getByLabel("Your name").fill(kOwner.name);
    await page.getByLabel("New password").fill(kOwner.password);
    await page.getByRole("button", { name: "Claim and continue" }).click();
    await page.getByText("That is not the code. Look at the newest one in the terminal.").waitFor();
  },

  async "the printed code claims the hub"() {
    await page.getByLabel("Claim code").fill(house.code);
    await page.getByRole("button", { name: "Claim and continue" }).click();
    await page.getByRole("heading", { name: "Home", exact: true }).waitFor();
  },

  async "home shows the cameras live"() {
    for (const id of ["garden", "hall", "workshop"]) {
      await waitUntil(`${id} is live`, async () => (await tile(id).locator(".state").innerText()).startsWith("Live"));
      await moves(tile(id));
    }
  },

  async "a camera plays live with sound"() {
    for (const id of ["hall", "workshop", "garden"]) {
      await openCamera(id);
      const button = player().getByRole("button", { name: "Sound" });
      assert.equal((await video(player())).muted, true, "sound starts off");
      await button.click();
      assert.equal(await button.getAttribute("aria-pressed"), "true");
      const { audioBytes } = await video(player());
      await waitUntil(`${id} is heard`, async () => {
        const now = await video(player());
        return !now.muted && now.audioBytes > audioBytes + 10_000;
      });
    }
  },

  async "no live picture is lost or there twice"() {
    await waitUntil("the player has settled", () => page.evaluate(() => document.querySelector(".player video").playbackRate === 1), 60);
    await page.evaluate(() => { window.log = window.followTestPicture(document.querySelector(".player video")); });
    await waitUntil("the first picture", () => page.evaluate(() => window.log.seen.length > 0));
    const before = await video(player());
    await new Promise((done) => setTimeout(done, kSeconds * 1000));
    const after = await video(player()), log = await page.evaluate(() => window.log), { times, inits } = await page.evaluate(readAppended);

    assert.equal(inits, 1, "one connection, one description of the stream");
    unbroken(log, times);
    assert.ok(after.buffered.length <= 1 + pauses(times), `the buffer has holes: ${JSON.stringify(after.buffered)}`);
    const sent = times.filter((time) => time >= before.time && time < after.time).length, decoded = after.frames - before.frames;
    assert.ok(after.time - before.time > kSeconds * 0.5, `the picture went on by ${after.time - before.time} s in ${kSeconds} s`);
    // Where the player jumped to catch up, the browser did not decode what it jumped over; the counter has been compared all the same.
    if (!log.seeks) assert.ok(Math.abs(decoded - sent) <= kQueue, `${decoded} pictures decoded of ${sent}`);
    console.log(`      ${sent} pictures sent, ${decoded} decoded, ${after.dropped - before.dropped} left out by the browser, ${log.seen.length} read; ` +
      `${pauses(times)} pauses of the camera, its clock off by ${slip(log).toFixed(2)} s; ${log.seeks} jumps`);
    lived = log;
  },

  async "the present hour plays back from the time line, and its clock is right"() {
    const strip = page.locator(".strip"), ago = 30, span = 3600;
    await page.locator(".cover .have").first().waitFor();
    const box = await strip.boundingBox();
    await page.mouse.click(box.x + box.width * (1 - ago / span), box.y + box.height / 2);
    await page.locator(".player.past").waitFor();
    await waitUntil("the recording plays", async () => (await player().locator(".badge").first().innerText()).endsWith("recorded"), 60);
    await moves(player());
    const clock = await page.evaluate((zone) => new Promise((done, failed) => {
      const format = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: zone });
      const element = document.querySelector(".player video"), when = document.querySelector(".when b"), out = [];
      window.log = window.followTestPicture(element);
      const look = new MutationObserver(() => {
        const picture = window.readTestPicture(element);
        if (picture) out.push({ said: when.textContent, shown: format.format(picture.wall), age: (Date.now() - picture.wall) / 1000 });
        if (out.length >= 10) { look.disconnect(); done(out); }
      });
      look.observe(when, { childList: true, characterData: true, subtree: true });
      setTimeout(() => failed(new Error(`the clock stands still: ${JSON.stringify(out)}`)), 60_000);
    }), kZone);
    const log = await page.evaluate(() => window.log), { times } = await page.evaluate(readAppended);
    const seconds = (text) => text.split(":").reduce((n, x) => n * 60 + Number(x), 0), off = slip(lived, log), allowed = 1 + (off > 0.2 ? off : 0);
    for (const { said, shown } of clock) assert.ok(Math.abs(seconds(said) - seconds(shown)) <= allowed, `the page says ${said}, the picture ${shown}`);
    assert.ok(clock.every(({ age }) => age > ago / 2 && age < ago * 2 + 10), `pictures of another time: ${JSON.stringify(clock)}`);
    unbroken(log, times);
    assert.ok(log.seen.length > 60, `only ${log.seen.length} pictures of the recording`);
  },

  async "the snapshot button gives a JPEG"() {
    const coming = page.waitForEvent("download");
    await player().getByRole("button", { name: "Snapshot" }).click();
    const download = await coming, bytes = readFileSync(await download.path());
    assert.match(download.suggestedFilename(), /^Garden \d{4}-\d\d-\d\d \d\d-\d\d-\d\d\.jpg$/);
    assert.deepEqual([...bytes.subarray(0, 3), ...bytes.subarray(-2)], [0xff, 0xd8, 0xff, 0xff, 0xd9]);
    assert.ok(bytes.length > 5_000, `${bytes.length} bytes are no picture`);
  },

  async "back to live"() {
    await player().getByRole("button", { name: "Live", exact: true }).click();
    await waitUntil("live again", async () => (await player().locator(".badge").first().innerText()).startsWith("Live"), 60);
    await moves(player());
  },

  async "a black camera says why"() {
    const sentence = `It answers, but not on port ${attic}.`;
    await page.goto("/");
    await waitUntil("the tile gives up", async () => (await tile("attic").locator(".state").innerText()) === "Cannot be reached", 60);
    assert.equal(await tile("attic").locator(".plate b").innerText(), sentence);
    await page.goto("/cameras/attic");
    await player().locator(".plate").getByText(sentence).waitFor();
    await player().getByRole("link", { name: "Why?: Attic" }).click();
    await page.getByRole("heading", { name: `Attic: ${sentence}` }).waitFor();
  },

  async "sign out and in again"() {
    await page.goto("/settings");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.goto("/cameras/garden");
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await signIn(page, kOwner);
    await moves(tile("garden"));
  },

  async "a phone shows every view without scrolling sideways"() {
    await page.done();
    await open({ width: 390, height: 844, touch: true });
    await page.goto("/");
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await noSideways("the sign-in");
    await signIn(page, kOwner);
    await moves(tile("garden"));
    await noSideways("Home");
    for (const [path, there] of [["/events", "Events"], ["/health", "Health"], ["/settings", "Settings"]]) {
      await page.goto(path);
      await page.getByRole("heading", { name: there, exact: true }).waitFor();
      await noSideways(there);
    }
    for (const id of ["attic", "garden"]) {
      await page.goto(`/cameras/${id}`);
      await page.locator(".strip").waitFor();
      await noSideways(id);
    }
    await moves(player());
    await noSideways("a live camera");
  },

  async "the hub ends on SIGTERM while somebody watches"() {
    page.allow(/Failed to load resource|WebSocket|ERR_|EventSource/); // from here on the hub is away
    const how = await house.stop();
    assert.deepEqual([how.code, how.signal], [0, null], `it ended with ${how.signal ?? how.code} after ${how.seconds} s`);
    await page.getByText(/The hub does not answer\./).waitFor();
    await page.done();
  },
};

async function open(options) {
  page = await openPage(house.url, { ...options, allowed: [/status of 403 .*\/claim$/] });
  await page.addInitScript(installTestPicture);
}

let status = 0, name = "the hub starts";
try {
  mkdirSync(kFolder, { recursive: true });
  await house.start();
  await open();
  for (const [step, run] of Object.entries(steps)) {
    name = step;
    await run();
    assert.deepEqual(page.complaints, [], "the page complained");
    console.log(`ok    ${name}`);
  }
} catch (error) {
  status = 1;
  console.log(`FAIL  ${name}: ${error.stack}`);
  await page?.screenshot({ path: join(kFolder, "failed.png") }).catch(() => {});
  for (const complaint of page?.complaints ?? []) console.log(`      the page complained: ${complaint}`);
} finally {
  await closeBrowser();
  await house.stop();
  if (status) console.log(`---- hub log ----\n${house.log().slice(-6000)}`);
  house.forget();
}
process.exit(status);
