// Claiming, signing in, signing out: who may see the page at all.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { closeBrowser, openPage, signIn, until } from "./browser.mjs";
import { house } from "./house.mjs";

after(closeBrowser);
const kRefused = /status of 40[0139]|status of 429/; // the browser logs every answer that is not a success

test("An unclaimed hub shows the claim page, whatever was asked for", async () => {
  const hub = await house({ claimed: null }), page = await openPage(hub.url);
  await page.goto("/health");
  await page.getByRole("heading", { name: "This hub is yours to claim" }).waitFor();
  assert.equal(new URL(page.url()).pathname, "/claim");
  assert.equal(await page.title(), "Claim this hub · Casement");
  assert.equal(await page.evaluate(() => document.activeElement.id), "code");
  await page.done(); await hub.stop();
});

test("The claim code may be pasted in any form, and opens the hub once", async () => {
  const hub = await house({ claimed: null }), page = await openPage(hub.url);
  await page.goto("/");
  for (const [typed, shown] of [["abcd2345", "ABCD-2345"], [" abcd-2345 ", "ABCD-2345"], ["ab", "AB"], ["ABCD 2345 99", "ABCD-2345"]]) { await page.getByLabel("Claim code").fill(typed); assert.equal(await page.getByLabel("Claim code").inputValue(), shown); }
  await page.getByLabel("Your name").fill("Ana");
  await page.getByLabel("New password").fill("a long sentence");
  await page.getByRole("button", { name: "Claim and continue" }).click();
  await page.getByRole("heading", { name: "Home", exact: true }).waitFor();
  assert.deepEqual(hub.user, { name: "Ana", password: "a long sentence" });
  assert.equal(new URL(page.url()).pathname, "/");
  await page.done(); await hub.stop();
});

test("A wrong claim code is said at the field, and the words typed stay", async () => {
  const hub = await house({ claimed: null }), page = await openPage(hub.url, { allowed: [kRefused] });
  await page.goto("/claim");
  await page.getByLabel("Claim code").fill("ZZZZ9999");
  await page.getByLabel("Your name").fill("Ana");
  await page.getByLabel("New password").fill("a long sentence");
  await page.keyboard.press("Enter");
  await page.getByText("That is not the code. Look at the newest one in the terminal.").waitFor();
  assert.equal(await page.getByLabel("Claim code").getAttribute("aria-invalid"), "true");
  assert.equal(await page.evaluate(() => document.activeElement.id), "code");
  assert.equal(await page.getByLabel("Your name").inputValue(), "Ana");
  assert.equal(hub.user, null);
  await page.done(); await hub.stop();
});

test("What is missing is said before anything is sent", async () => {
  const hub = await house({ claimed: null }), page = await openPage(hub.url), go = page.getByRole("button", { name: "Claim and continue" });
  await page.goto("/claim");
  await go.click(); await page.getByText("Enter the 8 letters and digits.").waitFor();
  await page.getByLabel("Claim code").fill("ABCD2345");
  await go.click(); await page.getByText("Enter the name you want to sign in with.").waitFor();
  await page.getByLabel("Your name").fill("Ana");
  await page.getByLabel("New password").fill("too short");
  await go.click(); await page.getByText("Use 10 characters or more.").waitFor();
  assert.equal(hub.seen.filter((x) => x.startsWith("POST")).length, 0);
  await page.done(); await hub.stop();
});

test("After five wrong codes the page says how long to wait", async () => {
  const hub = await house({ claimed: null }), page = await openPage(hub.url, { allowed: [kRefused] });
  hub.wrong = 5;
  await page.goto("/claim");
  await page.getByLabel("Claim code").fill("ZZZZ9999"); await page.getByLabel("Your name").fill("Ana"); await page.getByLabel("New password").fill("a long sentence");
  await page.keyboard.press("Enter");
  await page.getByText("Too many tries. Wait 30 s and try again.").waitFor();
  await page.done(); await hub.stop();
});

test("A hub that somebody else has just claimed leads to the sign-in", async () => {
  const hub = await house({ claimed: null }), page = await openPage(hub.url, { allowed: [kRefused] });
  await page.goto("/claim");
  await page.getByLabel("Claim code").waitFor();
  hub.user = { name: "bob", password: "another sentence" };
  await page.getByLabel("Claim code").fill("ABCD2345"); await page.getByLabel("Your name").fill("Ana"); await page.getByLabel("New password").fill("a long sentence");
  await page.keyboard.press("Enter");
  await page.getByText("Somebody has claimed this hub already. Sign in instead.").waitFor();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.done(); await hub.stop();
});

test("A wrong password is one sentence that does not say which of the two was wrong", async () => {
  const hub = await house(), page = await openPage(hub.url, { allowed: [kRefused] });
  await page.goto("/");
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.getByLabel("Name", { exact: true }).fill("ana");
  await page.getByLabel("Password", { exact: true }).fill("not it");
  await page.keyboard.press("Enter");
  await page.getByText("Name or password is not right.").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), "pw");
  assert.equal(await page.getByRole("button", { name: "Sign in" }).isEnabled(), true);
  await page.done(); await hub.stop();
});

test("Sign-in leads to where one wanted to go", async () => {
  const hub = await house(), page = await openPage(hub.url);
  await signIn(page, undefined, "/cameras/hall");
  await page.getByRole("heading", { name: /^Hall/ }).waitFor();
  assert.equal(new URL(page.url()).pathname, "/cameras/hall");
  await page.done(); await hub.stop();
});

test("An address to somewhere else behind ?to= is not followed", async () => {
  const hub = await house(), page = await openPage(hub.url);
  for (const to of ["//evil.example/", "https://evil.example/", "/sign-in"]) {
    await signIn(page, undefined, `/sign-in?to=${encodeURIComponent(to)}`);
    assert.equal(page.url(), `${hub.url}/`);
    await page.context().clearCookies();
  }
  await page.done(); await hub.stop();
});

test("The password can be looked at", async () => {
  const hub = await house(), page = await openPage(hub.url), field = page.getByLabel("Password", { exact: true });
  await page.goto("/");
  await field.fill("secret"); assert.equal(await field.getAttribute("type"), "password");
  await page.getByRole("button", { name: "Show the password" }).click(); assert.equal(await field.getAttribute("type"), "text");
  await page.done(); await hub.stop();
});

test("A session that ends leads to the sign-in and back to the same place", async () => {
  const hub = await house(), page = await openPage(hub.url, { allowed: [kRefused, /WebSocket/] });
  await signIn(page, undefined, "/settings");
  hub.sessions.clear();
  await page.getByLabel("What is it for?").fill("x");
  await page.getByRole("button", { name: "Create token" }).click();
  await page.getByText("You were signed out. Sign in again to go on.").waitFor();
  assert.equal(new URL(page.url()).searchParams.get("to"), "/settings");
  await page.getByLabel("Name", { exact: true }).fill("ana"); await page.getByLabel("Password", { exact: true }).fill("a long sentence"); await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Settings" }).waitFor();
  await page.done(); await hub.stop();
});

test("Signing out ends the session at the hub and every stream", async () => {
  const hub = await house(), page = await openPage(hub.url);
  await signIn(page);
  await until(() => hub.sockets.size === 2, "two streams");
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  assert.equal(hub.sessions.size, 0);
  await until(() => hub.sockets.size === 0 && hub.feeds.size === 0, "no stream left");
  await page.done(); await hub.stop();
});

test("A hub that does not answer at all is said, and a press tries again", async () => {
  const hub = await house(), page = await openPage(hub.url, { allowed: [/Failed to load resource/] });
  await page.route("**/api/v1/session", (r) => r.abort());
  await page.goto("/");
  await page.getByText("The hub does not answer. Check that it runs and that this device is on the same network.").waitFor();
  await page.unroute("**/api/v1/session");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.done(); await hub.stop();
});
