// An account of a vendor: the person signs the hub in, with what the hub says it needs.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { closeBrowser, openPage, signIn, until } from "./browser.mjs";
import { cameraJson, house } from "./house.mjs";

after(closeBrowser);
const kRefused = /status of 40[04]/; // the browser logs every answer that is not a success

const field = (id, name, more = {}) => ({ id, name, note: "", secret: true, long: false, needed: true, ...more });
const kWays = [
  { id: "google", name: "Google account", note: "In a private window.", fields: [field("issue_token", "Address", { long: true }), field("cookies", "Cookies", { long: true })] },
  { id: "password", name: "E-mail and password", note: "", fields: [field("email", "E-mail address", { secret: false }), field("password", "Password"), field("client_id", "Client id", { secret: false, needed: false })] },
];
const kCode = { id: "code", name: "Code", note: "A code was sent to 42.", link: "https://vendor.test/consent", fields: [field("code", "Code", { secret: false })] };

/** Needs a person until the code was right. */
async function houseOfNest(cameras) {
  const hub = await house(cameras && { cameras }), said = [];
  hub.accounts = [{ vendor: "nest", name: "home", sign_in: true, state: "needs-person", reason: { code: "session-ended", text: "Nest signed us out." }, ways: kWays, onsignin(way, fields) {
    said.push([way, fields]);
    if (way === "password") return { state: "needs-more", next: kCode };
    if (fields.code && fields.code !== "123456") return { code: "wrong-code", detail: "Nest did not accept the code." };
    hub.accounts[0].state = "signed-in"; delete hub.accounts[0].reason;
    return { state: "signed-in", text: "Signed in to the Nest account home, which has 2 cameras." };
  } }];
  return { hub, said };
}

test("A person signs the hub in, and the page says so when the account has taken it", async () => {
  const { hub, said } = await houseOfNest(), page = await openPage(hub.url);
  await signIn(page, undefined, "/accounts/nest/home");
  await page.getByRole("heading", { name: "Google Nest, home" }).waitFor();
  await page.getByText("Nest signed us out.").waitFor();
  const go = page.getByRole("button", { name: "Sign in", exact: true });
  await go.click(); await page.getByText("This is missing.").waitFor();
  assert.equal(said.length, 0);
  await page.getByLabel("Address").fill("https://accounts.google.com/o?x=1 ");
  await page.getByLabel("Cookies").fill("SID=a");
  await go.click();
  await page.getByText("Signed in to the Nest account home, which has 2 cameras.").waitFor();
  assert.deepEqual(said, [["google", { issue_token: "https://accounts.google.com/o?x=1", cookies: "SID=a" }]]);
  await until(async () => (await page.locator(".account .tag").innerText()) === "signed in", "the account's own word");
  assert.equal(await page.getByLabel("Cookies").inputValue(), "", "no secret stays on the glass");
  await page.done(); await hub.stop();
});

test("A code is asked for where the vendor sends one; a wrong one is said at the field and may be typed again", async () => {
  const { hub, said } = await houseOfNest(), page = await openPage(hub.url, { allowed: [kRefused] });
  await signIn(page, undefined, "/accounts/nest/home");
  await page.getByLabel("How do you sign in?").selectOption("password");
  await page.getByLabel("E-mail address").fill("ana@example.test");
  await page.getByLabel("Password", { exact: true }).fill("secret");
  assert.equal(await page.getByLabel("Password", { exact: true }).getAttribute("type"), "password");
  await page.keyboard.press("Enter");
  await page.getByText("A code was sent to 42.").waitFor();
  assert.equal(await page.getByRole("link", { name: "Open the page" }).getAttribute("href"), "https://vendor.test/consent");
  assert.equal(await page.evaluate(() => document.activeElement.id), "in-code");
  await page.keyboard.type("1"); await page.keyboard.press("Enter");
  await page.getByText("Nest did not accept the code.").waitFor();
  await page.getByLabel("Code", { exact: true }).fill("123456"); await page.keyboard.press("Enter");
  await page.getByText("which has 2 cameras").waitFor();
  assert.deepEqual(said.at(-1), ["code", { email: "ana@example.test", password: "secret", code: "123456" }], "what was said before is said again");
  await page.done(); await hub.stop();
});

test("From a camera that needs it, and from Health, the way leads there", async () => {
  const { hub } = await houseOfNest([{ json: cameraJson("door", "Door", { word: "signin", reason: { code: "session-ended", text: "Nest signed us out." } }, { vendor: "nest", account: "home" }) }]), page = await openPage(hub.url, { allowed: [kRefused] });
  await signIn(page);
  await page.getByRole("link", { name: "Sign in: Door" }).click();
  await page.getByRole("heading", { name: "Google Nest, home" }).waitFor();
  await page.goto("/health");
  await page.getByRole("link", { name: "Google Nest, home" }).waitFor();
  await page.getByRole("link", { name: "Sign in", exact: true }).click();
  await page.getByRole("heading", { name: "Google Nest, home" }).waitFor();
  assert.equal(new URL(page.url()).pathname, "/accounts/nest/home");
  await page.done(); await hub.stop();
});

test("An account that is none says so", async () => {
  const hub = await house(), page = await openPage(hub.url, { allowed: [kRefused] });
  await signIn(page, undefined, "/accounts/nest/other");
  await page.getByText("There is no such").first().waitFor();
  await page.done(); await hub.stop();
});
