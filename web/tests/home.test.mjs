// Home: the grid lives, every state has its exact words, nothing goes black.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { closeBrowser, openPage, signIn, until, videoState } from "./browser.mjs";
import { cameraJson, house, kMinute, moving, picture } from "./house.mjs";

after(closeBrowser);
const iso = (ms) => new Date(ms).toISOString();
/** A moment as a person reads it: the day is said where it is not today's. */
const clock = (ms) => {
  const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" }).format(ms);
  return new Date(ms).toDateString() === new Date().toDateString() ? time : `${new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" }).format(ms)}, ${time}`;
};
const tile = (page, id) => page.locator(`#cam-${id}`);
const sill = (page, id) => tile(page, id).locator(".state").innerText();
const plate = async (page, id) => { const p = tile(page, id).locator(".plate"); return (await p.count()) ? [await p.locator("b").innerText(), await p.locator("small").innerText(), (await p.locator(".btn").count()) ? await p.locator(".btn").innerText() : ""] : null; };
/** How bright the glass is, 0..255: what a person sees, whichever layer shows it. */
async function brightness(page, id) {
  const shot = (await tile(page, id).locator(".pane").screenshot()).toString("base64");
  return page.evaluate(async (b64) => { const i = new Image(); i.src = `data:image/png;base64,${b64}`; await i.decode(); const c = document.createElement("canvas"); c.width = c.height = 16; const x = c.getContext("2d"); x.drawImage(i, 0, 0, 16, 16); const d = x.getImageData(0, 0, 16, 16).data; let n = 0; for (let k = 0; k < d.length; k += 4) n += (d[k] + d[k + 1] + d[k + 2]) / 3; return n / 256; }, shot);
}
const one = (id, state, more) => ({ json: cameraJson(id, id[0].toUpperCase() + id.slice(1), state, more), picture: picture() });

test("Live pictures move in the grid, with their measured distance to the camera", async () => {
  const hub = await house(), page = await openPage(hub.url);
  await signIn(page);
  for (const id of ["porch", "hall"]) {
    await until(async () => (await videoState(tile(page, id))).frames > 5, `${id} shows frames`);
    const a = await videoState(tile(page, id)), since = Date.now();
    const b = await until(async () => { const v = await videoState(tile(page, id)); return v.time - a.time > 0.7 && v; }, "time goes on");
    assert.ok(b.time - a.time < (Date.now() - since) / 1000 + 0.6, `time went on by ${b.time - a.time} in ${Date.now() - since} ms`);
    assert.ok(b.frames > a.frames + 5, `frames went from ${a.frames} to ${b.frames}`);
    assert.equal(b.muted, true);
    assert.match(await sill(page, id), /^Live · [0-2]\.\d s behind$/);
  }
  assert.equal(await page.locator(".say p").first().innerText().then((x) => x.split(" · ").slice(0, 2).join(" · ")), "2 of 2 live · recording 2");
  await page.done(); await hub.stop();
});

test("Without a clock in the stream a tile says only Live", async () => {
  const hub = await house(), page = await openPage(hub.url);
  hub.sendClock = false;
  await signIn(page);
  await until(async () => (await videoState(tile(page, "porch"))).frames > 3, "frames");
  await page.waitForTimeout(1200);
  assert.equal(await sill(page, "porch"), "Live");
  await page.done(); await hub.stop();
});

test("A tile asks for video only", async () => {
  const hub = await house(), page = await openPage(hub.url);
  await signIn(page);
  const asked = await until(() => hub.cameras.get("porch").viewers?.[0]?.asked, "a viewer");
  assert.match(asked, /avc1/); assert.doesNotMatch(asked, /mp4a|opus/);
  await page.done(); await hub.stop();
});

test("Every state has its words, its plate and its button", async () => {
  const now = Date.now(), reason = (code, text, more = {}) => ({ code, text, action: "none", ...more }), since = now - 44 * kMinute;
  const cameras = [
    one("live", {}), one("connecting", { word: "connecting", since: iso(now - 2_000) }), one("snapshot", { word: "snapshot" }, { picture_at: iso(now - 9_000), picture_every: 10 }),
    one("asleep", { word: "asleep" }, { picture_at: iso(since), commands: ["wake"], recording: { mode: "events", active: false }, sensors: [{ id: "battery", name: "Battery", kind: "battery", unit: "%", value: 61, diagnostic: true }] }),
    one("privacy", { word: "privacy", since: iso(since) }, { recording: { mode: "off", active: false }, settings: [{ id: "privacy", name: "Privacy", kind: "toggle", group: "device", desired: true, reported: true, writable: true, by: "Ana" }] }),
    one("offline", { word: "offline", since: iso(since), reason: reason("no-route", "It does not answer on the network.", { since: iso(since), next_try: iso(now + 60_000) }) }),
    one("signin", { word: "signin", since: iso(since), reason: reason("session-ended", "Nanit signed us out.", { since: iso(since) }) }, { vendor: "nanit" }),
    one("refusing", { word: "offline", since: iso(since), reason: reason("refused", "It answers, but not on port 554.", { since: iso(since) }) }),
    one("locked", { word: "signin", since: iso(since), reason: reason("wrong-password", "The camera did not accept the password.", { since: iso(since) }) }),
    { json: { ...cameraJson("new", "New", { word: "offline", since: iso(since), reason: reason("no-route", "It does not answer on the network.", { since: iso(since) }) }, { recording: { mode: "off", active: false } }), picture_at: undefined } },
  ];
  cameras[0].loop = moving.one();
  const hub = await house({ cameras }), page = await openPage(hub.url, { height: 1400 });
  await signIn(page);
  await until(async () => (await sill(page, "live")).startsWith("Live ·"), "live");
  assert.equal(await plate(page, "live"), null);
  assert.match(await sill(page, "connecting"), /^Connecting, \d+ s$/); assert.equal(await plate(page, "connecting"), null);
  assert.equal(await tile(page, "connecting").locator(".busy").isVisible(), true);
  assert.match(await sill(page, "snapshot"), /^Picture, \d+ s old · one every 10 s$/); assert.equal(await plate(page, "snapshot"), null);
  assert.equal(await sill(page, "asleep"), "Asleep"); assert.deepEqual(await plate(page, "asleep"), ["Saving its battery", `Picture from ${clock(since)}`, "Wake"]);
  assert.match(await tile(page, "asleep").locator(".marks").innerText(), /61%/);
  assert.equal(await sill(page, "privacy"), "Privacy on"); assert.deepEqual(await plate(page, "privacy"), ["Shutters closed", `By Ana, since ${clock(since)}`, "Open"]);
  assert.equal(await tile(page, "privacy").locator(".shutters").isVisible(), true);
  assert.equal(await sill(page, "offline"), "Cannot be reached");
  const [title, small, button] = await plate(page, "offline");
  assert.equal(title, `No answer since ${clock(since)}`); assert.match(small, /^no-route · retry in \d+ s$/); assert.equal(button, "Why?");
  assert.equal(await sill(page, "signin"), "Sign-in needed"); assert.deepEqual(await plate(page, "signin"), ["Nanit signed us out", `session-ended · ${clock(since)}`, "Why?"]);
  assert.deepEqual(await plate(page, "refusing"), ["It answers, but not on port 554.", "refused", "Why?"]);
  assert.deepEqual(await plate(page, "locked"), ["Password not accepted", `wrong-password · ${clock(since)}`, "Why?"]);
  assert.match(await tile(page, "new").locator(".nopane").innerText(), /No picture yet/);
  const marks = await Promise.all(["live", "asleep", "privacy"].map((id) => tile(page, id).locator(".marks li").last().innerText()));
  assert.deepEqual(marks.map((x) => x.trim()), ["Recording", "Records on the next event", "Not recording"]);
  await page.done(); await hub.stop();
});

test("A sleeping battery camera is not woken by being looked at, only by a press", async () => {
  const hub = await house({ cameras: [one("garden", { word: "asleep" }, { commands: ["wake"] })] }), page = await openPage(hub.url);
  let asked = "";
  hub.oncommand = (c, name) => { asked = name; return {}; };
  await signIn(page);
  await page.getByRole("button", { name: "Wake: Garden" }).waitFor();
  await page.waitForTimeout(700);
  assert.deepEqual(hub.seen.filter((x) => x.startsWith("WS")), []);
  await page.getByRole("button", { name: "Wake: Garden" }).click();
  await page.getByText("Waking Garden. Battery cameras need 5 to 15 seconds.").waitFor();
  assert.equal(asked, "wake"); assert.equal(new URL(page.url()).pathname, "/");
  await page.done(); await hub.stop();
});

test("Closed shutters leave nothing of the old picture on the screen", async () => {
  const hub = await house(), page = await openPage(hub.url);
  await signIn(page);
  await until(async () => (await videoState(tile(page, "porch"))).frames > 3, "frames");
  hub.state("porch", "privacy");
  await until(async () => (await sill(page, "porch")) === "Privacy on", "privacy");
  assert.deepEqual(await tile(page, "porch").locator(".pane").evaluate((p) => [p.querySelector("video").hidden, p.querySelector("img").hidden, p.querySelector("canvas").hidden, p.querySelector("canvas").width]), [true, true, true, 1]);
  await until(() => hub.cameras.get("porch").viewers.length === 0, "stream closed");
  hub.state("porch", "live");
  await until(async () => (await sill(page, "porch")).startsWith("Live"), "live again");
  await page.done(); await hub.stop();
});

test("A lost stream keeps its picture, says Live for two seconds, then Connecting, then comes back", async () => {
  const hub = await house(), page = await openPage(hub.url);
  await signIn(page);
  await until(async () => (await videoState(tile(page, "porch"))).frames > 5, "frames");
  const bright = await brightness(page, "porch");
  const camera = hub.cameras.get("porch");
  camera.silent = true; for (const v of camera.viewers) v.socket.destroy();
  await page.waitForTimeout(1000);
  assert.match(await sill(page, "porch"), /^Live/);
  assert.ok((await brightness(page, "porch")) > bright * 0.8, "the picture stays as it was");
  await until(async () => /^Connecting, \d+ s$/.test(await sill(page, "porch")), "Connecting", 4_000);
  for (let i = 0; i < 5; i++) { assert.ok((await brightness(page, "porch")) > bright * 0.35, "dimmed, not black"); await page.waitForTimeout(200); }
  camera.silent = false;
  await page.mouse.click(600, 780); // a touch tries again at once
  const frames = (await videoState(tile(page, "porch"))).frames;
  await until(async () => /^Live ·/.test(await sill(page, "porch")), "live again");
  await until(async () => (await videoState(tile(page, "porch"))).frames > frames + 3, "new frames");
  await page.done(); await hub.stop();
});

test("A stream that stays open but brings nothing is opened anew", async () => {
  const hub = await house(), page = await openPage(hub.url), camera = hub.cameras.get("porch");
  await signIn(page);
  await until(async () => (await videoState(tile(page, "porch"))).frames > 5, "frames");
  const before = hub.seen.filter((x) => x === "WS porch").length;
  hub.sendClock = false; camera.stalled = true;
  await until(() => hub.seen.filter((x) => x === "WS porch").length > before, "another connection", 12_000);
  camera.stalled = false;
  await until(async () => /^Live/.test(await sill(page, "porch")), "live again");
  await page.done(); await hub.stop();
});

test("What the hub reports about one camera redraws that tile and is announced", async () => {
  const hub = await house(), page = await openPage(hub.url);
  await signIn(page);
  await until(async () => (await sill(page, "hall")).startsWith("Live ·"), "live");
  await tile(page, "hall").evaluate((el) => { el.dataset.same = "yes"; });
  hub.state("porch", "offline", { code: "no-route", text: "It does not answer on the network." }, Date.now() - 31_000);
  await until(async () => (await sill(page, "porch")) === "Cannot be reached", "offline");
  assert.equal(await tile(page, "hall").getAttribute("data-same"), "yes");
  await until(async () => (await page.locator(".voice").innerText()) === "Porch: Cannot be reached", "announced");
  await page.done(); await hub.stop();
});

test("The worst problem is said once on top; the chips and the rail count it", async () => {
  const since = Date.now() - 90 * kMinute, hub = await house(), page = await openPage(hub.url);
  await signIn(page);
  assert.equal(await page.locator(".notice").count(), 0);
  hub.change("hall", { recording: { mode: "always", active: false, since: iso(since), reason: { code: "disk-full", text: "The disk is full: recording stopped at 02:10.", action: "free-space", since: iso(since) } } });
  await page.getByText("Hall has not recorded since", { exact: false }).waitFor();
  assert.match(await page.locator(".notice").innerText(), /The disk is full: recording stopped at 02:10\. What was recorded before is safe\./);
  assert.equal(await page.getByRole("button", { name: "Needs you 1" }).count(), 1);
  assert.equal(await page.getByRole("link", { name: /Health/ }).innerText().then((x) => x.replace(/\s+/g, " ")), "Health , needs attention: 1");
  await page.getByRole("button", { name: "Needs you 1" }).click();
  assert.deepEqual([await tile(page, "porch").isVisible(), await tile(page, "hall").isVisible()], [false, true]);
  await page.getByRole("button", { name: "Outside 1" }).click();
  assert.deepEqual([await tile(page, "porch").isVisible(), await tile(page, "hall").isVisible()], [true, false]);
  await page.getByRole("link", { name: "Why?: Hall" }).click();
  await page.getByRole("heading", { name: "Hall: The disk is full: recording stopped at 02:10." }).waitFor();
  await page.done(); await hub.stop();
});

test("An event colours the frame of its tile while it lasts", async () => {
  const hub = await house(), page = await openPage(hub.url);
  await signIn(page);
  await tile(page, "porch").waitFor();
  await until(() => hub.feeds.size === 1, "the feed");
  const event = hub.event({ camera: "porch", kind: "person", start: Date.now() });
  await tile(page, "porch").getByText("Person", { exact: true }).waitFor();
  assert.match(await tile(page, "porch").getAttribute("class"), /\bnow\b/);
  hub.event({ ...event, start: Date.parse(event.start), end: Date.now() - 16_000 });
  await until(async () => !/\bnow\b/.test(await tile(page, "porch").getAttribute("class")), "the frame is gone");
  hub.event({ camera: "porch", kind: "setting", start: Date.now(), text: "ana set Volume to 40 %" });
  await page.waitForTimeout(300);
  assert.doesNotMatch(await tile(page, "porch").getAttribute("class"), /\bnow\b/);
  await page.done(); await hub.stop();
});

test("H.265 that this browser cannot play becomes single pictures, with the reason", async () => {
  const hub = await house({ cameras: [{ json: cameraJson("yard", "Yard", {}), loop: moving.hevc(), picture: picture() }] }), page = await openPage(hub.url);
  await signIn(page);
  await until(async () => (await plate(page, "yard"))?.[0] === "This browser cannot play H.265; pictures instead of video.", "the reason");
  assert.match(await sill(page, "yard"), /^Picture, \d+ s old · one every 10 s$/);
  assert.equal(await tile(page, "yard").locator("img.still").isVisible(), true);
  await page.done(); await hub.stop();
});

test("A hub that is gone is said on top after three seconds; pictures stay; it comes back by itself", async () => {
  const hub = await house(), page = await openPage(hub.url, { allowed: [/Failed to load resource/, /WebSocket/, /ERR_/] });
  await signIn(page);
  await until(async () => (await videoState(tile(page, "porch"))).frames > 5, "frames");
  const bright = await brightness(page, "porch");
  hub.vanish();
  await page.waitForTimeout(1500);
  assert.equal(await page.locator(".gone").isVisible(), false);
  await page.getByText(/The hub does not answer\. (Next try in \d+ s|Trying now)\./).waitFor({ timeout: 5_000 });
  assert.ok((await brightness(page, "porch")) > bright * 0.35);
  hub.broken = false;
  await page.locator(".gone").getByRole("button", { name: "Try now" }).click();
  await page.locator(".gone").waitFor({ state: "hidden" });
  await until(async () => /^Live ·/.test(await sill(page, "porch")), "live again");
  await page.done(); await hub.stop();
});

test("Streams stop 20 seconds after the page went out of sight and start when it is back", async () => {
  const hub = await house(), page = await openPage(hub.url);
  await page.addInitScript(() => { let hidden = false; Object.defineProperty(document, "visibilityState", { get: () => (hidden ? "hidden" : "visible") }); Object.defineProperty(document, "hidden", { get: () => hidden }); window.hide = (is) => { hidden = is; document.dispatchEvent(new Event("visibilitychange")); }; });
  await page.clock.install();
  await signIn(page);
  await until(() => hub.sockets.size === 2, "two streams");
  await page.evaluate(() => window.hide(true));
  await page.clock.fastForward(16_000); // the leap itself looks like silence: both are opened anew
  await until(() => hub.sockets.size === 2, "two streams still", 3_000);
  await page.clock.fastForward(4_000);
  await until(() => hub.sockets.size === 0, "no stream");
  assert.equal(hub.feeds.size, 1, "the event stream stays");
  await page.evaluate(() => window.hide(false));
  await until(() => hub.sockets.size === 2, "streams again");
  await page.done(); await hub.stop();
});

test("Only what is in view is streamed", async () => {
  const cameras = Array.from({ length: 12 }, (_, i) => ({ json: cameraJson(`c${i}`, `Camera ${i}`, {}), loop: moving.one(), picture: picture() }));
  const hub = await house({ cameras }), page = await openPage(hub.url, { width: 390, height: 600 });
  await signIn(page);
  await until(() => hub.sockets.size > 0, "streams");
  await page.waitForTimeout(500);
  assert.ok(hub.sockets.size < 12, `${hub.sockets.size} streams for a phone that shows six`);
  assert.equal(hub.seen.includes("WS c11"), false);
  await tile(page, "c11").scrollIntoViewIfNeeded();
  await until(() => hub.seen.includes("WS c11"), "the last one");
  await until(() => !hub.cameras.get("c0").viewers?.length, "the first one stopped");
  await page.done(); await hub.stop();
});

test("The grid is used by keys: skip link, digits, wall", async () => {
  const hub = await house(), page = await openPage(hub.url);
  await signIn(page);
  await tile(page, "porch").waitFor();
  await page.reload();
  await tile(page, "porch").waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  await page.keyboard.press("2");
  await page.getByRole("heading", { name: /^Hall/ }).waitFor();
  await page.goBack();
  await tile(page, "porch").waitFor();
  await page.keyboard.press("w");
  await page.locator("body.wall").waitFor();
  assert.equal(await page.locator(".rail").isVisible(), false);
  await page.keyboard.press("w");
  await page.locator("body:not(.wall)").waitFor();
  await page.evaluate(() => localStorage.setItem("casement.letters", "off"));
  await page.keyboard.press("w");
  assert.equal(await page.locator("body.wall").count(), 0);
  await page.done(); await hub.stop();
});

test("A camera that appears or goes is followed without a reload", async () => {
  const hub = await house(), page = await openPage(hub.url);
  await signIn(page);
  await tile(page, "porch").waitFor(); await until(() => hub.feeds.size === 1, "the feed");
  const json = cameraJson("shed", "Shed", {});
  hub.cameras.set("shed", { json, loop: moving.one(), picture: picture() }); hub.tell("camera", json);
  await until(async () => (await sill(page, "shed").catch(() => "")).startsWith("Live"), "the new one is live");
  hub.cameras.delete("hall"); hub.tell("gone", { id: "hall" });
  await tile(page, "hall").waitFor({ state: "detached" });
  await page.done(); await hub.stop();
});

test("A camera that goes while its stream is being opened leaves nothing in the console and no connection", async () => {
  const hub = await house(), page = await openPage(hub.url);
  hub.slowToOpen = 300;
  await signIn(page);
  await tile(page, "hall").waitFor(); await until(() => hub.feeds.size === 1, "the feed");
  hub.cameras.delete("hall"); hub.tell("gone", { id: "hall" });
  await tile(page, "hall").waitFor({ state: "detached" });
  await until(async () => (await sill(page, "porch")).startsWith("Live"), "the others go on");
  await until(() => hub.sockets.size === 1, "one connection is left");
  await page.done(); await hub.stop();
});

test("A house without cameras says what to do", async () => {
  const hub = await house({ cameras: [] }), page = await openPage(hub.url);
  await signIn(page);
  await page.getByText("No cameras yet.").waitFor();
  await page.done(); await hub.stop();
});
