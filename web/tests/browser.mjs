// One Chromium per test file, a fresh context per test; whatever the page complains about is a failure of the test.
import { chromium } from "playwright-core";
import assert from "node:assert/strict";

const kChromium = process.env.CASEMENT_CHROMIUM ?? "/usr/bin/chromium";
const kFlags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required", "--mute-audio"];

let running = null;
export async function browser() { return (running ??= await chromium.launch({ executablePath: kChromium, args: kFlags, headless: true })); }
export async function closeBrowser() { await running?.close(); running = null; }

/** A page whose console errors, policy violations and unhandled errors are collected in `page.complaints`. */
export async function openPage(url, { width = 1280, height = 800, dark = false, touch = false, reducedMotion = "no-preference", allowed = [] } = {}) {
  const context = await (await browser()).newContext({ viewport: { width, height }, colorScheme: dark ? "dark" : "light", hasTouch: touch, isMobile: touch, reducedMotion, ignoreHTTPSErrors: true, baseURL: url, locale: "en-GB" });
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: new URL(url).origin });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  page.complaints = [];
  page.allow = (pattern) => allowed.push(pattern);
  const note = (text) => { if (!allowed.some((a) => a.test(text))) page.complaints.push(text); };
  page.on("console", (m) => { if (m.type() === "error" || m.type() === "warning") note(`${m.type()}: ${m.text()} ${m.location().url ?? ""}`); });
  page.on("pageerror", (e) => note(`error: ${e.stack}`));
  page.done = async () => { const complaints = page.complaints; await context.close(); assert.deepEqual(complaints, [], "the page complained"); };
  return page;
}
/** Signs in through the form. */
export async function signIn(page, { name = "ana", password = "a long sentence" } = {}, path = "/") {
  await page.goto(path);
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.locator(".rail").waitFor();
}
/** Waits until `f` gives something true; the sentence is what was waited for. */
export async function until(f, words, limit = 30_000) {
  const end = Date.now() + limit;
  for (;;) {
    const value = await f();
    if (value) return value;
    if (Date.now() > end) assert.fail(`still not: ${words}`);
    await new Promise((r) => setTimeout(r, 50));
  }
}
/** Frames shown and time of the first playing video inside `where`. */
export const videoState = (where) => where.locator("video").first().evaluate((v) => ({ time: v.currentTime, frames: v.getVideoPlaybackQuality().totalVideoFrames, width: v.videoWidth, muted: v.muted, paused: v.paused, hidden: v.hidden, ready: v.readyState }));
